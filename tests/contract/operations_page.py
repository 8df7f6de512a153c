"""Writes docs/pages/reference/operations.md from the code: ``python -m tests.contract.operations_page``."""

from __future__ import annotations

from pathlib import Path

from tests.contract.operations import documented_operations, sdk_operations, shape

__all__ = ["PAGE", "render"]

PAGE = Path(__file__).parents[2] / "docs" / "pages" / "reference" / "operations.md"

_HEAD = """\
# Operations

Every operation of Domo's public API, and the method of `AsyncDomo` that carries it out. The class says what may be
[repeated](../explanation/retries-and-limits.md); the scope is what the token needs. This page is generated.

| Method | HTTP call | Scope | Class | pydomo |
| --- | --- | --- | --- | --- |
"""


def render() -> str:
    """The page as it should be."""
    pydomo = {shape(entry.method, entry.path): entry.pydomo for entry in documented_operations()}
    lines = []
    for operation in sdk_operations():
        scope = f"`{operation.scope}`" if operation.scope else ""
        names = pydomo.get(shape(operation.method, operation.path)) or ""
        rivals = ", ".join(f"`{rival.strip()}`" for rival in names.split(",") if rival.strip())
        call = f"`{operation.method} {operation.path}`"
        lines.append(f"| `{operation.name}` | {call} | {scope} | {operation.safety.value} | {rivals} |")
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
