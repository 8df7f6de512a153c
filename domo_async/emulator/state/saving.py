"""Saving an instance: which moment is saved, and when what a caller did is safe."""

from __future__ import annotations

import json
import marshal
import threading
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio
import pyarrow as pa
from anyio import to_thread
from anyio.lowlevel import RunVar

from domo_async.emulator.state.file import Change, Key, StateFile
from domo_async.emulator.state.shelves import EVENTS, Content, Described, contents, kept, packed
from domo_async.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from domo_async.emulator.instance import Instance

__all__ = ["Keeper"]

T = TypeVar("T")
Placed = dict[Key, tuple[int, T]]
"""Things by their keys, each with its place in the file."""

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class _Moment:
    """An instance as it was at one moment.

    Attributes:
        number: Moments are numbered in their order.
        documents: Every document but the events.
        events: Those events that may be new.
        contents: What is kept as bytes.
        doomed: Tables that nothing here names any more.
    """

    number: int
    documents: dict[Key, str]
    events: dict[Key, str]
    contents: dict[Key, Content]
    doomed: tuple[str, ...]


class Keeper:
    """Keeps an instance in a file.

    `load` comes first. From then on a caller who waits for `save` or `saved` knows that all that was true when he began
    to wait is in the file. Many who wait at the same time share one look at the instance and one transaction: whoever
    comes first does the work for all who came before it begins. What did not change since the last time is not written.

    A handler waits for `saved`, which looks at the instance on the event loop: no other handler is halfway through its
    work there. A look from another thread may catch one halfway, but never as the last one, since that handler saves
    when it is done.
    """

    def __init__(self, file: StateFile, instance: Instance) -> None:
        self._file = file
        self._instance = instance
        self._numbers = threading.Lock()
        self._begun = 0  # number of the newest moment
        self._writing = threading.Lock()
        self._written = 0  # number of the newest moment in the file
        self._documents: Placed[str] = {}  # what is in the file, but the events
        self._contents: Placed[Content] = {}
        self._texts: dict[Key, tuple[object, str]] = {}  # what `_text` has written, with what it was written of
        self._events = 0
        self._places = 0
        self._turns: RunVar[anyio.Lock] = RunVar(f"domo_async.emulator.turns-{id(self)}")

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    def load(self) -> None:
        """Read the instance from the file.

        Raises:
            TargetError: What is in the file makes no sense.
        """
        documents, held = self._file.documents(), self._file.contents()
        by_shelf: dict[str, list[tuple[str, str]]] = {}
        for (shelf, key), (_, text) in documents.items():
            by_shelf.setdefault(shelf, []).append((key, text))
        instance = self._instance
        try:
            for shelf, each in kept(instance, {key: octets for key, (_, octets) in held.items()}).items():
                for key, text in by_shelf.pop(shelf, []):
                    each.restore(key, json.loads(text))
            if by_shelf:
                msg = f"nothing is known of {min(by_shelf)!r}"
                raise ValueError(msg)
            rows = [entry.rows for entry in instance.datasets.all() if not entry.deleted]
            instance.rows.adopt({each.table: each.count for each in rows})
            self._contents = {key: (held[key][0], content) for key, content in contents(instance)}
        except (ValueError, LookupError, TypeError, AttributeError, pa.ArrowException) as error:
            msg = f"The state file {self._file.path} is damaged: {type(error).__name__}: {error}"
            raise TargetError(msg) from error
        self._places = 1 + max((place for place, _ in [*documents.values(), *held.values()]), default=-1)
        self._documents = {key: placed for key, placed in documents.items() if key[0] != EVENTS}
        self._events = len(documents) - len(self._documents)

    def save(self) -> None:
        """Write what has changed, and return when it is in the file. For any thread but the event loop's.

        Raises:
            TargetError: It cannot be written. What changed is still there, and the next time tries again.
        """
        self._write(self._look())

    async def saved(self) -> None:
        """Wait until what has changed so far is in the file.

        Raises:
            TargetError: See `save`.
        """
        needed = self._begun + 1
        async with self._turn():
            if self._written < needed:
                await to_thread.run_sync(self._write, self._look())

    def close(self) -> None:
        """Save for the last time, and let go of the file."""
        try:
            self.save()
        finally:
            self._file.close()

    def _turn(self) -> anyio.Lock:
        # One for each event loop: a lock knows the tasks of its own only.
        turn = self._turns.get(None)
        if turn is None:
            turn = anyio.Lock()
            self._turns.set(turn)
        return turn

    def _look(self) -> _Moment:
        with self._numbers:
            self._begun += 1
            number = self._begun
        doomed = self._instance.rows.doomed()
        # Rows appear together with what says so of them.
        with self._instance.changing:
            shelves = kept(self._instance, {})
            del shelves[EVENTS]
            documents = {
                (shelf, key): self._text((shelf, key), thing)
                for shelf, each in shelves.items()
                for key, thing in each.saved()
            }
            held = dict(contents(self._instance))
        events = {(EVENTS, key): _encode(event) for key, event in self._instance.audit.saved(self._events)}
        return _Moment(number, documents, events, held, doomed)

    def _text(self, key: Key, thing: object) -> str:
        """A document as JSON, written anew only if it has changed: that takes most of the time of a look."""
        # Python takes 1, 1.0 and True for the same; marshal does not.
        face = thing.face if isinstance(thing, Described) else marshal.dumps(cast("Any", thing), 2)
        known = self._texts.get(key)
        if known is not None and known[0] == face:
            return known[1]
        text = _encode(thing.describe() if isinstance(thing, Described) else thing)
        self._texts[key] = face, text
        return text

    def _write(self, moment: _Moment) -> None:
        with self._writing:
            if moment.number <= self._written:
                return  # a later one is in the file already
            places = count(self._places)
            documents = [*_changes(self._documents, moment.documents, places)]
            octets = [*_changes(self._contents, moment.contents, places)]
            events = [(key, text) for key, text in moment.events.items() if int(key[1]) >= self._events]
            if documents or octets or events:
                self._file.write(
                    [
                        *(Change(key, place, text, new=new) for key, place, text, new in documents),
                        *(Change(key, next(places), text, new=True) for key, text in events),
                    ],
                    [
                        Change(key, place, None if content is None else packed(content), new=new)
                        for key, place, content, new in octets
                    ],
                )
            _apply(documents, self._documents)
            _apply(octets, self._contents)
            for key, _, text, _ in documents:
                if text is None:
                    self._texts.pop(key, None)
            self._events += len(events)
            self._places = next(places)
            self._written = moment.number
            self._instance.rows.sweep(moment.doomed)


def _changes(
    known: Placed[T], now: Mapping[Key, T], places: Iterator[int]
) -> Iterator[tuple[Key, int, T | None, bool]]:
    """What is other than it was: key, place, the thing or None if it is gone, and whether it is new."""
    for key, thing in now.items():
        if key not in known:
            yield key, next(places), thing, True
        elif known[key][1] is not thing and known[key][1] != thing:
            yield key, known[key][0], thing, False
    for key in known.keys() - now.keys():
        yield key, known[key][0], None, False


def _apply(changes: Iterable[tuple[Key, int, T | None, bool]], known: Placed[T]) -> None:
    for key, place, thing, _ in changes:
        if thing is None:
            del known[key]
        else:
            known[key] = place, thing
