"""The examples for schedulers, which are not installed here: at least Python, and asking for what there is."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "pages" / "how-to" / "schedulers.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def test_the_examples_compile_and_import_what_there_is() -> None:
    assert len(EXAMPLES) == 3
    for source in EXAMPLES:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("domo_async"):
                module = importlib.import_module(str(node.module))
                assert all(hasattr(module, alias.name) for alias in node.names)
