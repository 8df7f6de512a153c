"""An export cut into blocks of whole records, and what can be wrong with one of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from domo_async.errors import InvalidArgumentError, InvalidResponseError, UnreadableRowError
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.tabular.records import MAX_RECORD_BYTES, RecordSplitter, RecordTooLongError, ends_inside_quotes

__all__ = ["BYTE_ORDER_MARK", "DEFAULT_BLOCK_SIZE", "CsvBlock", "CsvCutter", "FlawedCsvError", "shown"]

DEFAULT_BLOCK_SIZE = 2**20

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_SHOWN = 120


@dataclass(frozen=True, slots=True)
class CsvBlock:
    """Whole records of an export.

    Attributes:
        data: The bytes; only the last block may lack its newline.
        names: How many records at its start hold names instead of values: 0 or 1.
        last: Whether the export ends with it.
    """

    data: bytes = field(repr=False)
    names: int = 0
    last: bool = False


class FlawedCsvError(Exception):
    """Bytes are not the CSV of their schema. Where in the export, only those can say who counted the rows before.

    Attributes:
        problem: What is wrong.
        row: Which record of the block it is, from 1, those with names not counted; None when it is not one record.
        column: Name of the column, None when it is not one column.
        value: The field, or the record, as `shown`; None when it is neither, or has no end.
        hint: What to do about it.
        retryable: Whether another export may be better.
    """

    def __init__(
        self,
        problem: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
        hint: str | None = None,
        retryable: bool = True,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.row = row
        self.column = column
        self.value = value
        self.hint = hint
        self.retryable = retryable

    def located(self, dataset: str, rows_before: int) -> InvalidResponseError:
        """The same for the caller: named by DataSet and by the number of its row in the export.

        Args:
            dataset: How messages call the DataSet; empty for not at all.
            rows_before: Rows of the blocks before.
        """
        error: InvalidResponseError
        if self.row is None:
            place = f"DataSet {dataset!r}: " if dataset else ""
            error = InvalidResponseError(f"{place}{self.problem}", hint=self.hint)
        else:
            error = UnreadableRowError(
                self.problem,
                dataset=dataset,
                row=rows_before + self.row,
                column=self.column,
                value=self.value,
                hint=self.hint,
            )
        error.retryable = self.retryable
        return error


class CsvCutter:
    """Cuts the bytes of an export into blocks of whole records, and refuses what is no CSV at first sight.

    Args:
        block_size: Bytes per block at most, unless one record is longer.
        has_header: Whether the first record holds names instead of values.

    Raises:
        InvalidArgumentError: `block_size` is not positive.
    """

    def __init__(self, block_size: int, *, has_header: bool = False) -> None:
        if block_size < 1:
            raise InvalidArgumentError(f"block_size={block_size} is not a positive number of bytes")
        self._splitter = RecordSplitter(block_size)
        self._names = int(has_header)
        self._first = True

    @property
    def ready(self) -> bool:
        """Whether `cut` has work to do."""
        return self._splitter.ready

    def feed(self, data: bytes) -> None:
        """Add bytes as they arrive."""
        self._splitter.feed(data)

    def end(self) -> None:
        """Say that the body is complete."""
        self._splitter.end()

    def cut(self) -> CsvBlock | None:
        """The next block, or None when more bytes are needed (after `end`: when there is no more).

        Raises:
            FlawedCsvError: A web page came, a record has no end, or the export ends in the middle of one. The row is
                counted from the end of the block before.
        """
        try:
            data = self._splitter.take()
        except RecordTooLongError as error:
            raise FlawedCsvError(
                f"{error}, or one of its quotes is never closed",
                row=1,
                hint=f"Rows of up to {MAX_RECORD_BYTES // 2**20} MiB can be read",
            ) from None
        if data is None:
            return None
        if self._first:
            data = data.removeprefix(BYTE_ORDER_MARK)
            _refuse_page(data)
        if self._splitter.exhausted and ends_inside_quotes(data):
            raise FlawedCsvError("the export ends inside a quoted field")
        block = CsvBlock(data, self._names, last=self._splitter.exhausted)
        self._first, self._names = False, 0
        return block


def shown(value: object) -> str:
    """A value as messages show it: quoted, and cut when it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _refuse_page(start: bytes) -> None:
    if not looks_like_html(start):
        return
    problem = read_problem(start[:4096], content_type="text/html")
    # A first cell may begin with a tag; it does not begin with a document type, nor is it one of Domo's pages.
    is_cell = start[:5].lower().startswith((b"<html", b"<head", b"<!--"))
    if not is_cell or problem.page in {Page.MAINTENANCE, Page.BLOCKED}:
        raise FlawedCsvError(f"a web page came instead of CSV: {shown(problem.message or '')}")
