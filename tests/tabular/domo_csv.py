"""Tables of every supported type, and an encoder of Domo's CSV grammar that shares nothing with the reader."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Context, Decimal

from hypothesis import strategies as st

from domo_async.models import Column, ColumnType, Schema

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "",
        "NA",
        "null",
        "None",
        "NaN",
        "\\N",
        '"',
        '""',
        ",",
        "\n",
        "\r\n",
        "\r",
        'a"b',
        "a,b",
        " x ",
        "\ufeffx",
        "\0",
        "\U0001d4b3",
    ]
)
VALUES: dict[ColumnType, st.SearchStrategy[object]] = {
    ColumnType.STRING: TEXT,
    ColumnType.LONG: st.integers(-(2**63), 2**63 - 1),
    ColumnType.DOUBLE: st.floats(allow_nan=False),
    ColumnType.DECIMAL: st.integers(-(10**38) + 1, 10**38 - 1).map(lambda i: Decimal(i).scaleb(-18, context=_wide())),
    ColumnType.DATE: st.dates(),
    ColumnType.DATETIME: st.datetimes(),
}


def _wide() -> Context:
    return Context(prec=60)


@dataclass(frozen=True)
class Sheet:
    """Typed rows, and the bytes an export of them could be."""

    schema: Schema
    rows: list[tuple[object, ...]]
    csv: bytes


@st.composite
def sheets(draw: st.DrawFn, max_rows: int = 12) -> Sheet:
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=6))
    columns = [Column(name=f"{kind} {index}", type=kind) for index, kind in enumerate(kinds)]
    rows = draw(st.lists(st.tuples(*(st.none() | VALUES[kind] for kind in kinds)), max_size=max_rows))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    lines: list[str] = []
    for row in rows:
        fields = [field(draw, value) for value in row]
        if not lines and fields[0].startswith("\ufeff"):
            fields[0] = f'"{fields[0]}"'  # at the very start it would be a byte order mark
        lines.append(",".join(fields) + newline)
    if lines and lines[-1] != newline and draw(st.booleans()):
        lines[-1] = lines[-1].removesuffix(newline)
    return Sheet(Schema(columns=columns), rows, "".join(lines).encode())


def field(draw: st.DrawFn, value: object) -> str:
    """One value in one of the forms that Domo's grammar allows for it."""
    match value:
        case None:
            return draw(st.sampled_from(["", "\\N"]))
        case dt.datetime():
            text = value.isoformat(sep=draw(st.sampled_from(["T", " "])))
            return text + draw(st.sampled_from(["", "", "", "Z", "+00:00"]))
        case dt.date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case int():
            return draw(st.sampled_from([str(value), str(value), f"{value}.0"]))
        case float():
            return repr(value)
        case str():
            must = not value or value == "\\N" or any(c in value for c in ',"\r\n')
            return '"' + value.replace('"', '""') + '"' if must or draw(st.booleans()) else value
    raise AssertionError(value)


def split(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The same bytes in pieces."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
