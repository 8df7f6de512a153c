"""The page for those who come from pydomo names all that pydomo has, and nothing that this SDK has not."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

pydomo = pytest.importorskip("pydomo")
pytest.importorskip("pyarrow")

from pydomo.DomoAPIClient import DomoAPIClient

from domo_async import AsyncDomo
from domo_async.models import Schema

PAGE = Path(__file__).parents[2] / "docs" / "pages" / "how-to" / "migrate-from-pydomo.md"
CELLS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]
NAMES = re.compile(r"`([a-z_0-9]+(?:\.[a-z_0-9]+)*)`")
CLIENTS = {
    "accounts": pydomo.AccountClient,
    "datasets": pydomo.DataSetClient,
    "groups": pydomo.GroupClient,
    "pages": pydomo.PageClient,
    "streams": pydomo.StreamClient,
    "users": pydomo.UserClient,
    "utilities": pydomo.UtilitiesClient,
}


def public(kind):
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def test_every_method_of_pydomo_has_a_row():
    there = public(pydomo.Domo)
    for client, kind in CLIENTS.items():
        there |= {f"{client}.{name}" for name in public(kind) - public(DomoAPIClient)}
    named = {name for row in CELLS for name in NAMES.findall(row[0])}

    assert there - named == set()


def test_what_takes_their_place_is_there():
    domo = AsyncDomo("id", "secret", transport="httpx")
    families = ("datasets.", "streams.", "users.", "groups.", "pages.", "accounts.")
    named = {name for row in CELLS for cell in row[1:] for name in NAMES.findall(cell) if name.startswith(families)}
    for name in named:
        found = domo
        for part in name.split("."):
            found = getattr(found, part)
        assert callable(found), name

    assert len(named) > 50
    assert callable(Schema.from_arrow)
    assert callable(Schema.to_arrow)
