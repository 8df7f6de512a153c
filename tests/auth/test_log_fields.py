"""What is logged around tokens and calls is on a list: whoever adds to it has looked at it with secrets in mind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import domo_async

PACKAGE = Path(domo_async.__file__).parent
WATCHED = [
    *sorted(file for part in ("auth", "http", "transport") for file in (PACKAGE / part).glob("*.py")),
    PACKAGE / "client.py",
    PACKAGE / "settings.py",
    PACKAGE / "tenants.py",
]

# Numbers, names of classes and operations, addresses without user and password, paths of folders, and errors of ours,
# of which test_secrets.py knows that they hold no secret.
SAFE = {
    "'shared' if obtained.adopted else 'granted'",
    "authorities",
    "choice",
    "error",
    "error.attempts",
    "failure",
    "origin",
    "parts.hostname",
    "request.operation.name",
    "self._wait",
    "self.origin",
    "slots",
    "through",
    "token.lifetime",
    "trouble",
    "type(choice).__name__",
    "type(error).__name__",
    "type(self._store).__name__",
    "wait",
}


def log_calls():
    for file in WATCHED:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id in {"logger", "logging", "log", "warnings"}:
                    yield pytest.param(node, id=f"{file.relative_to(PACKAGE)}:{node.lineno}")


CALLS = [call for call in log_calls() if call.values[0].func.attr not in {"getLogger", "catch_warnings"}]


def test_there_is_something_to_look_at():
    assert len(CALLS) >= 10


@pytest.mark.parametrize("call", CALLS)
def test_only_fields_that_are_known_to_be_safe_are_logged(call):
    message, *fields = call.args
    assert isinstance(message, ast.Constant), "a text whose parts can be looked at"
    assert {ast.unparse(field) for field in fields} <= SAFE
    assert call.keywords == [], "no exc_info: a traceback shows local variables to whoever formats it so"
