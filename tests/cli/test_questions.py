"""Questions: nothing but a clear yes counts, and nobody is asked where nobody is."""

from __future__ import annotations

import io
import sys

import pytest
import typer

from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.misuse import Misuse
from domo_async.cli.questions import ask_secret, confirm
from domo_async.cli.terminal import Terminal


class Keyboard(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def person(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")

    def types(text):
        monkeypatch.setattr(sys, "stdin", Keyboard(text))
        return Terminal()

    return types


@pytest.mark.parametrize("answer", ["y\n", "Y\n", " yes \n", "YES\n"])
def test_a_yes(person, capsys, answer):
    confirm(person(answer), "Really\x1b[2J?")
    assert capsys.readouterr().err == "Really\\x1b[2J? [y/N] "


@pytest.mark.parametrize("answer", ["\n", "n\n", "ye\n", "yo\n", "", "no, yes\n"])
def test_anything_else(person, capsys, answer):
    with pytest.raises(typer.Exit) as caught:
        confirm(person(answer), "Really?")
    assert caught.value.exit_code == ExitCode.FAILURE
    assert "Nothing was changed." in capsys.readouterr().err


def test_nobody_is_asked_in_a_pipe(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(Misuse, match="--yes"):
        confirm(Terminal(), "Really?")


def test_nobody_is_asked_who_could_not_see_the_question(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Keyboard("y\n"))
    with pytest.raises(Misuse, match="--yes"):
        confirm(Terminal(), "Really?")


def test_the_end_of_input_is_no_secret(monkeypatch):
    def end(_):
        raise EOFError

    monkeypatch.setattr("getpass.getpass", end)
    with pytest.raises(Misuse, match="Password was not entered"):
        ask_secret("Password")
