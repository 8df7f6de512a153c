"""The page at ``/``: what it says and what it never says, who sees it, and how it looks and moves in a browser."""

from __future__ import annotations

import re

import httpx
import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from domo_async.emulator import Emulator
from tests.browser import Page, browser, ink, page

__all__ = ["browser", "page"]

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
SCHEMA = {"columns": [{"type": "LONG", "name": "n"}, {"type": "STRING", "name": HOSTILE}]}


@pytest.fixture
def filled(emulator, client):
    """An emulator with some of everything that the pages show, under names that mean harm."""
    rows = {HOSTILE: [HOSTILE, "", None], "price": pa.array(["1.50", None, "2.25"]).cast(pa.decimal128(9, 2))}
    emulator.hostile = emulator.add_dataset(HOSTILE, pa.table(rows), description=HOSTILE)
    emulator.add_client(client_id="nightly", client_secret="shh-client", scopes=["data"], name=HOSTILE)
    emulator.disable_client("nightly")
    emulator.people.add_user("Ada", "ada@x.example", password="shh-password")
    account = {"name": "a", "type": {"id": "token-api", "properties": {"token": "shh-account"}}}
    client.post("/v1/accounts", json=account).raise_for_status()
    body = {"dataSet": {"name": f"Streamed {HOSTILE}", "schema": SCHEMA}, "updateMethod": "APPEND"}
    stream = f"/v1/streams/{client.post('/v1/streams', json=body).json()['id']}/executions"
    for end in ("abort", "commit", None):
        execution = f"{stream}/{client.post(stream).json()['id']}"
        client.put(f"{execution}/part/1", content="1,a\n").raise_for_status()
        client.put(f"{execution}/part/2", content="2,b\n3,c\n").raise_for_status()
        if end:
            client.put(f"{execution}/{end}").raise_for_status()
    policy = {
        "name": HOSTILE,
        "users": [27],
        "filters": [{"column": "price", "operator": "EQUALS", "values": [HOSTILE]}],
    }
    client.post(f"/v1/datasets/{emulator.hostile}/policies", json=policy).raise_for_status()
    client.put(f"/v1/datasets/{emulator.hostile}", json={"pdpEnabled": True}).raise_for_status()
    client.get("/v1/datasets", params={"limit": 3, "client_secret": "shh-query", "nameLike": HOSTILE})
    client.get(f"/v1/{HOSTILE}")
    emulator.faults.add("status", status=429, retry_after=2, path=f"/v1/{HOSTILE}", times=3)
    return emulator


def paths(emulator):
    return ["/", f"/_emulator/datasets/{emulator.hostile}", "/_emulator/streams/1", "/_emulator/datasets/<b>"]


def test_the_overview_names_all_there_is(filled, client):
    text = httpx.get(filled.url).text
    for words in (
        "Flights",
        "DomoSupport (27)",
        "nightly",
        "disabled",
        "APPEND",
        "ACTIVE",
        "/v1/streams/1/executions/2",
    ):
        assert words in text
    assert "at most 3 times" in text
    assert "status=429, retry_after=2" in text
    assert text.count('<span class="pill">workflow</span>') == 2  # of the first client and of its token
    stream = httpx.get(f"{filled.url}/_emulator/streams/1").text
    assert re.findall(r">(SUCCESS|ERROR|ACTIVE)<", stream) in (
        ["ACTIVE", each, "ERROR"] for each in ("SUCCESS", "ACTIVE")
    )
    dataset = httpx.get(f"{filled.url}/_emulator/datasets/{filled.hostile}").text
    assert "price EQUALS" in dataset
    assert "2.25" in dataset


def test_no_page_tells_a_secret(filled, client):
    token = client.headers["authorization"].split()[1]
    secrets = [client.client_secret for client in filled.clients.all()]
    texts = [httpx.get(f"{filled.url}{path}").text for path in paths(filled)]
    texts.append(httpx.get(f"{filled.url}/_emulator/clients").text)
    for text in texts:
        assert "shh-" not in text
        assert not any(secret in text for secret in (*secrets, token, token.rpartition(".")[2]))


def test_names_are_text(filled):
    """Nothing that a caller named becomes a part of a page."""
    for path in paths(filled):
        text = httpx.get(f"{filled.url}{path}").text
        assert "<script>document" not in text
        assert "<img" not in text
        assert "<b>" not in text
        assert text.count("<script") == 1


def test_pages_need_nothing_from_elsewhere(filled):
    """No style, script, font or picture is loaded, and the browser is told so."""
    for path in paths(filled):
        answer = httpx.get(f"{filled.url}{path}")
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'nonce-")
        references = re.findall(r'(?:src|href|action)="([^"]*)"', answer.text)
        assert all(each.startswith(("/", "#", "?", "data:")) for each in references)


def test_pages_are_no_requests_of_the_api(emulator):
    """They are not recorded, no fault strikes them, they wait for no latency, and they need no token."""
    emulator.latency = 30
    emulator.faults.add("status", status=500, path="^.*")
    assert httpx.get(emulator.url).status_code == 200
    assert httpx.head(f"{emulator.url}/").status_code == 200
    assert httpx.get(f"{emulator.url}/_emulator/datasets/{emulator.dataset_ids['Flights']}").status_code == 200
    assert emulator.requests == ()
    assert emulator.faults.active()[0].hits == 0
    assert httpx.post(emulator.url).status_code == 405


@pytest.mark.parametrize("path", ["/_emulator/streams/9", "/_emulator/streams/x", "/_emulator/datasets/x"])
def test_what_is_not_there_is_a_page_too(shared_emulator, path):
    answer = httpx.get(f"{shared_emulator.url}{path}")
    assert answer.status_code == 404
    assert "There is no such" in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("192.168.7.7", 200),
        ("localhost", 200),
        ("LOCALHOST.:80", 200),
        ("domo.localhost:8080", 200),
        ("host.docker.internal", 200),
        ("emulator:8080", 200),
        ("rebound.example.com:8080", 403),
        ("127.0.0.1.evil.com", 403),
        ("localhost.evil.com", 403),
        ("evil.com/localhost", 403),
        ("user@evil.com", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/_emulator/stats", "/_emulator/clients"])
def test_only_names_that_nobody_can_turn_round_are_answered(shared_emulator, path, host, status):
    """Otherwise any web page could read all this through the developer's own browser."""
    answer = httpx.get(f"{shared_emulator.url}{path}", headers={"host": host})
    assert answer.status_code == status
    assert status == 200 or "clients" not in answer.text


def test_the_name_to_listen_on_is_answered():
    emulator = Emulator(host="domo.example.com")
    with httpx.Client(transport=InProcess(emulator.app), base_url="http://domo.example.com") as client:
        assert client.get("/_emulator/stats").status_code == 200
        assert client.get("/_emulator/stats", headers={"host": "other.example.com"}).status_code == 403
    emulator.close()


@pytest.mark.parametrize(("origin", "status"), [(None, 201), ("same", 201), ("http://evil.com", 403), ("null", 403)])
def test_pages_of_others_change_nothing(emulator, origin, status):
    """A form or script elsewhere cannot switch a fault on: the browser says where it comes from."""
    headers = {} if origin is None else {"origin": emulator.url if origin == "same" else origin}
    answer = httpx.post(f"{emulator.url}/_emulator/faults", content='{"kind": "reset"}', headers=headers)
    assert answer.status_code == status
    assert len(emulator.faults.active()) == (status == 201)


def test_many_of_anything_come_in_slices():
    """The page stays small whatever is inside."""
    with Emulator(datasets={f"D{number}": pa.table({"n": [number]}) for number in range(120)}) as emulator:
        first, second, third, beyond = (
            httpx.get(emulator.url, params={"datasets": offset, "clients": 0}) for offset in (0, 50, 100, 500)
        )
        assert [len(re.findall(r">D\d+</a>", each.text)) for each in (first, second, third, beyond)] == [50, 50, 20, 0]
        assert ">D119</a>" in first.text
        assert ">D0</a>" in third.text
        assert "50 of 120" in first.text
        assert 'href="?datasets=100#datasets">Older' in second.text
        assert 'href="?datasets=0#datasets">Newer' in second.text
        assert httpx.get(emulator.url, params={"datasets": "-1"}).status_code == 400


def test_large_rows_are_cut():
    """A preview has at most 50 rows and 60 columns, and of each cell the beginning."""
    wide = {f"c{number}": ["x" * 10_000] * 70 for number in range(80)}
    with Emulator(datasets={"Wide": pa.table(wide)}) as emulator:
        answer = httpx.get(f"{emulator.url}/_emulator/datasets/{emulator.dataset_ids['Wide']}")
        assert "50 of 70 rows, 60 of 80 columns" in answer.text
        assert answer.text.count("x" * 200 + "…") == 50 * 60
        assert "x" * 201 not in answer.text


def test_links_lead_back_to_where_it_is_mounted(emulator):
    """Under a path of another application the pages link to that path, and are still no requests of the API."""
    with httpx.Client(transport=InProcess(Starlette(routes=[Mount("/domo", emulator.app)]))) as client:
        text = client.get("http://test/domo/").text
        link = re.search(r'href="(/domo/_emulator/datasets/[^"]+)"', text)[1]
        assert "Flights" in client.get(f"http://test{link}").text
        assert client.get("http://test/domo/v1/datasets").status_code == 401
    assert [request.path for request in emulator.requests] == ["/domo/v1/datasets"]


class InProcess(httpx.BaseTransport):
    """Calls an ASGI application from plain code."""

    def __init__(self, app):
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request):
        import anyio

        async def call():
            answer = await self._transport.handle_async_request(request)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        return anyio.run(call)


# In a browser


def refresh(page: Page) -> None:
    """Let the page look for what is new now, as it does every other second."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_every_page_is_shown_whole(filled, page):
    """At the width of a phone and of a desk, in light and in dark: something is there, and nothing sticks out."""
    for path in paths(filled):
        for width, dark in ((390, False), (1280, True)):
            page.show(width=width, dark=dark)
            page.open(f"{filled.url}{path}")
            assert page.overflow() == 0, (path, width)
            assert ink(page.screenshot()) > 0.004, (path, width)
            background = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
            assert background is dark
            assert page.evaluate("document.title").endswith("domo_async emulator")
            assert "owned" not in page.evaluate("document.title").replace(HOSTILE, "")
            # A page that is not there is an error to the browser, and nothing else is.
            assert [each for each in page.problems if "404" not in each] == []


def test_it_says_what_is_inside(filled, page):
    page.open(filled.url)
    shown = page.text("main")
    for words in ("Flights", HOSTILE, "DomoSupport (27)", "nightly", "APPEND", "429", "client_secret=…"):
        assert words in shown
    page.open(f"{filled.url}/_emulator/datasets/{filled.hostile}")
    rows = page.evaluate(
        "[...document.querySelectorAll('#rows-table tbody tr')].map(row => [...row.cells].map(cell => cell.innerText))"
    )
    assert rows == [["1", HOSTILE, "1.50"], ["2", "empty", "null"], ["3", "null", "2.25"]]


def test_the_keyboard_leads_everywhere(filled, page):
    """The first key skips to the content; every table can be reached and scrolled; Enter follows a link."""
    page.open(filled.url)
    page.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    reached = []
    for _ in range(30):
        page.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        if reached[-1] == f"dataset-{filled.hostile}":
            break
    assert {"live-button", "faults-table", "datasets-table"} <= set(reached)
    page.press("Enter")
    page.loaded()
    assert HOSTILE in page.text("h1")


def test_it_stays_up_to_date_in_its_place(filled, page):
    """What is new appears; the window, a scrolled table and the focus stay; a pause is a pause."""
    page.show(width=390, height=500)
    page.open(filled.url)
    page.evaluate("document.getElementById('datasets-table').scrollLeft = 40")
    page.evaluate("document.querySelector('#datasets-table a').focus({ preventScroll: true })")
    page.evaluate("scrollTo({ top: 350, behavior: 'instant' })")
    focused = page.evaluate("document.activeElement.id")
    filled.add_dataset("Brand new", pa.table({"n": [1]}))
    refresh(page)
    page.until("document.body.innerText.includes('Brand new')")
    assert page.evaluate("document.activeElement.id") == focused
    assert page.evaluate("document.getElementById('datasets-table').scrollLeft") == 40
    assert page.evaluate("scrollY") == 350

    page.evaluate("document.getElementById('live-button').click()")
    assert page.text("#live-status") == "Paused"
    filled.faults.clear()
    refresh(page)
    assert "at most 3 times" in page.text()
    page.evaluate("document.getElementById('live-button').click()")
    page.until("document.body.innerText.includes('None is switched on.')")
    assert page.problems == []

    filled.stop()
    refresh(page)
    page.until("document.getElementById('live-status').innerText === 'The emulator does not answer'")
