"""``domo-async accounts types``: what accounts there can be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.options import JsonOption, LimitOption
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.views import View

if TYPE_CHECKING:
    from domo_async.models import AccountType

__all__ = ["account_types"]

account_types: Family = Family("Types of accounts, and what they are made of.")


def _properties(kind: AccountType) -> Iterable[Sheet]:
    if kind.properties:
        headings = [Heading("Property"), Heading("Called"), Heading("Required")]
        yield Sheet(headings, [(each.name, each.prompt or "", bool(each.required)) for each in kind.properties])


TYPE: View[AccountType] = View(
    "type",
    "types",
    columns={Heading("Id", "id"): lambda kind: kind.id, Heading("Name"): lambda kind: kind.name},
    facts=lambda kind: (("Name", kind.name or ""), ("Id", kind.id)),
    name=lambda kind: kind.name,
    identity=lambda kind: kind.id,
    parts=_properties,
)


@account_types.command("list")
def list_(context: typer.Context, *, limit: LimitOption = None, as_json: JsonOption = False) -> None:
    """List the types of accounts; with --json as one array.

    Example: domo-async accounts types list
    """
    list_things(context, TYPE, lambda domo: domo.account_types.list(limit=limit), as_json=as_json)


@account_types.command()
def show(
    context: typer.Context,
    type_id: Annotated[str, typer.Argument(help="Id of the type, a word.", metavar="ID", show_default=False)],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one type and what its accounts are made of; with --json as one object.

    Example: domo-async accounts types show acme-db
    """
    show_thing(context, TYPE, lambda domo: domo.account_types.get(type_id), as_json=as_json)
