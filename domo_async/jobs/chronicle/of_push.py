"""What happens in a push, told to the recorder."""

from __future__ import annotations

from domo_async.jobs.chronicle.chronicler import Chronicler
from domo_async.jobs.push_events import (
    PushEvent,
    PushFinished,
    PushStarted,
    UploadCommitting,
    UploadFailed,
    UploadFinished,
    UploadProgress,
    UploadRetried,
    UploadSkipped,
    UploadStarted,
)

__all__ = ["PushListener"]


class PushListener:
    """Tells a `Chronicler` what a push tells: ``domo.push(..., on_event=PushListener(chronicler))``.

    A DataSet is known by the file or folder that it is pushed from.

    Args:
        chronicler: The recorder, made with ``Chronicler("push")``.
    """

    def __init__(self, chronicler: Chronicler) -> None:
        self._chronicler = chronicler

    def __call__(self, event: PushEvent) -> None:
        """Take the next event."""
        chronicler, at = self._chronicler, event.at
        match event:
            case UploadProgress():
                chronicler.progress(event.source, event.rows, event.sent, at=at)
            case UploadStarted():
                chronicler.start(event.source, event.name, action=event.action, at=at)
                chronicler.enter(event.source, "uploading", at=at)
            case UploadCommitting():
                chronicler.enter(event.source, "committing", at=at)
            case UploadRetried():
                chronicler.retry(event.source, event.attempt, event.wait, event.error, at=at)
            case UploadFinished(upload=upload) | UploadSkipped(upload=upload) | UploadFailed(upload=upload):
                chronicler.name(upload.source, upload.name, action=upload.action)
                chronicler.end(
                    upload.source,
                    "failed" if upload.error else "fetched" if upload.written else "unchanged",
                    seconds=upload.seconds,
                    rows=upload.rows,
                    error=upload.error,
                    at=at,
                )
            case PushStarted():
                chronicler.started(at=at)
                chronicler.total, chronicler.target, chronicler.all_known = event.total, event.target, True
                chronicler.warnings += event.warnings
            case PushFinished():
                chronicler.finished(event.report.seconds, event.report.warnings)
