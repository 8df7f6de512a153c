"""`domo-async groups`, and who belongs to them."""

from __future__ import annotations

import json

import pytest

from domo_async.cli.exit_codes import ExitCode


@pytest.fixture
def users(emulator):
    return [emulator.people.add_user(name, f"{name}@example.com") for name in ("ana", "bo", "cy")]


@pytest.fixture
def group(emulator, users):
    document = emulator.people.add_group("Tide watchers", creator_id=27)
    document["members"] = users[:2]
    return document["id"]


def test_a_group_from_its_beginning_to_its_end(domo_async, json_of):
    made = json_of("groups", "create", "--name", "Tide watchers", "--default")
    assert (made["name"], made["default"], made["active"]) == ("Tide watchers", True, True)
    changed = json_of("groups", "update", made["id"], "--inactive", "--no-default", "--name", "Sleepers")
    assert (changed["name"], changed["default"], changed["active"]) == ("Sleepers", False, False)
    assert json_of("groups", "show", made["id"])["name"] == "Sleepers"
    assert "Sleepers" in domo_async("groups", "list").out
    assert json_of("groups", "delete", made["id"], "--yes")["deleted"]
    assert "Deleted  yes" in domo_async("groups", "show", made["id"]).out


def test_a_group_with_members_goes_only_if_they_do(domo_async, group):
    assert "has members" in domo_async("groups", "delete", group, "--yes").err
    assert domo_async("groups", "delete", group, "--yes", "--remove-members").code == 0


def test_members_are_ids(domo_async, json_of, group, users):
    assert json_of("groups", "members", "list", group) == users[:2]
    assert domo_async("groups", "members", "list", group).out.split() == ["User", *map(str, users[:2])]


def test_members_join_and_leave(domo_async, json_of, emulator, group, users):
    outcome = domo_async("groups", "members", "add", group, users[2], users[2])
    assert outcome.err == "1 user added, 0 users removed.\n"
    assert json_of("groups", "members", "remove", group, users[0]) == {"added": [], "removed": [users[0]]}
    assert json_of("groups", "members", "list", group) == users[1:]


def test_members_are_brought_to_a_set_from_another_group(json_of, emulator, group, users):
    emulator.people.groups.get(group)["members"] = users[1:2]
    wanted = json.dumps(users)
    assert json_of("groups", "members", "set", group, "--from-json", "-", stdin=wanted)["added"] == [users[0], users[2]]
    assert json_of("groups", "members", "set", group, users[0], "--yes")["removed"] == users[1:]


def test_nobody_has_to_leave_without_a_yes(domo_async, json_of, group, users):
    outcome = domo_async("groups", "members", "set", group, users[0])
    assert outcome.code == ExitCode.USAGE
    assert "add --yes" in outcome.err
    assert json_of("groups", "members", "list", group) == users[:2]


@pytest.mark.parametrize("document", ['{"users": [1]}', '["1"]', "[true]", "[0]", "[1.5]", "[[1]]"])
def test_ids_in_a_file_are_positive_numbers(offline, document):
    outcome = offline("groups", "members", "set", 1, "--from-json", "-", "--yes", stdin=document)
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert "standard input: " in outcome.err


@pytest.mark.parametrize("arguments", [[], ["5", "--from-json", "-"]])
def test_a_set_is_named_once(offline, arguments):
    assert "who shall belong" in offline("groups", "members", "set", 1, *arguments, "--yes", stdin="[]").err
