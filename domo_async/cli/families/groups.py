"""``domo-async groups``: groups of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import arguments, delete, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.families.members import members
from domo_async.cli.options import FromJsonOption, JsonOption, LimitOption, YesOption, positive
from domo_async.cli.sheets import Heading
from domo_async.cli.views import View

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.models import Group

__all__ = ["groups"]

groups: Family = Family("Groups of users, and who belongs to them.")
groups.add("members", members)

GROUP: View[Group] = View(
    "group",
    "groups",
    columns={
        Heading("Name"): lambda group: group.name,
        Heading("Id", "id"): lambda group: group.id,
        Heading("Members", "count"): lambda group: group.member_count,
        Heading("Active", room=60): lambda group: group.active,
        Heading("Default", room=60): lambda group: group.default,
    },
    facts=lambda group: (
        ("Name", group.name or ""),
        ("Id", group.id),
        ("Members", group.member_count),
        ("Active", group.active),
        ("Default", group.default),
        ("Creator", group.creator_id),
        ("Deleted", group.deleted or None),
    ),
    name=lambda group: group.name,
    identity=lambda group: group.id,
)

GroupId = Annotated[
    int, typer.Argument(help="Id of the group, a number.", metavar="ID", show_default=False, parser=positive)
]
NameOption = Annotated[str | None, typer.Option(help="Its name.", metavar="TEXT")]
ActiveOption = Annotated[
    bool | None, typer.Option("--active/--inactive", help="Whether it is in use; members of others stay as they are.")
]
DefaultOption = Annotated[bool | None, typer.Option("--default/--no-default", help="Whether new users join it.")]


@groups.command("list")
def list_(context: typer.Context, *, limit: LimitOption = None, as_json: JsonOption = False) -> None:
    """List the groups; with --json as one array.

    Example: domo-async groups list
    """
    list_things(context, GROUP, lambda domo: domo.groups.list(limit=limit), as_json=as_json)


@groups.command()
def show(context: typer.Context, group_id: GroupId, *, as_json: JsonOption = False) -> None:
    """Show one group; with --json as one object.

    Example: domo-async groups show 1324037627
    """
    show_thing(context, GROUP, lambda domo: domo.groups.get(group_id), as_json=as_json)


@groups.command()
def create(
    context: typer.Context,
    *,
    name: NameOption = None,
    active: ActiveOption = None,
    default: DefaultOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a group, and show it.

    Example: domo-async groups create --name "Tide watchers"
    """
    from domo_async.api.groups import Groups

    options = {"name": name, "active": active, "default": default}
    fields = arguments(context, Groups.create, options, source=from_json)
    show_thing(context, GROUP, lambda domo: domo.groups.create(**fields), as_json=as_json)


@groups.command()
def update(
    context: typer.Context,
    group_id: GroupId,
    *,
    name: NameOption = None,
    active: ActiveOption = None,
    default: DefaultOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a group, and show it.

    Example: domo-async groups update 1324037627 --inactive
    """
    from domo_async.api.groups import Groups

    options = {"name": name, "active": active, "default": default}
    fields = arguments(context, Groups.update, options, source=from_json)

    async def change(domo: AsyncDomo) -> Group:
        return await domo.groups.update(group_id, **fields) or await domo.groups.get(group_id)

    show_thing(context, GROUP, change, as_json=as_json)


@groups.command("delete")
def delete_(
    context: typer.Context,
    group_id: GroupId,
    *,
    remove_members: Annotated[
        bool, typer.Option("--remove-members", help="Remove its members first; Domo deletes empty groups only.")
    ] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a group for good.

    Example: domo-async groups delete 1324037627 --remove-members
    """
    delete(
        context,
        GROUP,
        group_id,
        lambda domo: domo.groups.get(group_id),
        lambda domo: domo.groups.delete(group_id, remove_members=remove_members),
        yes=yes,
        as_json=as_json,
    )
