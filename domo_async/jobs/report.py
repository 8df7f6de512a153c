"""What a pull has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError, PullError
from domo_async.jobs.chronicle.words import size
from domo_async.jobs.html_view import pull_html

if TYPE_CHECKING:
    import os
    from datetime import datetime
    from pathlib import Path

    from domo_async.errors import DomoError
    from domo_async.jobs.chronicle.document import Chronicle
    from domo_async.jobs.decision import Action

__all__ = ["PullReport", "Transfer"]

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Transfer:
    """What became of one DataSet.

    Attributes:
        dataset_id: Its id.
        name: Its name, None when it has none or its metadata could not be read.
        path: The file, or the folder of several; None when there is none, or when it is elsewhere than in a folder.
        rows: Rows in the files.
        received: Bytes of CSV that the last attempt received; 0 when nothing had to be fetched.
        file_bytes: Size of the files.
        seconds: From the first call for it to the end, waits included.
        retries: How often it was begun again.
        data_current_at: When the data was last changed before the transfer, by Domo's word.
        error: Why it failed, None when it did not.
        action: What was done, None when it failed before that was clear.
        files: Names of the files in the target.
    """

    dataset_id: str
    name: str | None = None
    path: Path | None = None
    rows: int = 0
    received: int = 0
    file_bytes: int = 0
    seconds: float = 0.0
    retries: int = 0
    data_current_at: datetime | None = None
    error: DomoError | None = None
    action: Action | None = None
    files: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the files are there, and as new as the DataSet."""
        return self.error is None

    @property
    def fetched(self) -> bool:
        """Whether its rows were fetched, and are there."""
        return self.ok and self.action != "unchanged"

    def to_dict(self) -> dict[str, str | int | float | bool | list[str] | None]:
        """The facts as JSON types; the error as its class and its text."""
        return {
            "dataset_id": self.dataset_id,
            "name": self.name,
            "path": None if self.path is None else str(self.path),
            "rows": self.rows,
            "received": self.received,
            "file_bytes": self.file_bytes,
            "seconds": round(self.seconds, 3),
            "retries": self.retries,
            "data_current_at": None if self.data_current_at is None else self.data_current_at.isoformat(),
            "ok": self.ok,
            "action": self.action,
            "files": list(self.files),
            "error": None if self.error is None else f"{type(self.error).__name__}: {self.error}",
        }


@dataclass(frozen=True, slots=True)
class PullReport:
    """What became of all DataSets of a pull.

    Attributes:
        transfers: One for each DataSet, in the order in which they were asked for. When the job was stopped, those that
            were not done are missing.
        seconds: Duration of the job.
        removed: Names of files that were removed because their DataSets do not belong to the job any more.
        warnings: What was odd, as sentences.
        chronicle: What happened, and when; None for a report that no job made.
    """

    transfers: tuple[Transfer, ...]
    seconds: float
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    chronicle: Chronicle | None = field(default=None, repr=False, compare=False)

    @property
    def succeeded(self) -> tuple[Transfer, ...]:
        """The DataSets that are there."""
        return tuple(transfer for transfer in self.transfers if transfer.ok)

    @property
    def fetched(self) -> tuple[Transfer, ...]:
        """The DataSets whose rows were fetched."""
        return tuple(transfer for transfer in self.transfers if transfer.fetched)

    @property
    def unchanged(self) -> tuple[Transfer, ...]:
        """The DataSets that were there already, and have not changed."""
        return tuple(transfer for transfer in self.succeeded if not transfer.fetched)

    @property
    def failed(self) -> tuple[Transfer, ...]:
        """The DataSets that did not arrive."""
        return tuple(transfer for transfer in self.transfers if not transfer.ok)

    @property
    def ok(self) -> bool:
        """Whether all arrived."""
        return not self.failed

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(transfer.rows for transfer in self.succeeded)

    @property
    def received(self) -> int:
        """Bytes of CSV that came from Domo, without those of failed attempts."""
        return sum(transfer.received for transfer in self.succeeded)

    @property
    def file_bytes(self) -> int:
        """Size of all files."""
        return sum(transfer.file_bytes for transfer in self.succeeded)

    def raise_for_failures(self) -> None:
        """Do nothing when all arrived.

        Raises:
            PullError: Some did not. It carries this report, and the first failure is its cause.
        """
        failed = self.failed
        if failed:
            names = ", ".join(_called(transfer) for transfer in failed[:_MOST_SHOWN])
            more = f" and {len(failed) - _MOST_SHOWN} more" if len(failed) > _MOST_SHOWN else ""
            raise PullError(
                f"{len(failed)} of {len(self.transfers)} DataSets did not arrive: {names}{more}", report=self
            ) from failed[0].error

    def to_dict(self) -> dict[str, object]:
        """The report as JSON types."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "rows": self.rows,
            "received": self.received,
            "file_bytes": self.file_bytes,
            "removed": list(self.removed),
            "warnings": list(self.warnings),
            "transfers": [transfer.to_dict() for transfer in self.transfers],
        }

    def to_html(self) -> str:
        """The report as one HTML page with a timeline of the transfers, which needs nothing but itself.

        Raises:
            InvalidArgumentError: No job made this report, so that it has no `chronicle`.
        """
        return self._chronicle().to_html()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write what happened into a file, as a whole or not at all.

        Args:
            path: Where to; the folder must exist. ``.html`` makes a page for people, ``.json`` a document that
                `read_chronicle` reads.

        Returns:
            The path.

        Raises:
            InvalidArgumentError: Another suffix, or no job made this report.
            TargetError: The disk is full or refuses.

        Example:
            ::

                report = await domo.pull(Selection.everything(), to="lake")
                report.save("report.html")
        """
        return self._chronicle().save(path)

    def _chronicle(self) -> Chronicle:
        if self.chronicle is None:
            raise InvalidArgumentError("This report has no chronicle: no job made it")
        return self.chronicle

    def _repr_html_(self) -> str:
        return pull_html(self)

    def __str__(self) -> str:
        summary = f"{len(self.succeeded)} of {len(self.transfers)} DataSets in {self.seconds:.1f} s: {self.rows:,} rows"
        unchanged = f", {len(self.unchanged)} of them unchanged" if self.unchanged else ""
        lines = [f"{summary}, {size(self.received)} received, {size(self.file_bytes)} on disk{unchanged}"]
        lines += [f"  failed: {_called(transfer)}: {transfer.error}" for transfer in self.failed[:_MOST_SHOWN]]
        if len(self.failed) > _MOST_SHOWN:
            lines.append(f"  … and {len(self.failed) - _MOST_SHOWN} more")
        return "\n".join(lines)


def _called(transfer: Transfer) -> str:
    return f"{transfer.name!r} ({transfer.dataset_id})" if transfer.name else transfer.dataset_id
