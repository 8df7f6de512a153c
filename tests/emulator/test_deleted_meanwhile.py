"""What was looked up a moment ago may be deleted, or changed, before it is used."""

from __future__ import annotations

import pyarrow as pa
import pytest

from domo_async.emulator.clients import Client
from domo_async.emulator.instance import Instance
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.rows.types import StoredColumn
from domo_async.models import ColumnType

COLUMNS = [StoredColumn("n", ColumnType.LONG)]
ROWS = pa.table({"c0": [1, 2]})


@pytest.fixture
def instance():
    instance = Instance(token_lifetime=1.0, token_format="opaque")
    yield instance
    instance.close()


@pytest.fixture
def entry(instance):
    return instance.load_dataset(Client("id", "secret"), "Numbers", pa.table({"n": [1, 2]}))


@pytest.mark.parametrize(
    "use",
    [
        lambda instance, entry: instance.write(entry, COLUMNS, ROWS.to_reader(), append=True),
        lambda instance, entry: instance.write(entry, COLUMNS, ROWS.to_reader(), append=False),
        lambda instance, entry: instance.upsert(entry, COLUMNS, ROWS.to_reader(), ["n"]),
        lambda instance, entry: instance.recreate(entry, COLUMNS, ROWS.to_reader()),
        lambda instance, entry: instance.reshape(entry, COLUMNS),
        lambda instance, entry: instance.delete(entry),
        lambda instance, entry: instance.table(entry),
    ],
    ids=["append", "replace", "upsert", "recreate", "reshape", "delete", "read"],
)
def test_a_deleted_dataset_is_not_found(instance, entry, use):
    """Not an error of the storage, and no rows that nobody can reach."""
    instance.delete(entry)
    with pytest.raises(RefusedError) as refusal:
        use(instance, entry)

    assert refusal.value.status == 404


@pytest.mark.parametrize("append", [True, False])
def test_rows_for_other_columns_are_refused(instance, entry, append):
    """They were read while the DataSet had the columns that they are for."""
    instance.reshape(entry, [StoredColumn("n", ColumnType.STRING), StoredColumn("m", ColumnType.DATE)])
    with pytest.raises(RefusedError) as refusal:
        instance.write(entry, COLUMNS, ROWS.to_reader(), append=append)

    assert refusal.value.status == 400
    assert instance.table(entry).to_pydict() == {"n": ["1", "2"], "m": [None, None]}
