"""Files of text, compressed or not, as bytes."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from domo_async.errors import InvalidDataError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TextFile"]

_GZIP: Final = b"\x1f\x8b"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_BLOCK: Final = 2**20


class TextFile:
    """Reads a file in blocks; whether it is compressed with gzip, its first bytes say.

    A name that ends in ``.gz`` is a promise that they have to keep: other bytes under such a name are a mistake of
    whoever wrote them, or damaged. A file without a byte keeps any promise.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be opened.
        InvalidDataError: It is UTF-16, or called ``.gz`` and not compressed.
    """

    def __init__(self, path: Path) -> None:
        self._source = str(path)
        self._file = path.open("rb")
        start = self._file.read(len(_GZIP))
        self._file.seek(0)
        if start and start != _GZIP and path.suffix.lower() == ".gz":
            self._file.close()
            raise InvalidDataError(
                "the file is called .gz, and its bytes are not gzip",
                source=self._source,
                hint="Take .gz off its name if it holds plain text; otherwise it is damaged: make it again",
            )
        if start in _UTF_16:
            self._file.close()
            raise InvalidDataError("the file is UTF-16", source=self._source, hint="Save it as UTF-8")
        self._content = _decompressed(self._file) if start == _GZIP else self._file

    def read(self) -> bytes:
        """The next bytes, none at the end.

        Raises:
            InvalidDataError: The disk or the compressed data is damaged.
        """
        try:
            return self._content.read(_BLOCK)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidDataError(f"the file cannot be read: {error}", source=self._source) from error

    def close(self) -> None:
        """Close the file."""
        self._content.close()
        self._file.close()


def _decompressed(file: BinaryIO) -> BinaryIO:
    try:
        from isal import igzip
    except ImportError:
        return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    return cast("BinaryIO", igzip.GzipFile(fileobj=file, mode="rb"))  # type: ignore[no-untyped-call]
