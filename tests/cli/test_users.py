"""`domo-async users`: list, show, create, update, delete."""

from __future__ import annotations

import json

import pytest

from domo_async.cli.exit_codes import ExitCode


@pytest.fixture
def ana(emulator):
    return emulator.people.add_user("Ana Okafor", "Ana@example.com")


def test_a_listing_shows_names_and_ids(domo_async, json_of, ana):
    outcome = domo_async("users", "list")
    assert outcome.out.splitlines()[0].split() == ["Name", "Id", "E-mail", "Role", "Title"]
    assert any(line.split()[:3] == ["Ana", "Okafor", str(ana)] for line in outcome.out.splitlines())
    assert [user["id"] for user in json_of("users", "list")] == [27, ana]
    assert len(json_of("users", "list", "--limit", 1)) == 1
    assert json_of("users", "list", "--limit", 0) == []


@pytest.mark.parametrize("spelling", ["id", "ana@EXAMPLE.com"])
def test_a_user_is_found_by_id_and_by_address(json_of, ana, spelling):
    assert json_of("users", "show", ana if spelling == "id" else spelling)["name"] == "Ana Okafor"


@pytest.mark.parametrize("missing", ["99", "nobody@example.com"])
def test_who_is_not_there_is_one_sentence_with_a_way_on(domo_async, missing):
    outcome = domo_async("users", "show", missing)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (ExitCode.FAILURE, "", 1)
    assert "404" in outcome.err
    assert "`domo-async users list` shows" in outcome.err


@pytest.mark.parametrize("wrong", ["ana", "-3", "0", "1.5", "", "٣", "9" * 20])
def test_what_is_no_id_never_reaches_domo(offline, wrong):
    for command in ("show", "update", "delete"):
        outcome = offline("users", command, "--", wrong)
        assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
        assert "is not an id" in outcome.err


def test_a_new_user_is_shown(domo_async, emulator, json_of):
    made = json_of("users", "create", "--name", "Bo", "--email", "bo@example.com", "--role", "Participant", "--invite")
    assert (made["name"], made["role"]) == ("Bo", "Participant")
    assert emulator.requests[-1].query == "sendInvite=true"
    shown = domo_async("users", "create", "--name", "Cy", "--email", "cy@example.com", "--role", "Admin").out
    assert shown.splitlines()[0] == "Name     Cy"


def test_what_is_missing_is_named_before_domo_is_asked(domo_async, emulator):
    outcome = domo_async("users", "create", "--name", "Bo", "--role", "Admin")
    assert outcome.code == ExitCode.USAGE
    assert "--email is missing" in outcome.err
    assert not emulator.requests


def test_a_rule_of_the_sdk_is_one_sentence(domo_async, emulator):
    outcome = domo_async("users", "create", "--name", "Bo", "--role", "Admin", "--email", "bo")
    assert (outcome.code, outcome.err) == (ExitCode.USAGE, "Error: email: 'bo' is not an address\n")
    assert not emulator.requests


def test_a_change_leaves_the_rest_as_it_was(json_of, ana):
    changed = json_of("users", "update", ana, "--title", "Head of Tides")
    assert (changed["title"], changed["email"]) == ("Head of Tides", "Ana@example.com")
    assert json_of("users", "update", ana, "--from-json", "-", stdin='{"title": null}')["title"] is None


def test_a_change_of_nothing_is_wrong_usage(domo_async, ana, emulator):
    outcome = domo_async("users", "update", ana)
    assert outcome.code == ExitCode.USAGE
    assert "nothing to change" in outcome.err
    assert not emulator.requests


def test_what_show_writes_create_takes_back(domo_async, json_of, ana, tmp_path):
    (tmp_path / "ana.json").write_text(json.dumps(json_of("users", "show", ana)))
    outcome = domo_async(
        "users", "create", "--from-json", tmp_path / "ana.json", "--email", "twin@example.com", "--json"
    )
    twin = json.loads(outcome.out)
    assert (twin["name"], twin["email"]) == ("Ana Okafor", "twin@example.com"), "options go before the file"
    assert "Not set, since it cannot be: id, " in outcome.err


def test_deleting_needs_a_yes(domo_async, ana, emulator):
    outcome = domo_async("users", "delete", ana)
    assert (outcome.code, emulator.people.by_email("ana@example.com") is None) == (ExitCode.USAGE, False)
    assert "add --yes" in outcome.err
    outcome = domo_async("users", "delete", ana, "--yes")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"Deleted user {ana}.\n")
    assert emulator.people.by_email("ana@example.com") is None


def test_a_deletion_as_json(json_of, ana):
    assert json_of("users", "delete", ana, "-y") == {"deleted": True, "id": ana}
