"""However a command fails: one sentence on standard error, a code that says what kind, no traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from domo_async.cli.exit_codes import ExitCode
from domo_async.errors import (
    ClientClosedError,
    ConnectionFailedError,
    InsufficientScopeError,
    MissingExtraError,
    NotFoundError,
    RateLimitError,
    TargetError,
)


def assert_one_sentence(outcome, code):
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.startswith("Error: ")
    assert outcome.err.count("\n") == 1


def test_a_wrong_secret(domo_async, emulator):
    outcome = domo_async("--client-id", emulator.connection["client_id"], "--client-secret", "wrong", "token")
    assert_one_sentence(outcome, ExitCode.DENIED)
    assert "DOMO_CLIENT_SECRET" in outcome.err


def test_nobody_listens(domo_async):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    started = time.monotonic()
    outcome = domo_async("--api-url", f"http://127.0.0.1:{port}", "datasets", "list")
    assert time.monotonic() - started < 10
    assert_one_sentence(outcome, ExitCode.UNAVAILABLE)
    assert "127.0.0.1 could not be reached" in outcome.err


@pytest.mark.parametrize("missing", ["DOMO_CLIENT_ID", "DOMO_CLIENT_SECRET"])
def test_missing_credentials_name_their_variable(domo_async, monkeypatch, missing):
    monkeypatch.delenv(missing)
    outcome = domo_async("datasets", "list")
    assert_one_sentence(outcome, ExitCode.USAGE)
    assert f"set {missing}" in outcome.err
    assert "domo-async login" in outcome.err
    assert "=" not in outcome.err, "a command has no keyword arguments"


def test_an_address_that_is_none(domo_async):
    assert_one_sentence(domo_async("--api-url", "ftp://example.com", "datasets", "list"), ExitCode.USAGE)


def test_the_log_is_shown_on_request(domo_async):
    outcome = domo_async("-vv", "--client-secret", "wrong", "--client-id", "me", "token")
    assert "This error ended the command" in outcome.err
    assert "Error: " in outcome.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("gone", status=404), ExitCode.FAILURE),
        (InsufficientScopeError("no", status=403), ExitCode.DENIED),
        (RateLimitError("slow", status=429), ExitCode.UNAVAILABLE),
        (ConnectionFailedError("nobody"), ExitCode.UNAVAILABLE),
        (ClientClosedError("closed"), ExitCode.UNAVAILABLE),
        (TargetError("a file"), ExitCode.USAGE),
        (MissingExtraError("The emulator", extra="emulator"), ExitCode.USAGE),
    ],
)
def test_exit_codes(error, code):
    assert ExitCode.of(error) is code


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_without_its_packages_the_command_names_the_extra(package):
    program = f"import sys; sys.modules[{package!r}] = None; from domo_async.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr == f"domo-async needs {package}, which is not installed: pip install 'domo-async[cli]'\n"


def test_without_its_packages_the_emulator_names_the_extra():
    program = (
        "import sys; sys.modules['starlette'] = None; sys.argv[1:] = ['emulator', '--port', '0'];"
        "from domo_async.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("Error: ")
    assert "pip install 'domo-async[emulator]'" in done.stderr
