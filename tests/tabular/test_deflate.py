"""Pieces compressed apart make one gzip stream."""

from __future__ import annotations

import gzip
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.tabular.deflate import GzipStream, deflated

PIECES = st.lists(st.binary(max_size=200) | st.integers(0, 70_000).map(lambda size: b"ab,\n" * size), max_size=5)


@pytest.fixture(params=["isal", "zlib"])
def compressor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        pytest.importorskip("isal")
    return request.param


def gzip_of(*pieces: bytes | memoryview) -> bytes:
    stream = GzipStream()
    for piece in pieces:
        stream.add(deflated(piece))
    assert stream.size == sum(map(len, pieces))
    return stream.finish()


def _check(pieces: list[bytes]) -> None:
    stream = gzip_of(*pieces)
    reader = zlib.decompressobj(31)
    assert reader.decompress(stream) == b"".join(pieces)
    assert reader.eof
    assert reader.unused_data == b""
    assert gzip.decompress(stream) == b"".join(pieces)  # checks the sum and the size once more, in Python


@given(pieces=PIECES)
@settings(max_examples=60)
def test_any_pieces(pieces: list[bytes]) -> None:
    _check(pieces)


def test_both_compressors(compressor: str) -> None:
    _check([b"", b"a", b"row 1,2,3\n" * 100_000, memoryview(b"the end")])


def test_a_damaged_stream_is_noticed() -> None:
    """The checksum is that of the whole, although each piece was summed up alone."""
    first, second = b"a" * 1000, b"b" * 999
    stream = gzip_of(first, second)
    swapped = gzip_of(second, first)
    assert stream[-8:-4] != swapped[-8:-4]
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(stream[:-8] + swapped[-8:])


def test_the_same_bytes_every_time() -> None:
    assert gzip_of(b"rows", b"more") == gzip_of(b"rows", b"more")
