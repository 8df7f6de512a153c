"""Content encodings: what was compressed for the way is unpacked, and a stream that lacks its end is noticed."""

from __future__ import annotations

import zlib
from typing import Final

__all__ = ["ACCEPTED", "BrokenEncodingError", "Decoder"]

ACCEPTED: Final = "gzip"
"""What to ask for (Accept-Encoding). Others are refused when they come unasked."""

_GZIP: Final = zlib.MAX_WBITS | 16


class BrokenEncodingError(ValueError):
    """The bytes are not what Content-Encoding says, or end too early."""


class Decoder:
    """Unpacks one body, piece by piece.

    Unlike those of httpx it tells when the end is missing: a proxy that gave up half-way leaves an answer that is
    complete as HTTP and half a document.

    Args:
        encoding: The Content-Encoding header.

    Raises:
        BrokenEncodingError: The encoding is not known.
    """

    def __init__(self, encoding: str) -> None:
        self._active = encoding.strip().lower() not in {"", "identity"}
        self._fed = False
        if self._active and encoding.strip().lower() not in {"gzip", "x-gzip"}:
            raise BrokenEncodingError(f"The answer is encoded as {encoding!r}, which was not asked for")
        self._inflate = zlib.decompressobj(_GZIP)

    def feed(self, data: bytes) -> bytes:
        """Unpack some more."""
        if not self._active or not data:
            return data
        self._fed = True
        out: list[bytes] = []
        try:
            while data:
                if self._inflate.eof:
                    self._inflate = zlib.decompressobj(_GZIP)  # a gzip stream may have several members
                out.append(self._inflate.decompress(data))
                data = self._inflate.unused_data
        except zlib.error as error:
            raise BrokenEncodingError("The content encoding of the answer is broken") from error
        return b"".join(out)

    def finish(self) -> None:
        """Check that the end has come."""
        if self._active and self._fed and not self._inflate.eof:
            raise BrokenEncodingError("The compressed content of the answer lacks its end")
