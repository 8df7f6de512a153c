"""`domo-async emulator`: a server in the foreground that says how to reach it."""

from __future__ import annotations

import re
import signal
import socket

import pytest

from domo_async.cli.exit_codes import ExitCode


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "colours.csv").write_text("name,hex\nred,ff0000\nnone,\n")
    return folder


def test_it_serves_until_it_is_stopped(spawn, data):
    server = spawn("emulator", "--port", 0, "--data", data)
    lines = "".join(server.wait_for(r"^colours "))
    exported = dict(re.findall(r"^export (\w+)=(.*)$", lines, flags=re.MULTILINE))
    assert exported.keys() == {"DOMO_API_URL", "DOMO_CLIENT_ID", "DOMO_CLIENT_SECRET"}
    listing = spawn("datasets", "list", environment=exported).end()
    assert listing.code == ExitCode.OK
    assert "colours" in listing.out
    server.signal(signal.SIGTERM)
    outcome = server.end()
    assert outcome.code == ExitCode.OK
    assert outcome.err == "The emulator has stopped.\n"


def test_credentials_can_be_agreed_beforehand(spawn):
    server = spawn("emulator", "--port", 0, "--client-id", "me", "--client-secret", "s e c")
    lines = "".join(server.wait_for("has no DataSets"))
    assert "export DOMO_CLIENT_ID=me\n" in lines
    assert "export DOMO_CLIENT_SECRET='s e c'\n" in lines


def test_a_port_in_use_is_one_sentence(domo_async):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = domo_async("emulator", "--port", taken.getsockname()[1])
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert "already in use" in outcome.err


def test_a_state_file_outlives_the_process(spawn, data, tmp_path):
    state = tmp_path / "local.domo"
    shown = []
    for _ in range(2):
        server = spawn("emulator", "--port", 0, "--data", data, "--state", state)
        lines = "".join(server.wait_for(r"^colours "))
        server.popen.kill()
        server.end()
        exported = re.findall(r"^export DOMO_CLIENT_(?:ID|SECRET)=(.*)$", lines, flags=re.MULTILINE)
        shown.append((re.search(r"^colours +(\S+) +2$", lines, flags=re.MULTILINE)[1], exported))
    assert shown[0] == shown[1]


def test_a_state_file_that_is_something_else_is_one_sentence(domo_async, data):
    outcome = domo_async("emulator", "--port", 0, "--state", data / "colours.csv")
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert "colours.csv" in outcome.err.replace("\n", "")


def test_a_folder_that_is_missing_is_wrong_usage(domo_async, tmp_path):
    assert domo_async("emulator", "--data", tmp_path / "nowhere").code == ExitCode.USAGE


def test_a_file_that_cannot_be_read_is_one_sentence(domo_async, data):
    (data / "broken.parquet").write_bytes(b"no")
    outcome = domo_async("emulator", "--port", 0, "--data", data)
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert "broken.parquet" in outcome.err
