"""What a pull would do, and that asking does nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domo_async.errors import ConnectionLostError, InvalidArgumentError, NotFoundError, TargetError
from domo_async.jobs import PullPlan, Selection, plan_pull, pull
from domo_async.models import Owner
from tests.jobs.shelf import Shelf

pytestmark = pytest.mark.anyio

MOMENT = datetime(2026, 7, 8, 1, 2, 3, 456000, tzinfo=UTC)
EVERYTHING = Selection.everything()


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    for number, name in enumerate("abcdefg", 1):
        shelf.put(name, 10 * number, updated_at=MOMENT, data_current_at=MOMENT)
    return shelf


def actions(plan: PullPlan) -> dict[str, str | None]:
    return {planned.dataset_id: planned.action for planned in plan.transfers}


async def test_a_plan_says_what_a_pull_then_does(shelf: Shelf, tmp_path: Path) -> None:
    """Every action there is, with rows, bytes, and what would be removed."""
    lake = tmp_path / "lake"
    shelf.failures["f"] = [ConnectionLostError("reset")]
    await pull(shelf, list("abcdef"), to=lake, retries=0, patience=0)
    later = MOMENT + timedelta(days=1)
    shelf.change("b", rows=21, data_current_at=later)
    shelf.change("c", updated_at=later, owner=Owner(id=1))
    (lake / "Name d.parquet").unlink()
    staging = lake / ".domo-async" / "staging" / "tmpdead"
    staging.mkdir(parents=True)
    (staging / "half.parquet").write_bytes(b"PAR1")
    shelf.exports.clear()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    plan = await plan_pull(shelf, EVERYTHING - Selection.ids("e"), to=lake, prune=True)

    assert actions(plan) == {
        "a": "unchanged",
        "b": "changed",
        "c": "unchanged",
        "d": "repair",
        "f": "resume",
        "g": "new",
    }
    assert [planned.dataset_id for planned in plan.to_fetch] == ["b", "d", "f", "g"]
    assert plan.rows == 21 + 40 + 60 + 70
    assert plan.leftovers == (".domo-async/staging/tmpdead/half.parquet",)
    assert plan.removed == ("Name e.parquet",)
    by_id = {planned.dataset_id: planned for planned in plan.transfers}
    assert by_id["a"].file_bytes == (lake / "Name a.parquet").stat().st_size
    assert (by_id["g"].file_bytes, by_id["g"].files) == (None, ("Name g.parquet",))
    assert by_id["d"].reason == "Name d.parquet is not there"
    assert "6 DataSets: 1 changed, 1 new, 1 repair, 1 resume, 2 unchanged; 191 rows to fetch" in str(plan)
    assert json.loads(json.dumps(plan.to_dict()))["rows"] == 191
    assert shelf.exports == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before

    shelf.put("b", 21, updated_at=MOMENT, data_current_at=later)
    report = await pull(shelf, EVERYTHING - Selection.ids("e"), to=lake, prune=True)
    assert {t.dataset_id: t.action for t in report.transfers} == actions(plan)
    assert report.removed == plan.removed


async def test_a_plan_for_a_place_that_is_not_there(shelf: Shelf, tmp_path: Path) -> None:
    """It is not made."""
    for to in (tmp_path / "lake", tmp_path / "lake.duckdb"):
        plan = await plan_pull(shelf, EVERYTHING, to=to)
        assert set(actions(plan).values()) == {"new"}
    assert list(tmp_path.iterdir()) == []


async def test_ids_that_are_not_there(shelf: Shelf, tmp_path: Path) -> None:
    """They keep their place in the order; the error says why."""
    shelf.change("b", deleted=True)
    plan = await plan_pull(shelf, ["z", "a", "b"], to=tmp_path)
    assert actions(plan) == {"z": None, "a": "new", "b": None}
    assert [type(planned.error) for planned in plan.transfers] == [NotFoundError, type(None), NotFoundError]


async def test_what_makes_no_sense(shelf: Shelf, tmp_path: Path) -> None:
    """It is refused as by the pull."""
    with pytest.raises(InvalidArgumentError):
        await plan_pull(shelf, "abc", to=tmp_path)
    with pytest.raises(InvalidArgumentError):
        await plan_pull(shelf, ["a"], to=tmp_path / "lake.duckdb", format="csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError):
        await plan_pull(shelf, ["a"], to=tmp_path / "file")
