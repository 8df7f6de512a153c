"""``domo-async policies``: who sees which rows of a DataSet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import arguments, delete, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.dataset_names import dataset_meant
from domo_async.cli.families.policy_apply import apply
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import DataSetArgument, FromJsonOption, JsonOption, YesOption, positive
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.views import View

if TYPE_CHECKING:
    from domo_async.models import Policy, PolicyFilter

__all__ = ["policies"]

policies: Family = Family("PDP policies: who sees which rows of a DataSet.")


def _filter(condition: PolicyFilter) -> str:
    values = ", ".join(map(str, condition.values))
    return f"{condition.column} {'NOT ' if condition.negated else ''}{condition.operator} {values}"


def _members(members: Sequence[int | str | dict[str, object]]) -> str | None:
    return ", ".join(str(member.get("id") if isinstance(member, dict) else member) for member in members) or None


def _facts(policy: Policy) -> Iterable[tuple[str, object]]:
    return (
        ("Name", policy.name or ""),
        ("Id", policy.id),
        ("Type", policy.type),
        ("Users", _members(policy.users)),
        ("Groups", _members(policy.groups)),
        ("Virtual users", ", ".join(policy.virtual_users) or None),
    )


def _filters(policy: Policy) -> Iterable[Sheet]:
    if policy.filters:
        headings = [Heading("Column"), Heading("Operator"), Heading("Values")]
        yield Sheet(
            headings,
            [
                (each.column, f"{'NOT ' if each.negated else ''}{each.operator}", ", ".join(map(str, each.values)))
                for each in policy.filters
            ],
        )


POLICY: View[Policy] = View(
    "policy",
    "policies",
    columns={
        Heading("Name"): lambda policy: policy.name,
        Heading("Id", "id"): lambda policy: policy.id,
        Heading("Type", room=60): lambda policy: policy.type,
        Heading("Users", "count", room=60): lambda policy: len(policy.users) + len(policy.virtual_users),
        Heading("Groups", "count", room=60): lambda policy: len(policy.groups),
        Heading("Filters", room=60): lambda policy: "; ".join(map(_filter, policy.filters)),
    },
    facts=_facts,
    name=lambda policy: policy.name,
    identity=lambda policy: policy.id,
    parts=_filters,
)

PolicyId = Annotated[
    int, typer.Argument(help="Id of the policy, a number.", metavar="ID", show_default=False, parser=positive)
]
NameOption = Annotated[str | None, typer.Option(help="Its name.", metavar="TEXT")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Rows whose column has this value; may be repeated. Several values of one column widen it, several "
        "columns narrow it. Other operators can stand in the JSON file.",
        metavar="COLUMN=VALUE",
    ),
]
UserOption = Annotated[
    list[int] | None, typer.Option(help="Id of a user; may be repeated.", metavar="ID", parser=positive)
]
GroupOption = Annotated[
    list[int] | None, typer.Option(help="Id of a group; may be repeated.", metavar="ID", parser=positive)
]


@policies.command("list")
def list_(context: typer.Context, dataset: DataSetArgument, *, as_json: JsonOption = False) -> None:
    """List the policies of a DataSet; with --json as one array, which `policies apply` takes back.

    Example: domo-async policies list 4405ff58-1957-45f0-82bd-914d989a3ea3
    """
    dataset_id = dataset_meant(context, dataset)
    list_things(context, POLICY, lambda domo: domo.datasets.policies.list(dataset_id), as_json=as_json)


@policies.command()
def show(context: typer.Context, dataset: DataSetArgument, policy_id: PolicyId, *, as_json: JsonOption = False) -> None:
    """Show one policy; with --json as one object.

    Example: domo-async policies show 4405ff58-1957-45f0-82bd-914d989a3ea3 8
    """
    dataset_id = dataset_meant(context, dataset)
    show_thing(context, POLICY, lambda domo: domo.datasets.policies.get(dataset_id, policy_id), as_json=as_json)


@policies.command()
def create(
    context: typer.Context,
    dataset: DataSetArgument,
    *,
    name: NameOption = None,
    where: WhereOption = None,
    user: UserOption = None,
    group: GroupOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a policy to a DataSet, and show it. Policies count once PDP is on: `datasets update ID --pdp`.

    Example: domo-async policies create 4405ff58-1957-45f0-82bd-914d989a3ea3 --name North --where region=north --user 27
    """
    from domo_async.api.policies import Policies

    if not where and from_json is None:
        raise Misuse("--where is missing: without a condition a policy would show every row")
    options = {"name": name, "filters": _conditions(where), "users": user or None, "groups": group or None}
    fields = arguments(context, Policies.create, options, source=from_json)
    dataset_id = dataset_meant(context, dataset)
    show_thing(context, POLICY, lambda domo: domo.datasets.policies.create(dataset_id, **fields), as_json=as_json)


@policies.command()
def update(
    context: typer.Context,
    dataset: DataSetArgument,
    policy_id: PolicyId,
    *,
    name: NameOption = None,
    where: WhereOption = None,
    user: UserOption = None,
    group: GroupOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a policy, and show it. What is named replaces what was there: --user all users, --where all conditions.

    Example: domo-async policies update 4405ff58-1957-45f0-82bd-914d989a3ea3 8 --user 27 --user 28
    """
    from domo_async.api.policies import Policies

    options = {"name": name, "filters": _conditions(where), "users": user or None, "groups": group or None}
    fields = arguments(context, Policies.update, options, source=from_json)
    dataset_id = dataset_meant(context, dataset)
    show_thing(
        context, POLICY, lambda domo: domo.datasets.policies.update(dataset_id, policy_id, **fields), as_json=as_json
    )


@policies.command("delete")
def delete_(
    context: typer.Context,
    dataset: DataSetArgument,
    policy_id: PolicyId,
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a policy for good.

    Example: domo-async policies delete 4405ff58-1957-45f0-82bd-914d989a3ea3 8
    """
    dataset_id = dataset_meant(context, dataset)
    delete(
        context,
        POLICY,
        policy_id,
        lambda domo: domo.datasets.policies.get(dataset_id, policy_id),
        lambda domo: domo.datasets.policies.delete(dataset_id, policy_id),
        yes=yes,
        as_json=as_json,
    )


policies.command("apply")(apply)


def _conditions(where: Sequence[str] | None) -> list[PolicyFilter] | None:
    from domo_async.models import PolicyFilter

    if not where:
        return None
    values: dict[str, list[str | int | float | bool | None]] = {}
    for text in where:
        column, equals, value = text.partition("=")
        if not (equals and column.strip() and value):
            raise typer.BadParameter(f"{text!r} is no condition such as region=north", param_hint="--where")
        values.setdefault(column.strip(), []).append(value)
    return [PolicyFilter(column=column, values=wanted) for column, wanted in values.items()]
