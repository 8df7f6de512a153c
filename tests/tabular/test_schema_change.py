"""What differs between the columns of a DataSet and those that come."""

from __future__ import annotations

import pytest

from domo_async.models import Column, Schema
from domo_async.tabular.schema_change import compare


def schema(**columns: str) -> Schema:
    return Schema(columns=[Column(name=name, type=kind) for name, kind in columns.items()])


def test_no_difference() -> None:
    change = compare(schema(Id="LONG", Day="DATE"), schema(ID="LONG", day="DATE"))
    assert change.is_empty
    assert change.describe() == "no difference"


def test_every_difference_is_named() -> None:
    change = compare(
        schema(Id="LONG", Zone="LONG", Price="LONG", Day="DATE"),
        schema(day="DATE", price="DOUBLE", Region="STRING", id="LONG"),
    )
    assert [column.name for column in change.added] == ["Region"]
    assert [column.name for column in change.missing] == ["Zone"]
    assert [(one.name, one.existing, one.incoming) for one in change.retyped] == [("Price", "LONG", "DOUBLE")]
    assert change.reordered
    assert not change.is_empty
    assert change.describe() == (
        "new: 'Region' (STRING); missing: 'Zone' (LONG); 'Price' is LONG and comes as DOUBLE; the order is another"
    )


def test_new_and_missing_columns_are_no_other_order() -> None:
    assert not compare(schema(a="LONG", b="LONG", c="LONG"), schema(x="LONG", a="LONG", c="LONG")).reordered


@pytest.mark.parametrize(
    ("existing", "incoming", "writable", "lossless"),
    [
        ("LONG", "DECIMAL", False, True),
        ("DECIMAL", "LONG", True, False),
        ("DATE", "DATETIME", False, True),
        ("DATETIME", "DATE", True, False),
        ("STRING", "LONG", True, False),
        ("LONG", "STRING", False, True),
        ("LONG", "DOUBLE", False, False),
        ("DOUBLE", "LONG", False, False),
        ("DECIMAL", "DOUBLE", False, False),
        ("GEOMETRY", "STRING", False, True),
    ],
)
def test_which_changes_lose_nothing(existing: str, incoming: str, writable: bool, lossless: bool) -> None:
    """`writable`: the DataSet can stay as it is. `lossless`: the DataSet can be changed."""
    (retyped,) = compare(schema(x=existing), schema(x=incoming)).retyped
    assert (retyped.writable, retyped.lossless) == (writable, lossless)


def test_long_lists_are_cut() -> None:
    many = Schema(columns=[Column(name=f"column {index}") for index in range(50)])
    assert compare(Schema(), many).describe().endswith("'column 9' (STRING) and 40 more")
    numbers = Schema(columns=[Column(name=column.name, type="LONG") for column in many.columns])
    assert compare(many, numbers).describe().endswith("40 more columns have other types")
