"""Whether an export has all rows of its DataSet: one rule, for every way of reading one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from domo_async.errors import IncompleteDataError

if TYPE_CHECKING:
    from domo_async.models import DataSet

__all__ = ["RecountCallback", "check_count", "expected_rows"]

RecountCallback = Callable[[], Awaitable[int | None]]
"""Answers how many rows the DataSet has now, None when that is unknown."""


def expected_rows(dataset: DataSet) -> int | None:
    """How many rows an export has, as far as the description tells; None when it does not."""
    # Under PDP the export holds the rows of this user only, and the description counts all.
    return None if dataset.pdp_enabled else dataset.rows


async def check_count(
    rows: int,
    expected: int | None,
    recount: RecountCallback | None,
    *,
    dataset: str,
    ends_in_cr: bool = False,
) -> None:
    """Raise unless as many rows arrived as the DataSet had before, or has now.

    Args:
        rows: Rows that arrived.
        expected: Rows that the DataSet had when it was described; None skips the check.
        recount: Asked only when these differ, for the DataSet may have changed since. None when nobody can tell.
        dataset: How the message calls the DataSet.
        ends_in_cr: Whether the first row ends with a lone CR, so that it is plain why the number is wrong.

    Raises:
        IncompleteDataError: It is another number of rows.
    """
    if expected is None or expected == rows:
        return
    now = None if recount is None else await recount()
    if rows != now:
        words = f"DataSet {dataset!r}: {rows} rows arrived, and it has {expected if now is None else now}"
        if not ends_in_cr:
            raise IncompleteDataError(words)
        error = IncompleteDataError(
            f"{words}: rows end with a lone CR instead of LF, and are counted as one",
            hint="Name its columns, and the CSV is written anew with LF; or choose another format",
        )
        error.retryable = False  # the same bytes come again
        raise error
