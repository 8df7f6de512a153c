"""Reading DataSets with Spark."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql.datasource import DataSourceReader
from pyspark.sql.types import StructType

from domo_async.errors import InvalidArgumentError
from domo_async.integrations.spark import DomoDataSource
from tests.integrations.spark.data import SECRET, ordered, table

EVERYTHING = table(6_000)


def reader(spark, **options):
    return spark.read.format("domo").options(**options)


def sql_of(emulator):
    return [record for record in emulator.requests if "/query/execute/" in record.path]


@pytest.mark.parametrize("column", ["n", "price", "ratio", "day", "moment"])
def test_eight_partitions_are_the_source(spark, emulator, column):
    frame = reader(spark, partitionColumn=column, numPartitions="8", maxConcurrentCalls="8", rowsPerQuery="300").load(
        emulator.dataset_ids["Everything"]
    )
    assert frame.rdd.getNumPartitions() == 8
    assert ordered(frame).equals(EVERYTHING)


def test_without_a_partition_column_the_export_is_streamed(spark, emulator):
    emulator.clear_requests()
    frame = reader(spark).load(emulator.dataset_ids["Everything"])
    assert ordered(frame).equals(EVERYTHING)
    assert any(record.path.endswith("/data") for record in emulator.requests)
    assert sql_of(emulator) == []


def test_some_columns(spark, emulator):
    identity = emulator.dataset_ids["Everything"]
    frame = reader(spark, columns="day, n").load(identity)
    assert frame.columns == ["day", "n"]
    assert frame.filter("n = 3").collect()[0].day == EVERYTHING["day"][3].as_py()
    frame = reader(spark, partitionColumn="n").schema("ratio double, n long").load(identity)
    assert frame.filter("n = 5").collect() == [(0.5, 5)]


@pytest.mark.skipif(not hasattr(DataSourceReader, "pushFilters"), reason="it came with PySpark 4.1")
def test_filters_are_sent_and_applied_again(spark, emulator):
    emulator.clear_requests()
    frame = reader(spark).load(emulator.dataset_ids["Everything"])
    found = frame.filter("n >= 100 AND n < 200 AND day > DATE'2024-04-15' AND text = 'plain'").select("n").collect()
    rows = EVERYTHING.to_pylist()
    assert sorted(row.n for row in found) == [
        row["n"]
        for row in rows
        if 100 <= row["n"] < 200 and row["day"] and str(row["day"]) > "2024-04-15" and row["text"] == "plain"
    ]
    assert not any(record.path.endswith("/data") for record in emulator.requests)


def test_text_that_sql_cannot_carry_safely_is_compared_here(spark, emulator):
    frame = reader(spark).load(emulator.dataset_ids["North"])
    texts = [text for text in table(50)["text"].to_pylist() if text is not None]
    assert frame.filter(frame.text == "\\N").count() == texts.count("\\N") > 0
    assert frame.filter(frame.text == "x' OR '1'='1").count() == 0
    assert frame.filter(frame.text > "p").count() == sum(text > "p" for text in texts)


def test_several_datasets_of_one_schema(spark, emulator):
    ids = emulator.dataset_ids
    frame = reader(spark, datasets=f"{ids['North']},{ids['South']},{ids['Nothing']}", maxConcurrentCalls="2").load()
    assert frame.rdd.getNumPartitions() == 2
    assert frame.count() == 120


def test_a_dataset_without_rows(spark, emulator):
    identity = emulator.dataset_ids["Nothing"]
    assert reader(spark).load(identity).count() == 0
    assert reader(spark, partitionColumn="n").load(identity).count() == 0


def test_a_dataset_that_changed_after_the_plan_is_noticed(spark, emulator, asked):
    name = "Restless"
    asked(lambda domo: domo.datasets.write(name, table(40)))
    identity = emulator.dataset_ids[name]
    strict = reader(spark, partitionColumn="n", numPartitions="2").load(identity).rdd
    lenient = reader(spark, partitionColumn="n", numPartitions="2", snapshotCheck="false").load(identity).rdd
    assert (strict.getNumPartitions(), lenient.getNumPartitions()) == (2, 2)  # both are planned now

    asked(lambda domo: domo.datasets.write(name, table(10), update_method="APPEND"))
    with pytest.raises(Exception, match="changed while it was read"):
        strict.count()
    assert lenient.count() == 50


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"partitionColum": "n"}, "partitioncolum: no such option"),
        ({"partitionColumn": "text"}, "Choose a number"),
        ({"columns": "n,other"}, "no column 'other'"),
        ({"clientSecret": "hush"}, "must not be one"),
        ({"columns": "n", "partitionColumn": "n", "lowerBound": "9", "upperBound": "1"}, "above the upper bound"),
    ],
)
def test_bad_options_are_named(spark, emulator, options, words):
    with pytest.raises(Exception, match=words) as caught:
        reader(spark, **options).load(emulator.dataset_ids["North"]).count()
    assert "hush" not in str(caught.value)


def test_a_dataset_that_is_not_there_is_named(spark):
    with pytest.raises(Exception, match="NotFoundError") as caught:
        reader(spark).load("00000000-0000-0000-0000-000000000000")
    assert "00000000-0000-0000-0000-000000000000" in str(caught.value)


def test_a_plan_shows_no_secret(spark, emulator, capsys):
    reader(spark, partitionColumn="n").load(emulator.dataset_ids["North"]).explain(True)
    plan = capsys.readouterr().out
    assert "Physical Plan" in plan
    assert SECRET not in plan


def test_a_stream_is_refused_with_a_reason():
    with pytest.raises(InvalidArgumentError, match="not which rows are new"):
        DomoDataSource({"path": "some-id"}).streamReader(StructType([]))


def test_a_schema_that_domo_does_not_have_is_refused(spark, emulator):
    with pytest.raises(Exception, match="n string was asked for, and in Domo it is bigint"):
        reader(spark).schema("n string").load(emulator.dataset_ids["North"]).count()


def test_catalog_of_datasets(spark, emulator):
    lines = {line.name: line for line in reader(spark, catalog="datasets", nameLike="o").load().collect()}
    assert {"North", "South", "Nothing"} <= set(lines)
    assert lines["North"].rows == 50


def test_catalog_of_the_activity_log(spark, emulator, asked):
    asked(lambda domo: domo.groups.create(name="Sparks"))
    now = datetime.now(UTC)
    around = {"since": (now - timedelta(days=1)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    frame = reader(spark, catalog="activity", numPartitions="3", **around).load()
    assert frame.rdd.getNumPartitions() == 3
    assert [line.object_name for line in frame.collect()].count("Sparks") == 1
    with pytest.raises(Exception, match="no time zone"):
        reader(spark, catalog="activity", since="2026-01-01").load().count()
