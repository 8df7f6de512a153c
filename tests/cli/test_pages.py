"""`domo-async pages`, their tree, and their collections."""

from __future__ import annotations

import json

import pytest

from domo_async.cli.exit_codes import ExitCode


@pytest.fixture
def pages(json_of):
    """Ids of Coast / Tides / High, and of Stock beside them."""
    coast = json_of("pages", "create", "--name", "Coast", "--card", 11, "--card", 12)["id"]
    tides = json_of("pages", "create", "--name", "Tides", "--parent", coast)["id"]
    high = json_of("pages", "create", "--name", "High", "--parent", tides, "--locked")["id"]
    stock = json_of("pages", "create", "--name", "Stock")["id"]
    return {"Coast": coast, "Tides": tides, "High": high, "Stock": stock}


def test_the_tree_is_indented(domo_async, pages):
    lines = domo_async("pages", "tree").out.splitlines()
    assert [line.rpartition("  ")[0].rstrip() for line in lines[1:]] == ["Coast", "  Tides", "    High", "Stock"]
    branch = domo_async("pages", "tree", pages["Tides"]).out.splitlines()[1:]
    assert [line.split()[0] for line in branch] == ["Tides", "High"]
    assert "404" in domo_async("pages", "tree", 5).err


def test_a_listing_shows_how_much_is_below(domo_async, json_of, pages):
    assert domo_async("pages", "list").out.splitlines()[1].split() == ["Coast", str(pages["Coast"]), "2"]
    listing = json_of("pages", "list")
    assert [page["name"] for page in listing] == ["Coast", "Stock"]
    assert listing == json_of("pages", "tree")


def test_a_page_moves_and_is_shared(domo_async, json_of, pages):
    assert json_of("pages", "show", pages["High"])["parent_id"] == pages["Tides"]
    assert json_of("pages", "update", pages["High"], "--parent", 0, "--unlocked")["parent_id"] is None
    shared = json_of("pages", "update", pages["High"], "--from-json", "-", stdin='{"visibility": {"userIds": [27, 5]}}')
    assert shared["visibility"]["user_ids"] == [27, 5]
    assert "27, 5" in domo_async("pages", "show", pages["High"]).out


def test_a_slip_deep_in_a_file_is_no_silent_change(domo_async, emulator, pages):
    """Domo would take `userids` for a page that is shared with nobody."""
    emulator.clear_requests()
    outcome = domo_async("pages", "update", pages["High"], "--from-json", "-", stdin='{"visibility": {"userids": [5]}}')
    assert outcome.code == ExitCode.USAGE
    assert outcome.err == "Error: standard input: visibility: 'userids' is unknown; did you mean 'user_ids'?\n"
    assert not emulator.requests


def test_deleting_a_page_leaves_those_below(domo_async, json_of, pages):
    assert domo_async("pages", "delete", pages["Tides"], "--yes").code == 0
    assert {page["name"] for page in json_of("pages", "list")} >= {"Coast", "High"}


def test_collections_from_their_beginning_to_their_end(domo_async, json_of, pages):
    coast = pages["Coast"]
    made = json_of("pages", "collections", "create", coast, "--title", "North", "--card", 11)
    assert (made["title"], made["card_ids"]) == ("North", [11])
    changed = json_of("pages", "collections", "update", coast, made["id"], "--title", "South", "--description", "warm")
    assert (changed["title"], changed["description"], changed["card_ids"]) == ("South", "warm", [11])
    assert json_of("pages", "collections", "list", coast) == [changed]
    assert "South" in domo_async("pages", "collections", "list", coast).out
    assert domo_async("pages", "collections", "delete", coast, 5, "--yes").code == ExitCode.FAILURE
    assert json_of("pages", "collections", "delete", coast, made["id"], "--yes")["deleted"]
    assert "No collections." in domo_async("pages", "collections", "list", coast).err


def test_what_show_writes_update_takes_back(json_of, pages):
    document = json_of("pages", "show", pages["Coast"]) | {"name": "Shore"}
    changed = json_of("pages", "update", pages["Coast"], "--from-json", "-", stdin=json.dumps(document))
    assert changed == document
