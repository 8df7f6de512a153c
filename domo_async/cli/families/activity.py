"""``domo-async activity``: who did what, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import ask_domo, write_array
from domo_async.cli.commands import Family
from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.moments import moment
from domo_async.cli.options import JsonOption, LimitOption, positive
from domo_async.cli.words import printable

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.client import AsyncDomo
    from domo_async.models import ActivityEntry

__all__ = ["activity"]

activity: Family = Family("The activity log: who did what, and when.")

_WHEN = "ISO 8601 with a zone, or how long ago: 30m, 24h, 7d, 2w."


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which entries, and in which order."""

    since: datetime
    until: datetime | None
    user: int | None
    kinds: frozenset[str]
    limit: int | None
    oldest_first: bool

    async def of(self, domo: AsyncDomo) -> AsyncIterator[ActivityEntry]:
        """The entries as they come."""
        left = self.limit
        if left == 0:
            return
        newest_first = not self.oldest_first
        async for entry in domo.activity_log.since(
            self.since, until=self.until, newest_first=newest_first, user_id=self.user
        ):
            if self.kinds and (entry.action_type or "").casefold() not in self.kinds:
                continue
            yield entry
            left = None if left is None else left - 1
            if left == 0:
                return


@activity.command("list")
def list_(
    context: typer.Context,
    *,
    since: Annotated[
        datetime | None, typer.Option(help=f"Earliest time: {_WHEN} Default: 24h.", metavar="WHEN", parser=moment)
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(help="End of the time, which does not belong to it. Default: now.", metavar="WHEN", parser=moment),
    ] = None,
    user: Annotated[int | None, typer.Option(help="Only what this user did.", metavar="ID", parser=positive)] = None,
    event_type: Annotated[
        list[str] | None,
        typer.Option(help="Only this kind of event, such as VIEWED; may be repeated.", metavar="WORD"),
    ] = None,
    limit: LimitOption = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="Begin with the oldest entry.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what happened, newest first, each entry once; with --json as one array.

    Entries are written as they come, however many there are.

    Example: domo-async activity list --since 7d --event-type DELETED

    Example: domo-async activity list --since 2026-01-01T00:00:00Z --until 2026-02-01T00:00:00Z --json
    """
    since = since or moment("24h")
    if until is not None and until < since:
        raise Misuse("--until is before --since")
    kinds = frozenset(kind.strip().casefold() for kind in event_type or ())
    wanted = _Wanted(since, until, user, kinds, limit, oldest_first)
    if as_json:
        write_array(context, wanted.of)
    else:
        terminal = Invocation.of(context).terminal
        ask_domo(context, lambda domo: _write_lines(terminal, wanted.of(domo)))


async def _write_lines(terminal: Terminal, entries: AsyncIterator[ActivityEntry]) -> None:
    empty = True
    async for entry in entries:
        if empty:
            terminal.line(_line("Time (UTC)", "Event", "User", "Object"), style="bold")
            empty = False
        time = f"{entry.time:%Y-%m-%d %H:%M:%S}" if entry.time else ""
        target = " ".join(part for part in (entry.object_type, entry.object_name, entry.object_id) if part)
        terminal.line(_line(time, entry.event_text or entry.action_type or "", entry.user_name or "", target))
    if empty:
        terminal.say("No entries.")


def _line(time: str, event: str, user: str, target: str) -> str:
    # Of fixed widths, since nobody knows what is still to come.
    return printable(f"{time:19}  {event:24}  {user:20}  {target}").rstrip()
