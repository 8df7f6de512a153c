"""``domo-async policies apply``: the policies of a DataSet as a file says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import ask_domo
from domo_async.cli.dataset_names import dataset_meant
from domo_async.cli.input import called, read_json
from domo_async.cli.invocation import Invocation
from domo_async.cli.options import DataSetArgument, JsonOption, YesOption
from domo_async.cli.questions import confirm, require_person
from domo_async.cli.views import as_document
from domo_async.cli.words import printable
from domo_async.errors import InvalidArgumentError

if TYPE_CHECKING:
    from domo_async.api.policies import PolicyChanges
    from domo_async.cli.terminal import Terminal
    from domo_async.models import Policy

__all__ = ["apply"]


def apply(
    context: typer.Context,
    dataset: DataSetArgument,
    file: Annotated[
        str,
        typer.Argument(
            help="JSON array of policies, as `policies list --json` writes it; - is standard input.",
            metavar="FILE",
            show_default=False,
        ),
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the policies of a DataSet to those of a file, by name.

    Missing ones are created, different ones are updated, and those that are not in the file are deleted, after a
    question. Built-in ones such as "All Rows" stay unless the file has one of their name. Ids and types do not count.

    Example: domo-async policies apply 4405ff58-1957-45f0-82bd-914d989a3ea3 policies.json --dry-run
    """
    wanted = _policies_in(file)
    dataset_id = dataset_meant(context, dataset)
    terminal = Invocation.of(context).terminal

    def carry_out(*, only_say: bool) -> PolicyChanges:
        return ask_domo(context, lambda domo: domo.datasets.policies.apply(dataset_id, wanted, dry_run=only_say))

    if not (dry_run or yes):
        planned = carry_out(only_say=True)
        if planned.deleted:
            require_person(terminal)
            confirm(terminal, f"Delete {', '.join(_name(policy) for policy in planned.deleted)} for good?")
    _report(terminal, carry_out(only_say=dry_run), dry_run=dry_run, as_json=as_json)


def _policies_in(source: str) -> list[Policy]:
    from domo_async.cli.fields import validated
    from domo_async.models import Policy

    document = read_json(source)
    if not isinstance(document, list):
        raise InvalidArgumentError(f"{called(source)}: expected a JSON array of policies")
    policies: list[Policy] = validated(list[Policy], document, called(source))
    return policies


def _report(terminal: Terminal, changes: PolicyChanges, *, dry_run: bool, as_json: bool) -> None:
    groups = {
        "created": changes.created,
        "updated": changes.updated,
        "deleted": changes.deleted,
        "unchanged": changes.unchanged,
    }
    if as_json:
        documents = {verb: [as_document(policy) for policy in group] for verb, group in groups.items()}
        terminal.show_json({"dry_run": dry_run, **documents})
        return
    for verb, group in groups.items():
        for policy in group:
            terminal.tell(printable(f"{verb}  {_name(policy)}"))
    if dry_run:
        terminal.say("Nothing was changed: this was a dry run.")


def _name(policy: Policy) -> str:
    return policy.name or f"policy {policy.id}"
