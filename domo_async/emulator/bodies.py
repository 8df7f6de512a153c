"""Bodies of requests, which are as large as whoever sends them pleases: counted as they come, and as they unfold."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING

from domo_async.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from starlette.types import Message, Receive

__all__ = ["limited", "plain"]

_GZIP = b"\x1f\x8b"


def limited(receive: Receive, most: int) -> Receive:
    """A `receive` that refuses the rest of a body of more than `most` bytes with 413."""
    left = most

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large(most)
        return message

    return counted


def plain(body: bytes, most: int) -> bytes:
    """Decompress what begins like gzip, whatever the headers say: clients disagree on them.

    Args:
        body: The body as it came.
        most: Bytes that it may have when it is decompressed; a few kilobytes can unfold to gigabytes.

    Raises:
        RefusedError: 400, it is no whole gzip file; 413, it has more bytes.
    """
    if not body.startswith(_GZIP):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            text = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedError.gateway(400, "Bad Request") from error
    if len(text) > most:
        raise _too_large(most)
    return text


def _too_large(most: int) -> RefusedError:
    return RefusedError.gateway(413, f"The emulator takes {most:,} bytes at once")
