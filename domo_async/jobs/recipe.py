"""How a DataSet becomes files: what the job says for all, and what is said for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from domo_async.errors import InvalidArgumentError
from domo_async.jobs.selection import name_matcher
from domo_async.tabular.file_format import FileFormat, check_format, suffix_of
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

__all__ = ["DataSetOptions", "Recipe", "Recipes"]

_RANGES: Final = 4
_MOST_RANGES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetOptions:
    """What is different for one DataSet of a job. What is None is as for all others.

    Attributes:
        format: Kind of its file.
        columns: Names of the columns to keep.
        sql: A query to run instead of the export; the DataSet is called ``table`` in it. Domo answers queries in one
            piece, so the result must fit into memory.
        include_header: Whether a CSV file begins with a line of names.
        decimal: Precision and scale for DECIMAL columns.
        rows_per_file: Most rows in one file; more rows make several, in a folder of the DataSet's own.
        range_column: Name of a LONG, DOUBLE, DECIMAL, DATE or DATETIME column. With it, the rows are not exported as a
            whole: several queries bring a range of this column each, at the same time, and the file is in its order.
        ranges: How many of these queries at once, 4 if not said.

    Example:
        ::

            options = {"Orders*": DataSetOptions(rows_per_file=1_000_000), stock_id: DataSetOptions(columns=["sku"])}
            await domo.pull(Selection.everything(), to="lake", options=options)
    """

    format: FileFormat | None = None
    columns: Sequence[str] | None = None
    sql: str | None = None
    include_header: bool | None = None
    decimal: DecimalType | None = None
    rows_per_file: int | None = None
    range_column: str | None = None
    ranges: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a file is made by. The same rows and the same recipe make the same bytes."""

    format: FileFormat = "parquet"
    columns: tuple[str, ...] | None = None
    sql: str | None = None
    include_header: bool = True
    decimal: DecimalType = DEFAULT_DECIMAL
    rows_per_file: int | None = None
    range_column: str | None = None
    ranges: int = _RANGES

    def but(self, options: DataSetOptions) -> Recipe:
        """This recipe with the options of one DataSet.

        Raises:
            InvalidArgumentError: They make no sense.
        """
        if options.sql is not None and options.columns is not None:
            raise InvalidArgumentError("sql and columns: the query says which columns there are")
        if options.sql is not None and options.range_column is not None:
            raise InvalidArgumentError("sql and range_column: a query of your own is not divided")
        if options.ranges is not None and options.range_column is None:
            raise InvalidArgumentError("ranges: without range_column there is nothing to divide")
        mine = replace(
            self,
            format=self.format if options.format is None else check_format(options.format),
            columns=self.columns if options.columns is None else _names(options.columns),
            sql=options.sql if options.sql is not None else self.sql,
            include_header=self.include_header if options.include_header is None else options.include_header,
            decimal=self.decimal if options.decimal is None else options.decimal,
            rows_per_file=self.rows_per_file if options.rows_per_file is None else options.rows_per_file,
            range_column=options.range_column,
            ranges=_RANGES if options.ranges is None else options.ranges,
        )
        if not 1 <= mine.ranges <= _MOST_RANGES:
            raise InvalidArgumentError(f"ranges={mine.ranges} is not between 1 and {_MOST_RANGES}")
        if mine.rows_per_file is not None and mine.rows_per_file < 1:
            raise InvalidArgumentError(f"rows_per_file={mine.rows_per_file} is not 1 or more")
        if mine.sql is not None and not mine.sql.strip():
            raise InvalidArgumentError("sql: expected the text of a query")
        return mine if mine.sql is None else replace(mine, columns=None)

    @property
    def suffix(self) -> str:
        """Suffix of the files, with its dot."""
        return suffix_of(self.format)

    @property
    def is_csv(self) -> bool:
        """Whether the files hold text as Domo sends it, so that nothing has to be decoded."""
        return self.format in ("csv", "csv.gz")

    def to_dict(self) -> dict[str, JsonValue]:
        """What of it matters for the bytes, as the manifest keeps it."""
        facts: dict[str, JsonValue] = {"format": self.format}
        if self.columns is not None:
            facts["columns"] = list(self.columns)
        if self.sql is not None:
            facts["sql"] = self.sql
        if self.is_csv:
            facts["include_header"] = self.include_header
        else:
            facts["decimal"] = list(self.decimal)
        if self.rows_per_file is not None:
            facts["rows_per_file"] = self.rows_per_file
        if self.range_column is not None:
            facts["range_column"] = self.range_column
        return facts


class Recipes:
    """The recipe of every DataSet of a job.

    Args:
        common: What holds for all.
        options: What is different, by id or by name; names may have ``*`` and ``?``. The first that fits counts.

    Raises:
        InvalidArgumentError: Options that make no sense.
    """

    def __init__(self, common: Recipe, options: Mapping[str, DataSetOptions] | None) -> None:
        self.common: Recipe = common.but(DataSetOptions())
        self._special: list[tuple[str, Callable[[str], bool], Recipe]] = []
        for key, mine in (options or {}).items():
            if not isinstance(key, str) or not key or not isinstance(mine, DataSetOptions):
                raise InvalidArgumentError(f"options: {key!r} should be an id or a name, and its value DataSetOptions")
            self._special.append((key, name_matcher(key), common.but(mine)))
        self._used: set[str] = set()

    def of(self, dataset_id: str, name: str | None) -> Recipe:
        """The recipe for a DataSet."""
        for key, fits, recipe in self._special:
            if key == dataset_id or fits(name or ""):
                self._used.add(key)
                return recipe
        return self.common

    @property
    def all(self) -> list[Recipe]:
        """Every recipe that may be used."""
        return [self.common, *(recipe for _, _, recipe in self._special)]

    @property
    def unused(self) -> tuple[str, ...]:
        """Keys that fitted no DataSet so far: misspelt, most likely."""
        return tuple(key for key, _, _ in self._special if key not in self._used)


def _names(columns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(columns, str) or not columns:
        raise InvalidArgumentError(f"columns={columns!r} is no list of names")
    return tuple(columns)
