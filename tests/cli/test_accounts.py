"""`domo-async accounts`: what they hold goes in, and comes out nowhere."""

from __future__ import annotations

import json

import pytest

from domo_async.cli.exit_codes import ExitCode

SECRET = "correct horse"
CREDENTIALS = json.dumps({"username": "svc", "password": SECRET})


@pytest.fixture
def account(json_of):
    arguments = ("--name", "Warehouse", "--type", "acme-db", "--properties", "-")
    return json_of("accounts", "create", *arguments, stdin=CREDENTIALS)["id"]


def test_an_account_from_its_beginning_to_its_end(domo_async, json_of, emulator, account):
    assert emulator.accounts.properties(account)["password"] == SECRET
    assert json_of("accounts", "update", account, "--name", "Store")["name"] == "Store"
    assert emulator.accounts.properties(account)["password"] == SECRET
    assert json_of("accounts", "share", account, "--user", 27) == {"account_id": int(account), "user_id": 27}
    assert "Store" in domo_async("accounts", "list").out
    assert json_of("accounts", "delete", account, "--yes")["deleted"]
    assert json_of("accounts", "list") == []


def test_credentials_are_changed_from_a_file(json_of, emulator, account, tmp_path):
    (tmp_path / "new.json").write_text('{"username": "svc", "password": "new one"}')
    json_of("accounts", "update", account, "--properties", tmp_path / "new.json")
    assert emulator.accounts.properties(account)["password"] == "new one"


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_credentials_are_shown_nowhere(domo_async, account, flags):
    for arguments in (["accounts", "show", account], ["accounts", "list"]):
        outcome = domo_async("-vv", *arguments, *flags)
        assert outcome.code == 0
        assert SECRET not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (f'["{SECRET}"]', ExitCode.USAGE),
        (f'{{"password": "{SECRET}"', ExitCode.USAGE),
        (f'{{"password": "{SECRET}", "password": 1}}', ExitCode.USAGE),
        (f'{{"password": "{SECRET}"}}', ExitCode.FAILURE),
    ],
)
def test_credentials_are_in_no_error(domo_async, document, code):
    outcome = domo_async(
        "-vv", "accounts", "create", "--name", "N", "--type", "acme-db", "--properties", "-", stdin=document
    )
    assert outcome.code == code
    assert SECRET not in outcome.out + outcome.err


def test_nobody_is_asked_where_nobody_is(domo_async, emulator):
    outcome = domo_async("accounts", "create", "--name", "N", "--type", "acme-db")
    assert outcome.code == ExitCode.USAGE
    assert "--properties" in outcome.err
    assert not emulator.requests


def test_types_say_what_they_are_made_of(domo_async, json_of):
    assert "acme-db" in [kind["id"] for kind in json_of("accounts", "types", "list")]
    lines = domo_async("accounts", "types", "show", "acme-db").out.splitlines()
    assert [line.split() for line in lines[-3:]] == [
        ["username", "Username", "yes"],
        ["password", "Password", "yes"],
        ["url", "URL", "no"],
    ]


def test_a_change_of_nothing_is_wrong_usage(domo_async, account):
    assert domo_async("accounts", "update", account).code == ExitCode.USAGE
    assert domo_async("accounts", "update", account, "--ask", "x", "--properties", "-").code == ExitCode.USAGE
