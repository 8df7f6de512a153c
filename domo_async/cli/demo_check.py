# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Whether the files of the demo hold what their sources hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.jobs import PullReport

__all__ = ["differences"]


def differences(report: PullReport, sources: Mapping[str, pa.Table]) -> Iterator[str]:
    """Compare Parquet files with the tables that they were made of: names, types, and values in their order.

    Args:
        report: Where the files are.
        sources: The tables by the names of their DataSets.

    Yields:
        A sentence for each DataSet that is missing, too many, or different.
    """
    from pyarrow import parquet

    arrived = {transfer.name: transfer.path for transfer in report.succeeded}
    for name in sorted(arrived.keys() - sources.keys(), key=str):
        yield f"{name}: nobody asked for it"
    for name, source in sources.items():
        path = arrived.get(name)
        if path is None:
            yield f"{name}: did not arrive"
        elif (difference := _difference(parquet.read_table(path), source)) is not None:
            yield f"{name}: {difference}"


def _difference(found: pa.Table, source: pa.Table) -> str | None:
    if found.schema.names != source.schema.names:
        return f"columns {found.schema.names} and not {source.schema.names}"
    if found.num_rows != source.num_rows:
        return f"{found.num_rows} rows and not {source.num_rows}"
    for field in source.schema:
        if found.schema.field(field.name).type != field.type:
            return f"column {field.name!r} is {found.schema.field(field.name).type} and not {field.type}"
        # Null equals null only, and text equals the same text only.
        if not found.column(field.name).equals(source.column(field.name)):
            return f"column {field.name!r} has other values"
    return None
