"""The activity log: single pages of it, and everything since a moment without gaps or repeats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pydantic import TypeAdapter

from domo_async.api.activity_windows import ActivityFeed
from domo_async.api.family import Family, check_page_size
from domo_async.api.values import epoch_milliseconds, id_number
from domo_async.errors import InvalidArgumentError
from domo_async.http.operations import Operation, Safety
from domo_async.http.paging import Pager
from domo_async.models import ActivityEntry

__all__ = ["ActivityLog"]

LIST: Final = Operation("activity_log.list", "GET", "/v1/audit", Safety.SAFE, scope="audit")

_PAGE_SIZE: Final = 1000
_ENTRIES: Final = TypeAdapter(list[ActivityEntry])


class ActivityLog(Family):
    """The Activity Log API. Scope: ``audit``."""

    def list(
        self,
        start: datetime,
        *,
        end: datetime | None = None,
        user_id: int | str | None = None,
        limit: int | None = None,
        offset: int = 0,
        page_size: int = _PAGE_SIZE,
    ) -> Pager[ActivityEntry]:
        """List entries as Domo does, newest first.

        Without `end`, whatever happens while the listing is read moves the rest of it along: an entry may come twice.
        `since` has no such trouble.

        Args:
            start: Earliest time, with a time zone.
            end: Latest time, with a time zone; None for no limit.
            user_id: Only what this user did.
            limit: Entries in all, None for as many as there are.
            offset: Entries to skip.
            page_size: Entries to ask for at once, 1 to 1000.

        Raises:
            InvalidArgumentError: A time has no zone, or a number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Activity Log API, ``GET /v1/audit``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        first = epoch_milliseconds("start", start)
        last = None if end is None else epoch_milliseconds("end", end)
        if last is not None and last < first:
            raise InvalidArgumentError("end: it is before start")
        # Entries have no id, and the same thing may happen twice within a second: nothing tells repeats apart.
        return self._listing(
            LIST,
            _ENTRIES,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=None,
            query={"user": _user(user_id), "start": first, "end": last},
        )

    def since(
        self,
        moment: datetime,
        *,
        until: datetime | None = None,
        newest_first: bool = False,
        user_id: int | str | None = None,
    ) -> ActivityFeed:
        """Everything that happened from a moment on, each entry once, in constant memory.

        The time is cut into windows small enough for Domo to answer each with a single page. So nothing moves while it
        is read, whatever happens meanwhile.

        Args:
            moment: Earliest time, with a time zone; belongs to the result.
            until: End of the time, with a time zone; does not belong to the result. None for the second that is
                running when this is called.
            newest_first: Whether to begin at the end.
            user_id: Only what this user did.

        Returns:
            Something to iterate over. Its ``until`` is the `moment` of the next call.

        Raises:
            InvalidArgumentError: A time has no zone, or the end is before the beginning.
            CallError: Asking failed (raised while it is iterated over).

        Example:
            ::

                feed = domo.activity_log.since(datetime(2026, 1, 31, tzinfo=UTC))
                async for entry in feed:
                    print(entry.time, entry.user_name, entry.event_text)
                store(feed.until)

        Source: Activity Log API, ``GET /v1/audit``.
        """
        start = epoch_milliseconds("moment", moment)
        if until is None:
            until = max(datetime.now(UTC).replace(microsecond=0), moment)
        end = epoch_milliseconds("until", until)
        if end < start:
            raise InvalidArgumentError("until: it is before the moment to begin at")
        user = _user(user_id)

        async def ask(first: int, last: int, limit: int, offset: int) -> list[ActivityEntry]:
            return await self._call(
                LIST,
                _ENTRIES,
                query={"user": user, "start": first, "end": last, "limit": limit, "offset": offset},
            )

        return ActivityFeed(ask, start, end, newest_first=newest_first, page_size=_PAGE_SIZE)


def _user(user_id: int | str | None) -> int | None:
    return None if user_id is None else id_number("user_id", user_id)
