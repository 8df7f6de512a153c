"""The parts of the page that are words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.jobs.chronicle.markup import Html, join, name_of, tag
from domo_async.jobs.chronicle.words import clock, done, duration, many, moved, rate, size, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from domo_async.jobs.chronicle.document import Chronicle
    from domo_async.jobs.chronicle.parts import Failure, JobStep, Life

__all__ = ["colophon", "failures", "figures", "largest", "lead", "notes", "settings", "steps", "verdict"]

_MOST_SHOWN = 12
_TOP = 10
_MOST_NAMES = 1_000

_OUTCOMES = {
    "complete": "went well",
    "failures": "some DataSets failed",
    "stopped": "stopped",
    "interrupted": "interrupted",
}

_SETTINGS = {
    "selection": "Selection",
    "format": "Format",
    "names": "Files are called after",
    "rows_per_file": "Most rows in a file",
    "columns": "Columns kept",
    "options": "DataSets with options of their own",
    "concurrency": "DataSets at a time",
    "writers": "DataSets written at a time",
    "retries": "Retries for any error that waiting can cure",
    "patience": "Seconds to go on trying while Domo is away",
    "max_failures": "Failures that stop the job, if there are more",
    "refresh": "Fetch what has not changed, too",
    "verify": "Compare the hashes of what is there",
    "prune": "Remove what does not belong to the job any more",
}


def verdict(chronicle: Chronicle) -> str:
    """How it ended, in a few words."""
    totals = chronicle.totals
    there = totals.fetched + totals.unchanged
    if chronicle.steps and chronicle.outcome in ("complete", "failures"):
        well = sum(step.outcome == "complete" for step in chronicle.steps)
        return f"{well:,} of {many(len(chronicle.steps), 'step')} went well"
    match chronicle.outcome:
        case "complete" if not totals.datasets:
            return "There was nothing to do: no DataSets"
        case "complete" if totals.unchanged == totals.datasets:
            return f"Nothing had changed: {_all(totals.datasets)}"
        case "complete":
            return _capital(_all(totals.datasets))
        case "failures":
            return f"{totals.failed:,} of {many(totals.datasets, 'DataSet')} failed"
        case "stopped" if not totals.datasets:
            return "The job could not begin"
        case "stopped":
            return f"The job was stopped: {there:,} of {many(totals.datasets, 'DataSet')} are there"
        case _:
            return f"Interrupted: {there:,} of {many(totals.datasets, 'DataSet')} are there"


def lead(chronicle: Chronicle) -> Html:
    """When, how long, where to."""
    where = join([", to ", tag("code", chronicle.target)]) if chronicle.target else None
    return tag(
        "p",
        tag("time", span(chronicle.began, chronicle.seconds), datetime=chronicle.began.isoformat()),
        f", {duration(chronicle.seconds)}",
        where,
        class_="faint lead",
    )


def figures(chronicle: Chronicle) -> Html:
    """The sums."""
    totals = chronicle.totals
    known: list[tuple[str, str | None, str]] = [
        (done(chronicle.job), f"{totals.fetched:,}", ""),
        ("Unchanged", f"{totals.unchanged:,}" if totals.unchanged else None, ""),
        ("Failed", f"{totals.failed:,}" if totals.failed else None, "alarm"),
        ("Left undone", f"{totals.unfinished:,}" if totals.unfinished else None, "alarm"),
        ("Took", duration(chronicle.seconds), ""),
        ("Rows", f"{totals.rows:,}", ""),
        (moved(chronicle.job), size(totals.received), ""),
        ("On average", rate(totals.received, chronicle.seconds) if totals.received else None, ""),
        ("Files", size(totals.file_bytes) if totals.file_bytes else None, ""),
        ("Begun again", f"{totals.attempts_again:,}" if totals.attempts_again else None, ""),
        ("Domo's waits", duration(totals.paused) if totals.paused else None, ""),
        ("Tokens", f"{totals.grants:,}" if totals.grants else None, ""),
    ]
    return tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value), class_=style or None) for name, value, style in known if value),
        class_="figures",
    )


def failures(chronicle: Chronicle) -> Html | None:
    """What failed, by its cause: ten DataSets with one cause are one thing to do."""
    groups: dict[tuple[str, str | None, str | None, int | None], list[Life]] = {}
    for life in chronicle.lives:
        if life.failure is not None:
            why = life.failure
            groups.setdefault((why.type, why.cure, why.operation, why.status), []).append(life)
    cards = [_card(lives) for lives in sorted(groups.values(), key=lambda lives: -len(lives))]
    stoppers = [("This stopped the job", chronicle.stopped_by)]
    stoppers += [(f"This stopped the step {step.name}", step.stopped_by) for step in chronicle.steps]
    cards = [*(_stopper(words, failure) for words, failure in stoppers if failure is not None), *cards]
    if not cards:
        return None
    return tag("section", tag("h2", "What failed, and what to do"), *cards, id="failures")


def _stopper(words: str, failure: Failure) -> Html:
    return tag(
        "article",
        tag("h3", words),
        tag("p", failure.text, class_="message"),
        _cure(failure),
        class_="card bad-card",
    )


def _card(lives: list[Life]) -> Html:
    failures = [life.failure for life in lives if life.failure is not None]
    first = failures[0]
    same = len({failure.message for failure in failures}) == 1
    shown, rest = lives[:_MOST_SHOWN], lives[_MOST_SHOWN:]
    return tag(
        "article",
        tag(
            "h3",
            tag("span", many(len(lives), "DataSet"), class_="pill bad"),
            " ",
            first.message if same else _class_words(first.type),
        ),
        _facts(first),
        _cure(first),
        tag("ul", *(_failed(life, message=not same) for life in shown), class_="names"),
        tag(
            "details",
            tag("summary", f"and {len(rest):,} more"),
            tag("ul", *(_failed(life, message=not same) for life in rest), class_="names"),
        )
        if rest
        else None,
        class_="card bad-card",
    )


def _facts(failure: Failure) -> Html:
    facts = [
        failure.type,
        f"status {failure.status}" if failure.status else None,
        failure.operation,
        "waiting may cure it" if failure.retryable else None,
        failure.because,
    ]
    return tag("p", " · ".join(fact for fact in facts if fact), class_="faint small")


def _cure(failure: Failure) -> Html | None:
    return tag("p", tag("b", "What to do: "), failure.cure, class_="cure") if failure.cure else None


def _failed(life: Life, *, message: bool) -> Html:
    reference = life.failure.reference if life.failure else None
    tried = f" · {many(life.attempts, 'attempt')} in {duration(life.seconds)}" if life.attempts > 1 else ""
    return tag(
        "li",
        name_of(life),
        tag(
            "span",
            " ",
            tag("code", life.dataset_id) if life.name else None,
            tried,
            f" · reference {reference}" if reference else None,
            class_="faint small",
        ),
        tag("div", life.failure.message, class_="small") if message and life.failure else None,
    )


def steps(chronicle: Chronicle) -> Html | None:
    """The steps of a job file."""
    if not chronicle.steps:
        return None
    items = [tag("li", tag("b", step.name), *_ended(chronicle, step)) for step in chronicle.steps]
    return tag("section", tag("h2", "Steps"), tag("ol", *items, class_="names"), id="steps")


def _ended(chronicle: Chronicle, step: JobStep) -> tuple[str, Html, str]:
    words = f"left out, since {step.left_out}" if step.outcome is None else _OUTCOMES[step.outcome]
    verdict = tag("span", words, class_=None if step.outcome == "complete" else "pill bad")
    if step.outcome is None:
        return f": {step.job}, ", verdict, ""
    where = f", to {step.target}" if step.target else ""
    return f": {step.job}, ", verdict, f", from {clock(chronicle.began, step.at)}, {duration(step.seconds)}{where}"


def largest(chronicle: Chronicle) -> Html | None:
    """The DataSets that made the job long: the largest, and the slowest."""
    fetched = [life for life in chronicle.lives if life.fate == "fetched"]
    if len(fetched) < 2:
        return None
    return tag(
        "section",
        tag("h2", "Largest and slowest"),
        tag(
            "div",
            _ranking("Most bytes", fetched, lambda life: life.received, lambda life: size(life.received)),
            _ranking("Longest", fetched, lambda life: life.seconds, lambda life: duration(life.seconds)),
            class_="rankings",
        ),
        id="largest",
    )


def _ranking(title: str, lives: list[Life], measure: Callable[[Life], float], words: Callable[[Life], str]) -> Html:
    top = sorted(lives, key=measure, reverse=True)[:_TOP]
    most = max(measure(top[0]), 1e-9)
    items = [
        tag(
            "li",
            tag("span", name_of(life), class_="text"),
            tag("span", words(life), class_="number"),
            tag(
                "svg",
                tag("rect", width=f"{100 * measure(life) / most:.2f}%", height=6, rx=3, class_="bar"),
                width="100%",
                height=6,
                aria_hidden="true",
            ),
        )
        for life in top
    ]
    return tag("div", tag("h3", title), tag("ol", *items, class_="ranking"))


def notes(chronicle: Chronicle) -> Html | None:
    """Warnings, removed files, and what had not changed."""
    parts: list[Html] = []
    if chronicle.warnings:
        parts.append(tag("ul", *(tag("li", words) for words in chronicle.warnings), class_="card warning"))
    unchanged = [life for life in chronicle.lives if life.fate == "unchanged"]
    if unchanged:
        names = [tag("li", name_of(life)) for life in unchanged]
        parts.append(_list(f"{many(len(unchanged), 'DataSet')} had not changed", names))
    if chronicle.removed:
        names = [tag("li", tag("code", name)) for name in chronicle.removed]
        parts.append(_list(f"{many(len(chronicle.removed), 'file')} removed", names))
    return tag("section", tag("h2", "Also"), *parts, id="also") if parts else None


def _list(words: str, items: list[Html]) -> Html:
    if len(items) > _MOST_NAMES:
        items = [*items[:_MOST_NAMES], tag("li", f"and {len(items) - _MOST_NAMES:,} more")]
    return tag("details", tag("summary", words), tag("ul", *items, class_="names columns"))


def settings(chronicle: Chronicle) -> Html | None:
    """What the job was told."""
    known = [(key, value) for key, value in chronicle.settings.items() if value is not None]
    if not known:
        return None
    pairs = [tag("div", tag("dt", _label(key)), tag("dd", _value(value))) for key, value in known]
    return tag("section", tag("h2", "Settings"), tag("dl", *pairs, class_="settings"), id="settings")


def _label(key: str) -> str:
    step, colon, name = key.rpartition(": ")
    return f"{step}{colon}{_SETTINGS.get(name, _capital(name.replace('_', ' ')))}"


def colophon(chronicle: Chronicle) -> Html:
    """What made the page."""
    end = clock(chronicle.began, chronicle.seconds)
    return tag("footer", tag("p", f"{chronicle.software}. Written at {end} UTC.", class_="faint small"))


def _value(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:,g}"


def _all(count: int) -> str:
    return "the DataSet is there" if count == 1 else f"all {count:,} DataSets are there"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _class_words(name: str) -> str:
    """``ConnectionLostError`` as ``Connection lost``."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name.removesuffix("Error"))
    return _capital(words.strip())
