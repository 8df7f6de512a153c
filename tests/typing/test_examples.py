"""The examples in docstrings call what there is, as it is to be called. They are checked by mypy and never run."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = re.compile(r"^Example:\n    ::\n\n((?:        .*\n|\n)+)", re.MULTILINE)

# What examples take for granted. Names that are not here, such as dataset_id, may be anything.
PRELUDE = """\
import domo_async
from domo_async import *
from domo_async.errors import *
from domo_async.jobs import *
from domo_async.jobs.chronicle import *
from domo_async.models import *  # type: ignore[assignment]
from domo_async.observing import *

domo: AsyncDomo
"""


def examples() -> Iterator[tuple[str, str]]:
    """The place and the code of each."""
    for path in sorted((ROOT / "domo_async").rglob("*.py")):
        if path.name == "settings.py" or {"emulator", "integrations"} & set(path.parts):
            continue  # a line of a shell; other prerequisites
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                for code in EXAMPLE.findall((ast.get_docstring(node) or "") + "\n"):
                    yield f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'module')}", textwrap.dedent(code)


@pytest.mark.timeout(300)  # the first run of a checker reads all of the libraries below
def test_examples_type_check(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    found = list(examples())
    assert len(found) > 50
    functions = [
        f"async def example_{number}() -> object:  # {place}\n{textwrap.indent(code, '    ')}\n"
        for number, (place, code) in enumerate(found)
    ]
    (tmp_path / "examples.py").write_text(PRELUDE + "\n".join(functions), encoding="utf-8")
    relaxed = ("name-defined", "no-redef", "no-any-return", "no-untyped-def", "return")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", str(tmp_path / "examples.py"), "--check-untyped-defs"),
            *(word for code in relaxed for word in ("--disable-error-code", code)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (tmp_path / "examples.py").read_text(encoding="utf-8").splitlines()
    places = {number: line.partition("# ")[2] for number, line in enumerate(lines, 1) if line.startswith("async def ")}

    def told(line: str) -> str:
        match = re.match(r".*?examples\.py:(\d+): (.*)", line)
        if match is None:
            return line
        number = int(match[1])
        place = places[max(start for start in places if start <= number)] if number >= min(places) else "prelude"
        return f"{place}: {match[2]}\n    {lines[number - 1].strip()}"

    assert done.returncode == 0, "\n".join(told(line) for line in done.stdout.splitlines()) + done.stderr
