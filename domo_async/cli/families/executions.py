"""``domo-async streams run`` and ``streams executions``: loads through streams."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import anyio
import typer

from domo_async.cli.actions import ask_domo, list_things, present, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.families.stream_views import EXECUTION
from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import JsonOption, LimitOption, positive
from domo_async.errors import DomoError, InvalidArgumentError

if TYPE_CHECKING:
    from domo_async.api.open_execution import OpenExecution
    from domo_async.client import AsyncDomo
    from domo_async.models import Execution

__all__ = ["executions", "run_stream"]

executions: Family = Family("Loads through a stream.")

_AT_ONCE = 4
_FIRST_LINE = 1 << 16

StreamId = Annotated[
    int, typer.Argument(help="Id of the stream, a number.", metavar="STREAM", show_default=False, parser=positive)
]
ExecutionId = Annotated[
    int,
    typer.Argument(
        help="Number of the execution within its stream.", metavar="EXECUTION", show_default=False, parser=positive
    ),
]


def run_stream(
    context: typer.Context,
    stream_id: StreamId,
    files: Annotated[
        list[Path], typer.Argument(help="CSV files, plain or gzip, in order.", metavar="FILE", show_default=False)
    ],
    *,
    append: Annotated[bool, typer.Option("--append", help="Keep the rows that are there, this time.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Remove the rows that are there, this time.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the rows are in the DataSet.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Load files through a stream, all of them or none: one execution, a part for each file.

    The files have no header. If one of them fails, or this is interrupted, the execution is aborted, and the DataSet
    stays as it was. By default Domo takes one load per stream every 15 minutes.

    Example: domo-async streams run 42 january.csv february.csv
    """
    if append and replace:
        raise Misuse("--append and --replace exclude each other")
    method: Literal["APPEND", "REPLACE"] | None = "APPEND" if append else "REPLACE" if replace else None

    async def load(domo: AsyncDomo) -> Execution:
        from domo_async.http.options import UNSET

        await _check_headers(domo, stream_id, files)
        async with domo.streams.execution(stream_id, update_method=method or UNSET) as execution:
            await _upload(execution, files)
        return await execution.wait() if wait else execution.execution

    done = ask_domo(context, load, patient=True)
    present(Invocation.of(context).terminal, EXECUTION, done, as_json=as_json)


async def _upload(execution: OpenExecution, files: Sequence[Path]) -> None:
    """Upload some files at a time. The first failure ends the others, and is raised as it is."""
    limit = anyio.Semaphore(_AT_ONCE)
    failures: list[DomoError] = []

    async def upload(part: int, file: Path) -> None:
        async with limit:
            try:
                await execution.upload_part(part, file)
            except DomoError as error:
                failures.append(error)
                tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for part, file in enumerate(files, start=1):
            tasks.start_soon(upload, part, file)
    if failures:
        raise failures[0]


async def _check_headers(domo: AsyncDomo, stream_id: int, files: Sequence[Path]) -> None:
    """Refuse files with a header, which Domo would take for a row."""
    first = [(file, _first_fields(file)) for file in files]
    dataset = (await domo.streams.get(stream_id)).dataset
    if dataset is None:
        return
    names = [name.casefold() for name in (await domo.datasets.schema(dataset.id)).names]
    for file, fields in first:
        if [field.casefold() for field in fields] == names:
            raise InvalidArgumentError(
                f"{file} begins with the names of the columns, which Domo would take for a row",
                hint="Leave out its first line",
            )


def _first_fields(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            return next(csv.reader([lines.readline(_FIRST_LINE)]), [])
    except csv.Error:
        return []  # whatever it is, it is no header
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"{file} cannot be read: {getattr(error, 'strerror', error)}") from error


@executions.command("list")
def list_(
    context: typer.Context, stream_id: StreamId, *, limit: LimitOption = None, as_json: JsonOption = False
) -> None:
    """List the executions of a stream; with --json as one array.

    Example: domo-async streams executions list 42
    """
    list_things(context, EXECUTION, lambda domo: domo.streams.list_executions(stream_id, limit=limit), as_json=as_json)


@executions.command()
def show(
    context: typer.Context, stream_id: StreamId, execution_id: ExecutionId, *, as_json: JsonOption = False
) -> None:
    """Show one execution; with --json as one object.

    Example: domo-async streams executions show 42 7
    """
    show_thing(context, EXECUTION, lambda domo: domo.streams.get_execution(stream_id, execution_id), as_json=as_json)


@executions.command()
def abort(
    context: typer.Context,
    stream_id: StreamId,
    execution_id: Annotated[
        int | None,
        typer.Argument(
            help="Number of the execution; the open one if left out.",
            metavar="EXECUTION",
            show_default=False,
            parser=positive,
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """End an execution without its rows. The DataSet stays as it was.

    Example: domo-async streams executions abort 42
    """

    async def end(domo: AsyncDomo) -> Execution | None:
        if execution_id is None:
            await domo.streams.abort_current(stream_id)
            return None
        aborted = await domo.streams.abort(stream_id, execution_id)
        return aborted or await domo.streams.get_execution(stream_id, execution_id)

    terminal = Invocation.of(context).terminal
    aborted = ask_domo(context, end)
    if aborted is not None:
        present(terminal, EXECUTION, aborted, as_json=as_json)
    elif as_json:
        terminal.show_json({"aborted": True, "stream_id": stream_id})
    else:
        terminal.say(f"Nothing is open any more in stream {stream_id}.")
