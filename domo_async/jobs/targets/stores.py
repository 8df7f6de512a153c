"""What a target needs of an object store: put, get, list, delete."""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from domo_async.errors import TargetError
from domo_async.jobs.manifest import HOME

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["BLOCK", "STAGING", "ObjectFacts", "ObjectStore", "again", "digest_of", "to_the_second", "told_by"]

STAGING = f"{HOME}/staging"
"""Where objects are written on stores whose objects are visible before they are complete."""

BLOCK = 4 * 2**20
"""Bytes that are read or sent at a time."""

_LONGEST_WORDS = 300
_WAITS = (1.0, 4.0)
"""Seconds before a store is asked again that has refused. Its own client has most likely asked several times before."""

_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What a listing says of an object.

    Attributes:
        bytes: Its size.
        modified: When it was written, in nanoseconds, to the second: not all answers of a store are more exact. None
            when the store does not say.
    """

    bytes: int
    modified: int | None


class ObjectStore(Protocol):
    """Objects below one prefix. All methods block and may be called from several threads at once.

    `put` and `put_bytes` never show half an object, under any name that is not in `STAGING`.
    """

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    def put(self, name: str, source: Path) -> None:
        """Upload a file; an object of that name is replaced."""
        ...

    def put_bytes(self, name: str, data: bytes) -> None:
        """Write a small object."""
        ...

    def move(self, name: str, to: str) -> None:
        """Give an object another name, within the store; an object of that name is replaced."""
        ...

    def get_bytes(self, name: str) -> bytes | None:
        """Read a small object, None if there is none."""
        ...

    def list(self, folder: str = "") -> dict[str, ObjectFacts]:
        """All objects, or those in a folder, by name."""
        ...

    def facts(self, name: str) -> ObjectFacts | None:
        """What is known of an object, None if there is none."""
        ...

    def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        ...

    def sha256(self, name: str) -> str | None:
        """SHA-256 of an object, None if there is none."""
        ...


def again(work: Callable[[], None]) -> None:
    """Do something that a store may refuse; twice more if it does."""
    for wait in _WAITS:
        try:
            return work()
        except TargetError:
            time.sleep(wait)
    return work()


@contextmanager
def told_by(place: str, *, to: str = "written") -> Generator[None]:
    """Turn whatever a store raises into a `TargetError`. Each of them has errors of its own, with long stories."""
    try:
        yield
    except TargetError:
        raise
    except Exception as error:
        words = (str(error).strip() or type(error).__name__).splitlines()[0][:_LONGEST_WORDS]
        raise TargetError(f"{place} cannot be {to}: {words}") from error


def to_the_second(nanoseconds: int | None) -> int | None:
    """A moment without fractions of a second."""
    return None if nanoseconds is None else nanoseconds // _SECOND * _SECOND


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def digest_of(stream: _Readable) -> str:
    """SHA-256 of all that is left of a stream."""
    digest = hashlib.sha256()
    while block := stream.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()
