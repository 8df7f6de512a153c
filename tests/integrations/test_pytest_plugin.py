"""The fixtures, in a project of somebody else's: nothing but a test file and the installed package."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest.importorskip("duckdb")

ASYNC_TESTS = """
import pytest


@pytest.mark.anyio
@pytest.mark.domo(datasets={"Sales": {"region": ["West"], "amount": [3]}})
class TestUnderAnyio:
    async def test_the_client_is_connected(self, domo, domo_emulator):
        [dataset] = await domo.datasets.list().collect()
        assert dataset.name == "Sales"
        assert domo_emulator.grants == 1

    @pytest.mark.domo(faults=[{"kind": "status", "status": 503, "times": 1}], token_lifetime=30)
    async def test_markers_add_up(self, domo, domo_emulator):
        assert await domo.datasets.find(name="Sales")
        assert domo.stats.retries == 1
        assert (await domo.token()).expires_in == 30


@pytest.mark.asyncio
async def test_under_pytest_asyncio(domo, domo_emulator):
    assert await domo.datasets.list().collect() == []


def test_the_emulator_without_a_client(domo_emulator):
    assert domo_emulator.url.startswith("http://127.0.0.1:")
"""


def run(folder, *arguments):
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_a_scratch_project_has_the_fixtures(tmp_path):
    (tmp_path / "test_scratch.py").write_text(ASYNC_TESTS)
    done = run(tmp_path, "--strict-markers", "-W", "error")
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_a_marker_that_would_be_ignored_fails(tmp_path):
    (tmp_path / "test_scratch.py").write_text(
        "import pytest\n\n@pytest.mark.domo({'Sales': {'amount': [3]}})\ndef test_it(domo_emulator):\n    pass\n"
    )
    done = run(tmp_path)
    assert "1 error" in done.stdout, done.stdout + done.stderr
    assert "keyword arguments only" in done.stdout


def test_what_it_lacks_is_said_and_what_is_not_used_costs_nothing(tmp_path):
    (tmp_path / "test_scratch.py").write_text(
        "import sys\n\ndef test_light():\n"
        "    assert not {'duckdb', 'pyarrow', 'starlette', 'domo_async.client'} & set(sys.modules)\n\n"
        "def test_without_a_loop(domo):\n    pass\n"
    )
    done = run(tmp_path, "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:xdist")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "1 error" in done.stdout
    assert "needs a test that runs under anyio" in done.stdout


def test_the_plugin_is_registered():
    [found] = [point for point in entry_points(group="pytest11") if point.name == "domo_async"]
    assert found.value == "domo_async.integrations.pytest_plugin"
