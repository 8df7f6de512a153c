"""One page of HTML about a job, which needs nothing but itself: no server, no network, and no script to be read.

All words and pictures are in the page as it is written. Its script only filters and sorts the rows of the timeline. A
policy in the page permits this script and this style, by their hashes, and nothing else: whatever the name of a DataSet
holds, it is text.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from domo_async.jobs.chronicle import charts, sections
from domo_async.jobs.chronicle.axis import Axis
from domo_async.jobs.chronicle.findings import findings_of
from domo_async.jobs.chronicle.markup import Html, join, tag
from domo_async.jobs.chronicle.rows import legend, rows_of
from domo_async.jobs.chronicle.words import done, many

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.document import Chronicle

__all__ = ["page_of"]

_SHORT = 60
"""Rows that are shown at once. Of more, a page with scripts shows the most telling ones first."""


def page_of(chronicle: Chronicle) -> str:
    """The page of a job."""
    folder = files("domo_async.jobs.chronicle")
    style, script, frame = (
        (folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js", "page.html")
    )
    verdict = sections.verdict(chronicle)
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src '{_digest(script)}'; style-src '{_digest(style)}'"
    )
    return Template(frame).substitute(
        policy=policy,
        title=tag("title", f"{verdict} · {chronicle.job} of {chronicle.began:%Y-%m-%d %H:%M} UTC"),
        style=style,
        script=script,
        body=_body(chronicle, verdict),
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _body(chronicle: Chronicle, verdict: str) -> Html:
    failures = sections.failures(chronicle)
    steps = sections.steps(chronicle)
    timeline = _timeline(chronicle)
    largest = sections.largest(chronicle)
    notes = sections.notes(chronicle)
    settings = sections.settings(chronicle)
    places = (
        ("#failures", "What failed", failures),
        ("#steps", "Steps", steps),
        ("#timeline", "Timeline", timeline),
        ("#largest", "Largest and slowest", largest),
        ("#also", "Also", notes),
        ("#settings", "Settings", settings),
    )
    links = [tag("a", words, href=place) for place, words, part in places if part is not None]
    return join(
        [
            tag("a", "To the timeline", href="#timeline", class_="skip") if timeline else None,
            tag(
                "header",
                tag("p", f"Report of a {chronicle.job}", class_="faint small"),
                tag("h1", verdict, class_=chronicle.outcome),
                sections.lead(chronicle),
                _advice(chronicle),
            ),
            tag(
                "main",
                sections.figures(chronicle),
                _findings(chronicle),
                tag("nav", *links, aria_label="On this page") if len(links) > 1 else None,
                failures,
                steps,
                timeline,
                largest,
                notes,
                settings,
            ),
            sections.colophon(chronicle),
        ]
    )


def _advice(chronicle: Chronicle) -> Html | None:
    totals = chronicle.totals
    if chronicle.outcome == "complete":
        return None
    there = totals.fetched + totals.unchanged
    rest = "The other DataSets are there, whole. " if there and chronicle.outcome == "failures" else ""
    again = f"what is there is not {done(chronicle.job).lower()} again"
    return tag("p", f"{rest}The same job again goes on from here: {again}.", class_="advice")


def _findings(chronicle: Chronicle) -> Html | None:
    found = findings_of(chronicle)
    if not found:
        return None
    items = [tag("li", tag("b", f"{what}. "), tag("span", meaning)) for what, meaning in found]
    return tag("section", tag("h2", "What to know"), tag("ul", *items, class_="findings"))


def _timeline(chronicle: Chronicle) -> Html | None:
    shown = sum(bool(life.phases) for life in chronicle.lives)
    if not shown:
        return None
    axis = Axis(chronicle)
    return tag(
        "section",
        tag("h2", "Timeline"),
        legend(chronicle),
        tag("div", axis.labels(), class_="lane axis"),
        charts.activity(chronicle, axis),
        charts.throughput(chronicle, axis),
        charts.moments(chronicle, axis),
        _controls(chronicle, shown),
        rows_of(chronicle, axis),
        id="timeline",
    )


def _controls(chronicle: Chronicle, shown: int) -> Html:
    few = shown <= _SHORT
    choices = [
        tag("option", f"all {shown:,}", value="all", selected=few),
        tag("option", f"the {_SHORT} most telling", value="telling", selected=not few) if not few else None,
        tag("option", f"failed ({chronicle.totals.failed:,})", value="failed") if chronicle.totals.failed else None,
        tag("option", "tried again", value="again") if any(life.retries for life in chronicle.lives) else None,
        tag("option", "left undone", value="unfinished") if chronicle.totals.unfinished else None,
    ]
    orders = (
        ("begun", "as they began"),
        ("seconds", "the longest first"),
        ("bytes", "the largest first"),
        ("name", "by name"),
    )
    return tag(
        "form",
        tag("label", "Show ", tag("select", *choices, id="which", data_short=_SHORT)),
        tag("label", "Order ", tag("select", *(tag("option", words, value=key) for key, words in orders), id="order")),
        tag("label", "Name or id ", tag("input", type="search", id="search", autocomplete="off")),
        tag("span", *_zoom(), class_="zooming", role="group", aria_label="Zoom into the time"),
        tag("span", many(shown, "DataSet"), id="shown", role="status", class_="faint"),
        class_="controls",
        id="controls",
        hidden=True,
    )


def _zoom() -> list[Html]:
    """Buttons for a closer look; drawing across one of the pictures does the same."""
    buttons = (
        ("in", "+", "Closer"),
        ("out", "\u2212", "Wider"),
        ("left", "\u2190", "Earlier"),
        ("right", "\u2192", "Later"),
        ("whole", "whole job", "The whole job"),
    )
    return [
        tag("button", sign, type="button", data_zoom=what, aria_label=words, title=words)
        for what, sign, words in buttons
    ]
