"""A job on a terminal while it runs: the sums, and the DataSets on their way, in as many lines as fit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.text import Text

from domo_async.cli.estimate import Estimate, roughly
from domo_async.cli.words import many, printable, size

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from domo_async.cli.tally import Tally
    from domo_async.jobs.chronicle.recording import Recording

__all__ = ["Board"]

_WIDE = 70
_MIDDLE = 44
_BAR_FROM = 30
_LONGEST_BAR = 40
_MOST_LINES = 16
_FEWEST_LINES = 3
_TIRED = 10.0
"""Seconds on its way after which it is worth saying for how long."""

_WORDS = {
    "waiting": "waiting for Domo",
    "downloading": "downloading",
    "streaming": "writing",
    "waiting_for_writer": "waiting for a writer",
    "writing": "writing",
}
_SHORT = {"waiting": "waits", "downloading": "loads", "waiting_for_writer": "waits", "retrying": "again"}

Part = tuple[str, str]
"""A piece of a line, and its style."""


class Board:
    """Draws a job; a renderable of rich.

    It never has more lines than the terminal, and none that is wider. Which DataSets it shows does not change from one
    look to the next while they are on their way: those that are tried again, then those that have been longest on
    their way. What does not fit is counted.

    Args:
        tally: The job.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._estimate = Estimate(tally.chronicler)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # Terminals write ^C behind the last line; one that went on below would be left behind.
        width = max(1, options.max_width - len("^C"))
        plain = options.ascii_only or options.legacy_windows
        # One line is left for the cursor, and some for what was said before.
        room = max(1, min(_MOST_LINES, console.size.height - 2))
        yield Group(*self.lines(width, room, plain=plain))

    def lines(self, width: int, room: int, *, plain: bool = False) -> list[Text]:
        """The lines.

        Args:
            width: Columns of the terminal.
            room: Lines that there are.
            plain: Whether the terminal knows nothing but ASCII.
        """
        now = self._tally.chronicler.now()
        self._estimate.look(now)
        lines = [self._headline(width, plain=plain)]
        if room > 1:
            lines.append(_fitted(self._sums(now), width, plain=plain))
        if room >= _FEWEST_LINES and (trouble := self._trouble(width)):
            lines.append(_fitted(trouble, width, plain=plain))
        room -= len(lines)
        active = list(self._tally.chronicler.active.values())
        queued = self._tally.chronicler.queued
        fit = room if len(active) <= room and not queued else max(0, room - 1)
        shown = sorted(sorted(active, key=_telling)[:fit], key=_begun)
        lines += [_line(one, now, width, plain=plain) for one in shown]
        if room > 0 and (rest := _rest(active, shown, queued)):
            lines.append(_fitted(rest, width, plain=plain))
        for line in lines:
            line.truncate(width)  # where there is no room for anything, a line that goes on below would be worse
        return lines

    def _headline(self, width: int, *, plain: bool) -> Text:
        tally, chronicler = self._tally, self._tally.chronicler
        if tally.total is None and not chronicler.done:
            found = many(len(chronicler.recordings), "DataSet")
            return _fitted([("Asking Domo", "bold"), (f"{found} so far", "")], width, plain=plain)
        total = "" if tally.total is None else f" of {tally.total:,}"
        head = Text(f"{chronicler.done:,}{total} {'DataSets' if width >= _BAR_FROM else ''}".rstrip(), "bold")
        failed = Text(f"{tally.failed:,} failed", "bold red") if tally.failed else None
        used = head.cell_len + (failed.cell_len + 2 if failed else 0)
        line = head
        if tally.total and width >= _BAR_FROM:
            share = chronicler.done / tally.total
            words = f" {100 * share:3.0f}%"
            line = Text.assemble(head, "  ", _bar(share, min(_LONGEST_BAR, width - used - 8), plain=plain), words)
        return Text.assemble(line, "  ", failed) if failed else line

    def _sums(self, now: float) -> list[Part]:
        """The most important first: what does not fit is left out from the end."""
        chronicler = self._tally.chronicler
        parts: list[Part] = [(_clock(now), "")]
        if (left := self._estimate.seconds_left) is not None and chronicler.done != chronicler.total:
            parts.append((f"about {roughly(left)} left", "bold"))
        if chronicler.received:
            parts.append((size(chronicler.received), ""))
            parts.append((f"{size(self._estimate.speed)}/s", "cyan"))
        if rows := self._tally.rows:
            parts.append((many(rows, "row"), ""))
        if self._tally.skipped:
            parts.append((f"{self._tally.skipped:,} unchanged", ""))
        return parts

    def _trouble(self, width: int) -> list[Part]:
        chronicler = self._tally.chronicler
        parts: list[Part] = []
        stats = chronicler.stats
        if stats is not None and stats.paused_for > 0:
            words = "Domo asks everybody to wait:" if width >= _MIDDLE else "Domo: wait"
            parts.append((f"{words} {stats.paused_for:.0f} s", "bold yellow"))
        if chronicler.retries:
            parts.append((f"{many(chronicler.retries, 'transfer')} begun again", "yellow"))
        if stats is not None and stats.retries:
            parts.append((f"{many(stats.retries, 'request')} sent again", "yellow"))
        return parts


def _line(one: Recording, now: float, width: int, *, plain: bool) -> Text:
    name = printable(one.name or one.dataset_id)
    if width >= _WIDE:
        room = min(36, width // 3)
        share = _share(one)
        bar = width - room - 46
        columns = [
            _cell(name, room, plain=plain),
            _bar(share, min(bar, _LONGEST_BAR), plain=plain) if share is not None else Text(" " * max(0, bar)),
            _cell(_doing(one, now), 22, style=_style(one), plain=plain),
            Text(size(one.received).rjust(9) if one.received else " " * 9),
            Text(_age(one, now).rjust(7), "dim"),
        ]
        if share is not None:
            columns[1].pad_right(max(0, bar - columns[1].cell_len))
        return Text("  ").join(columns)[:width]
    if width >= _MIDDLE:
        words = _cell(_doing(one, now), 20, style=_style(one), plain=plain)
        return Text("  ").join(
            [_cell(name, width - 34, plain=plain), words, Text(size(one.received).rjust(8) if one.received else "")]
        )
    short = _short(one, now)
    return Text.assemble(_cell(name, max(4, width - len(short) - 1), plain=plain), " ", (short, _style(one)))


def _doing(one: Recording, now: float) -> str:
    if one.phase == "retrying":
        wait = one.next_attempt - now
        return f"again in {wait:.0f} s ({one.attempt})" if wait > 0 else f"attempt {one.attempt}"
    words = _WORDS.get(one.phase, one.phase.replace("_", " "))
    share = _share(one)
    return words if share is None else f"{words} {100 * share:.0f}%"


def _short(one: Recording, now: float) -> str:
    share = _share(one)
    if share is not None:
        return f"{100 * share:.0f}%"
    if one.phase == "retrying" and one.next_attempt > now:
        return f"again {one.next_attempt - now:.0f} s"
    return _SHORT.get(one.phase, size(one.received))


def _share(one: Recording) -> float | None:
    """How much of it is written; None where that cannot be known, or has not begun."""
    if one.phase not in ("streaming", "writing") or not one.rows_expected:
        return None
    return min(1.0, one.rows / one.rows_expected)


def _style(one: Recording) -> str:
    if one.phase == "retrying":
        return "yellow"
    return "dim" if one.phase in ("waiting", "waiting_for_writer") else ""


def _age(one: Recording, now: float) -> str:
    age = now - _begun(one)
    return _clock(age) if age >= _TIRED else ""


def _rest(active: list[Recording], shown: list[Recording], queued: int) -> list[Part]:
    seen = set(map(id, shown))
    others = Counter(_WORDS.get(one.phase, "trying again") for one in active if id(one) not in seen)
    parts: list[Part] = [(f"{number} {words}", "dim") for words, number in others.most_common()]
    if parts:
        parts[0] = (f"+ {parts[0][0]}", "dim")
    return [*parts, (f"{queued:,} queued", "dim")] if queued else parts


def _telling(one: Recording) -> tuple[bool, float]:
    return one.phase != "retrying", _begun(one)


def _begun(one: Recording) -> float:
    return one.since if one.begun is None else one.begun


def _cell(text: str, width: int, *, style: str = "", plain: bool = False) -> Text:
    """Text in exactly so many columns; a wide letter takes two of them."""
    cell = Text(text, style, no_wrap=True)
    if cell.cell_len > width:
        end = "..." if plain else "…"
        cell.truncate(max(0, width - len(end)))
        cell.append(end[: max(0, width - cell.cell_len)])
    cell.pad_right(max(0, width - cell.cell_len))
    return cell


def _fitted(parts: list[Part], width: int, *, plain: bool) -> Text:
    """As many of the parts as fit into a line, the first of them in any case."""
    between = "  " if plain else " · "
    line = Text(no_wrap=True)
    for words, style in parts:
        if line and line.cell_len + len(between) + cell_len(words) > width:
            break
        line.append(between if line else "", "dim").append(words, style)
    line.truncate(width)
    return line


def _bar(share: float, width: int, *, plain: bool) -> Text:
    width = max(0, width)
    full = round(share * width)
    done, open_ = ("#", ".") if plain else ("━", "─")
    return Text.assemble((done * full, "green" if share >= 1 else "cyan"), (open_ * (width - full), "dim"))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
