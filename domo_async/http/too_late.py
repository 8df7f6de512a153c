"""What to raise when the deadline ended a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors import CallError, CallTimeoutError

if TYPE_CHECKING:
    from domo_async.http.limits import ConcurrencyLimit

__all__ = ["too_late"]


def too_late(deadline: float | None, last: CallError | None, in_line: ConcurrencyLimit | None) -> CallError:
    """The last real error if there was one, and otherwise that no answer came.

    Args:
        deadline: Seconds that the call had.
        last: How the last attempt ended, None if none did.
        in_line: The slots, if the call stood in line for one of them at the end.
    """
    if last is not None:
        hint = f"The deadline of {deadline:g} s passed"
        if in_line is not None:
            hint = f"{hint} while {_taken(in_line)}"
        last.hint = f"{last.hint}. {hint}" if last.hint else hint
        return last
    message = f"No answer within the deadline of {deadline:g} s"
    if in_line is None:
        return CallTimeoutError(message, phase="deadline")
    # To stand in line is the first thing that a call does, so this one came to nothing else.
    return CallTimeoutError(
        f"{message}: {_taken(in_line)} for the whole time, and nothing was sent",
        phase="deadline",
        hint="Close open exports, each of which keeps its slot until its `async with` ends, or raise concurrency=",
    )


def _taken(limit: ConcurrencyLimit) -> str:
    fewer = f" ({limit.highest} when Domo is not overloaded)" if limit.limit < limit.highest else ""
    return f"all {limit.limit} slots{fewer} were taken" if limit.limit != 1 else f"the only slot{fewer} was taken"
