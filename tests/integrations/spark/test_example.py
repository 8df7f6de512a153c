"""The example of the documentation, as a process of its own: also one that is killed."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domo_async.jobs import Selection, read_manifest
from tests.integrations.spark.data import table

ROOT = Path(__file__).parents[3]
DATASETS = 6


@pytest.fixture(scope="module")
def datasets(emulator):
    return [emulator.add_dataset(f"Nightly {number}", table(50 + number)) for number in range(DATASETS)]


@contextlib.contextmanager
def example(emulator, lake, tmp_path, master):
    environment = {f"DOMO_{name.upper()}": value for name, value in emulator.connection.items()}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_MASTER": master,
        "SPARK_WORKER_DIR": str(tmp_path / "work"),
    }
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "docs/examples/spark_pull.py"), str(lake), "nightly*"],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    with process:
        yield process


@pytest.mark.timeout(300)
def test_a_driver_that_is_killed_goes_on_from_there(emulator, datasets, asked, tmp_path):
    lake, calm = tmp_path / "lake", tmp_path / "calm"
    stall = emulator.faults.add("stall", path=f"/v1/datasets/{datasets[0]}/data", bytes=10)
    with example(emulator, lake, tmp_path, "local[2]") as process:
        for _ in range(2):
            assert process.stdout.readline().startswith("Nightly ")
        process.send_signal(signal.SIGKILL)
    stall.remove()
    assert process.returncode == -signal.SIGKILL
    assert not (lake / ".domo-async/manifest.json").exists()

    with example(emulator, lake, tmp_path, "local-cluster[2,1,1024]") as process:
        words = process.stdout.read()
    assert process.returncode == 0
    assert f"{DATASETS} of {DATASETS} DataSets" in words
    assert 1 <= words.count(" rows in ") <= DATASETS - 2, "what had been finished is not fetched again"

    assert asked(lambda domo: domo.pull(Selection.names("nightly*"), to=calm)).ok
    files = {path.name: path.read_bytes() for path in lake.glob("*.parquet")}
    assert files == {path.name: path.read_bytes() for path in calm.glob("*.parquet")}
    home = lake / ".domo-async"
    assert sorted(path.name for path in home.rglob("*") if path.is_file()) == ["lock", "manifest.json"]
    found = [read_manifest((one / ".domo-async/manifest.json").read_bytes(), place="here") for one in (lake, calm)]
    assert found[0].without_run() == found[1].without_run()
