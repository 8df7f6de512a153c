"""Options that make no sense are refused by name, before anything is asked of Domo."""

import pytest

from domo_async.errors import InvalidArgumentError
from domo_async.integrations.spark.options import ReadOptions, WriteOptions

ONE = {"dataset": "a"}
SEVERAL = {"datasets": "a,b"}
ACTIVITY = {"catalog": "activity", "since": "2026-01-01T00:00Z"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "dataset: the option is missing"),
        ({"dataset": " "}, "dataset: it is empty"),
        ({"dataset": None}, "dataset: it is None"),
        (ONE | {"path": "a"}, "named twice"),
        ({"datasets": "a,b,a"}, "datasets: 'a' is named twice"),
        (ONE | {"columns": ","}, "columns: it is empty"),
        (ONE | {"columns": "n,n"}, "columns: 'n' is named twice"),
        (ONE | {"upperBound": "1"}, "upperBound: bounds need a partitionColumn"),
        (ONE | {"numPartitions": "4"}, "say by which partitionColumn"),
        (SEVERAL | {"partitionColumn": "n"}, "these are the partitions"),
        (SEVERAL | {"numPartitions": "9", "maxConcurrentCalls": "4"}, "maxConcurrentCalls allows 4"),
        (ONE | {"partitionColumn": "n", "numPartitions": "0"}, "numPartitions: 0 is not a positive number"),
        (ONE | {"partitionColumn": "n", "numPartitions": "2.5"}, "numPartitions: '2.5' is not a number"),
        (ONE | {"snapshotCheck": "yes"}, "snapshotCheck: 'yes' is neither true nor false"),
        (ONE | {"decimal": "18"}, "decimal: '18' is not a precision and a scale"),
        (ONE | {"decimal": "39,2"}, "no DECIMAL"),
        (ONE | {"decimal": "10,11"}, "no DECIMAL"),
        (ONE | {"since": "2026-01-01T00:00Z"}, "since: it does not go with rows"),
        ({"catalog": "users"}, "neither 'datasets' nor 'activity'"),
        ({"catalog": "datasets", "dataset": "a"}, "dataset: it does not go with catalog=datasets"),
        ({"catalog": "datasets", "numPartitions": "2"}, "numPartitions: it does not go with catalog=datasets"),
        (ACTIVITY | {"columns": "time"}, "columns: it does not go with catalog=activity"),
        (ONE | {"keyColumns": "n"}, "keyColumns: no such option"),
        (ONE | {"Client_Secret": "hush"}, "a secret must not be one"),
    ],
)
def test_reads(options, words):
    with pytest.raises(InvalidArgumentError, match=words) as caught:
        ReadOptions.parse(options)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "overwrite", "words"),
    [
        ({}, True, "named 0 times"),
        ({"path": "a", "name": "b"}, True, "named 2 times"),
        ({"path": "a", "keyColumns": "n"}, True, "overwriting knows no keys"),
        ({"path": "a", "keyColumns": " "}, False, "keyColumns: it is empty"),
        ({"path": "a", "missingColumns": "zero"}, False, "'zero' is none of refuse, null"),
        ({"path": "a", "evolve": "1"}, False, "evolve: '1' is neither true nor false"),
        ({"path": "a", "waitTimeout": "nan"}, False, "waitTimeout: 'nan' is not a positive number"),
        ({"path": "a", "waitTimeout": "-1"}, False, "waitTimeout: '-1' is not a positive number"),
        ({"path": "a", "waitTimeout": "soon"}, False, "waitTimeout: 'soon' is not a number"),
        ({"path": "a", "partitionColumn": "n"}, False, "partitionColumn: no such option"),
        ({"path": "a", "clientsecret": "hush"}, False, "a secret must not be one"),
    ],
)
def test_writes(options, overwrite, words):
    with pytest.raises(InvalidArgumentError, match=words) as caught:
        WriteOptions.parse(options, overwrite=overwrite)
    assert "hush" not in str(caught.value)


def test_no_more_tasks_than_calls_are_allowed():
    ranges = ONE | {"partitionColumn": "n"}
    assert ReadOptions.parse(ranges).partitions == 8
    assert ReadOptions.parse(ranges | {"numPartitions": "3"}).partitions == 3
    assert ReadOptions.parse(ranges | {"numPartitions": "100"}).partitions == 8
    assert ReadOptions.parse(ranges | {"numPartitions": "100", "maxConcurrentCalls": "100"}).partitions == 100
    assert ReadOptions.parse({"PARTITIONCOLUMN": "n", "DataSet": "a"}).partition_column == "n"
