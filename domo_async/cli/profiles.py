"""``domo-async login``, ``logout`` and ``profiles``: credentials under a name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import JsonOption
from domo_async.cli.questions import ask_secret, person_present
from domo_async.cli.running import run
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.words import printable

if TYPE_CHECKING:
    from pydantic import SecretStr

    from domo_async.auth.profiles import Profile
    from domo_async.cli.terminal import Terminal
    from domo_async.models import AccessToken

__all__ = ["login", "logout", "profiles"]

_SHOWN = 4

NameArgument = Annotated[
    str | None, typer.Argument(help="Name of the profile. Default: default.", metavar="NAME", show_default=False)
]


def login(
    context: typer.Context,
    name: NameArgument = None,
    *,
    scopes: Annotated[
        str | None, typer.Option(help="Scopes to ask for. Default: all that the client has.", metavar="SCOPES")
    ] = None,
    in_file: Annotated[
        bool, typer.Option("--file", help="Keep the secret in a file, also where there is a system keyring.")
    ] = False,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the secret from standard input. Needs --client-id.")
    ] = False,
) -> None:
    """Keep client id and secret under a name, after trying them.

    The secret is asked for, or read from standard input; it is no option, since others can see those. It is kept in the
    keyring of the system (needs domo-async[keyring]), else in a file that only you may read, in clear text.

    Example: domo-async login

    Example: vault-print-secret | domo-async --client-id 441e307a-b2a1 login nightly --stdin
    """
    from domo_async.auth.grants import normalize_scopes
    from domo_async.auth.profiles import Profile, Profiles
    from domo_async.auth.system_keyring import keyring_name
    from domo_async.settings import DomoSettings

    invocation = Invocation.of(context)
    terminal = invocation.terminal
    if invocation.client_secret is not None:
        raise Misuse("others can see what is on a command line: type the secret, or give it with --stdin")
    api_url = invocation.api_url or DomoSettings.load().api_url
    client_id = invocation.client_id or _ask_client_id(terminal, from_stdin=from_stdin)
    secret = _secret(terminal, from_stdin=from_stdin)
    wanted = normalize_scopes(scopes) if scopes is not None else None
    where, granted = run(lambda: _tried(client_id, secret, api_url=api_url, scopes=wanted, timeout=invocation.timeout))
    keyring = None if in_file else keyring_name()
    profile = Profile(
        _name(invocation, name), client_id.strip(), where, wanted, "file" if keyring is None else "keyring"
    )
    shelf = Profiles()
    shelf.save(profile, secret)
    instance = f", instance {printable(granted.customer)}" if granted.customer else ""
    terminal.say(f"The credentials work: {where}{instance}, scopes {', '.join(sorted(granted.scopes)) or 'unknown'}.")
    if keyring is not None:
        terminal.say(f"Profile {profile.name}: the secret is in the system keyring ({keyring}).")
    else:
        terminal.say(f"Profile {profile.name}: the secret is in {shelf.path}, in clear text, for your eyes only.")


def logout(context: typer.Context, name: NameArgument = None) -> None:
    """Forget a profile and its secret.

    A token that was granted before lives on until it ends, an hour at most.

    Example: domo-async logout nightly
    """
    from domo_async.auth.profiles import Profiles

    invocation = Invocation.of(context)
    gone = Profiles().remove(_name(invocation, name))
    place = "system keyring" if gone.kept_in == "keyring" else "file"
    invocation.terminal.say(f"Profile {gone.name} is gone, and its secret from the {place}.")


def profiles(context: typer.Context, *, as_json: JsonOption = False) -> None:
    """List the profiles, never their secrets.

    Example: domo-async profiles --json
    """
    from domo_async.auth.profiles import Profiles

    terminal = Invocation.of(context).terminal
    known = Profiles().all()
    if as_json:
        terminal.show_json([_document(profile) for profile in known])
    elif not known:
        terminal.say("No profiles. `domo-async login` makes one.")
    else:
        headings = [Heading("Name", "id"), Heading("API"), Heading("Client id"), Heading("Scopes", room=60)]
        terminal.show(Sheet([*headings, Heading("Secret in")], map(_row, known)))


def _row(profile: Profile) -> tuple[str, ...]:
    scopes = "all" if profile.scopes is None else " ".join(profile.scopes)
    return profile.name, profile.api_url, _begin(profile.client_id), scopes, profile.kept_in


def _begin(client_id: str) -> str:
    return f"{client_id[:_SHOWN]}..."


def _document(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "api_url": profile.api_url,
        "client_id": _begin(profile.client_id),
        "scopes": None if profile.scopes is None else list(profile.scopes),
        "secret_in": profile.kept_in,
    }


def _name(invocation: Invocation, name: str | None) -> str:
    from domo_async.auth.profiles import DEFAULT_PROFILE
    from domo_async.settings import DomoSettings

    if name is not None and invocation.profile is not None:
        raise Misuse("the name of the profile was given twice")
    return name or invocation.profile or DomoSettings.load().profile or DEFAULT_PROFILE


def _ask_client_id(terminal: Terminal, *, from_stdin: bool) -> str:
    if from_stdin or not person_present(terminal):
        raise Misuse("nobody can be asked here for the client id: add --client-id before the command")
    sys.stderr.write("Client id: ")
    sys.stderr.flush()
    client_id = sys.stdin.readline().strip()
    if not client_id:
        raise Misuse("no client id was entered; https://developer.domo.com/manage-clients shows it")
    return client_id


def _secret(terminal: Terminal, *, from_stdin: bool) -> SecretStr:
    from pydantic import SecretStr

    if from_stdin:
        secret = SecretStr(sys.stdin.readline().strip())
    elif person_present(terminal):
        secret = SecretStr(ask_secret("Client secret").strip())
    else:
        raise Misuse("nobody can be asked here for the client secret: give it with --stdin")
    if not secret.get_secret_value():
        raise Misuse("no client secret was entered")
    return secret


async def _tried(
    client_id: str, secret: SecretStr, *, api_url: str, scopes: tuple[str, ...] | None, timeout: float | None
) -> tuple[str, AccessToken]:
    """Get a token with the credentials; returns the API it came from, and the token."""
    from domo_async.client import AsyncDomo

    seconds = timeout or 30.0
    async with AsyncDomo(
        client_id,
        secret,
        api_url=api_url,
        scopes=scopes or (),
        timeout=seconds,
        grant_deadline=seconds,
        token_store=None,
    ) as domo:
        return domo.api_url, await domo.token()
