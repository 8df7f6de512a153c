"""Every Python block of the README and of the documentation runs, against an emulator, as it stands there."""

from __future__ import annotations

import ast
import asyncio
import inspect
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, SkipParser

pa = pytest.importorskip("pyarrow")

from domo_async.emulator import Emulator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "pages").rglob("*.md"))]
FLIGHTS = pa.table(
    {
        "carrier": ["UA", "AA", "UA", "B6"],
        "origin": ["EWR", "LGA", "EWR", ""],
        "minutes": [227, 160, None, 183],
    }
)


def run_block(example: Example) -> None:
    """Run a block; a top-level await works as it does in a notebook and in ``python -m asyncio``."""
    source = "\n" * (example.line + example.parsed.line_offset) + str(example.parsed)
    code = compile(source, str(example.path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    if code.co_flags & inspect.CO_COROUTINE:
        runner: asyncio.Runner = example.namespace["__runner__"]

        async def run() -> None:
            await eval(code, example.namespace)

        runner.run(run())
    else:
        exec(code, example.namespace)


SYBIL = Sybil(parsers=[CodeBlockParser("python", run_block), SkipParser()], path=str(ROOT))


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch):
    with Emulator(datasets={"Flights": FLIGHTS, "Airlines": pa.table({"carrier": ["UA"]})}) as running:
        monkeypatch.setenv("DOMO_API_URL", running.url)
        monkeypatch.setenv("DOMO_CLIENT_ID", running.connection["client_id"])
        monkeypatch.setenv("DOMO_CLIENT_SECRET", running.connection["client_secret"])
        yield running


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path, emulator: Emulator, tmp_path: Path) -> None:
    document = SYBIL.parse(page)
    with asyncio.Runner() as runner:
        document.namespace.update(__runner__=runner, __name__="__main__")
        for example in document.examples():
            example.evaluate()


def test_there_is_code_to_run() -> None:
    assert sum(len(list(SYBIL.parse(page).examples())) for page in PAGES) >= 10
