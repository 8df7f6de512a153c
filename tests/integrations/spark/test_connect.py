"""The same through Spark Connect, which has no context: a client that sends plans to the driver of the cluster."""

import pytest

from domo_async.errors import InvalidArgumentError, MissingCredentialsError
from domo_async.integrations import spark as domo_spark
from domo_async.jobs import Selection, TransferFinished
from tests.integrations.spark.data import SECRET, ordered, table

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def look_up(emulator):
    client_id = emulator.connection["client_id"]
    return lambda: (client_id, SECRET)


@pytest.fixture(scope="module")
def connect(spark):
    """Makes sessions; the functions of PySpark are those of Connect meanwhile, as in a process of a client."""
    from pyspark.sql.connect.session import SparkSession

    service = getattr(spark._jvm, "org.apache.spark.sql.connect.service.SparkConnectService$")
    port = getattr(service, "MODULE$").localPort()
    sessions = []

    def make():
        sessions.append(SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create())
        return sessions[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
        yield make
        for session in sessions:
            session.stop()


@pytest.fixture(scope="module")
def remote(connect, look_up):
    session = connect()
    domo_spark.register(session, secrets=look_up)
    return session


def test_read(remote, emulator):
    options = {"partitionColumn": "n", "numPartitions": "4", "rowsPerQuery": "900"}
    dataset_id = emulator.dataset_ids["Everything"]
    assert ordered(remote.read.format("domo").options(**options).load(dataset_id)).equals(table(6_000))
    assert remote.read.format("domo").load(dataset_id).filter("n < 10").count() == 10


def test_write(remote, emulator):
    frame = remote.createDataFrame(table(300)).repartition(4, "n")
    frame.write.format("domo").mode("overwrite").save("Connected")
    assert ordered(remote.read.format("domo").load(emulator.dataset_ids["Connected"])).equals(table(300))


def test_lists(remote):
    lines = remote.read.format("domo").option("catalog", "datasets").option("nameLike", "North").load().collect()
    assert [line.name for line in lines] == ["North"]


def test_pull(remote, emulator, look_up, asked, tmp_path):
    for number in range(3):
        emulator.add_dataset(f"Connected {number}", table(20 + number))
    selection, finished = Selection.names("Connected ?"), []
    report = domo_spark.pull(
        remote, selection, to=tmp_path / "lake", shared=True, secrets=look_up, concurrency=2, on_event=finished.append
    )
    assert len(report.fetched) == 3
    assert sum(isinstance(event, TransferFinished) for event in finished) == 3
    assert asked(lambda domo: domo.pull(selection, to=tmp_path / "calm")).ok
    lakes = [
        {path.name: path.read_bytes() for path in (tmp_path / name).glob("*.parquet")} for name in ("lake", "calm")
    ]
    assert lakes[0] == lakes[1]


def test_a_pull_that_is_stopped_stops_its_tasks(remote, spark, emulator, look_up, tmp_path):
    slow, quick = (emulator.add_dataset(name, table(400)) for name in ("Connected slow", "Connected quick"))
    fault = emulator.faults.add("stall", path=f"/v1/datasets/{slow}/data", bytes=100)

    def stop(event):
        if isinstance(event, TransferFinished):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        domo_spark.pull(remote, [slow, quick], to=tmp_path, shared=True, secrets=look_up, concurrency=2, on_event=stop)
    fault.remove()
    assert spark.sparkContext.statusTracker().getActiveJobsIds() == []


def test_a_folder_of_the_client_is_not_one_of_the_cluster(remote, tmp_path):
    with pytest.raises(InvalidArgumentError, match="say shared=True"):
        domo_spark.pull(remote, ["some-id"], to=tmp_path)


def test_the_secret_of_the_configuration_is_hidden_and_the_error_says_so(connect, emulator, monkeypatch, tmp_path):
    monkeypatch.delenv("DOMO_CLIENT_SECRET", raising=False)
    session = connect()
    assert session.conf.get("spark.domo.clientId", None) == emulator.connection["client_id"]
    if session.conf.get("spark.domo.clientSecret", None) is not None:
        pytest.skip("this release of Spark does not hide it yet")
    domo_spark.register(session)
    with pytest.raises(Exception, match=r"MissingCredentialsError: No client_secret.*Pass secrets=") as caught:
        _ = session.read.format("domo").load(emulator.dataset_ids["North"]).schema
    assert SECRET not in str(caught.value)
    with pytest.raises(MissingCredentialsError, match="Pass secrets="):
        domo_spark.pull(session, ["some-id"], to=tmp_path, shared=True)
