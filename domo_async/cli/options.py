"""Options and arguments that many commands share, and what may stand there."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

__all__ = [
    "DATASET_ID",
    "DataSetArgument",
    "EventsOption",
    "FromJsonOption",
    "JsonOption",
    "LimitOption",
    "ReportOption",
    "SchemaFileOption",
    "SchemaOption",
    "YesOption",
    "dataset_id",
    "positive",
]

DATASET_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def dataset_id(text: str) -> str:
    """Refuse what cannot be the id of a DataSet, before Domo is asked for it.

    Raises:
        typer.BadParameter: It is no UUID.
    """
    if not DATASET_ID.fullmatch(text):
        raise typer.BadParameter(
            f"{text!r} is not the id of a DataSet, such as 4405ff58-1957-45f0-82bd-914d989a3ea3; "
            f"`domo-async datasets list --name-like TEXT` finds it"
        )
    return text


def _id_or_name(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("neither an id nor a name: it is empty")
    return text


def positive(text: str) -> int:
    """Refuse what cannot be the id of a user, group, page, stream, or the like.

    Raises:
        typer.BadParameter: It is no positive whole number.
    """
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 20 and int(text) > 0):
        raise typer.BadParameter(f"{text!r} is not an id, which is a number")
    return int(text)


JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON with the field names of the Python models.")]
LimitOption = Annotated[int | None, typer.Option(min=0, help="Stop after so many.", metavar="N")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether this is meant.")]
ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        help="Write what happened into this file: a page if it ends in .html, a document if in .json. May be given "
        "twice.",
        metavar="FILE",
    ),
]
EventsOption = Annotated[
    str | None,
    typer.Option(
        "--events",
        help="Write each event as a line of JSON into this file; - for standard error.",
        metavar="FILE",
    ),
]
FromJsonOption = Annotated[
    str | None,
    typer.Option(
        help="Read fields from a JSON object in this file, - for standard input. Options go before it.", metavar="FILE"
    ),
]
DataSetArgument = Annotated[
    str,
    typer.Argument(
        help="Id of the DataSet, or its exact name.", metavar="DATASET", show_default=False, parser=_id_or_name
    ),
]
SchemaOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns such as customer:STRING,amount:LONG; may be repeated. "
        "Types: STRING, DECIMAL, LONG, DOUBLE, DATE, DATETIME.",
        metavar="NAME:TYPE,...",
    ),
]
SchemaFileOption = Annotated[
    str | None,
    typer.Option(
        help="JSON file with the columns: an object of names and types, an array of columns, or what "
        "`datasets show --json` writes. - is standard input.",
        metavar="FILE",
    ),
]
