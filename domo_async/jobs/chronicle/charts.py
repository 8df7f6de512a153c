"""The whole job in two pictures: what DataSets were doing, and how fast bytes came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.jobs.chronicle.markup import Html, join, tag
from domo_async.jobs.chronicle.phases import look_of, steps_by_phase
from domo_async.jobs.chronicle.words import duration, many, moved, size

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.axis import Axis
    from domo_async.jobs.chronicle.document import Chronicle

__all__ = ["activity", "moments", "throughput"]

_STEPS = 160
_HEIGHT = 88
_SCALE = 1000


def activity(chronicle: Chronicle, axis: Axis) -> Html | None:
    """How many DataSets were on their way, and what they were doing: layers on top of each other."""
    layers = steps_by_phase(chronicle, _STEPS)
    sums = [sum(layer[place] for layer in layers.values()) for place in range(_STEPS)]
    most = max(sums, default=0.0)
    if most <= 0:
        return None
    limit = chronicle.settings.get("concurrency")
    top = max(most, min(limit, 2 * most)) if isinstance(limit, int) and not isinstance(limit, bool) else most
    below = [0.0] * _STEPS
    areas: list[Html] = []
    for phase, layer in layers.items():
        above = [low + level for low, level in zip(below, layer, strict=True)]
        areas.append(tag("path", d=_area(below, above, top), class_=look_of(phase).style))
        below = above
    peak = f"{most:.0f}" if most >= 1 else "1"
    words = f"On their way: at most {peak} at a time"
    return _chart("On their way", f"at most {peak} at a time", words, join(areas), chronicle, axis)


def throughput(chronicle: Chronicle, axis: Axis) -> Html | None:
    """Bytes per second."""
    traffic = chronicle.traffic
    if not any(traffic.received):
        return None
    steps = max(1, int(axis.length / traffic.step) + 1)
    levels = [number / traffic.step for number in traffic.received[:steps]]
    levels += [0.0] * (steps - len(levels))
    most = max(levels)
    share = axis.length / (steps * traffic.step)
    area = tag("path", d=_area([0.0] * steps, levels, most, stretch=1 / share), class_="throughput")
    mean = chronicle.totals.received / max(chronicle.seconds, 0.001)
    note = f"at most {size(most)}/s, {size(mean)}/s on average"
    title = moved(chronicle.job)
    return _chart(title, note, f"Bytes {title.lower()} per second: {note}", area, chronicle, axis)


def _chart(title: str, note: str, words: str, areas: Html, chronicle: Chronicle, axis: Axis) -> Html:
    picture = tag("svg", areas, viewBox=f"0 0 {_SCALE} {_HEIGHT}", preserveAspectRatio="none", overflow="hidden")
    parts = (axis.grid(_HEIGHT), picture, _pauses(chronicle, axis), _grants(chronicle, axis))
    return tag(
        "figure",
        tag("figcaption", tag("b", title), " ", tag("span", note, class_="faint")),
        tag(
            "svg",
            tag("svg", *parts, class_="zoom", width="100%", height=_HEIGHT),
            class_="chart",
            width="100%",
            height=_HEIGHT,
            role="img",
            aria_label=words,
        ),
        class_="lane",
    )


def _pauses(chronicle: Chronicle, axis: Axis) -> Html:
    return join(
        tag(
            "rect",
            x=axis.place(pause.at),
            width=axis.width(pause.seconds),
            y=0,
            height=_HEIGHT,
            class_="pause",
        )
        for pause in chronicle.pauses
    )


def _grants(chronicle: Chronicle, axis: Axis) -> Html:
    return join(
        tag("line", x1=axis.place(at), x2=axis.place(at), y1=0, y2=_HEIGHT, class_="grant") for at in chronicle.grants
    )


def moments(chronicle: Chronicle, axis: Axis) -> Html | None:
    """The pauses and the tokens in words, for those who do not see the pictures or want to know the moments."""
    lines = [
        f"{axis.when(pause.at)}: Domo asked everybody to wait {duration(pause.seconds)}"
        for pause in chronicle.pauses[:20]
    ]
    if len(chronicle.pauses) > len(lines):
        lines.append(f"and {many(len(chronicle.pauses) - len(lines), 'more wait')}")
    lines += [f"{axis.when(at)}: a new access token" for at in chronicle.grants[:20]]
    if not lines:
        return None
    return tag(
        "details",
        tag("summary", "Waits and tokens, one by one"),
        tag("ul", *(tag("li", line) for line in lines)),
        class_="moments",
    )


def _area(below: list[float], above: list[float], top: float, *, stretch: float = 1.0) -> str:
    """A path around what lies between two levels; drawn in steps, since each number holds for a whole step."""
    width = _SCALE * stretch / len(above)
    forth = [
        f"L{place * width:.1f} {y:.1f}L{(place + 1) * width:.1f} {y:.1f}"
        for place, y in enumerate(_HEIGHT - level / top * (_HEIGHT - 2) for level in above)
    ]
    back = [
        f"L{(place + 1) * width:.1f} {y:.1f}L{place * width:.1f} {y:.1f}"
        for place, y in reversed(list(enumerate(_HEIGHT - level / top * (_HEIGHT - 2) for level in below)))
    ]
    return f"M0 {_HEIGHT}{''.join(forth)}{''.join(back)}Z"
