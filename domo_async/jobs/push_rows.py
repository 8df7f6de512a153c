# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""The rows of several files as those of one.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from domo_async.errors import InvalidDataError, SchemaMismatchError
from domo_async.models import Column, ColumnType, Schema
from domo_async.tabular.row_files import open_file

if TYPE_CHECKING:
    from domo_async.tabular.row_readers import RowReader

__all__ = ["PartFiles"]

_TEXT: Final = (".csv", ".csv.gz", ".jsonl", ".ndjson")


class PartFiles:
    """Record batches of several files, one file after the other, all with the same columns. Iterates anew each time.

    Columns are matched by name. Where their types differ, they get one that has every value exactly; for files of text
    that is the text itself, if there is no other.

    Args:
        paths: The files, all of one kind.
        known: Types of columns, for files that say none.
        missing_is_null: Whether a file may lack columns that another one has.

    Raises:
        SchemaMismatchError: A file lacks a column.
        InvalidDataError: A file cannot be read, or the types of a column have nothing in common.
    """

    def __init__(self, paths: Sequence[Path], known: Schema | None, *, missing_is_null: bool) -> None:
        self._paths = paths
        schemas = [self._schema(path, known) for path in paths]
        self._known = known
        if paths[0].name.lower().endswith(_TEXT):
            self._known = _with_text(known, _disputed(schemas))
            schemas = [self._schema(path, self._known) for path in paths]
        try:
            self.schema: pa.Schema = pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            raise InvalidDataError(
                f"the files have columns of different types: {error}", source=_folder(paths)
            ) from error
        if not missing_is_null:
            for path, schema in zip(paths, schemas, strict=True):
                if lacking := [name for name in self.schema.names if name not in schema.names]:
                    raise SchemaMismatchError(
                        f"{path} lacks the column {lacking[0]!r} that other files beside it have",
                        hint="Write null there with missing_columns='null'",
                    )

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        # Says which columns there are, if no file has a row.
        yield pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in self.schema], schema=self.schema)
        for path in self._paths:
            reader = open_file(path, self._known)
            try:
                while (batch := reader.take()) is not None:
                    yield self._fitted(batch, path)
            finally:
                reader.close()

    def _fitted(self, batch: pa.RecordBatch, path: Path) -> pa.RecordBatch:
        try:
            columns = [
                batch.column(field.name).cast(field.type)
                if field.name in batch.schema.names
                else pa.nulls(batch.num_rows, field.type)
                for field in self.schema
            ]
        except pa.ArrowException as error:
            raise InvalidDataError(
                f"a value has no exact form in the type that its column has in other files: {error}", source=str(path)
            ) from error
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    @staticmethod
    def _schema(path: Path, known: Schema | None) -> pa.Schema:
        reader: RowReader = open_file(path, known)
        try:
            return reader.schema
        finally:
            reader.close()


def _disputed(schemas: Sequence[pa.Schema]) -> list[str]:
    """Columns that have text in one file and something else in another."""
    names = dict.fromkeys(name for schema in schemas for name in schema.names)
    found: list[str] = []
    for name in names:
        types = {schema.field(name).type for schema in schemas if name in schema.names}
        try:
            pa.unify_schemas([pa.schema([(name, kind)]) for kind in types], promote_options="permissive")
        except pa.ArrowException:
            found.append(name)
    return found


def _with_text(known: Schema | None, names: Sequence[str]) -> Schema | None:
    if not names:
        return known
    columns = [column for column in (known.columns if known is not None else []) if column.name not in names]
    return Schema(columns=[*columns, *(Column(name=name, type=ColumnType.STRING) for name in names)])


def _folder(paths: Sequence[Path]) -> str:
    return str(paths[0].parent)
