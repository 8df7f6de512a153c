"""``domo-async users``: the users of the instance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import arguments, delete, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.options import FromJsonOption, JsonOption, LimitOption, YesOption, positive
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.views import View
from domo_async.errors import NotFoundError

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.models import User

__all__ = ["users"]

users: Family = Family("Users of the instance.")


def _facts(user: User) -> Iterable[tuple[str, object]]:
    return (
        ("Name", user.name or ""),
        ("Id", user.id),
        ("E-mail", user.email),
        ("Second e-mail", user.alternate_email or None),
        ("Role", user.role),
        ("Title", user.title or None),
        ("Phone", user.phone or None),
        ("Location", user.location or None),
        ("Time zone", user.timezone or None),
        ("Locale", user.locale or None),
        ("Employee number", user.employee_number),
        ("Created", user.created_at),
        ("Updated", user.updated_at),
        ("Deleted", user.deleted or None),
    )


def _groups(user: User) -> Iterable[Sheet]:
    if user.groups:
        yield Sheet([Heading("Group"), Heading("Id", "id")], [(group.name or "", group.id) for group in user.groups])


USER: View[User] = View(
    "user",
    "users",
    columns={
        Heading("Name"): lambda user: user.name,
        Heading("Id", "id"): lambda user: user.id,
        Heading("E-mail", room=60): lambda user: user.email,
        Heading("Role", room=60): lambda user: user.role,
        Heading("Title", room=100): lambda user: user.title,
    },
    facts=_facts,
    name=lambda user: user.name,
    identity=lambda user: user.id,
    parts=_groups,
)

UserId = Annotated[
    int, typer.Argument(help="Id of the user, a number.", metavar="ID", show_default=False, parser=positive)
]
NameOption = Annotated[str | None, typer.Option(help="Full name.", metavar="TEXT")]
EmailOption = Annotated[str | None, typer.Option(help="Address, which is the login.", metavar="ADDRESS")]
RoleOption = Annotated[
    str | None, typer.Option(help="Admin, Privileged, Participant, or a role of your own.", metavar="ROLE")
]
TitleOption = Annotated[str | None, typer.Option(help="Job title.", metavar="TEXT")]
TimezoneOption = Annotated[str | None, typer.Option(help="Time zone such as Europe/Oslo.", metavar="ZONE")]


@users.command("list")
def list_(context: typer.Context, *, limit: LimitOption = None, as_json: JsonOption = False) -> None:
    """List the users; with --json as one array.

    Example: domo-async users list --limit 20
    """
    list_things(context, USER, lambda domo: domo.users.list(limit=limit), as_json=as_json)


@users.command()
def show(
    context: typer.Context,
    user: Annotated[
        str, typer.Argument(help="Id of the user, or e-mail address.", metavar="ID|ADDRESS", show_default=False)
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one user in full, with his groups; with --json as one object.

    Example: domo-async users show ana@example.com
    """
    number = None if "@" in user else positive(user)

    async def get(domo: AsyncDomo) -> User:
        if number is not None:
            return await domo.users.get(number)
        found = await domo.users.find(email=user)
        if found is None:
            raise NotFoundError(f"nobody has the address {user}", status=404, operation="users.find")
        return await domo.users.get(found.id)

    show_thing(context, USER, get, as_json=as_json)


@users.command()
def create(
    context: typer.Context,
    *,
    name: NameOption = None,
    email: EmailOption = None,
    role: RoleOption = None,
    title: TitleOption = None,
    timezone: TimezoneOption = None,
    invite: Annotated[bool, typer.Option("--invite", help="Let Domo send an invitation by mail.")] = False,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a user, and show it.

    Example: domo-async users create --name "Ana Okafor" --email ana@example.com --role Participant --invite

    Example: domo-async users create --from-json ana.json
    """
    from domo_async.api.users import Users

    options = {"name": name, "email": email, "role": role, "title": title, "timezone": timezone}
    fields = arguments(context, Users.create, {**options, "send_invite": invite or None}, source=from_json)
    show_thing(context, USER, lambda domo: domo.users.create(**fields), as_json=as_json)


@users.command()
def update(
    context: typer.Context,
    user_id: UserId,
    *,
    name: NameOption = None,
    email: EmailOption = None,
    role: RoleOption = None,
    title: TitleOption = None,
    timezone: TimezoneOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change some attributes of a user, and show it. A null in the JSON file empties an attribute.

    Example: domo-async users update 412200871 --role Privileged --title "Head of Tides"
    """
    from domo_async.api.users import Users

    options = {"name": name, "email": email, "role": role, "title": title, "timezone": timezone}
    fields = arguments(context, Users.update, options, source=from_json)

    async def change(domo: AsyncDomo) -> User:
        return await domo.users.update(user_id, **fields) or await domo.users.get(user_id)

    show_thing(context, USER, change, as_json=as_json)


@users.command("delete")
def delete_(context: typer.Context, user_id: UserId, *, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Delete a user for good.

    Example: domo-async users delete 412200871 --yes
    """
    delete(
        context,
        USER,
        user_id,
        lambda domo: domo.users.get(user_id),
        lambda domo: domo.users.delete(user_id),
        yes=yes,
        as_json=as_json,
    )
