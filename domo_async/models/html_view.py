"""How values look in a notebook: small tables of HTML.

Whatever comes from outside is escaped and shortened; rows beyond the first are counted and not shown. Colours are those
of the page around, so that dark themes stay dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import islice
from typing import Final

from pydantic import BaseModel, SecretBytes, SecretStr

__all__ = ["MOST_ROWS", "Column", "facts_html", "items_html", "model_facts", "size_text", "table_html"]

MOST_ROWS: Final = 20
"""Rows of a table; more of them are counted."""

_MOST_COLUMNS: Final = 20
_MOST_FIELDS: Final = 8
_LONGEST: Final = 120
_SHORT: Final = 40
"""Texts up to this length stay on one line."""

_FIRST: Final = ("name", "title", "email", "id", "rows", "columns", "type", "role", "owner", "data_current_at")
_LAST: Final = ("description", "created_at", "updated_at")
_COUNTS: Final = frozenset({"rows", "columns", "member_count", "card_count"})

# Notebooks align all cells of tables to the right, with rules that a single class does not outrank.
_IT: Final = "div.domo-async.domo-async"
_STYLE: Final = (
    "<style>"
    ".domo-async{overflow-x:auto;font-size:13px;line-height:1.45;color:inherit}"
    "{it} table{border-collapse:collapse;margin:.25em 0;color:inherit;background:none;table-layout:auto}"
    "{it} caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0 .4em;color:inherit;"
    "white-space:nowrap}"
    "{it} th,{it} td{text-align:left;padding:.2em 1.2em .2em 0;vertical-align:top;"
    "border:0;border-bottom:1px solid rgba(128,128,128,.3);background:none;color:inherit;max-width:36em;"
    "white-space:pre-wrap;overflow-wrap:anywhere}"
    "{it} .short{white-space:pre}"
    "{it} thead th{border-bottom:1px solid rgba(128,128,128,.8);white-space:nowrap}"
    "{it} tbody th{font-weight:normal;opacity:.8;white-space:nowrap}"
    "{it} .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "{it} .null{font-style:italic;opacity:.75}"
    "{it} p{margin:.25em 0;opacity:.85}"
    "</style>"
).replace("{it}", _IT)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: What stands above it.
        is_number: Whether its values stand at the right.
    """

    name: str
    is_number: bool = False


def table_html(
    caption: str, columns: Sequence[Column], rows: Iterable[Sequence[object]], *, total: int, of: str = "rows"
) -> str:
    """A table with its caption.

    Args:
        caption: What it is.
        columns: Its columns; beyond the twentieth they are counted.
        rows: Its rows, as values; only the first are read.
        total: How many there are.
        of: What they are, in the plural.
    """
    shown = columns[:_MOST_COLUMNS]
    head = "".join(f'<th scope="col"{_class(column)}>{_escaped(column.name)}</th>' for column in shown)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_class(column)}>{_cell(value)}</td>" for column, value in zip(shown, row, strict=False))
        + "</tr>"
        for row in islice(rows, MOST_ROWS)
    )
    notes = [
        f"… and {count:,} more {what}"
        for count, what in ((total - MOST_ROWS, of), (len(columns) - _MOST_COLUMNS, "columns"))
        if count > 0
    ]
    note = f"<p>{', '.join(notes)}</p>" if notes else ""
    return _framed(
        f"<table><caption>{_escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"
    )


def facts_html(caption: str, facts: Mapping[str, object]) -> str:
    """Names with their values, one below the other."""
    body = "".join(
        f'<tr><th scope="row">{_escaped(_words(name))}</th><td>{_cell(value)}</td></tr>'
        for name, value in facts.items()
    )
    return _framed(f"<table><caption>{_escaped(caption)}</caption><tbody>{body}</tbody></table>")


def model_facts(model: BaseModel) -> dict[str, object]:
    """What of a model may be shown: plain values that are there; no secrets, and no fields that are unknown here."""
    names = [name for name, field in type(model).model_fields.items() if field.repr]
    names.sort(key=_place)
    values = ((name, _plain(getattr(model, name), name)) for name in names)
    return {name: value for name, value in values if value is not None}


def items_html(items: Sequence[object], caption: str) -> str | None:
    """Models as a table of the fields that they have; None if they are no models."""
    shown = [item for item in items[:MOST_ROWS] if isinstance(item, BaseModel)]
    if len(shown) < min(len(items), MOST_ROWS):
        return None
    facts = [model_facts(item) for item in shown]
    names = sorted({name for one in facts for name in one}, key=_place)[:_MOST_FIELDS]
    columns = [Column(_words(name), is_number=name in _COUNTS) for name in names]
    rows = [[one.get(name) for name in names] for one in facts]
    return table_html(caption, columns, rows, total=len(items), of="items")


def size_text(count: int) -> str:
    """Bytes for people."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _framed(html: str) -> str:
    return f'{_STYLE}<div class="domo-async">{html}</div>'


def _class(column: Column) -> str:
    return ' class="number"' if column.is_number else ""


def _place(name: str) -> tuple[int, int, str]:
    if name in _FIRST:
        return 0, _FIRST.index(name), ""
    if name in _LAST:
        return 2, _LAST.index(name), ""
    return 1, 0, name


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: object, name: str) -> object:
    """The value of a field if it is a plain one, None otherwise."""
    if isinstance(value, SecretStr | SecretBytes):
        return None
    if isinstance(value, BaseModel):
        named = getattr(value, "name", None)
        return named if isinstance(named, str) else None
    if isinstance(value, int) and not isinstance(value, bool) and name in _COUNTS:
        return f"{value:,}"
    return value if isinstance(value, str | int | float | datetime) else None


def _cell(value: object) -> str:
    if value is None:
        return '<span class="null">null</span>'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        zone = " UTC" if value.utcoffset() is not None and not value.utcoffset() else ""
        return f'<span class="short">{value:%Y-%m-%d %H:%M:%S}{zone}</span>'
    text = str(value)
    escaped = _escaped(text)
    return f'<span class="short">{escaped}</span>' if len(text) <= _SHORT and "\n" not in text else escaped


def _escaped(text: str) -> str:
    return escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
