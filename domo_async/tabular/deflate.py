"""One gzip stream out of pieces that were compressed apart from each other, on as many cores as there are.

Each piece ends at a byte boundary and refers to nothing before it, so pieces can be joined; the stream is a single gzip
member like any other. (A file of several members would be simpler, and some readers stop after the first of them.)
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Final

__all__ = ["GzipStream", "Piece", "deflated", "release_vector_registers"]

_RAW: Final = -15
_LEVEL: Final = 1
_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time: the same rows make the same bytes
_END: Final = b"\x03\x00"
_POLYNOMIAL: Final = 0xEDB88320


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes, compressed.

    Attributes:
        data: Deflate blocks up to a byte boundary, without an end mark.
        size: How many bytes they were before.
        crc: CRC-32 of these.
    """

    data: bytes
    size: int
    crc: int


def deflated(data: bytes | memoryview) -> Piece:
    """Compress bytes as a piece of a stream; most of it outside of Python's lock."""
    try:
        from isal import isal_zlib
    except ImportError:
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
        packed = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
        return Piece(packed, len(data), zlib.crc32(data))
    # Three times as fast as zlib, and smaller; comes with the extra `fast`.
    fast = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW)
    piece = Piece(fast.compress(data) + fast.flush(isal_zlib.Z_SYNC_FLUSH), len(data), isal_zlib.crc32(data))
    release_vector_registers()
    return piece


def release_vector_registers() -> None:
    """Undo a side effect of isal on CPUs with AVX-512.

    It leaves the upper halves of the vector registers in use, and from then on each SSE instruction of the thread has
    to preserve them: writing numbers as text took 1.7 times as long. OpenSSL's SHA-512 clears them when it is done.
    """
    hashlib.sha512(b"", usedforsecurity=False).digest()


class GzipStream:
    """A gzip stream in the making. Adding to it copies the compressed bytes, and computes next to nothing."""

    def __init__(self) -> None:
        self._stream = BytesIO()
        self._stream.write(_HEADER)
        self._crc = 0
        self.size: int = 0
        """Bytes so far, before compression."""

    def add(self, piece: Piece) -> None:
        """Add a piece at the end."""
        self._stream.write(piece.data)
        self._crc = _combined(self._crc, piece.crc, piece.size)
        self.size += piece.size

    def finish(self) -> bytes:
        """The whole stream; nothing can be added any more."""
        self._stream.write(_END + self._crc.to_bytes(4, "little") + (self.size % 2**32).to_bytes(4, "little"))
        # Not a copy: the bytes that were written become the result.
        return self._stream.getvalue()


def _combined(first: int, second: int, second_size: int) -> int:
    """CRC-32 of two runs of bytes from that of each, as zlib's ``crc32_combine`` does, which Python does not offer."""
    return _product(_shift(second_size), first) ^ second


@cache
def _square(exponent: int) -> int:
    """x**(2**exponent) modulo the polynomial."""
    if exponent == 0:
        return 1 << 30
    root = _square(exponent - 1)
    return _product(root, root)


def _shift(size: int) -> int:
    """x**(8 * size) modulo the polynomial."""
    power, exponent = 1 << 31, 3
    while size:
        if size & 1:
            power = _product(_square(exponent), power)
        size >>= 1
        exponent += 1
    return power


def _product(left: int, right: int) -> int:
    """Product of two polynomials over GF(2) modulo that of CRC-32, whose bits stand in reversed order."""
    result = 0
    bit = 1 << 31
    while left:
        if left & bit:
            result ^= right
            left ^= bit
        bit >>= 1
        right = (right >> 1) ^ _POLYNOMIAL if right & 1 else right >> 1
    return result
