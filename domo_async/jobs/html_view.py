"""How jobs look in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.models.html_view import Column, size_text, table_html

if TYPE_CHECKING:
    from domo_async.errors import DomoError
    from domo_async.jobs.plan import PullPlan
    from domo_async.jobs.push_report import PushReport
    from domo_async.jobs.report import PullReport

__all__ = ["plan_html", "pull_html", "push_html"]


def pull_html(report: PullReport) -> str:
    """A pull: what failed comes first, since not all may be shown."""
    columns = [
        Column("DataSet"),
        Column("outcome"),
        Column("rows", is_number=True),
        Column("size", is_number=True),
        Column("seconds", is_number=True),
        Column("files"),
    ]
    transfers = sorted(report.transfers, key=lambda one: one.ok)
    rows = (
        (
            one.name or one.dataset_id,
            _outcome(one.error, one.action),
            f"{one.rows:,}",
            size_text(one.file_bytes),
            f"{one.seconds:.1f}",
            _files(one.files),
        )
        for one in transfers
    )
    return table_html(_first_line(report), columns, rows, total=len(transfers), of="DataSets")


def push_html(report: PushReport) -> str:
    """A push, likewise."""
    columns = [
        Column("DataSet"),
        Column("outcome"),
        Column("rows", is_number=True),
        Column("sent", is_number=True),
        Column("seconds", is_number=True),
        Column("from"),
    ]
    uploads = sorted(report.uploads, key=lambda one: one.ok)
    rows = (
        (
            one.name,
            _outcome(one.error, one.action),
            f"{one.rows:,}",
            size_text(one.sent),
            f"{one.seconds:.1f}",
            one.source,
        )
        for one in uploads
    )
    return table_html(_first_line(report), columns, rows, total=len(uploads), of="DataSets")


def plan_html(plan: PullPlan) -> str:
    """What a pull would do."""
    columns = [
        Column("DataSet"),
        Column("would be"),
        Column("because"),
        Column("rows", is_number=True),
        Column("files"),
    ]
    rows = (
        (
            one.name or one.dataset_id,
            one.action or "unknown",
            one.reason,
            None if one.rows is None else f"{one.rows:,}",
            _files(one.files),
        )
        for one in sorted(plan.transfers, key=lambda one: one.action == "unchanged")
    )
    return table_html(_first_line(plan), columns, rows, total=len(plan.transfers), of="DataSets")


def _first_line(report: object) -> str:
    return str(report).partition("\n")[0]


def _outcome(error: DomoError | None, action: str | None) -> str:
    # Marks and not colours alone: both themes, and people who do not see them.
    return f"✓ {action or 'done'}" if error is None else f"✗ {type(error).__name__}: {error}"


def _files(files: tuple[str, ...]) -> str:
    return files[0] if len(files) == 1 else f"{len(files)} files" if files else ""
