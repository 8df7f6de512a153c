"""The operations of Domo's API as data, beside those that the SDK declares."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import domo_async.api
from domo_async.http.operations import Operation

__all__ = ["DocumentedOperation", "documented_operations", "sdk_operations", "shape"]

_PLACEHOLDER = re.compile(r"{\w+}")


@dataclass(frozen=True)
class DocumentedOperation:
    """One line of operations.toml."""

    id: str
    method: str
    path: str
    scope: str | None = None
    pydomo: str | None = None
    documented: bool = True


def documented_operations() -> list[DocumentedOperation]:
    """All operations that Domo documents, and those that every SDK has nevertheless."""
    text = Path(__file__).with_name("operations.toml").read_text(encoding="utf-8")
    return [DocumentedOperation(**entry) for entry in tomllib.loads(text)["operation"]]


def sdk_operations() -> list[Operation]:
    """All operations that modules of domo_async.api declare. A method that has two ways to ask has two of them."""
    found: dict[tuple[str, str], Operation] = {}
    for module_info in pkgutil.iter_modules(domo_async.api.__path__):
        module = importlib.import_module(f"domo_async.api.{module_info.name}")
        for value in vars(module).values():
            for operation in value if isinstance(value, tuple) else (value,):
                if isinstance(operation, Operation):
                    found[operation.name, operation.path] = operation
    return [found[key] for key in sorted(found)]


def shape(method: str, path: str) -> str:
    """Method and path with nameless placeholders, to compare with."""
    return f"{method} {_PLACEHOLDER.sub('{}', path)}"
