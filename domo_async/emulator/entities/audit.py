"""The activity log: what really happened in the emulator, and what a test says has happened."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from domo_async.emulator.catalog import iso_milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.emulator.operations import Call

__all__ = ["AuditLog", "Event", "TimeForm", "note"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TimeForm = Literal["12h", "iso", "epoch"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    user_id: int
    user_name: str
    action: str
    object_type: str
    object_id: str
    object_name: str
    moment: datetime
    browser: str = ""
    address: str = ""

    def saved(self) -> list[object]:
        """All that it consists of."""
        return [
            *(self.user_id, self.user_name, self.action, self.object_type, self.object_id, self.object_name),
            *(self.moment.isoformat(), self.browser, self.address),
        ]

    @classmethod
    def restored(cls, document: Sequence[Any]) -> Event:
        """The event that `saved` described."""
        user_id, user_name, action, object_type, object_id, object_name, moment, browser, address = document
        when = datetime.fromisoformat(moment)
        return cls(user_id, user_name, action, object_type, object_id, object_name, when, browser, address)

    def document(self, form: TimeForm) -> dict[str, object]:
        """Itself as Domo writes it."""
        words = self.object_type.replace("_", " ").lower()
        return {
            "userName": self.user_name,
            "userId": str(self.user_id),
            "userType": "USER",
            "actorId": 0,
            "actorName": "",
            "actorType": "USER",
            "objectName": self.object_name,
            "objectId": self.object_id,
            "objectType": self.object_type,
            "additionalComment": f"{self.user_name} {self.action.lower()} {words} {self.object_name}.",
            "time": _written(self.moment, form),
            "eventText": f"{self.action.capitalize()} {words}",
            "actionType": self.action,
            "device": "desktop",
            "browserDetails": self.browser,
            "ipAddress": self.address,
        }


class AuditLog:
    """The events of one emulator. Thread-safe.

    Attributes:
        time_form: How times are written: ``12h`` as in the specification, ``iso``, or ``epoch`` milliseconds.
    """

    def __init__(self) -> None:
        self.time_form: TimeForm = "12h"
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def record(
        self,
        action: str,
        object_type: str,
        object_id: object,
        object_name: str | None,
        *,
        user_id: int = 27,
        user_name: str = "DomoSupport",
        moment: datetime | None = None,
        browser: str = "",
        address: str = "",
    ) -> None:
        """Note an event.

        Args:
            action: What was done, such as ``CREATED``.
            object_type: To what kind of thing, such as ``PAGE``.
            object_id: Its id.
            object_name: Its name.
            user_id: Who did it.
            user_name: That user's name.
            moment: When, with a time zone; None for now.
            browser: What he used.
            address: Where he was.
        """
        event = Event(
            user_id,
            user_name,
            action,
            object_type,
            str(object_id),
            object_name or "",
            (moment or datetime.now(UTC)).astimezone(UTC),
            browser,
            address,
        )
        with self._lock:
            self._events.append(event)

    def saved(self, since: int) -> list[tuple[str, list[object]]]:
        """The events from one position on, by their positions."""
        with self._lock:
            events = self._events[since:]
        return [(str(place), event.saved()) for place, event in enumerate(events, start=since)]

    def restore(self, key: str, document: Sequence[Any]) -> None:
        """Take an event back that `saved` gave. They have to come in order."""
        event = Event.restored(document)
        with self._lock:
            if int(key) != len(self._events):
                msg = f"event {key} is not the next one"
                raise ValueError(msg)
            self._events.append(event)

    def select(
        self, *, start: int | None, end: int | None, user_id: int | None, offset: int, limit: int
    ) -> list[dict[str, object]]:
        """One page, newest first; both ends, in epoch milliseconds, belong to it."""
        with self._lock:
            events = list(enumerate(self._events))
        chosen = [
            (event.moment, place, event)
            for place, event in events
            if (start is None or _milliseconds(event.moment) >= start)
            and (end is None or _milliseconds(event.moment) <= end)
            and (user_id is None or event.user_id == user_id)
        ]
        chosen.sort(key=lambda item: item[:2], reverse=True)
        return [event.document(self.time_form) for _, _, event in chosen[offset : offset + limit]]


def note(call: Call, action: str, object_type: str, object_id: object, object_name: str | None) -> None:
    """Note what a call did."""
    client = call.client
    call.instance.audit.record(
        action,
        object_type,
        object_id,
        object_name,
        user_id=client.user_id,
        user_name=client.name,
        browser=call.request.headers.get("user-agent", ""),
        address=call.request.client.host if call.request.client else "",
    )


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _written(moment: datetime, form: TimeForm) -> object:
    if form == "epoch":
        return _milliseconds(moment)
    if form == "iso":
        return iso_milliseconds(moment)
    hour = moment.hour % 12 or 12
    return f"{moment:%Y-%m-%d} {hour:02}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"
