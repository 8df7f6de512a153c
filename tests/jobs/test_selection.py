"""Which DataSets a selection means, and what is asked of Domo for it."""

from __future__ import annotations

import pytest

from domo_async.errors import InvalidArgumentError
from domo_async.jobs import Selection
from domo_async.jobs.listing import length_of, wanted
from domo_async.models import DataSetSummary, Owner
from tests.jobs.shelf import Shelf

SALES = DataSetSummary(id="1", name="Sales 2025", rows=10, owner=Owner(id=27, name="Ines Okafor"))
STOCK = DataSetSummary(id="2", name="Stock [old]", rows=5_000_000, owner=Owner(id=28, name="Ana"))
NAMELESS = DataSetSummary(id="3")
ALL = [SALES, STOCK, NAMELESS]


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        (Selection.everything(), "123"),
        (Selection.ids("2", STOCK, "1"), "12"),
        (Selection.names("sales*"), "1"),
        (Selection.names("SALES 2025"), "1"),
        (Selection.names("sales"), ""),
        (Selection.names("*2?25", "*[old]"), "12"),
        (Selection.names("Stock [old]"), "2"),
        (Selection.names("Stock [aeiou]ld]"), ""),
        (Selection.names("*"), "123"),
        (Selection.owned_by(27), "1"),
        (Selection.owned_by("27", "ANA"), "12"),
        (Selection.owned_by("None"), ""),
        (Selection.where(lambda dataset: (dataset.rows or 0) > 100), "2"),
        (Selection.names("s*") & Selection.owned_by(28), "2"),
        (Selection.names("sales*") | Selection.ids("3"), "13"),
        (Selection.everything() - Selection.owned_by(28) - Selection.ids("3"), "1"),
        (~Selection.names("s*"), "3"),
        (Selection.ids("1", "2") - Selection.ids("2"), "1"),
        (Selection.ids("1", "2") & Selection.ids("2", "3"), "2"),
    ],
    ids=repr,
)
def test_what_matches(selection: Selection, ids: str) -> None:
    assert "".join(dataset.id for dataset in ALL if selection.matches(dataset)) == ids


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("selection", "ids", "listings"),
    [
        (Selection.ids("9", "1"), ["9", "1"], []),
        (Selection.ids("9", "1") - Selection.ids("1"), ["9"], []),
        (Selection.ids("9", "1") & Selection.names("s*"), ["1"], ["s"]),
        (Selection.ids("9", "1") - Selection.names("x*"), ["1"], [None]),
        (Selection.names("sales*"), ["1"], ["sales"]),
        (Selection.names("*a*les*x?"), [], ["les"]),
        (Selection.names("Sales*", "Stock*"), ["1", "2"], [None]),
        (Selection.names("Sälez*"), [], [None]),
        (Selection.names("sales*") & Selection.owned_by(27), ["1"], ["sales"]),
        (Selection.names("sales*") | Selection.ids("9", "2"), ["1", "2", "9"], [None]),
        (Selection.names("*"), ["1", "2", "3"], [None]),
    ],
    ids=repr,
)
async def test_what_is_asked(selection: Selection, ids: list[str], listings: list[str | None]) -> None:
    """As little as the selection allows; ids that were named are asked for, listed or not."""
    shelf = Shelf()
    for dataset in ALL:
        shelf.put(dataset.id, 1, name=dataset.name or "", owner=dataset.owner)
    assert [dataset_id async for dataset_id, _ in wanted(selection, shelf, ())] == ids
    assert shelf.listings == listings
    assert length_of(selection) == (None if listings else len(ids))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Selection.ids(""),
        lambda: Selection.ids(7),  # type: ignore[arg-type]
        Selection.names,
        lambda: Selection.names(""),
        Selection.owned_by,
        lambda: Selection.where("x"),  # type: ignore[arg-type]
    ],
)
def test_what_selects_nothing(make) -> None:
    with pytest.raises(InvalidArgumentError):
        make()


def test_selections_say_what_they_are() -> None:
    """In logs and messages; a thousand ids are not listed."""
    selection = Selection.names("sales *") & Selection.owned_by("Ines") - Selection.ids(*"12345")
    assert repr(selection) == "Selection((names 'sales *' and (owned by 'Ines' without ids '1', '2', '3' and 2 more)))"


@pytest.mark.anyio
async def test_listings_and_plain_lists() -> None:
    """DataSets of a listing need not be asked for again; ids may stand among them."""
    found = [item async for item in wanted([STOCK, "1", STOCK], Shelf(), ())]
    assert found == [("2", STOCK), ("1", None)]
