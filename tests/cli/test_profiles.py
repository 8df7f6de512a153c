"""`login` tries credentials before it keeps them, and nothing ever shows the secret."""

from __future__ import annotations

import json
import os
import stat

import pytest

from domo_async.cli.exit_codes import ExitCode
from tests.auth.ring import Ring, keyring_of_this_process

pytestmark = pytest.mark.skipif(os.name == "nt", reason="questions are asked on a pseudo terminal")


@pytest.fixture
def connection(emulator, monkeypatch, tmp_path):
    """An emulator that nothing leads to but what is said to the command."""
    monkeypatch.setenv("DOMO_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # for other processes
    with keyring_of_this_process(None):
        yield emulator.connection


@pytest.fixture
def command(domo_async, connection, environment, monkeypatch):
    for name in ("DOMO_CLIENT_ID", "DOMO_CLIENT_SECRET", "DOMO_API_URL"):
        monkeypatch.delenv(name)
    return domo_async


@pytest.fixture
def log_in(command, connection):
    def run(*arguments, secret=None, before=()):
        stdin = f"{connection['client_secret'] if secret is None else secret}\n"
        options = ["--client-id", connection["client_id"], "--api-url", connection["api_url"], *before]
        return command(*options, "login", *arguments, "--stdin", stdin=stdin)

    return run


def profile_file(tmp_path):
    return tmp_path / "config" / "profiles.json"


def test_who_has_logged_in_needs_no_variables(log_in, command, connection, tmp_path):
    outcome = log_in()
    assert outcome.code == 0
    assert outcome.out == ""
    assert "The credentials work" in outcome.err
    assert f"in {profile_file(tmp_path)}, in clear text" in outcome.err
    assert connection["client_secret"] not in outcome.err
    assert stat.S_IMODE(profile_file(tmp_path).stat().st_mode) == 0o600

    assert "Stock" in command("datasets", "list").out
    assert command("token").code == 0


def test_credentials_that_do_not_work_are_not_kept(log_in, tmp_path):
    outcome = log_in(secret="wrong")
    assert outcome.code == ExitCode.DENIED
    assert not profile_file(tmp_path).exists()


def test_profiles_have_names(log_in, command, emulator):
    other = emulator.add_client(scopes=["user"])
    assert log_in("work").code == 0
    second = command(
        *("--client-id", other.client_id, "--api-url", emulator.url, "login", "people", "--scopes", "user", "--stdin"),
        stdin=other.client_secret,
    )
    assert second.code == 0

    assert command("--profile", "work", "datasets", "list").code == 0
    assert command("--profile", "people", "users", "list").code == 0
    assert command("--profile", "people", "datasets", "list").code == ExitCode.DENIED
    assert command("datasets", "list").code == ExitCode.USAGE, "none is called default"
    missing = command("--profile", "nobody", "datasets", "list")
    assert (missing.code, "Known: people, work" in missing.err) == (ExitCode.USAGE, True)


def test_a_variable_chooses_the_profile(log_in, command, monkeypatch):
    log_in("work")
    monkeypatch.setenv("DOMO_PROFILE", "work")
    assert command("datasets", "list").code == 0


def test_variables_and_a_dotenv_file_go_before_the_default_profile(log_in, command, connection, tmp_path):
    log_in()
    (tmp_path / ".env").write_text("DOMO_CLIENT_ID=somebody\nDOMO_CLIENT_SECRET=else\n")
    api = ("--api-url", connection["api_url"])
    assert command(*api, "token").code == ExitCode.DENIED
    assert command(*api, "--profile", "default", "token").code == 0


def test_profiles_are_listed_without_their_secrets(log_in, command, connection):
    assert "No profiles" in command("profiles").err
    assert json.loads(command("profiles", "--json").out) == []
    log_in("work")

    shown = command("profiles").out
    assert connection["client_id"][:4] + "..." in shown
    assert connection["client_id"] not in shown
    assert connection["api_url"] in shown
    assert json.loads(command("profiles", "--json").out) == [
        {
            "name": "work",
            "api_url": connection["api_url"],
            "client_id": connection["client_id"][:4] + "...",
            "scopes": None,
            "secret_in": "file",
        }
    ]
    assert connection["client_secret"] not in shown


def test_logging_out_forgets_the_secret(log_in, command, connection, tmp_path):
    log_in("work")
    outcome = command("logout", "work")
    assert (outcome.code, outcome.out) == (0, "")
    assert connection["client_secret"] not in profile_file(tmp_path).read_text()
    assert command("logout", "work").code == ExitCode.USAGE
    assert command("--profile", "a", "logout", "b").code == ExitCode.USAGE


def test_a_secret_on_the_command_line_is_refused(command, connection):
    outcome = command("--client-id", "x", "--client-secret", connection["client_secret"], "login")
    assert outcome.code == ExitCode.USAGE
    assert "others can see" in outcome.err
    assert connection["client_secret"] not in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["login"], "--client-id"), (["login", "--stdin"], "--client-id"), (["--client-id", "x", "login"], "--stdin")],
)
def test_where_nobody_can_be_asked_it_says_what_is_missing(command, arguments, words):
    outcome = command(*arguments)
    assert outcome.code == ExitCode.USAGE
    assert words in outcome.err


def test_a_secret_is_asked_for_and_not_shown(connection, environment, tmp_path, monkeypatch):
    from tests.cli.pseudo_terminal import PseudoTerminal

    for name in environment:
        monkeypatch.delenv(name)
    shown = PseudoTerminal("--api-url", connection["api_url"], "login", environment={}, columns=200)
    try:
        shown.wait_for("Client id: ")
        shown.type(f"{connection['client_id']}\n")
        shown.wait_for("Client secret: ")
        shown.type(f"{connection['client_secret']}\n")
        assert shown.end() == 0
    finally:
        shown.close()
    assert "The credentials work" in shown.text
    assert connection["client_secret"] not in shown.text
    assert connection["client_secret"] in profile_file(tmp_path).read_text()


def test_where_there_is_a_keyring_the_secret_is_in_it(log_in, command, connection, tmp_path):
    with keyring_of_this_process(Ring()) as ring:
        assert "in the system keyring (test ring)" in log_in().err
        assert connection["client_secret"] not in profile_file(tmp_path).read_text()
        assert command("datasets", "list").code == 0
        assert "from the system keyring" in command("logout").err
        assert ring.secrets == {}
        assert "in clear text" in log_in("--file").err
