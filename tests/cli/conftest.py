"""The command, run in this process and as a process of its own, against an emulator."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from domo_async.cli.application import app
from domo_async.emulator import Emulator

TABLES = {
    "Sales [red]West[/red]": pa.table({"customer": ["Ana", None, "", "NA"], "amount": [1, 2, None, 4]}),
    "Sales East": pa.table({"customer": ["Bo"], "amount": [7]}),
    "Stock": pa.table({"item": ["bolt"], "price": [0.25]}),
}
WIDTH = "100"


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    """Undo what ``-v`` does to this process."""
    loggers = [logging.getLogger(name) for name in ("domo_async", "uvicorn.access")]
    before = [(logger.level, logger.handlers, logger.propagate) for logger in loggers]
    yield
    for logger, (level, handlers, propagate) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers, logger.propagate = handlers, propagate


@dataclass(frozen=True)
class Outcome:
    """How a run of the command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(datasets=TABLES) as emulator:
        yield emulator


@pytest.fixture
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables that lead to the emulator; also set for this process."""
    variables = {f"DOMO_{name.upper()}": value for name, value in emulator.connection.items()}
    for name, value in (variables | {"COLUMNS": WIDTH}).items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs the command in this process, without any credentials: whatever wants to reach Domo complains of that."""
    monkeypatch.setenv("COLUMNS", WIDTH)
    return _run


@pytest.fixture
def domo_async(environment: dict[str, str]) -> Callable[..., Outcome]:
    """Runs the command in this process, with the emulator's credentials in the environment."""
    return _run


def _run(*arguments: object, stdin: str | bytes | None = None) -> Outcome:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def json_of(domo_async: Callable[..., Outcome]) -> Callable[..., Any]:
    """Runs the command with ``--json`` and returns the one document that it writes."""

    def run(*arguments: object, stdin: str | bytes | None = None) -> Any:
        outcome = domo_async(*arguments, "--json", stdin=stdin)
        assert outcome.code == 0, outcome.err
        return json.loads(outcome.out)

    return run


# A test run that was started in the background is deaf to Ctrl-C, and its children would inherit that.
HEARING_CTRL_C = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("domo_async.cli", run_name="__main__", alter_sys=True)
"""


class Process:
    """The command as a process of its own, with its two streams as pipes."""

    def __init__(self, *arguments: object, environment: dict[str, str]) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", HEARING_CTRL_C, *map(str, arguments)],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, pattern: str, *, stream: str = "stdout") -> list[str]:
        """Read lines up to the first one that matches; returns them all."""
        lines: list[str] = []
        for line in getattr(self.popen, stream):
            lines.append(line)
            if re.search(pattern, line):
                return lines
        raise AssertionError(f"{pattern!r} never came:\n{''.join(lines)}")

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)

    def end(self) -> Outcome:
        """Wait for the end and read what is left of both streams."""
        out, err = self.popen.communicate(timeout=60)
        return Outcome(self.popen.returncode, out, err)


@pytest.fixture
def spawn() -> Iterator[Callable[..., Process]]:
    """Starts the command as a process; whatever still runs after the test is ended."""
    processes: list[Process] = []

    def start(*arguments: object, environment: dict[str, str] | None = None) -> Process:
        processes.append(Process(*arguments, environment=environment or {}))
        return processes[-1]

    yield start
    for process in processes:
        with process.popen as popen:
            if popen.poll() is None:
                popen.kill()
