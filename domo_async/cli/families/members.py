"""``domo-async groups members``: who belongs to a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import ask_domo, list_things
from domo_async.cli.commands import Family
from domo_async.cli.input import called, read_json
from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import JsonOption, LimitOption, YesOption, positive
from domo_async.cli.questions import confirm, require_person
from domo_async.cli.sheets import Heading
from domo_async.cli.views import View
from domo_async.cli.words import many
from domo_async.errors import InvalidArgumentError

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo

__all__ = ["members"]

members: Family = Family("Who belongs to a group.")

MEMBER: View[int] = View(
    "member",
    "members",
    columns={Heading("User", "id"): lambda user_id: user_id},
    facts=lambda user_id: (("User", user_id),),
    name=lambda _: None,
    identity=lambda user_id: user_id,
)

GroupId = Annotated[
    int, typer.Argument(help="Id of the group, a number.", metavar="GROUP", show_default=False, parser=positive)
]
UserIds = Annotated[
    list[int], typer.Argument(help="Ids of users.", metavar="USER", show_default=False, parser=positive)
]


@members.command("list")
def list_(context: typer.Context, group_id: GroupId, *, limit: LimitOption = None, as_json: JsonOption = False) -> None:
    """List the ids of a group's users; with --json as one array of numbers.

    Example: domo-async groups members list 1324037627
    """
    list_things(context, MEMBER, lambda domo: domo.groups.list_members(group_id, limit=limit), as_json=as_json)


@members.command()
def add(context: typer.Context, group_id: GroupId, users: UserIds, *, as_json: JsonOption = False) -> None:
    """Let users join a group; nothing happens to those who belong to it.

    Example: domo-async groups members add 1324037627 412200871 412200872
    """
    joining = [*dict.fromkeys(users)]

    async def join(domo: AsyncDomo) -> None:
        for user_id in joining:
            await domo.groups.add_member(group_id, user_id)

    ask_domo(context, join)
    _report(context, added=joining, removed=(), as_json=as_json)


@members.command()
def remove(context: typer.Context, group_id: GroupId, users: UserIds, *, as_json: JsonOption = False) -> None:
    """Let users leave a group.

    Example: domo-async groups members remove 1324037627 412200871
    """
    leaving = [*dict.fromkeys(users)]

    async def leave(domo: AsyncDomo) -> None:
        for user_id in leaving:
            await domo.groups.remove_member(group_id, user_id)

    ask_domo(context, leave)
    _report(context, added=(), removed=leaving, as_json=as_json)


@members.command("set")
def set_(
    context: typer.Context,
    group_id: GroupId,
    users: Annotated[
        list[int] | None, typer.Argument(help="Ids of users.", metavar="USER", show_default=False, parser=positive)
    ] = None,
    *,
    from_json: Annotated[
        str | None,
        typer.Option(
            help="JSON array of ids, as `members list --json` writes it; - is standard input.", metavar="FILE"
        ),
    ] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the members of a group to exactly these users. Asks before anybody has to leave.

    Example: domo-async groups members set 1324037627 412200871 412200872

    Example: domo-async groups members list 12 --json | domo-async groups members set 34 --from-json - --yes
    """
    if (users is None or not users) == (from_json is None):
        raise Misuse("say who shall belong to the group: ids of users, or --from-json FILE")
    wanted = set(users or ()) if from_json is None else _ids_in(from_json)
    terminal = Invocation.of(context).terminal
    if not yes:

        async def too_many(domo: AsyncDomo) -> int:
            return len(set(await domo.groups.list_members(group_id).collect()) - wanted)

        if leaving := ask_domo(context, too_many):
            require_person(terminal)
            confirm(terminal, f"Let {many(leaving, 'user')} leave group {group_id}?")
    change = ask_domo(context, lambda domo: domo.groups.set_members(group_id, wanted))
    _report(context, added=change.added, removed=change.removed, as_json=as_json)


def _ids_in(source: str) -> set[int]:
    document = read_json(source)
    if not isinstance(document, list):
        raise InvalidArgumentError(f"{called(source)}: expected a JSON array of ids")
    ids: set[int] = set()
    for item in document:
        if isinstance(item, bool) or not isinstance(item, int) or item <= 0:
            raise InvalidArgumentError(f"{called(source)}: {item!r} is not the id of a user")
        ids.add(item)
    return ids


def _report(context: typer.Context, *, added: Sequence[int], removed: Sequence[int], as_json: bool) -> None:
    terminal = Invocation.of(context).terminal
    if as_json:
        terminal.show_json({"added": [*added], "removed": [*removed]})
    else:
        terminal.say(f"{many(len(added), 'user')} added, {many(len(removed), 'user')} removed.")
