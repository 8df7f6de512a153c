"""Files in a form, as browsers upload them (RFC 7578), without holding them in memory."""

from __future__ import annotations

import mimetypes
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread

from domo_async.errors import InvalidArgumentError
from domo_async.http.bodies import Body, BodySource, Content, request_body

__all__ = ["FileSource", "file_form"]

FileSource = BodySource | os.PathLike[str]
"""What `request_body` takes, or the path of a file."""

_CHUNK: Final = 1 << 20


def file_form(source: FileSource, *, field: str, file_name: str | None, media_type: str | None) -> Body:
    """A form with one file in it.

    Args:
        source: The file: its path, its bytes, a function that returns a new iterator of bytes each time, or a single
            iterator, which cannot be sent a second time.
        field: Name of the field.
        file_name: Name of the file; that of the path if None.
        media_type: Its type; guessed from the name if None.

    Raises:
        InvalidArgumentError: There is no such file, or no name.
    """
    size: int | None = None
    if isinstance(source, os.PathLike):
        path = Path(source)
        if not path.is_file():
            raise InvalidArgumentError(f"source: {path} is no file")
        file_name = file_name or path.name
        size = path.stat().st_size
        source = partial(_FileReader, path, size)
    if not file_name:
        raise InvalidArgumentError("file_name: the file needs a name")
    media_type = media_type or mimetypes.guess_type(file_name)[0] or "application/octet-stream"
    if not media_type.isprintable():
        raise InvalidArgumentError("media_type: not the name of a type")
    boundary = f"domo-async-{secrets.token_hex(16)}"
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{_quoted(field)}"; filename="{_quoted(file_name)}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    inner = request_body(source, media_type=media_type)
    outer = f"multipart/form-data; boundary={boundary}"
    if isinstance(inner.content, bytes):
        return request_body(head + inner.content + tail, media_type=outer)
    content = inner.content
    if not inner.replayable:
        return request_body(_Framed(head, content, tail), media_type=outer)
    body = request_body(lambda: _Framed(head, content, tail), media_type=outer)
    return body if size is None else replace(body, length=len(head) + size + len(tail))


# Both are no generators: one that is left half way, because the request failed, cannot be closed from here.


class _Framed(AsyncIterator[bytes]):
    def __init__(self, head: bytes, content: Content, tail: bytes) -> None:
        self._head = head
        self._chunks = aiter(content)
        self._tail = tail

    async def __anext__(self) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        chunk = await anext(self._chunks, None) if self._tail else None
        if chunk is not None:
            return chunk
        if not self._tail:
            raise StopAsyncIteration
        tail, self._tail = self._tail, b""
        return tail


class _FileReader(AsyncIterator[bytes]):
    """Reads as many bytes of a file as were announced, in pieces, and holds it open for no longer than each takes."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._position = 0

    async def __anext__(self) -> bytes:
        if self._position == self._size:
            raise StopAsyncIteration
        chunk = await to_thread.run_sync(self._read)
        if not chunk:
            raise InvalidArgumentError(f"source: {self._path} became shorter while it was read")
        self._position += len(chunk)
        return chunk

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                return file.read(min(_CHUNK, self._size - self._position))
        except OSError as error:
            raise InvalidArgumentError(f"source: {self._path} cannot be read: {error.strerror}") from error


def _quoted(name: str) -> str:
    # As the HTML standard has it; backslashes are not special.
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
