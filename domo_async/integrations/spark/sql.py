"""Values and filters in Domo's SQL.

A filter is sent only if Domo's answer contains every row that Spark would keep; Spark applies all filters again, so
rows too many do no harm. Text compares without regard to case in MySQL's dialect: equality may find too much, and is
sent; "less than" and "not" might find too little, and are not.
"""

from __future__ import annotations

import decimal
import math
from datetime import date, datetime
from typing import Final

from domo_async.models import ColumnType
from domo_async.tabular.sql import column_name

__all__ = ["condition", "literal"]

_ORDER: Final = {"GreaterThan": ">", "GreaterThanOrEqual": ">=", "LessThan": "<", "LessThanOrEqual": "<="}
_ORDERED: Final = {ColumnType.LONG, ColumnType.DOUBLE, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.DATETIME}
_MOST_VALUES: Final = 200


def literal(value: object, kind: ColumnType | str) -> str | None:
    """A value as SQL has it; None if there is no form of it that is certain to be understood."""
    match value, kind:
        case bool(), _:
            return None
        case (int() | decimal.Decimal(), ColumnType.LONG | ColumnType.DECIMAL | ColumnType.DOUBLE):
            return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)
        case float(), ColumnType.DOUBLE | ColumnType.DECIMAL | ColumnType.LONG:
            return repr(value) if math.isfinite(value) else None
        case datetime(), ColumnType.DATETIME:
            return None if value.tzinfo is not None or value.microsecond else f"'{value:%Y-%m-%d %H:%M:%S}'"
        case date(), ColumnType.DATE if not isinstance(value, datetime):
            return f"'{value.isoformat()}'"
        case str(), ColumnType.STRING:
            plain = not any(sign in value for sign in "'\\\x00")
            return f"'{value}'" if plain else None
        case _:
            return None


def condition(name: str, column: str, kind: ColumnType | str, value: object) -> str | None:
    """A filter of Spark's as a condition; None if it is better left to Spark.

    Args:
        name: Name of the filter's class, such as ``GreaterThan``.
        column: Name of the column.
        kind: Its type.
        value: What it is compared with; None where the filter has no value.
    """
    quoted = column_name(column)
    match name:
        case "IsNull":
            return f"{quoted} IS NULL"
        case "IsNotNull":
            return f"{quoted} IS NOT NULL"
        case "EqualTo" if (text := literal(value, kind)) is not None:
            return f"{quoted} = {text}"
        case "In" if isinstance(value, list | tuple) and len(value) <= _MOST_VALUES:
            texts = [literal(one, kind) for one in value]
            return f"{quoted} IN ({', '.join(map(str, texts))})" if texts and None not in texts else None
        case _ if name in _ORDER and kind in _ORDERED and (text := literal(value, kind)) is not None:
            return f"{quoted} {_ORDER[name]} {text}"
        case _:
            return None
