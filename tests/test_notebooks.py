"""What notebooks show: tables that are small, escaped, and without secrets; and a notebook that runs."""

from __future__ import annotations

import asyncio
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from domo_async.emulator import Emulator
from domo_async.errors import TargetError
from domo_async.http.paging import Page, Pager
from domo_async.jobs import PlannedTransfer, PullPlan, PullReport, Transfer
from domo_async.models import AccessToken, Column, DataSet, DataSetSummary, Owner, Schema
from domo_async.tabular import QueryResult
from tests.browser import Page as BrowserPage
from tests.browser import browser, page

__all__ = ["browser", "page"]

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "datasets.ipynb"
EVIL = "<script>alert(1)</script>"


class Seen(HTMLParser):
    """The tags and the words of some HTML; complains about tags that are never closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words += f"{data}\n"


def datasets(count: int) -> list[DataSetSummary]:
    return [DataSetSummary(id=str(n), name=EVIL, rows=1234 * n, owner=Owner(name="Ines")) for n in range(count)]


def test_text_stands_at_the_left_and_numbers_at_the_right_in_jupyter(page: BrowserPage, tmp_path: Path) -> None:
    """JupyterLab aligns all cells to the right, with a rule of its own."""
    around = ".jp-RenderedHTMLCommon:not(.jp-RenderedMarkdown) :is(td, th, tr) { text-align: right }"
    shown = Page(datasets(2), offset=0, next_offset=2)._repr_html_()
    document = tmp_path / "cell.html"
    document.write_text(f'<style>{around}</style><div class="jp-RenderedHTMLCommon">{shown}</div>', encoding="utf-8")
    page.open(document.as_uri())
    aligned = "[...document.querySelectorAll('tbody tr:first-child td')].map(cell => getComputedStyle(cell).textAlign)"
    assert page.evaluate(aligned) == ["left", "left", "right", "left"]


def test_page_is_a_table_that_is_bounded_and_escaped() -> None:
    seen = Seen(Page(datasets(50), offset=100, next_offset=150)._repr_html_())
    assert "script" not in seen.tags
    assert EVIL in seen.words
    assert "Items 101 to 150" in seen.words
    assert "… and 30 more items" in seen.words
    assert "1,234" in seen.words
    assert "Ines" in seen.words
    assert seen.tags.count("tr") == 21
    assert {"caption", "thead", "th"} <= set(seen.tags)


def test_pages_of_other_things_are_left_alone() -> None:
    assert Page([1, 2], offset=0, next_offset=2)._repr_html_() is None
    assert "No items" in Page([], offset=0, next_offset=0)._repr_html_()


async def collected() -> list[DataSetSummary]:
    async def fetch(offset: int, limit: int) -> list[DataSetSummary]:
        return datasets(3)[offset : offset + limit]

    pager = Pager(fetch, page_size=50, key=lambda one: one.id)
    assert "collect()" in repr(pager)
    return await pager.collect()


def test_all_items_are_a_list_and_a_table() -> None:
    items = asyncio.run(collected())
    assert items == datasets(3)
    assert "3 items" in Seen(items._repr_html_()).words


def test_dataset_shows_its_columns() -> None:
    dataset = DataSet(id="1", name="Tides", rows=8760, schema=Schema(columns=[Column(name=f"c{n}") for n in range(25)]))
    words = Seen(dataset._repr_html_()).words
    assert "8,760" in words
    assert "c19" in words
    assert "c20" not in words
    assert "… and 5 more columns" in words


def test_query_result_tells_null_from_text() -> None:
    rows = [["", None, 1.5], ["null", "x" * 1000, 2.5]] * 700
    result = QueryResult(columns=["a", "b", EVIL], rows=rows, metadata=[{"type": "STRING"}] * 3)
    html = result._repr_html_()
    seen = Seen(html)
    assert "1,400 rows, 3 columns" in seen.words
    assert "… and 1,380 more rows" in seen.words
    assert html.count('class="null"') == 10
    assert "x" * 200 not in html
    assert len(html) < 10_000
    wide = QueryResult(columns=[f"c{n}" for n in range(300)], rows=[list(range(300))])
    assert "… and 280 more columns" in Seen(wide._repr_html_()).words


def test_failures_of_a_report_come_first() -> None:
    transfers = [Transfer(str(n), name=f"Name {n}", rows=n, action="new") for n in range(100)]
    transfers.append(Transfer("bad", name="Bad", error=TargetError(f"the disk is full {EVIL}")))
    seen = Seen(PullReport(tuple(transfers), seconds=1.0)._repr_html_())
    assert seen.words.index("✗ TargetError: the disk is full") < seen.words.index("Name 0")
    assert "script" not in seen.tags
    assert "… and 81 more DataSets" in seen.words


def test_plan_says_why() -> None:
    plan = PullPlan((PlannedTransfer("a", "Tides", "new", "it is not there yet", rows=1200),))
    words = Seen(plan._repr_html_()).words
    assert "it is not there yet" in words
    assert "1,200" in words


def test_secrets_and_unknown_fields_stay_inside() -> None:
    token = AccessToken.model_validate({"access_token": "hush", "token_type": "bearer", "expires_in": 3599})
    assert "hush" not in token._repr_html_()
    stranger = DataSetSummary.model_validate({"id": "1", "password": "hush"})
    assert "hush" not in stranger._repr_html_()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="Jupyter's sockets need another event loop there")
def test_notebook_of_the_documentation_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From the first cell to the last one, with a table where one is promised; it is kept without outputs."""
    nbformat = pytest.importorskip("nbformat", reason="notebooks are run by nbclient, which is not installed")
    nbclient = pytest.importorskip("nbclient", reason="notebooks are run by nbclient, which is not installed")
    pytest.importorskip("ipykernel", reason="notebooks are run by ipykernel, which is not installed")
    pa = pytest.importorskip("pyarrow")
    notebook = nbformat.read(EXAMPLE, as_version=4)
    assert all(cell.outputs == [] for cell in notebook.cells if cell.cell_type == "code")

    home = tmp_path_factory.mktemp("jupyter")
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(home))
    with Emulator(datasets={"Flights": pa.table({"carrier": ["UA", "AA", "UA"]})}) as emulator:
        monkeypatch.setenv("DOMO_API_URL", emulator.url)
        monkeypatch.setenv("DOMO_CLIENT_ID", emulator.connection["client_id"])
        monkeypatch.setenv("DOMO_CLIENT_SECRET", emulator.connection["client_secret"])
        client = nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
        client.execute()
    tables = [
        output.data["text/html"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert len(tables) == 5
    for html in tables:
        assert "table" in Seen(html).tags
    assert list((tmp_path / "lake").glob("Flights*"))
