"""One row of the timeline for each DataSet that was transferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.jobs.chronicle.markup import Html, join, name_of, tag
from domo_async.jobs.chronicle.phases import PHASES, look_of
from domo_async.jobs.chronicle.words import duration, many, rate, size

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.axis import Axis
    from domo_async.jobs.chronicle.document import Chronicle
    from domo_async.jobs.chronicle.parts import Life, Phase

__all__ = ["legend", "rows_of"]

_HEIGHT = 16
_MOST_NAMED = 300
_FATES = {"failed": "failed", "unfinished": "left undone", "fetched": "transferred", "unchanged": "had not changed"}


def rows_of(chronicle: Chronicle, axis: Axis) -> Html:
    """The rows, in the order in which the DataSets came to their turn."""
    worked = [life for life in chronicle.lives if life.phases]
    ranks = {id(life): rank for rank, life in enumerate(sorted(worked, key=_telling))}
    by_turn = sorted(worked, key=lambda life: (_turn(life), life.phases[-1].at))
    return tag("ol", *(_row(life, ranks[id(life)], axis) for life in by_turn), class_="rows", id="rows")


def legend(chronicle: Chronicle) -> Html:
    """What the colours mean; only those that are there."""
    seen = {phase.phase for life in chronicle.lives for phase in life.phases}
    order = [*(key for key in PHASES if key in seen), *sorted(seen - PHASES.keys())]
    items = [(look_of(key).style, look_of(key).words) for key in order]
    marks = [("m-retry", "tried again")] if any(life.retries for life in chronicle.lives) else []
    marks += [("m-failed", "failed")] if chronicle.totals.failed else []
    marks += [("m-pause", "Domo asked everybody to wait")] if chronicle.pauses else []
    marks += [("m-grant", "new access token")] if chronicle.grants else []
    swatches = [tag("li", _swatch(style), words) for style, words in items]
    swatches += [tag("li", tag("span", class_=f"mark {style}", aria_hidden="true"), words) for style, words in marks]
    return tag("ul", *swatches, class_="legend", aria_label="Colours and marks")


def _swatch(style: str) -> Html:
    thin = style == "p-queued"
    bar = tag("rect", width=18, height=2 if thin else 10, y=4 if thin else 0, class_=style)
    return tag("svg", bar, width=18, height=10, aria_hidden="true")


def _row(life: Life, rank: int, axis: Axis) -> Html:
    begun = _turn(life)
    words = f", {_FATES[life.fate]}" if life.fate != "fetched" else ""
    again = f", {many(len(life.retries), 'failed attempt')} before" if life.retries else ""
    summary = tag(
        "summary",
        tag(
            "span",
            tag("span", _sign(life), class_="sign", aria_hidden="true"),
            tag("span", name_of(life), class_="text"),
            tag("span", f"{words}{again}", class_="unseen"),
            class_="name",
        ),
        tag(
            "svg",
            tag("svg", *_bars(life, axis), *_marks(life, axis), class_="zoom", width="100%", height=_HEIGHT),
            class_="track",
            width="100%",
            height=_HEIGHT,
            aria_hidden="true",
        ),
        tag("span", duration(life.seconds), class_="took number"),
        tag("span", size(life.received), class_="bytes number"),
    )
    return tag(
        "li",
        tag("details", summary, _more(life, axis)),
        class_=life.fate,
        data_name=(life.name or life.dataset_id)[:_MOST_NAMED].casefold(),
        data_id=life.dataset_id,
        data_again=len(life.retries),
        data_rank=rank,
        data_begun=f"{begun:.3f}",
        data_seconds=f"{life.seconds:.3f}",
        data_bytes=life.received,
    )


def _bars(life: Life, axis: Axis) -> list[Html]:
    return [_bar(phase, axis) for phase in life.phases if axis.shows(phase.seconds)]


def _bar(phase: Phase, axis: Axis) -> Html:
    look = look_of(phase.phase)
    y, height = (7, 2) if phase.phase == "queued" else (3, 10)
    words = f"{look.words}: {duration(phase.seconds)}, from {axis.when(phase.at)}"
    shape = {"x": axis.place(phase.at), "width": axis.width(phase.seconds)}
    # Without the self-closing form of `tag`: it has a title, which browsers show when the pointer rests on it.
    title = tag("title", words)
    return Html(
        f'<rect x="{shape["x"]}" y="{y}" width="{shape["width"]}" height="{height}" class="{look.style}">{title}</rect>'
    )


def _marks(life: Life, axis: Axis) -> list[Html]:
    marks = [_mark("M0 3 L4 11 L-4 11 Z", "retry", axis.place(retry.at)) for retry in life.retries]
    if life.fate == "failed":
        last = life.phases[-1]
        marks.append(_mark("M-3.5 4.5 L3.5 11.5 M3.5 4.5 L-3.5 11.5", "end", axis.place(last.at + last.seconds)))
    return marks


def _mark(shape: str, style: str, place: str) -> Html:
    return tag("svg", tag("path", d=shape, class_=style), x=place, overflow="visible")


def _more(life: Life, axis: Axis) -> Html:
    """What opens below a row."""
    expected = f" of {life.rows_expected:,} that Domo counts" if life.rows_expected not in (None, life.rows) else ""
    facts = [
        ("Name", name_of(life) if life.name else None),
        ("Id", tag("code", life.dataset_id)),
        ("What was done", f"{_FATES[life.fate]}{f' ({life.action})' if life.action else ''}"),
        ("Rows", f"{life.rows:,}{expected}"),
        ("Transferred", f"{size(life.received)} at {rate(life.received, life.seconds)}" if life.received else None),
        ("Files", join([tag("code", ", ".join(life.files)), f" {size(life.file_bytes)}"]) if life.files else None),
        ("Attempts", str(life.attempts) if life.attempts > 1 else None),
        ("Failure", life.failure.text if life.failure else None),
        ("What to do", life.failure.cure if life.failure else None),
    ]
    steps = [
        tag("li", f"{axis.when(phase.at)}: {look_of(phase.phase).words}, {duration(phase.seconds)}")
        for phase in life.phases
    ]
    tries = [
        tag(
            "li",
            f"{axis.when(retry.at)}: attempt {retry.attempt} failed, next {duration(retry.wait)} later: {retry.error}",
        )
        for retry in life.retries
    ]
    return tag(
        "div",
        tag("dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in facts if value)),
        tag("ol", *steps, class_="steps"),
        tag("ol", *tries, class_="steps") if tries else None,
        class_="more",
    )


def _sign(life: Life) -> str:
    if life.fate == "failed":
        return "✕"
    if life.fate == "unfinished":
        return "◌"
    return "↻" if life.retries else ""


def _telling(life: Life) -> tuple[int, float]:
    order = {"failed": 0, "unfinished": 1}.get(life.fate, 2 if life.retries else 3)
    return order, -life.seconds


def _turn(life: Life) -> float:
    """When it came to its turn."""
    return next((phase.at for phase in life.phases if phase.phase != "queued"), life.phases[-1].at)
