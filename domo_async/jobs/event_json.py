"""Events as JSON, for programs that watch a job.

Every event is one object. ``event`` is its name in small letters, such as ``transfer_finished``; ``at`` is its moment
in ISO 8601, UTC; all else are its attributes under their names. An error is an object with ``type``, ``message``,
``text``, ``cure`` and ``retryable``. A transfer is what ``Transfer.to_dict`` makes, but for its error. Of a report
there are only the sums: its transfers were events of their own. Fields may be added; those that are there keep their
meaning.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from domo_async.jobs.chronicle.failures import failure_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import JsonValue

__all__ = ["event_to_dict"]

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_LISTS_OF_LIVES = ("transfers", "uploads")


def event_to_dict(event: DataclassInstance) -> dict[str, JsonValue]:
    """An event of a job as JSON types; see the reference of the command line for all of them.

    Args:
        event: Any of the events of `domo_async.jobs`.

    Example:
        >>> event_to_dict(TransferRetried("1", 1, ServerError("busy", status=503), 0.5))["event"]
        'transfer_retried'
    """
    facts = {field.name: _json(getattr(event, field.name)) for field in dataclasses.fields(event) if field.name != "at"}
    moment = datetime.fromtimestamp(cast("float", getattr(event, "at", 0.0)), UTC).isoformat(timespec="milliseconds")
    return {"event": _CAPITAL.sub("_", type(event).__name__).lower(), "at": moment, **facts}


def _json(value: object) -> JsonValue:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Path():
            return str(value)
        case BaseException():
            return cast("JsonValue", failure_of(value).model_dump(exclude_none=True))
        case tuple() | list():
            return [_json(item) for item in cast("tuple[object, ...]", value)]
        case Mapping():
            return {str(key): _json(item) for key, item in cast("Mapping[object, object]", value).items()}
        case _:
            return _facts(value)


def _facts(value: object) -> JsonValue:
    to_dict: Callable[[], dict[str, object]] | None = getattr(value, "to_dict", None)
    facts = dataclasses.asdict(cast("DataclassInstance", value)) if to_dict is None else to_dict()
    for name in _LISTS_OF_LIVES:
        lives = facts.pop(name, None)
        if isinstance(lives, list):
            facts["datasets"] = len(cast("list[object]", lives))
    error = getattr(value, "error", None)
    if isinstance(error, BaseException):
        facts["error"] = error
    return {name: _json(item) for name, item in facts.items()}
