"""Rows in portions of about the same size, whatever their layout."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.errors import InvalidDataError
from domo_async.tabular.portions import Portions
from tests.tabular.arrow_tables import Written, tables

TEXT = ["x" * (index % 100) for index in range(20_000)]
LAYOUTS = {
    "string": pa.array(TEXT),
    "large_string": pa.array(TEXT, pa.large_string()),
    "string_view": pa.array(TEXT, pa.string_view()),
    "few in a dictionary": pa.array(TEXT).dictionary_encode(),
    "views in a dictionary": pa.DictionaryArray.from_arrays(
        pa.array([index % 100 for index in range(20_000)], pa.int8()),
        pa.array([text or "" for text in TEXT[:100]], pa.string_view()),
    ),
    "many in a dictionary": pa.DictionaryArray.from_arrays(pa.array(range(20_000)), pa.array(TEXT * 2)),
    "runs": pc.run_end_encode(pa.array(TEXT)),
    "lists": pa.array([[text] for text in TEXT]),
}
if hasattr(pa, "json_"):  # since version 19
    LAYOUTS["json"] = pa.array(TEXT).cast(pa.json_())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_portions_are_about_as_large_as_they_should_be(layout: str) -> None:
    portions = Portions("", size=20_000)
    batch = pa.record_batch({"x": LAYOUTS[layout]})
    rows = [portion.rows for portion in [*portions.add(batch), *portions.rest()]]
    assert sum(rows) == 20_000
    assert 40 < len(rows) < 90  # a million bytes of text, and what the layout adds


@given(tables(), st.sampled_from([1, 50, 400, 2**20]))
@settings(max_examples=60)
def test_all_rows_are_there_in_order(table: Written, size: int) -> None:
    portions = Portions("", size=size)
    found = [portion for batch in table.batches for portion in portions.add(batch)] + list(portions.rest())
    batches = [batch for portion in found for batch in portion.batches]
    assert sum(batch.num_rows for batch in batches) == sum(batch.num_rows for batch in table.batches)
    first = 1
    for portion in found:
        assert portion.first_row == first
        assert portion.rows == sum(batch.num_rows for batch in portion.batches) > 0
        first += portion.rows
    whole = [row for batch in table.batches for row in batch.to_pylist()]
    assert [row for batch in batches for row in batch.to_pylist()] == whole


def test_small_batches_are_collected() -> None:
    portions = Portions("", size=2**20)
    found = [portion for n in range(5000) for portion in portions.add(pa.record_batch({"x": [n], "y": ["text"]}))]
    assert found == []
    (portion,) = portions.rest()
    assert portion.rows == 5000


def test_one_long_row_among_short_ones_is_alone() -> None:
    texts = ["a"] * 1000 + ["b" * 100_000] + ["c"] * 1000
    portions = Portions("", size=10_000)
    found = [*portions.add(pa.record_batch({"x": texts})), *portions.rest()]
    assert [portion.rows for portion in found if portion.batches[0]["x"].nbytes > 50_000] == [1]
    assert len(found) < 30


def test_a_row_that_is_too_large_is_named() -> None:
    text = pa.array(["a", "x" * 2**20])
    many = pa.RecordBatch.from_arrays([text] * 600, names=[str(index) for index in range(600)])
    with pytest.raises(InvalidDataError, match=r"^the rows, row 2: the row has \d+ bytes") as caught:
        list(Portions("the rows").add(many))
    assert caught.value.row == 2
