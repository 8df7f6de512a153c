"""The documentation site: every link leads somewhere, and the pages fit a telephone and a screen.

Building takes longer than looking, so ``nox -s docs`` builds the site once and names its folder in ``SITE``. Without it
the tests build one for themselves, where the tool for that is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.browser import Page, browser, page

__all__ = ["browser", "page"]

DOCS = Path(__file__).parents[2] / "docs"
HOME = "https://site.invalid/"
LOOKED_AT = ["index.html", "tutorial.html", "reference/datasets.html"]

pytestmark = pytest.mark.timeout(300)  # building on a busy machine


class Document(HTMLParser):
    """The links of a page, and what they can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: Counter[str] = Counter()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if attributes.get("id"):
            self.anchors[str(attributes["id"])] += 1
        if tag == "a" and attributes.get("href"):
            self.links.append(str(attributes["href"]))
        if tag in {"img", "script", "link"}:
            self.sources += filter(None, (attributes.get("src"), attributes.get("href")))


@cache
def document(path: Path) -> Document:
    return Document(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if "SITE" in os.environ:
        yield Path(os.environ["SITE"]).absolute()
        return
    if find_spec("zensical") is None or find_spec("mkdocstrings_handlers") is None:
        pytest.skip("the tools that build the site are not installed: the dependency group docs")
    copy = tmp_path_factory.mktemp("docs") / "docs"
    shutil.copytree(DOCS, copy, ignore=shutil.ignore_patterns(".*"))
    (copy.parent / "domo_async").symlink_to(DOCS.parent / "domo_async")  # where the reference is read from
    build = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(build, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield copy / ".site"


def broken(site: Path) -> Iterator[str]:
    """What the pages of a site point to and is not there."""
    for path in sorted(site.rglob("*.html")):
        if path.name == "404.html":
            continue  # it is served at any depth, so its links begin at the root of the host
        here = HOME + path.relative_to(site).as_posix()
        found = document(path)
        for link in {*found.links, *found.sources}:
            target = urlsplit(urljoin(here, link))
            if target.netloc != urlsplit(HOME).netloc or target.scheme not in {"http", "https"}:
                continue
            file = site / unquote(target.path).lstrip("/")
            if file.is_dir():
                file /= "index.html"
            anchor = unquote(target.fragment)
            if not file.is_file():
                yield f"{path.relative_to(site)}: {link}: there is no such file"
            elif anchor and file.suffix == ".html" and anchor not in document(file).anchors:
                yield f"{path.relative_to(site)}: {link}: there is no such place in it"


def test_every_internal_link_leads_somewhere(site: Path) -> None:
    assert list(broken(site)) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here">1</a><a href="#gone">2</a><a href="b.html">3</a></p>'
    )

    assert sorted(broken(tmp_path)) == [
        "a.html: #gone: there is no such place in it",
        "a.html: b.html: there is no such file",
    ]


def test_the_reference_shows_no_marks_of_docstrings_and_no_private_names(site: Path) -> None:
    for path in sorted((site / "reference").rglob("*.html")):
        text = path.read_text("utf-8")
        assert "<p>::</p>" not in text, path.name
        assert not re.search(r"<code[^>]*>_[A-Z]", text), f"{path.name}: a default"


def test_every_page_is_in_the_navigation(site: Path) -> None:
    pages = {path.relative_to(DOCS / "pages").with_suffix(".html") for path in (DOCS / "pages").rglob("*.md")}
    linked = {unquote(urlsplit(urljoin(HOME, link)).path).lstrip("/") for link in document(site / "index.html").links}

    assert {page.as_posix() for page in pages} - {"index.html"} <= linked


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_their_window(site: Path, page: Page, width: int) -> None:
    page.show(width=width)
    for name in LOOKED_AT:
        page.open((site / name).as_uri())

        assert page.overflow() == 0, name
        assert "domo_async" in str(page.evaluate("document.title")), name
        assert page.text("h1").strip(), name
