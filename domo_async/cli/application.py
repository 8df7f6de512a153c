"""The command with its commands and the options that all of them share."""

from __future__ import annotations

import logging
from importlib import metadata
from typing import Annotated, ClassVar

import typer

from domo_async.cli.commands import Commands, Home
from domo_async.cli.invocation import Invocation
from domo_async.cli.terminal import Terminal

__all__ = ["app"]

_LEVELS = (logging.INFO, logging.DEBUG)
_FAMILIES = "domo_async.cli.families"


class _AllCommands(Commands):
    """In the order of the help: rows, then the instance, then what needs no account."""

    homes: ClassVar = {
        "datasets": Home(f"{_FAMILIES}.datasets", "datasets", "DataSets: find them, ask them, fill them."),
        "pull": Home("domo_async.cli.pull", "pull", "Bring DataSets into a folder, one file each."),
        "push": Home("domo_async.cli.push", "push", "Write files into DataSets, one each."),
        "run": Home("domo_async.cli.run_job", "run_job", "Carry out the pulls and pushes of a job file, in order."),
        "streams": Home(f"{_FAMILIES}.streams", "streams", "Streams and their executions: the way in for large data."),
        "policies": Home(f"{_FAMILIES}.policies", "policies", "PDP policies: who sees which rows of a DataSet."),
        "users": Home(f"{_FAMILIES}.users", "users", "Users of the instance."),
        "groups": Home(f"{_FAMILIES}.groups", "groups", "Groups of users, and who belongs to them."),
        "pages": Home(f"{_FAMILIES}.pages", "pages", "Pages, the tree that they form, and their collections."),
        "accounts": Home(f"{_FAMILIES}.accounts", "accounts", "Accounts: stored credentials of connectors."),
        "activity": Home(f"{_FAMILIES}.activity", "activity", "The activity log: who did what, and when."),
        "token": Home(
            "domo_async.cli.token", "token", "Get an access token and show what it may do, never the token itself."
        ),
        "login": Home("domo_async.cli.profiles", "login", "Keep client id and secret under a name, after trying them."),
        "logout": Home("domo_async.cli.profiles", "logout", "Forget a profile and its secret."),
        "profiles": Home("domo_async.cli.profiles", "profiles", "List the profiles, never their secrets."),
        "demo": Home("domo_async.cli.demo", "demo", "See it work, without an account, in half a minute."),
        "emulator": Home("domo_async.cli.emulator", "emulator", "Run a local Domo until Ctrl-C."),
    }


app: typer.Typer = typer.Typer(
    name="domo-async",
    cls=_AllCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"domo-async {metadata.version('domo-async')}")
        raise typer.Exit


@app.callback()
def domo_async(
    context: typer.Context,
    *,
    client_id: Annotated[str | None, typer.Option(help="Client id. Default: DOMO_CLIENT_ID.", metavar="ID")] = None,
    client_secret: Annotated[str | None, typer.Option(hidden=True)] = None,
    profile: Annotated[
        str | None, typer.Option(help="Credentials that login keeps. Default: DOMO_PROFILE.", metavar="NAME")
    ] = None,
    api_url: Annotated[
        str | None, typer.Option(help="Where the API is. Default: DOMO_API_URL, else Domo.", metavar="URL")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=3600,
            help="Seconds that Domo may stay silent. Default: 30, for long transfers 60.",
            metavar="SECONDS",
        ),
    ] = None,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Show the log; twice for details.", show_default=False)
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Domo from the command line.

    Client id and secret come from DOMO_CLIENT_ID and DOMO_CLIENT_SECRET, in the environment or in a file .env, or from
    a profile that login made.

    No account at hand? Try: domo-async demo

    Exit codes: 0 all went well, 1 it failed, 2 wrong usage, 3 access denied, 4 unreachable or busy, 130 Ctrl-C.
    """
    terminal = Terminal()
    if verbose:
        terminal.log_to_stderr(_LEVELS[min(verbose, len(_LEVELS)) - 1])
    context.obj = Invocation(client_id, client_secret, api_url, timeout, terminal, profile)
