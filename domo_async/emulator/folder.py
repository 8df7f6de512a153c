"""Data files of a folder as tables."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import gzip
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pyarrow as pa
from pyarrow import csv, parquet

from domo_async.errors import InvalidArgumentError

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator

__all__ = ["tables_in"]

_CSV_SUFFIXES = (".csv", ".csv.gz", ".csv.zip")


def tables_in(folder: str | os.PathLike[str]) -> Iterator[tuple[str, Any]]:
    """Read the data files of a folder, in the order of their names.

    Types of CSV columns are guessed from their values. ``NA`` counts as null there, as R writes it.

    Args:
        folder: A folder; what is below it in other folders is left alone.

    Yields:
        The stem of each file, and its rows.

    Raises:
        InvalidArgumentError: There is no such folder, or a file in it cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        msg = f"{folder} is no folder"
        raise InvalidArgumentError(msg)
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        suffix = next((suffix for suffix in (*_CSV_SUFFIXES, ".parquet") if name.endswith(suffix)), None)
        if suffix is None or not path.is_file():
            continue
        try:
            table = parquet.read_table(path) if suffix == ".parquet" else _read_csv(path, suffix)
        except (pa.ArrowInvalid, OSError, zipfile.BadZipFile) as error:
            msg = f"{path} cannot be read: {error}"
            raise InvalidArgumentError(msg) from error
        yield path.name[: -len(suffix)], table


def _read_csv(path: Path, suffix: str) -> pa.Table:
    with _opened(path, suffix) as source:
        return csv.read_csv(
            source,
            read_options=csv.ReadOptions(block_size=8 << 20),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                null_values=["", "\\N", "NA"], strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        )


@contextmanager
def _opened(path: Path, suffix: str) -> Generator[IO[bytes]]:
    if suffix == ".csv.gz":
        with gzip.open(path) as source:
            yield cast("IO[bytes]", source)
    elif suffix == ".csv.zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if not names:
                msg = "there is no .csv file in it"
                raise OSError(msg)
            with archive.open(names[0]) as source:
                yield source
    else:
        with path.open("rb") as source:
            yield source
