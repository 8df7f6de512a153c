"""How files become rows of a DataSet: what the push says for all, and what is said for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from domo_async.api.arguments import SchemaLike, check_schema, check_update_method
from domo_async.api.part_cutting import Cutting, NanosecondsRule, NotFiniteRule, TimestampsRule, one_of
from domo_async.api.row_fitting import MissingColumns
from domo_async.errors import InvalidArgumentError
from domo_async.jobs.selection import name_matcher
from domo_async.models import Schema, UpdateMethod

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

__all__ = ["PushOptions", "Unsettled", "Writing", "Writings"]

PushMethod = UpdateMethod | Literal["REPLACE", "APPEND", "UPSERT"]

Unsettled = Literal["refuse", "done", "again"]
"""What to do about rows of which nobody can tell whether they were added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    """What is different for one DataSet of a push. What is None is as for all others.

    Attributes:
        into: Id or exact name of the DataSet, instead of the name that its files give.
        update_method: ``REPLACE``, ``APPEND`` or ``UPSERT``.
        key_columns: Columns that make two rows the same, for ``UPSERT``.
        schema: Columns and types of the rows, where the files do not say or say otherwise.
        evolve: Give the DataSet columns that it does not have, and widen types where nothing is lost.
        missing_columns: ``refuse`` or ``null``: what to do about columns that do not come.
        description: Description of the DataSet, if it is made.
        timestamps: ``utc`` or ``refuse``: what to do about moments with a zone.
        nanoseconds: ``refuse`` or ``truncate``.
        not_finite: ``refuse`` or ``null``: what to do about NaN and infinities.

    Example:
        ::

            options = {"Orders*": PushOptions(update_method="APPEND"), "Stock": PushOptions(evolve=True)}
            await domo.push("lake", options=options)
    """

    into: str | None = None
    update_method: PushMethod | None = None
    key_columns: Sequence[str] | None = None
    schema: SchemaLike | None = None
    evolve: bool | None = None
    missing_columns: MissingColumns | None = None
    description: str | None = None
    timestamps: TimestampsRule | None = None
    nanoseconds: NanosecondsRule | None = None
    not_finite: NotFiniteRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How one DataSet is written, checked."""

    into: str | None = None
    update_method: UpdateMethod = UpdateMethod.REPLACE
    key_columns: tuple[str, ...] = ()
    schema: Schema | None = None
    evolve: bool = False
    missing_columns: MissingColumns = "refuse"
    description: str | None = None
    timestamps: TimestampsRule = "utc"
    nanoseconds: NanosecondsRule = "refuse"
    not_finite: NotFiniteRule = "refuse"

    def but(self, options: PushOptions) -> Writing:
        """This with the options of one DataSet.

        Raises:
            InvalidArgumentError: They make no sense.
        """
        given = {name: value for name in _NAMES if (value := getattr(options, name)) is not None}
        if (method := given.get("update_method")) is not None:
            given["update_method"] = check_update_method(method)
            if given["update_method"] is not UpdateMethod.UPSERT:
                given.setdefault("key_columns", ())
        if (schema := given.get("schema")) is not None:
            given["schema"] = check_schema(schema)
        if (keys := given.get("key_columns")) is not None:
            if isinstance(keys, str):
                raise InvalidArgumentError(f"key_columns: {keys!r} is one text, and a list of names is needed")
            given["key_columns"] = tuple(keys)
        mine = replace(self, **given)
        if mine.key_columns and mine.update_method is not UpdateMethod.UPSERT:
            raise InvalidArgumentError(f"key_columns: {mine.update_method} knows no keys")
        one_of("missing_columns", mine.missing_columns, "refuse", "null")
        Cutting(1, mine.timestamps, mine.nanoseconds, mine.not_finite)
        return mine

    def to_dict(self) -> dict[str, JsonValue]:
        """What of it matters for the rows, as the state keeps it."""
        facts: dict[str, JsonValue] = {"update_method": self.update_method.value}
        if self.key_columns:
            facts["key_columns"] = list(self.key_columns)
        if self.schema is not None:
            facts["schema"] = {column.name: str(column.type) for column in self.schema.columns}
        for name in ("missing_columns", "timestamps", "nanoseconds", "not_finite"):
            if (value := getattr(self, name)) != getattr(_PLAIN, name):
                facts[name] = value
        return facts


_NAMES = tuple(PushOptions.__dataclass_fields__)
_PLAIN = Writing()


class Writings:
    """How every DataSet of a push is written.

    Args:
        common: What holds for all.
        options: What is different, by id or by name; names may have ``*`` and ``?``. The first that fits counts.

    Raises:
        InvalidArgumentError: Options that make no sense.
    """

    def __init__(self, common: PushOptions, options: Mapping[str, PushOptions] | None) -> None:
        self.common: Writing = Writing().but(common)
        self._special: list[tuple[str, Callable[[str], bool], Writing]] = []
        for key, mine in (options or {}).items():
            if not isinstance(key, str) or not key or not isinstance(mine, PushOptions):
                raise InvalidArgumentError(f"options: {key!r} should be an id or a name, and its value PushOptions")
            self._special.append((key, name_matcher(key), self.common.but(mine)))
        self._used: set[str] = set()

    def of(self, dataset_id: str | None, name: str) -> Writing:
        """How a DataSet is written."""
        for key, fits, writing in self._special:
            if key == dataset_id or fits(name):
                self._used.add(key)
                return writing
        return self.common

    @property
    def all(self) -> list[Writing]:
        """Every way in which a DataSet may be written."""
        return [self.common, *(writing for _, _, writing in self._special)]

    @property
    def unused(self) -> tuple[str, ...]:
        """Keys that fitted no DataSet so far: misspelt, most likely."""
        return tuple(key for key, _, _ in self._special if key not in self._used)
