"""Writing frames with Spark: all rows once, or nothing."""

import os
import signal

import pytest
from pyspark import TaskContext

from tests.integrations.spark.data import ordered, table

# Of pandas, which nothing here uses, and which warnings are errors about.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")

ROWS = table(3_000)


@pytest.fixture
def frame(spark):
    return spark.createDataFrame(table(3_000)).repartition(8, "n")


def save(frame, mode, target, **options):
    frame.write.format("domo").mode(mode).options(**options).save(target)


def load(spark, emulator, name):
    return spark.read.format("domo").load(emulator.dataset_ids[name])


@pytest.fixture
def open_executions(asked):
    """Asks for the executions that nobody has committed or aborted."""

    async def active(domo):
        streams = await domo.streams.list().collect()
        last = [stream.last_execution for stream in streams]
        return [execution for execution in last if execution is not None and not execution.ended]

    return lambda: asked(active)


def test_eight_partitions_arrive_once(spark, emulator, frame, open_executions):
    save(frame, "overwrite", "Eight")
    assert ordered(load(spark, emulator, "Eight")).equals(ROWS)
    assert open_executions() == []


def test_a_killed_task_is_repeated_and_its_rows_come_once(spark, emulator, frame, tmp_path, open_executions):
    marker = tmp_path / "killed"

    def kill_once(batches):
        yield from batches
        if TaskContext.get().partitionId() == 3 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    save(frame.mapInArrow(kill_once, frame.schema), "overwrite", "Killed")
    assert marker.exists()
    assert ordered(load(spark, emulator, "Killed")).equals(ROWS)
    assert open_executions() == []


def test_a_part_whose_answer_is_lost_comes_once(spark, emulator, frame):
    emulator.faults.add("lost_answer", method="PUT", path="/v1/streams/*/part/*", times=3)
    save(frame, "overwrite", "Lost answers")
    assert ordered(load(spark, emulator, "Lost answers")).equals(ROWS)


def test_a_task_that_fails_for_good_leaves_everything_as_it_was(spark, emulator, frame, open_executions):
    save(frame, "overwrite", "Careful")

    def fail(batches):
        yield from batches
        if TaskContext.get().partitionId() == 5:
            raise RuntimeError("this partition cannot be computed")

    for mode in ("overwrite", "append"):
        with pytest.raises(Exception, match="cannot be computed"):
            save(frame.mapInArrow(fail, frame.schema), mode, "Careful")
        assert open_executions() == []
        assert ordered(load(spark, emulator, "Careful")).equals(ROWS)


def test_append_and_upsert(spark, emulator):
    first = spark.createDataFrame(table(20))
    more = spark.createDataFrame(table(30)).filter("n >= 20")
    save(first, "overwrite", "Growing")
    save(more, "append", "Growing")
    assert ordered(load(spark, emulator, "Growing")).equals(table(30))

    save(first, "append", "Keyed", keyColumns="n")
    save(spark.createDataFrame(table(30)).withColumnRenamed("n", "n"), "append", "Keyed", keyColumns="n")
    assert ordered(load(spark, emulator, "Keyed")).equals(table(30))


def test_empty_partitions_and_empty_frames(spark, emulator, frame):
    few = frame.filter("n < 2").repartition(5)
    save(few, "overwrite", "Few")
    assert ordered(load(spark, emulator, "Few")).equals(table(2))
    save(few.filter("n < 0"), "append", "Few")
    assert load(spark, emulator, "Few").count() == 2
    save(spark.createDataFrame([], few.schema), "overwrite", "Few")
    assert load(spark, emulator, "Few").count() == 0


def test_other_columns_are_refused_before_anything_is_sent(spark, emulator, frame, open_executions):
    save(frame.limit(5), "overwrite", "Strict")
    with pytest.raises(Exception, match="extra"):
        save(frame.limit(5).withColumn("extra", frame.n), "append", "Strict")
    with pytest.raises(Exception, match="Cast it first"):
        save(frame.limit(5).selectExpr("cast(text as binary) as text"), "overwrite", "Binary")
    assert open_executions() == []
    assert "Binary" not in emulator.dataset_ids
    save(frame.limit(5).withColumn("extra", frame.n), "append", "Strict", evolve="true")
    assert load(spark, emulator, "Strict").columns[-1] == "extra"


def test_columns_of_all_of_sparks_types(spark, emulator):
    rows = spark.sql(
        "SELECT 1Y AS tiny, 2S AS small, 3 AS int, 1.5F AS float, true AS flag, array(1, 2) AS list, "
        "named_struct('a', 'b') AS struct, TIMESTAMP'2024-05-06 07:08:09.123456' AS zoned, null AS nothing"
    )
    save(rows, "overwrite", "Types")
    line = load(spark, emulator, "Types").collect()[0]
    assert (line.tiny, line.small, line.int, line.float, line.flag) == (1, 2, 3, 1.5, "true")
    assert (line.list, line.struct) == ("[1,2]", '{"a":"b"}')
    assert line.zoned.isoformat() == "2024-05-06T07:08:09.123456"
    assert line.nothing is None


def test_the_secret_is_in_no_log(spark, emulator, event_log):
    # The last test of this module: what went before has filled the log.
    logs = [path for path in event_log.rglob("*") if path.is_file()]
    text = "".join(path.read_text(errors="replace") for path in logs)
    assert "spark.domo.clientSecret" in text
    assert emulator.connection["client_secret"] not in text
    assert "Bearer " not in text
