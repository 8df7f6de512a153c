"""What errors tell programs to pass, the command tells people to type."""

from __future__ import annotations

import pytest

from domo_async.cli.advice import as_typed, with_options
from domo_async.cli.exit_codes import ExitCode
from domo_async.errors import DomoError


def test_a_push_names_its_options_in_the_log_and_in_the_report(domo_async, emulator, tmp_path):
    (tmp_path / "Stock.csv").write_text("quite,other\n1,2\n")
    outcome = domo_async("push", tmp_path / "Stock.csv")
    assert outcome.code == ExitCode.FAILURE
    for text in (outcome.out, outcome.err):
        assert "Let the DataSet have the new columns with --evolve" in text
        assert "evolve=" not in text


@pytest.mark.parametrize(
    ("hint", "typed"),
    [
        ("Write null there with missing_columns='null'", "Write null there with --missing null"),
        ("Then say unsettled='done', or unsettled='again'", "Then say --unsettled done, or --unsettled again"),
        ("Say it with PushOptions(into=...)", "Say it with --into"),
        ("Put it there, or use into= for one DataSet", "Put it there, or use --into for one DataSet"),
        ("Say with state= where", "Say with --state where"),
        ("Try again later", "Try again later"),
    ],
)
def test_hints_name_options(hint, typed):
    assert as_typed(DomoError("It failed", hint=hint)) == f"It failed. {typed}"


def test_the_words_of_domo_are_left_alone():
    said = "Domo says: no column evolve=True or state=3"
    assert as_typed(DomoError(said, hint="Use state=")) == f"{said}. Use --state"
    assert as_typed(DomoError(said)) == said
    assert with_options("Cut off", "another hint with state=") == "Cut off"
