"""What a push has done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domo_async.errors import PushError
from domo_async.jobs.html_view import push_html

if TYPE_CHECKING:
    from domo_async.errors import DomoError
    from domo_async.jobs.push_decision import PushAction

__all__ = ["PushReport", "Upload"]

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of one DataSet.

    Attributes:
        source: File or folder that it was pushed from.
        name: Its name.
        dataset_id: Its id, None when it was not found or made.
        action: What was done, None when it failed before that was clear.
        reason: Why, as a clause.
        rows: Rows that were written; 0 when nothing had to be.
        sent: Bytes that were sent for them.
        files: Paths of the files that were written.
        created: Whether the DataSet was made.
        added_columns: Names of columns that the DataSet was given.
        execution_id: Number of the execution, None if there was none.
        seconds: From the first look at it to the end, waits included.
        retries: How often it was begun again.
        error: Why it failed, None when it did not.
    """

    source: str
    name: str
    dataset_id: str | None = None
    action: PushAction | None = None
    reason: str = ""
    rows: int = 0
    sent: int = 0
    files: tuple[str, ...] = ()
    created: bool = False
    added_columns: tuple[str, ...] = ()
    execution_id: int | str | None = None
    seconds: float = 0.0
    retries: int = 0
    error: DomoError | None = None

    @property
    def ok(self) -> bool:
        """Whether the rows are in the DataSet."""
        return self.error is None

    @property
    def written(self) -> bool:
        """Whether rows were written, by this push and not before."""
        return self.ok and self.action not in ("unchanged", "settled")

    def to_dict(self) -> dict[str, str | int | float | bool | list[str] | None]:
        """The facts as JSON types; the error as its class and its text."""
        return {
            "source": self.source,
            "name": self.name,
            "dataset_id": self.dataset_id,
            "ok": self.ok,
            "action": self.action,
            "reason": self.reason,
            "rows": self.rows,
            "sent": self.sent,
            "files": list(self.files),
            "created": self.created,
            "added_columns": list(self.added_columns),
            "execution_id": self.execution_id,
            "seconds": round(self.seconds, 3),
            "retries": self.retries,
            "error": None if self.error is None else f"{type(self.error).__name__}: {self.error}",
        }


@dataclass(frozen=True, slots=True)
class PushReport:
    """What became of all DataSets of a push.

    Attributes:
        uploads: One for each DataSet, in the order of the sources. When the push was stopped, those that were not done
            are missing.
        seconds: Duration of the push.
        warnings: What was odd, as sentences.
    """

    uploads: tuple[Upload, ...]
    seconds: float
    warnings: tuple[str, ...] = ()

    @property
    def succeeded(self) -> tuple[Upload, ...]:
        """The DataSets that have their rows."""
        return tuple(upload for upload in self.uploads if upload.ok)

    @property
    def written(self) -> tuple[Upload, ...]:
        """The DataSets whose rows were written."""
        return tuple(upload for upload in self.uploads if upload.written)

    @property
    def unchanged(self) -> tuple[Upload, ...]:
        """The DataSets that had their rows already."""
        return tuple(upload for upload in self.succeeded if not upload.written)

    @property
    def failed(self) -> tuple[Upload, ...]:
        """The DataSets that do not have their rows."""
        return tuple(upload for upload in self.uploads if not upload.ok)

    @property
    def ok(self) -> bool:
        """Whether all have their rows."""
        return not self.failed

    @property
    def rows(self) -> int:
        """Rows that were written."""
        return sum(upload.rows for upload in self.succeeded)

    @property
    def sent(self) -> int:
        """Bytes that were sent, without those of failed attempts."""
        return sum(upload.sent for upload in self.succeeded)

    def raise_for_failures(self) -> None:
        """Do nothing when all have their rows.

        Raises:
            PushError: Some do not. It carries this report, and the first failure is its cause.
        """
        failed = self.failed
        if failed:
            names = ", ".join(repr(upload.name) for upload in failed[:_MOST_SHOWN])
            more = f" and {len(failed) - _MOST_SHOWN} more" if len(failed) > _MOST_SHOWN else ""
            raise PushError(
                f"{len(failed)} of {len(self.uploads)} DataSets were not pushed: {names}{more}", report=self
            ) from failed[0].error

    def to_dict(self) -> dict[str, object]:
        """The report as JSON types."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "rows": self.rows,
            "sent": self.sent,
            "warnings": list(self.warnings),
            "uploads": [upload.to_dict() for upload in self.uploads],
        }

    def _repr_html_(self) -> str:
        return push_html(self)

    def __str__(self) -> str:
        unchanged = f", {len(self.unchanged)} of them unchanged" if self.unchanged else ""
        summary = f"{len(self.succeeded)} of {len(self.uploads)} DataSets in {self.seconds:.1f} s"
        lines = [f"{summary}: {self.rows:,} rows, {self.sent:,} bytes sent{unchanged}"]
        lines += [f"  failed: {upload.name!r}: {upload.error}" for upload in self.failed[:_MOST_SHOWN]]
        if len(self.failed) > _MOST_SHOWN:
            lines.append(f"  … and {len(self.failed) - _MOST_SHOWN} more")
        return "\n".join(lines)
