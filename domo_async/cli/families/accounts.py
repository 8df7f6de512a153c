"""``domo-async accounts``: stored credentials of connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import ask_domo, delete, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.families.account_secrets import asked, properties_in
from domo_async.cli.families.account_types import account_types
from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import JsonOption, LimitOption, YesOption, positive
from domo_async.cli.sheets import Heading
from domo_async.cli.views import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domo_async.api.secrecy import SecretValue
    from domo_async.client import AsyncDomo
    from domo_async.models import Account

__all__ = ["accounts"]

accounts: Family = Family("Accounts: stored credentials of connectors.")

ACCOUNT: View[Account] = View(
    "account",
    "accounts",
    columns={
        Heading("Name"): lambda account: account.name,
        Heading("Id", "id"): lambda account: account.id,
        Heading("Type"): lambda account: account.type.id if account.type else None,
        Heading("Valid"): lambda account: account.valid,
    },
    facts=lambda account: (
        ("Name", account.name or ""),
        ("Id", account.id),
        ("Type", account.type.id if account.type else None),
        ("Valid", account.valid),
    ),
    name=lambda account: account.name,
    identity=lambda account: account.id,
)

AccountId = Annotated[
    int, typer.Argument(help="Id of the account, a number.", metavar="ID", show_default=False, parser=positive)
]
PropertiesOption = Annotated[
    str | None,
    typer.Option(
        help="Read the credentials from a JSON object in this file, - for standard input. Default: ask for them.",
        metavar="FILE",
    ),
]
AskOption = Annotated[
    list[str] | None,
    typer.Option(help="Ask for the property of this name, hidden while typed; may be repeated.", metavar="NAME"),
]


@accounts.command("list")
def list_(context: typer.Context, *, limit: LimitOption = None, as_json: JsonOption = False) -> None:
    """List the accounts, never what they hold; with --json as one array.

    Example: domo-async accounts list
    """
    list_things(context, ACCOUNT, lambda domo: domo.accounts.list(limit=limit), as_json=as_json)


@accounts.command()
def show(context: typer.Context, account_id: AccountId, *, as_json: JsonOption = False) -> None:
    """Show one account, never what it holds; with --json as one object.

    Example: domo-async accounts show 71
    """
    show_thing(context, ACCOUNT, lambda domo: domo.accounts.get(account_id), as_json=as_json)


@accounts.command()
def create(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Option(help="Its name.", metavar="TEXT")],
    type_id: Annotated[str, typer.Option("--type", help="Its type; see `accounts types list`.", metavar="ID")],
    properties: PropertiesOption = None,
    ask: AskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store credentials, and show the account without them.

    They are asked for, hidden while they are typed, or read from a file; no option takes them, since the list of
    processes would show it.

    Example: domo-async accounts create --name "Warehouse login" --type acme-db

    Example: pass show acme | domo-async accounts create --name "Warehouse login" --type acme-db --properties -
    """
    secrets = _secrets(context, type_id, properties, ask)
    show_thing(
        context,
        ACCOUNT,
        lambda domo: domo.accounts.create(name=name, type_id=type_id, properties=secrets),
        as_json=as_json,
    )


@accounts.command()
def update(
    context: typer.Context,
    account_id: AccountId,
    *,
    name: Annotated[str | None, typer.Option(help="Its name.", metavar="TEXT")] = None,
    credentials: Annotated[
        bool, typer.Option("--credentials", help="Ask for everything that its type needs, hidden while typed.")
    ] = False,
    properties: PropertiesOption = None,
    ask: AskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the name or the credentials of an account, and show it without them.

    Example: domo-async accounts update 71 --credentials
    """
    if name is None and not (credentials or properties is not None or ask):
        raise Misuse("there is nothing to change: --name, --credentials, --ask or --properties")
    from domo_async.http.options import UNSET

    secrets: Mapping[str, SecretValue] | None = None
    if properties is not None or ask:
        secrets = _secrets(context, "", properties, ask)
    elif credentials:
        account = ask_domo(context, lambda domo: domo.accounts.get(account_id))
        secrets = _secrets(context, (account.type and account.type.id) or "", None, None)

    async def change(domo: AsyncDomo) -> Account:
        changed = await domo.accounts.update(
            account_id, name=UNSET if name is None else name, properties=UNSET if secrets is None else secrets
        )
        return changed or await domo.accounts.get(account_id)

    show_thing(context, ACCOUNT, change, as_json=as_json)


@accounts.command()
def share(
    context: typer.Context,
    account_id: AccountId,
    *,
    user: Annotated[int, typer.Option(help="Id of the user.", metavar="ID", parser=positive)],
    as_json: JsonOption = False,
) -> None:
    """Let a user use an account.

    Example: domo-async accounts share 71 --user 412200871
    """
    ask_domo(context, lambda domo: domo.accounts.share(account_id, user_id=user))
    terminal = Invocation.of(context).terminal
    if as_json:
        terminal.show_json({"account_id": account_id, "user_id": user})
    else:
        terminal.say(f"User {user} may use account {account_id}.")


@accounts.command("delete")
def delete_(
    context: typer.Context, account_id: AccountId, *, yes: YesOption = False, as_json: JsonOption = False
) -> None:
    """Delete an account for good.

    Example: domo-async accounts delete 71
    """
    delete(
        context,
        ACCOUNT,
        account_id,
        lambda domo: domo.accounts.get(account_id),
        lambda domo: domo.accounts.delete(account_id),
        yes=yes,
        as_json=as_json,
    )


accounts.add("types", account_types)


def _secrets(
    context: typer.Context, type_id: str, source: str | None, names: list[str] | None
) -> Mapping[str, SecretValue]:
    if source is not None and names:
        raise Misuse("--properties and --ask both name the credentials: give one of them")
    if source is not None:
        return properties_in(source)
    return asked(context, type_id, names)
