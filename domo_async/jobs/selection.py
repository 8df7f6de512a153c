"""Which DataSets a job is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from domo_async.errors import InvalidArgumentError
from domo_async.models import DataSetSummary

__all__ = ["Selection", "name_matcher"]

Predicate = Callable[[DataSetSummary], bool]

_WILDCARD = re.compile(r"[*?]")
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Selection:
    """DataSets, by what they are: ids, names, owners, or anything that a listing tells of them.

    Selections combine: ``a | b`` is what either has, ``a & b`` what both have, ``a - b`` what only the first has,
    ``~a`` everything else. All but plain ids are looked for in the listing of the DataSets that the client may see, in
    the order of their names.

    Attributes:
        words: What is selected, for people.
        matches: Whether a DataSet of the listing belongs to it.
        named_ids: Ids that were named one by one. They are asked for even if no listing shows them.
        needs_listing: Whether there is more to it than those ids.
        name_like: Text that the names of all of them contain, if any; Domo then lists fewer.

    Example:
        >>> Selection.names("sales *", "stock") & Selection.owned_by("Ines Okafor") - Selection.ids("4405ff58")
        Selection((names 'sales *', 'stock' and (owned by 'Ines Okafor' without ids '4405ff58')))
    """

    words: str
    matches: Predicate = field(repr=False)
    named_ids: tuple[str, ...] = ()
    needs_listing: bool = True
    name_like: str | None = None

    @classmethod
    def everything(cls) -> Selection:
        """All DataSets that the client may see."""
        return cls("all DataSets", lambda _: True)

    @classmethod
    def ids(cls, *ids: str | DataSetSummary) -> Selection:
        """DataSets by id. One that does not exist is a failure of the job, not an empty result.

        Raises:
            InvalidArgumentError: Something else than ids.
        """
        named = tuple(dict.fromkeys(_id(one) for one in ids))
        known = frozenset(named)
        return cls(f"ids {_listed(named)}", lambda dataset: dataset.id in known, named, needs_listing=False)

    @classmethod
    def names(cls, *patterns: str) -> Selection:
        """DataSets by name, in upper or lower case.

        Args:
            *patterns: Whole names, in which ``*`` stands for any text and ``?`` for one character.

        Raises:
            InvalidArgumentError: No pattern, or an empty one.
        """
        if not patterns or not all(isinstance(pattern, str) and pattern for pattern in patterns):
            raise InvalidArgumentError("names: expected at least one name or pattern")
        matchers = [name_matcher(pattern) for pattern in patterns]
        return cls(
            f"names {_listed(patterns)}",
            lambda dataset: any(matches(dataset.name or "") for matches in matchers),
            name_like=_common_text(patterns[0]) if len(patterns) == 1 else None,
        )

    @classmethod
    def owned_by(cls, *owners: int | str) -> Selection:
        """DataSets by owner.

        Args:
            *owners: User ids, or names in upper or lower case.

        Raises:
            InvalidArgumentError: No owner.
        """
        if not owners:
            raise InvalidArgumentError("owned_by: expected at least one user id or name")
        wanted = {str(owner).casefold() for owner in owners}

        def matches(dataset: DataSetSummary) -> bool:
            owner = dataset.owner
            known = (owner.id, owner.name) if owner is not None else ()
            return any(str(fact).casefold() in wanted for fact in known if fact is not None)

        return cls(f"owned by {_listed(owners)}", matches)

    @classmethod
    def where(cls, predicate: Predicate) -> Selection:
        """DataSets for which a function of yours answers True.

        Args:
            predicate: Called with each DataSet of the listing. If it raises, the job ends with that.

        Example:
            ::

                Selection.where(lambda dataset: (dataset.rows or 0) < 1_000_000)
        """
        if not callable(predicate):
            raise InvalidArgumentError("where: expected a function")
        return cls(f"where {getattr(predicate, '__name__', 'a function')}", lambda dataset: bool(predicate(dataset)))

    def __or__(self, other: Selection) -> Selection:
        return Selection(
            f"({self.words} or {other.words})",
            lambda dataset: self.matches(dataset) or other.matches(dataset),
            tuple(dict.fromkeys((*self.named_ids, *other.named_ids))),
            self.needs_listing or other.needs_listing,
            self.name_like if self.name_like == other.name_like else None,
        )

    def __and__(self, other: Selection) -> Selection:
        both = frozenset(self.named_ids) & frozenset(other.named_ids)
        return Selection(
            f"({self.words} and {other.words})",
            lambda dataset: self.matches(dataset) and other.matches(dataset),
            tuple(one for one in self.named_ids if one in both),
            self.needs_listing or other.needs_listing,
            self.name_like or other.name_like,
        )

    def __sub__(self, other: Selection) -> Selection:
        without = frozenset(other.named_ids)
        return Selection(
            f"({self.words} without {other.words})",
            lambda dataset: self.matches(dataset) and not other.matches(dataset),
            # What the listing has to decide about is not asked for without it.
            () if other.needs_listing else tuple(one for one in self.named_ids if one not in without),
            self.needs_listing or other.needs_listing,
            self.name_like,
        )

    def __invert__(self) -> Selection:
        return Selection(f"all but {self.words}", lambda dataset: not self.matches(dataset))

    def __repr__(self) -> str:
        return f"Selection({self.words})"


def name_matcher(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether a name fits a pattern with ``*`` and ``?``. Brackets mean themselves."""
    parts = (
        ".*" if part == "*" else "." if part == "?" else re.escape(part)
        for part in re.split(r"([*?])", pattern.casefold())
    )
    compiled = re.compile("".join(parts), re.DOTALL)
    return lambda name: compiled.fullmatch(name.casefold()) is not None


def _common_text(pattern: str) -> str | None:
    """The longest text that every name of this pattern contains."""
    text = max(_WILDCARD.split(pattern), key=len)
    # Domo's idea of upper and lower case beyond ASCII is its own.
    return text if text and text.isascii() else None


def _id(one: object) -> str:
    dataset_id = one.id if isinstance(one, DataSetSummary) else one
    if not isinstance(dataset_id, str) or not dataset_id:
        raise InvalidArgumentError(f"{dataset_id!r} is no DataSet id")
    return dataset_id


def _listed(items: tuple[object, ...]) -> str:
    shown = ", ".join(repr(item) for item in items[:_MOST_SHOWN])
    return f"{shown} and {len(items) - _MOST_SHOWN} more" if len(items) > _MOST_SHOWN else shown
