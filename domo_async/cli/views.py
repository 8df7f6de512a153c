"""How things of one kind are shown: as a listing, in full, in a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from domo_async.cli.sheets import Heading, Sheet

__all__ = ["View", "as_document"]

T = TypeVar("T")


@dataclass(frozen=True)
class View(Generic[T]):
    """How things of one kind are shown.

    Attributes:
        one: What one is called, such as ``user``.
        many: What several are called.
        columns: The columns of a listing, with what stands there; None for nothing.
        facts: Names and values that say everything about one; those of None are left out.
        name: What one of them is called.
        identity: Its id.
        parts: Tables that belong to one, below its facts.
    """

    one: str
    many: str
    columns: Mapping[Heading, Callable[[T], object]]
    facts: Callable[[T], Iterable[tuple[str, object]]]
    name: Callable[[T], str | None]
    identity: Callable[[T], object]
    parts: Callable[[T], Iterable[Sheet]] = field(default=lambda _: ())

    def listing(self, things: Iterable[T]) -> Sheet:
        """Several, one a row."""
        columns = self.columns.values()
        rows = [["" if (value := column(thing)) is None else value for column in columns] for thing in things]
        return Sheet([*self.columns], rows)

    def label(self, thing: T) -> str:
        """One, for use in a sentence."""
        name = self.name(thing)
        return f"{self.one} {name!r} ({self.identity(thing)})" if name else f"{self.one} {self.identity(thing)}"


def as_document(thing: object) -> object:
    """A model, or a plain value, as `json` takes it, with the names of the Python models."""
    from pydantic import BaseModel

    return thing.model_dump(mode="json") if isinstance(thing, BaseModel) else thing
