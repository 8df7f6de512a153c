"""What a person wants to know first: why a job took as long as it did, in sentences."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from domo_async.jobs.chronicle.phases import look_of, seconds_by_phase
from domo_async.jobs.chronicle.words import clock, duration, many, rate, share, size

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.document import Chronicle
    from domo_async.jobs.chronicle.parts import Life

__all__ = ["Finding", "findings_of"]

Finding = tuple[str, str]
"""What was found, and what it means or what to do about it."""

_WORTH_TELLING = 2.0
"""Seconds below which nothing of a job needs an explanation."""

_LARGE = 0.25
_LONG_TAIL = 0.2
_FEW_AT_THE_END = 2
_MANY = 5
_MUCH_SLOWER = 4.0
_LONGEST_NAME = 60


def findings_of(chronicle: Chronicle) -> list[Finding]:
    """The sentences, the most important first; none for a job that was short and went well."""
    worked = [life for life in chronicle.lives if life.phases]
    found: list[Finding | None] = [_unfinished(chronicle), _pauses(chronicle), _retries(chronicle, worked)]
    if chronicle.seconds >= _WORTH_TELLING and worked:
        found += [_tail(chronicle, worked), _where(chronicle, worked), _slow_one(worked), _queue(chronicle, worked)]
    return [one for one in found if one is not None]


def _unfinished(chronicle: Chronicle) -> Finding | None:
    left = [life for life in chronicle.lives if life.fate == "unfinished"]
    if not left:
        return None
    begun = sum(any(phase.phase != "queued" for phase in life.phases) for life in left)
    words = f"{many(len(left), 'DataSet')} {'was' if len(left) == 1 else 'were'} left undone, {begun:,} of them begun"
    return words, "Nothing half-written is left in the target. The same job again goes on from there."


def _pauses(chronicle: Chronicle) -> Finding | None:
    if not chronicle.pauses:
        return None
    first = chronicle.pauses[0]
    words = (
        f"Domo made all requests wait {'once' if len(chronicle.pauses) == 1 else f'{len(chronicle.pauses)} times'}, "
        f"for {duration(chronicle.totals.paused)} in all"
    )
    return words, (
        f"It had too many requests (429), for the first time at {clock(chronicle.began, first.at)}. Fewer DataSets at "
        "a time, or another hour, avoid that."
    )


def _retries(chronicle: Chronicle, worked: list[Life]) -> Finding | None:
    again = [retry for life in worked for retry in life.retries]
    below = chronicle.totals.call_retries or 0
    if not again:
        if below < _MANY:
            return None
        return f"{below:,} requests were sent again, and that was enough", "No transfer had to be begun again."
    (reason, _), *_ = Counter(retry.error.partition(":")[0] for retry in again).most_common(1)
    lost = sum(phase.seconds for life in worked for phase in life.phases if phase.phase == "retrying")
    number = chronicle.totals.attempts_again
    if number == 1:
        return f"1 transfer had to be begun again ({reason})", f"It waited {duration(lost)} for that."
    touched = sum(bool(life.retries) for life in worked)
    words = f"{many(number, 'transfer')} had to be begun again, of {many(touched, 'DataSet')}; mostly {reason}"
    return words, f"Their waits before the next attempt add up to {duration(lost)}."


def _tail(chronicle: Chronicle, worked: list[Life]) -> Finding | None:
    if len(worked) < _MANY:
        return None
    ended = sorted(worked, key=_end)
    others = _end(ended[-1 - _FEW_AT_THE_END])
    alone = _end(ended[-1]) - others
    if alone < _LONG_TAIL * chronicle.seconds or alone < _WORTH_TELLING:
        return None
    last = sorted(ended[-_FEW_AT_THE_END:], key=lambda life: -life.seconds)
    late = [life for life in last if _end(life) - others > alone / 2]
    names = " and ".join(_called(life) for life in late)
    part = f"{duration(alone)} ({share(alone, chronicle.seconds)} of the job)"
    return (
        f"For the last {part} little else was on its way than {names}",
        "The job cannot be shorter than its longest DataSet. Begun first, it would end sooner.",
    )


def _where(chronicle: Chronicle, worked: list[Life]) -> Finding | None:
    sums = seconds_by_phase(worked)
    sums.pop("queued", None)
    whole = sum(sums.values())
    if whole <= 0:
        return None
    phase, most = max(sums.items(), key=lambda item: item[1])
    if most < _LARGE * whole:
        return None
    writers = chronicle.settings.get("writers")
    at_a_time = f" ({writers} at a time)" if writers else ""
    held = sums.get("streaming", 0.0) > 2 * sums.get("writing", 0.0)
    advice = {
        "waiting": "Domo prepares an export before it sends the first byte. More DataSets at a time hide that.",
        "downloading": "The network, or Domo's sending, sets the pace.",
        "streaming": "Bytes were written as fast as they came, or came as fast as they were written.",
        "waiting_for_writer": (
            f"The writers{at_a_time} were held by DataSets whose bytes came slowly. More processors, or more memory "
            "for the job, make more writers."
            if held
            else f"Writing sets the pace{at_a_time}: more processors, more memory for the job, or csv instead of a "
            "format that has to be encoded."
        ),
        "writing": "Encoding and the disk, or the store that files are uploaded to, set the pace.",
        "retrying": "See what failed; the job itself was waiting.",
        "asking": "Many small DataSets: their metadata takes longer than their rows.",
    }.get(phase, "")
    return f"DataSets on their way spent {share(most, whole)} of their time {look_of(phase).words}", advice


def _slow_one(worked: list[Life]) -> Finding | None:
    fetched = [life for life in worked if life.fate == "fetched" and life.received]
    if len(fetched) < _MANY:
        return None
    slowest = max(fetched, key=lambda life: life.seconds)
    usual = median(life.seconds for life in fetched)
    if slowest.seconds < _WORTH_TELLING or slowest.seconds < _MUCH_SLOWER * usual:
        return None
    return (
        f"{_called(slowest)} took {duration(slowest.seconds)}, and half of the others less than {duration(usual)}",
        f"It is {size(slowest.received)}, at {rate(slowest.received, slowest.seconds)}.",
    )


def _queue(chronicle: Chronicle, worked: list[Life]) -> Finding | None:
    sums = seconds_by_phase(worked)
    busy = sums.get("writing", 0.0) + sums.get("waiting_for_writer", 0.0)
    on_the_way = sum(sums.values()) - sums.get("queued", 0.0)
    limit = chronicle.settings.get("concurrency")
    queued = sums.get("queued", 0.0)
    if chronicle.pauses or not isinstance(limit, int) or queued < on_the_way or busy > _LARGE * on_the_way:
        return None
    return (
        f"DataSets waited for their turn longer than they were on their way, {limit} at a time",
        "Writers were free and Domo asked nobody to wait: a higher concurrency may shorten the job.",
    )


def _end(life: Life) -> float:
    last = life.phases[-1]
    return last.at + last.seconds


def _called(life: Life) -> str:
    name = life.name or life.dataset_id
    return f"“{name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + '…'}”"
