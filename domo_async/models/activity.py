"""The activity log: who did what, and when."""

from __future__ import annotations

from domo_async.models.base import DomoModel, Timestamp

__all__ = ["ActivityEntry"]


class ActivityEntry(DomoModel):
    """One entry of the activity log. Any field may be missing.

    Attributes:
        user_id: Who did it.
        actor_id: Who did it in that user's name; 0 if nobody did.
        object_id: What it was done to.
        object_type: What kind of thing that is, such as ``PAGE`` or ``DATA_SOURCE``.
        action_type: What was done, such as ``VIEWED``.
        event_text: The same in words, such as ``Viewed page``.
        time: When, to the second. Domo writes it in three ways, of which two have no zone; they count as UTC.

    Source: Activity Log API, ``GET /v1/audit``.
    """

    user_name: str | None = None
    user_id: str | None = None
    user_type: str | None = None
    actor_id: int | str | None = None
    actor_name: str | None = None
    actor_type: str | None = None
    object_name: str | None = None
    object_id: str | None = None
    object_type: str | None = None
    additional_comment: str | None = None
    time: Timestamp = None
    event_text: str | None = None
    action_type: str | None = None
    device: str | None = None
    browser_details: str | None = None
    ip_address: str | None = None
