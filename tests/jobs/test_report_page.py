"""The page about a job, in a real browser: readable at any width, by keyboard, whatever DataSets are called."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from domo_async.errors import InvalidCredentialsError
from domo_async.jobs import Chronicler
from tests.browser import browser, ink, page
from tests.jobs.nights import HOSTILE, night

__all__ = ["browser", "page"]

WINDOWS = [(1280, 900, False), (390, 844, True)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    told = {
        "hostile": night(30, names=HOSTILE).chronicler.chronicle(),
        "large": night(300, failing=7).chronicler.chronicle(),
        "interrupted": night(12).chronicler.chronicle(interrupted=True),
        "empty": Chronicler().chronicle(),
    }
    return {name: chronicle.save(folder / f"{name}.html") for name, chronicle in told.items()}


@pytest.mark.parametrize(("width", "height", "dark"), WINDOWS)
@pytest.mark.parametrize("kind", ["hostile", "large", "interrupted", "empty"])
def test_every_page_fits_and_complains_of_nothing(page, pages, kind, width, height, dark):
    page.show(width=width, height=height, dark=dark)
    page.open(pages[kind].as_uri())
    assert page.problems == []
    assert page.overflow() == 0
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0, "it needs nothing but itself"
    assert ink(page.screenshot()) > 0.004
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.overflow() == 0, "also with everything opened"
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(19, 24, 27)") == dark


def test_names_are_text(page, pages):
    page.open(pages["hostile"].as_uri())
    assert page.evaluate("document.title").startswith("2 of 31 DataSets failed")
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.images.length") == 0
    names = page.evaluate("Array.from(document.querySelectorAll('#rows .text'), (one) => one.textContent)")
    for name in HOSTILE[:5]:
        assert name in names
    assert "line\nbreak\ufffd\ufffd[2J" in names, "control characters are shown as what cannot be shown"
    assert "id-0007" in names, "a name of spaces is no name"
    assert page.evaluate("document.querySelectorAll('#rows bdi').length") >= 29, "no name turns the line around"


def test_the_script_of_a_name_would_not_run_anyway(page, pages):
    """The policy of the page knows its own script only."""
    page.open(pages["hostile"].as_uri())
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}))"
    )
    assert page.evaluate("window.ran === undefined")


def test_a_timeline_of_hundreds(page, pages):
    """The most telling ones first; all others are one choice, or a few letters, away."""
    assert pages["large"].stat().st_size < 1_000_000
    page.open(pages["large"].as_uri())
    seen = "Array.from(document.querySelectorAll('#rows > li')).filter((row) => !row.hidden)"
    assert page.evaluate("document.querySelectorAll('#rows > li').length") == 300
    assert page.evaluate(f"{seen}.length") == 60
    assert page.evaluate(f"{seen}.filter((row) => row.className === 'failed').length") == 7
    assert page.text("#shown") == "60 of 300 DataSets"
    choose = "(id, value) => { const it = document.getElementById(id); it.value = value; "
    choose += "it.dispatchEvent(new Event(id === 'search' ? 'input' : 'change')); }"
    page.evaluate(f"({choose})('search', 'sales 299')")
    assert page.evaluate(f"{seen}.map((row) => row.dataset.name)") == ["sales 299"]
    page.evaluate(f"({choose})('search', '')")
    page.evaluate(f"({choose})('which', 'failed')")
    page.evaluate(f"({choose})('order', 'name')")
    names = page.evaluate(f"{seen}.map((row) => row.dataset.name)")
    assert (len(names), names) == (7, sorted(names))
    page.evaluate(f"({choose})('which', 'all')")
    assert page.text("#shown") == "300 DataSets"
    assert page.evaluate("document.querySelectorAll('#rows .track rect').length") > 1000


def test_a_closer_look_at_a_part_of_the_job(page, pages):
    """By buttons, or by drawing across a picture; the whole job is one press away."""
    page.open(pages["large"].as_uri())
    width = "document.querySelector('#rows .track rect').ownerSVGElement.getAttribute('width')"
    page.evaluate("document.querySelector('[data-zoom=in]').click()")
    assert page.evaluate(width) == "200%"
    assert page.overflow() == 0
    page.evaluate("document.querySelector('[data-zoom=whole]').click()")
    assert page.evaluate(width) == "100%"
    page.evaluate("document.querySelector('.chart').scrollIntoView({behavior: 'instant', block: 'center'})")
    left, top, right = page.evaluate(
        "(({left, top, right}) => [left, top, right])(document.querySelector('.chart').getBoundingClientRect())"
    )
    for kind, x in (("mousePressed", left + 10), ("mouseReleased", left + 10 + (right - left) / 4)):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=top + 20, button="left", clickCount=1)
    assert 390 < float(page.evaluate(width).rstrip("%")) < 410
    assert page.problems == []


def test_a_row_opens_by_keyboard_and_says_it_all(page, pages):
    page.open(pages["large"].as_uri())
    page.evaluate("document.querySelector('#rows li.failed summary').focus()")
    page.press("Enter")
    page.until("document.querySelector('#rows li.failed details').open")
    words = page.text("#rows li.failed .more")
    for part in ("id-0000", "Nothing is there", "deleted", "queued"):
        assert part in words


def test_pictures_have_words(page, pages):
    page.open(pages["large"].as_uri())
    labels = page.evaluate("Array.from(document.querySelectorAll('svg[role=img]'), (one) => one.ariaLabel)")
    assert len(labels) == 2
    assert all(labels)
    unnamed = "Array.from(document.querySelectorAll('svg')).filter("
    unnamed += "(one) => !one.closest('[aria-hidden=true]') && !one.closest('[role=img]'))"
    assert page.evaluate(f"{unnamed}.length") == 0
    levels = page.evaluate("Array.from(document.querySelectorAll('h1, h2, h3'), (one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


class Reader(HTMLParser):
    """What is in a page, as whoever runs no scripts gets it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]


def test_without_scripts_everything_is_there(pages):
    reader = Reader(pages["large"].read_text(encoding="utf-8"))
    words = "".join(reader.words)
    for part in ("7 of 301 DataSets failed", "Sales 299", "What to do: ", "Largest and slowest", "parquet"):
        assert part in words
    assert all(link.startswith("#") for link in reader.links), "nothing leads out of the page"
    assert not re.search(r"url\((?!#)", pages["large"].read_text(encoding="utf-8"))


def test_a_job_that_could_not_begin(page, tmp_path):
    error = InvalidCredentialsError("Domo refused the client id or the secret", status=401)
    page.open(Chronicler(target="lake").chronicle(error=error).save(tmp_path / "x.html").as_uri())
    words = page.text()
    assert "The job could not begin" in words
    assert "Check the client id and the secret" in words
    assert page.problems == []
