"""``domo-async emulator``: a local Domo in the foreground."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.invocation import Invocation
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.tables import count
from domo_async.errors import ConfigurationError

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.emulator import Emulator

__all__ = ["emulator"]

_MOST = 50
"""DataSets that are listed at the start; the page of the emulator shows the others."""


def emulator(
    context: typer.Context,
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on, 0 for a free one.", metavar="PORT")
    ] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.", metavar="ADDRESS")] = "127.0.0.1",
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder whose .csv, .csv.gz, .csv.zip and .parquet files become DataSets.",
            exists=True,
            file_okay=False,
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            help="File to keep everything in; made if there is none. Without it the data ends with the process.",
            dir_okay=False,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(help="Client id to accept; made up if not given.", metavar="ID")
    ] = None,
    client_secret: Annotated[
        str | None, typer.Option(help="Its secret; made up if not given.", metavar="SECRET")
    ] = None,
    token_lifetime: Annotated[
        float, typer.Option(min=0.1, help="Seconds that a token lives.", metavar="SECONDS")
    ] = 3599.0,
    latency: Annotated[
        float, typer.Option(min=0, help="Seconds that every answer is held back.", metavar="SECONDS")
    ] = 0.0,
) -> None:
    """Run a local Domo until Ctrl-C.

    A page at its address shows what is inside. `domo-async -v emulator` shows each request.

    Example: domo-async emulator --port 8080 --data ./tables --state local.domo
    """
    from domo_async.emulator import serve

    terminal = Invocation.of(context).terminal
    try:
        running = serve(
            data,
            host=host,
            port=port,
            client_id=client_id,
            client_secret=client_secret,
            state=state,
            token_lifetime=token_lifetime,
            latency=latency,
            on_ready=lambda emulator: _introduce(emulator, terminal),
        )
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}", hint="--port 0 takes a free port"
        ) from error
    running.serve_forever()
    terminal.say("The emulator has stopped.")


def _introduce(emulator: Emulator, terminal: Terminal) -> None:
    connection = emulator.connection
    terminal.tell(f"A local Domo listens on {emulator.url}, where a page shows what is inside. Ctrl-C stops it.\n")
    for name, value in connection.items():
        terminal.out.print(f"export DOMO_{name.upper()}={shlex.quote(str(value))}", soft_wrap=True)
    terminal.show("")
    if not emulator.dataset_ids:
        terminal.show("It has no DataSets yet; --data DIR brings some.")
        return
    datasets = list(emulator.dataset_ids.items())
    rows = [(name, dataset_id, emulator.row_count(dataset_id)) for name, dataset_id in datasets[:_MOST]]
    terminal.show(Sheet((Heading("DataSet"), Heading("Id", "id"), Heading("Rows", "count")), rows))
    if len(datasets) > _MOST:
        terminal.tell(f"... and {count(len(datasets) - _MOST)} more")
