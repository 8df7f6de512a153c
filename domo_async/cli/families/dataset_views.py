"""How DataSets are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.views import View
from domo_async.cli.words import count

if TYPE_CHECKING:
    from datetime import datetime

    from domo_async.models import DataSet, DataSetSummary

__all__ = ["DATASET", "SUMMARY"]


def _touched(dataset: DataSetSummary) -> datetime | None:
    return dataset.data_current_at or dataset.updated_at


_COLUMNS: Mapping[Heading, Callable[[DataSetSummary], object]] = {
    Heading("Name"): lambda dataset: dataset.name,
    Heading("Id", "id"): lambda dataset: dataset.id,
    Heading("Rows", "count"): lambda dataset: dataset.rows,
    Heading("Columns", "count", room=90): lambda dataset: dataset.columns,
    Heading("Updated", "day", room=60): _touched,
}


def _facts(dataset: DataSetSummary) -> Iterable[tuple[str, object]]:
    return (
        ("Name", dataset.name or ""),
        ("Id", dataset.id),
        ("Description", dataset.description or None),
        ("Rows", count(dataset.rows)),
        ("Owner", dataset.owner.name if dataset.owner else None),
        ("Created", dataset.created_at),
        ("Updated", dataset.updated_at),
        ("Data of", dataset.data_current_at),
        ("PDP", "on" if dataset.pdp_enabled else "off"),
    )


def _all_facts(dataset: DataSet) -> Iterable[tuple[str, object]]:
    names = ", ".join(policy.name or str(policy.id) for policy in dataset.policies)
    return (*_facts(dataset), ("Policies", names or None))


def _schema(dataset: DataSet) -> Iterable[Sheet]:
    if dataset.schema is not None and dataset.schema.columns:
        rows = [(column.name, column.type) for column in dataset.schema.columns]
        yield Sheet([Heading("Column"), Heading("Type")], rows)


SUMMARY: View[DataSetSummary] = View(
    "DataSet",
    "DataSets",
    columns=_COLUMNS,
    facts=_facts,
    name=lambda dataset: dataset.name,
    identity=lambda dataset: dataset.id,
)
DATASET: View[DataSet] = View(
    "DataSet",
    "DataSets",
    columns=_COLUMNS,
    facts=_all_facts,
    name=lambda dataset: dataset.name,
    identity=lambda dataset: dataset.id,
    parts=_schema,
)
