"""`domo-async activity list`: who did what, in constant memory, between moments that nobody can misread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer

from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.moments import moment

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
THAT_DAY = ("--since", "2026-01-31T00:00:00Z", "--until", "2026-02-01T01:00:00+01:00")


@pytest.fixture
def events(emulator):
    for minute, (user, action) in enumerate([(27, "CREATED"), (5, "VIEWED"), (27, "VIEWED"), (27, "DELETED")]):
        emulator.audit.record(
            action, "PAGE", 7, "Tides", user_id=user, user_name=f"user {user}", moment=NOON + timedelta(minutes=minute)
        )


def actions(entries):
    return [entry["action_type"] for entry in entries]


def test_newest_first_unless_told_otherwise(json_of, events):
    assert actions(json_of("activity", "list", *THAT_DAY)) == ["DELETED", "VIEWED", "VIEWED", "CREATED"]
    assert actions(json_of("activity", "list", *THAT_DAY, "--oldest-first"))[0] == "CREATED"


def test_entries_can_be_narrowed(json_of, events):
    assert actions(json_of("activity", "list", *THAT_DAY, "--user", 5)) == ["VIEWED"]
    kinds = ("--event-type", "viewed", "--event-type", "DELETED")
    assert actions(json_of("activity", "list", *THAT_DAY, *kinds)) == ["DELETED", "VIEWED", "VIEWED"]
    assert actions(json_of("activity", "list", *THAT_DAY, *kinds, "--limit", 2)) == ["DELETED", "VIEWED"]
    assert json_of("activity", "list", *THAT_DAY, "--limit", 0) == []


def test_lines_for_people(domo_async, events):
    lines = domo_async("activity", "list", *THAT_DAY).out.splitlines()
    assert lines[0].split() == ["Time", "(UTC)", "Event", "User", "Object"]
    assert lines[1].split() == ["2026-01-31", "12:03:00", "Deleted", "page", "user", "27", "PAGE", "Tides", "7"]
    assert domo_async("activity", "list", "--since", "1m").err == "No entries.\n"


def test_the_last_day_is_the_default(json_of, emulator):
    emulator.audit.record("VIEWED", "PAGE", 7, "Tides", moment=datetime.now(UTC) - timedelta(hours=23))
    emulator.audit.record("DELETED", "PAGE", 7, "Tides", moment=datetime.now(UTC) - timedelta(hours=25))
    assert actions(json_of("activity", "list")) == ["VIEWED"]


@pytest.mark.parametrize(
    "text", ["2026-01-31", "2026-01-31T10:00", "yesterday", "", "7", "5y", "999999w", "0001-01-01T00:00+01:00"]
)
def test_a_moment_that_could_be_several_never_reaches_domo(offline, text):
    outcome = offline("activity", "list", "--since", text)
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert "--since" in outcome.err


def test_a_moment_without_a_zone_is_answered_with_one():
    with pytest.raises(typer.BadParameter, match="2026-01-31T10:30:00Z for UTC"):
        moment("2026-01-31 10:30")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T00:00:00Z", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31 01:00:00+01:00", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T00:00-05:30", datetime(2026, 1, 31, 5, 30, tzinfo=UTC)),
    ],
)
def test_moments(text, expected):
    assert moment(text) == expected


@pytest.mark.parametrize(("text", "ago"), [("30m", 1800), ("24h", 86400), ("7d", 604800), ("2w", 1209600)])
def test_moments_that_are_so_long_ago(text, ago):
    before = datetime.now(UTC)
    found = moment(text)
    assert before - timedelta(seconds=ago) <= found <= datetime.now(UTC) - timedelta(seconds=ago)


def test_an_end_before_the_beginning_is_wrong_usage(offline):
    assert "--until is before" in offline("activity", "list", "--since", "1h", "--until", "2h").err
