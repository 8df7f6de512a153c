"""Options of ``spark.read`` and ``df.write``, checked before anything is asked of Domo."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from domo_async.errors import InvalidArgumentError
from domo_async.models import UpdateMethod
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType
from domo_async.tabular.writing_rules import WritingRules

__all__ = ["ReadOptions", "WriteOptions", "connection_options"]

_MOST_DIGITS: Final = 38

T = TypeVar("T")
WordT = TypeVar("WordT", bound=str)

_CONNECTION: Final = {"apiUrl", "clientId", "scopes"}
_READ: Final = {
    "dataset", "datasets", "path", "columns", "partitionColumn", "lowerBound", "upperBound", "numPartitions",
    "maxConcurrentCalls", "rowsPerQuery", "snapshotCheck", "decimal", "catalog", "nameLike", "since", "until",
}  # fmt: skip
_ROWS: Final = _READ - {"catalog", "nameLike", "since", "until"}
_LISTS: Final = {
    "datasets": {"catalog", "nameLike"},
    "activity": {"catalog", "since", "until", "numPartitions", "maxConcurrentCalls"},
}
_WRITE: Final = {
    "dataset", "name", "path", "keyColumns", "evolve", "missingColumns", "takeOver", "timestamps", "nanoseconds",
    "notFinite", "waitTimeout",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What to read, and in how many pieces.

    Attributes:
        datasets: Ids of the DataSets; several have the same columns.
        catalog: ``datasets`` or ``activity`` instead of rows of a DataSet.
        columns: Columns to read; empty for all.
        partition_column: Column whose ranges are the partitions.
        lower_bound: Lowest value to cut at; None asks Domo.
        upper_bound: Highest value to cut at; None asks Domo.
        partitions: Partitions at most.
        most_calls: Calls at once on the whole cluster at most.
        rows_per_query: Rows that one query may bring, roughly.
        snapshot_check: Fail if the DataSet changes while it is read.
        decimal: Precision and scale of DECIMAL columns.
        name_like: Text that names in the catalog contain.
        since: First moment of the activity log, ISO 8601 with a zone.
        until: Last moment, now if None.
    """

    datasets: tuple[str, ...]
    catalog: str | None
    columns: tuple[str, ...]
    partition_column: str | None
    lower_bound: str | None
    upper_bound: str | None
    partitions: int
    most_calls: int
    rows_per_query: int
    snapshot_check: bool
    decimal: DecimalType
    name_like: str | None
    since: str | None
    until: str | None

    @classmethod
    def parse(cls, options: Mapping[str, str]) -> ReadOptions:
        """Read the options of ``spark.read``.

        Raises:
            InvalidArgumentError: One is unknown or makes no sense.
        """
        given = _known(options, _READ)
        catalog = given.get("catalog")
        if catalog not in (None, *_LISTS):
            raise InvalidArgumentError(f"catalog: {catalog!r} is neither 'datasets' nor 'activity'")
        _check_kind(given, catalog)
        ids = () if catalog is not None else _ids(given)
        column = given.get("partitionColumn")
        _check_ranges(given, column, len(ids))
        most_calls = _number(given, "maxConcurrentCalls", 8)
        if "maxConcurrentCalls" in given and _number(given, "numPartitions", 1) > most_calls:
            raise InvalidArgumentError(
                f"numPartitions: {given['numPartitions']} tasks make as many calls at once, and maxConcurrentCalls "
                f"allows {most_calls}"
            )
        return cls(
            datasets=ids,
            catalog=catalog,
            columns=_names(given, "columns"),
            partition_column=column,
            lower_bound=given.get("lowerBound"),
            upper_bound=given.get("upperBound"),
            partitions=min(_number(given, "numPartitions", most_calls), most_calls),
            most_calls=most_calls,
            rows_per_query=_number(given, "rowsPerQuery", 100_000),
            snapshot_check=_flag(given, "snapshotCheck", default=True),
            decimal=_decimal(given.get("decimal")),
            name_like=given.get("nameLike"),
            since=given.get("since"),
            until=given.get("until"),
        )


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Where to write, and how; see `DataSets.write`.

    Attributes:
        dataset: Id or name of the DataSet.
        update_method: What happens to the rows that are there.
        key_columns: Columns that make two rows the same, for upserts.
        evolve: Whether the DataSet may be given new columns.
        missing_columns: ``refuse`` or ``null``.
        take_over: Begin although another execution is active.
        rules: What becomes of values that Domo has no exact place for.
        wait_timeout: Seconds to wait for the rows to be indexed, None for as long as it takes.
    """

    dataset: str
    update_method: UpdateMethod
    key_columns: tuple[str, ...]
    evolve: bool
    missing_columns: Literal["refuse", "null"]
    take_over: bool
    rules: WritingRules
    wait_timeout: float | None

    @classmethod
    def parse(cls, options: Mapping[str, str], *, overwrite: bool) -> WriteOptions:
        """Read the options of ``df.write``.

        Args:
            options: The options.
            overwrite: Whether the mode is ``overwrite``, and not ``append``.

        Raises:
            InvalidArgumentError: One is unknown or makes no sense.
        """
        given = _known(options, _WRITE)
        named = [given[name] for name in ("dataset", "name", "path") if given.get(name, "").strip()]
        if len(named) != 1:
            raise InvalidArgumentError(
                f"dataset: named {len(named)} times", hint="Say where to: .save('<name or id of the DataSet>')"
            )
        keys = _names(given, "keyColumns")
        if keys and overwrite:
            raise InvalidArgumentError("keyColumns: rows are upserted with mode('append'), overwriting knows no keys")
        return cls(
            dataset=named[0],
            update_method=UpdateMethod.REPLACE if overwrite else UpdateMethod.UPSERT if keys else UpdateMethod.APPEND,
            key_columns=keys,
            evolve=_flag(given, "evolve", default=False),
            missing_columns=_word(given, "missingColumns", "refuse", "null"),
            take_over=_flag(given, "takeOver", default=False),
            rules=WritingRules(
                timestamps=_word(given, "timestamps", "utc", "refuse"),
                nanoseconds=_word(given, "nanoseconds", "refuse", "truncate"),
                not_finite=_word(given, "notFinite", "refuse", "null"),
            ),
            wait_timeout=_seconds(given, "waitTimeout"),
        )


def connection_options(options: Mapping[str, str]) -> dict[str, str]:
    """The options that say where Domo is and who is asking.

    Raises:
        InvalidArgumentError: A secret is among the options, which Spark shows in plans and logs.
    """
    folded = {name.casefold(): value for name, value in options.items()}
    if any(name in folded for name in ("clientsecret", "client_secret", "secret")):
        raise InvalidArgumentError(
            "clientSecret: options are shown in plans and logs, so a secret must not be one",
            hint="Use DOMO_CLIENT_SECRET, spark.domo.clientSecret, or register(spark, secrets=...)",
        )
    return {name: folded[name.casefold()] for name in _CONNECTION if name.casefold() in folded}


def _known(options: Mapping[str, str], names: set[str]) -> dict[str, str]:
    """The options under the spelling of their names; Spark does not tell upper case from lower case."""
    connection_options(options)
    spelled = {name.casefold(): name for name in names | _CONNECTION}
    unknown = sorted(name for name in options if name.casefold() not in spelled)
    if unknown:
        raise InvalidArgumentError(f"{unknown[0]}: no such option", hint=f"There are {', '.join(sorted(names))}")
    given = {spelled[name.casefold()]: value for name, value in options.items()}
    for name, value in given.items():
        if not isinstance(value, str):
            raise InvalidArgumentError(f"{name}: it is {value}, and options are text")
    return given


def _check_kind(given: Mapping[str, str], catalog: str | None) -> None:
    fitting = _ROWS if catalog is None else _LISTS[catalog]
    others = sorted(set(given) - fitting - _CONNECTION)
    if others:
        kind = "rows of a DataSet" if catalog is None else f"catalog={catalog}"
        raise InvalidArgumentError(f"{others[0]}: it does not go with {kind}")


def _check_ranges(given: Mapping[str, str], column: str | None, datasets: int) -> None:
    for name in ("lowerBound", "upperBound"):
        if column is None and name in given:
            raise InvalidArgumentError(f"{name}: bounds need a partitionColumn to be bounds of")
    if column is None and datasets == 1 and "numPartitions" in given:
        raise InvalidArgumentError("numPartitions: to read one DataSet in parts, say by which partitionColumn")
    if column is not None and datasets > 1:
        raise InvalidArgumentError("partitionColumn: with several DataSets, these are the partitions")


def _ids(given: Mapping[str, str]) -> tuple[str, ...]:
    named = [name for name in ("datasets", "dataset", "path") if name in given]
    if not named:
        raise InvalidArgumentError("dataset: the option is missing", hint="Say which: .load('<id of the DataSet>')")
    if len(named) > 1:
        raise InvalidArgumentError("dataset: it was named twice, by .load() and by an option")
    return _names(given, named[0])


def _names(given: Mapping[str, str], option: str) -> tuple[str, ...]:
    if option not in given:
        return ()
    names = tuple(name.strip() for name in given[option].split(",") if name.strip())
    if not names:
        raise InvalidArgumentError(f"{option}: it is empty", hint="Leave it out, or name something")
    twice = sorted(name for name in set(names) if names.count(name) > 1)
    if twice:
        raise InvalidArgumentError(f"{option}: {twice[0]!r} is named twice")
    return names


def _parsed(given: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(given[name])
    except ValueError:
        raise InvalidArgumentError(f"{name}: {given[name]!r} is not a number") from None


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    number = _parsed(given, name, int) if name in given else default
    if number < 1:
        raise InvalidArgumentError(f"{name}: {number} is not a positive number")
    return number


def _seconds(given: Mapping[str, str], name: str) -> float | None:
    if name not in given:
        return None
    seconds = _parsed(given, name, float)
    if not (math.isfinite(seconds) and seconds > 0):
        raise InvalidArgumentError(f"{name}: {given[name]!r} is not a positive number of seconds")
    return seconds


def _flag(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    word = given.get(name, str(default)).casefold()
    if word not in ("true", "false"):
        raise InvalidArgumentError(f"{name}: {given[name]!r} is neither true nor false")
    return word == "true"


def _word(given: Mapping[str, str], name: str, *words: WordT) -> WordT:
    chosen = given.get(name, words[0])
    for word in words:
        if word == chosen:
            return word
    raise InvalidArgumentError(f"{name}: {chosen!r} is none of {', '.join(words)}")


def _decimal(text: str | None) -> DecimalType:
    if text is None:
        return DEFAULT_DECIMAL
    try:
        precision, scale = (int(number) for number in text.split(","))
    except ValueError:
        raise InvalidArgumentError(f"decimal: {text!r} is not a precision and a scale, such as '18,2'") from None
    if not 1 <= precision <= _MOST_DIGITS or not 0 <= scale <= precision:
        raise InvalidArgumentError(f"decimal: Spark has no DECIMAL({precision},{scale})")
    return precision, scale
