"""The wire of the DataSet operations: method, path, query, headers and body of each, as Domo documents them."""

import json
import re
from datetime import UTC, datetime

import pytest
import respx

from domo_async import AsyncDomo
from domo_async.errors import (
    AuthenticationError,
    IncompleteDataError,
    InsufficientScopeError,
    InvalidArgumentError,
    InvalidResponseError,
    MaintenanceError,
    NotFoundError,
    PermissionDeniedError,
    QueryError,
)
from domo_async.models import ColumnType

pytestmark = pytest.mark.anyio

API = "https://api.domo.com"
ID = "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21"
DATASET = {
    "id": ID,
    "name": "Harbour Tides",
    "rows": 8760,
    "columns": 1,
    "schema": {"columns": [{"type": "STRING", "name": "gauge"}]},
    "owner": {"id": 412200871, "name": "Ines Okafor"},
    "updatedAt": "2025-03-02T06:10:03.114Z",
}
RESULT = {
    "datasource": ID,
    "columns": ["gauge", "n"],
    "metadata": [{"type": "STRING"}, {"type": "LONG", "aggregated": True}],
    "rows": [["north", 4380], ["south", None]],
    "numRows": 2,
    "numColumns": 2,
    "fromcache": False,
}


@pytest.fixture
def wire():
    with respx.mock(base_url=API, assert_all_called=False) as router:
        router.get("/oauth/token", name="grant").respond(json={"access_token": "the-token", "expires_in": 3599})
        yield router


@pytest.fixture
async def domo(wire):
    # respx replaces the network of httpx and cannot see aiohttp's.
    async with AsyncDomo("id", "secret", transport="httpx", retries=0) as domo:
        yield domo


def sent(wire):
    """The one request besides the grant."""
    (call,) = (call for call in wire.calls if call.request.url.path != "/oauth/token")
    return call.request


def nothing_was_sent(wire):
    return len(wire.calls) == 0


def assert_headers(request, accept="application/json", content_type=None):
    assert request.headers["authorization"] == "Bearer the-token"
    assert request.headers["accept"] == accept
    assert request.headers.get("content-type") == content_type
    assert re.fullmatch(r"domo-async/\S+ httpx/\S+ python/\S+", request.headers["user-agent"])


# list


async def test_list_asks_for_a_page(wire, domo):
    wire.get("/v1/datasets").respond(json=[DATASET])

    page = await domo.datasets.list()

    request = sent(wire)
    assert (request.method, request.url.raw_path) == ("GET", b"/v1/datasets?limit=50&offset=0")
    assert request.content == b""
    assert_headers(request)
    assert [dataset.id for dataset in page] == [ID]


async def test_list_passes_on_what_narrows_and_orders(wire, domo):
    wire.get("/v1/datasets").respond(json=[])

    await domo.datasets.list(name_like="tides & ünder", sort="lastUpdatedAscending", limit=10, offset=40, page_size=20)

    assert sent(wire).url.raw_path == (
        b"/v1/datasets?sort=lastUpdatedAscending&nameLike=tides%20%26%20%C3%BCnder&limit=10&offset=40"
    )


@pytest.mark.parametrize("nothing", [None, ""])
async def test_list_leaves_an_empty_name_like_out(wire, domo, nothing):
    wire.get("/v1/datasets").respond(json=[])

    assert await domo.datasets.list(name_like=nothing, sort=None).collect() == []
    assert sent(wire).url.query == b"limit=50&offset=0"


@pytest.mark.parametrize(
    "arguments",
    [{"page_size": 51}, {"page_size": 0}, {"limit": -1}, {"offset": -1}, {"limit": 1.5}, {"offset": True}],
    ids=str,
)
async def test_list_refuses_numbers_out_of_range_before_the_wire(wire, domo, arguments):
    with pytest.raises(InvalidArgumentError, match=next(iter(arguments))):
        domo.datasets.list(**arguments)

    assert nothing_was_sent(wire)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'{"message": "x"}', b"[{}]", b'[{"id": null}]', b'[{"id": "7"}', b"<html></html>"]
)
async def test_list_names_an_answer_that_is_no_listing(wire, domo, body):
    wire.get("/v1/datasets").respond(200, content=body)

    with pytest.raises(
        InvalidResponseError, match=r"datasets\.list: GET /v1/datasets: Domo answered 200 with"
    ) as caught:
        await domo.datasets.list()

    assert caught.value.retryable


# get


async def test_get_asks_for_one(wire, domo):
    wire.get(f"/v1/datasets/{ID}").respond(json=DATASET)

    dataset = await domo.datasets.get(ID)

    request = sent(wire)
    assert (request.method, request.url.raw_path) == ("GET", f"/v1/datasets/{ID}".encode())
    assert_headers(request)
    assert dataset.schema.columns[0].type is ColumnType.STRING
    assert dataset.updated_at == datetime(2025, 3, 2, 6, 10, 3, 114_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dataset_id", "segment"),
    [
        ("a/b", b"a%2Fb"),
        ("a b?x=1#y", b"a%20b%3Fx%3D1%23y"),
        ("../users", b"..%2Fusers"),
        ("%2e%2e", b"%252e%252e"),
        ("ä", b"%C3%A4"),
        ("...", b"..."),
        (7, b"7"),
    ],
)
async def test_an_id_stays_one_segment_of_the_path(wire, domo, dataset_id, segment):
    wire.route(method="GET", url__startswith=f"{API}/v1/").respond(json=DATASET)

    await domo.datasets.get(dataset_id)

    assert sent(wire).url.raw_path == b"/v1/datasets/" + segment


@pytest.mark.parametrize("dataset_id", ["", " ", ".", "..", "\t", True])
@pytest.mark.parametrize(
    "operation",
    [
        lambda datasets, dataset_id: datasets.get(dataset_id),
        lambda datasets, dataset_id: datasets.query(dataset_id, "SELECT 1"),
        lambda datasets, dataset_id: datasets.export(dataset_id).__aenter__(),
    ],
    ids=["get", "query", "export"],
)
async def test_what_is_no_id_is_refused_before_the_wire(wire, domo, dataset_id, operation):
    with pytest.raises(InvalidArgumentError, match=r"dataset_id: .* is not an id"):
        await operation(domo.datasets, dataset_id)

    assert nothing_was_sent(wire)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"status": 404, "statusReason": "Not Found", "toe": "8VG"}, NotFoundError),
        (400, {"status": 400, "message": "Infrastructure problem (403): Access is denied"}, PermissionDeniedError),
        (403, {"status": 403, "message": "Forbidden"}, InsufficientScopeError),
    ],
)
async def test_get_names_what_stands_in_the_way(wire, domo, status, body, kind):
    wire.get(f"/v1/datasets/{ID}").respond(status, json=body)

    with pytest.raises(kind) as caught:
        await domo.datasets.get(ID)

    error = caught.value
    assert type(error) is kind
    assert (error.operation, error.method, error.path) == ("datasets.get", "GET", f"/v1/datasets/{ID}")
    assert (error.status, error.attempts) == (status, 1)
    if isinstance(error, InsufficientScopeError):
        assert error.required_scope == "data"


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_any_success_is_one(wire, domo, status):
    wire.get(f"/v1/datasets/{ID}").respond(status, json=DATASET)

    assert (await domo.datasets.get(ID)).name == "Harbour Tides"


async def test_an_empty_answer_where_a_dataset_is_promised_is_named(wire, domo):
    wire.get(f"/v1/datasets/{ID}").respond(204)

    with pytest.raises(InvalidResponseError, match="answered 204"):
        await domo.datasets.get(ID)


# query


async def test_query_posts_the_sql_as_json(wire, domo):
    wire.post(f"/v1/datasets/query/execute/{ID}").respond(json=RESULT)
    sql = "SELECT gauge, 'ü\"' FROM table"

    result = await domo.datasets.query(ID, sql)

    request = sent(wire)
    assert (request.method, request.url.raw_path) == ("POST", f"/v1/datasets/query/execute/{ID}".encode())
    assert json.loads(request.content) == {"sql": sql}
    assert_headers(request, content_type="application/json")
    assert list(result.columns) == ["gauge", "n"]
    assert [list(row) for row in result.rows] == [["north", 4380], ["south", None]]


@pytest.mark.parametrize("sql", [None, {"sql": "SELECT 1"}, 5, b"SELECT 1", "", "  \n"])
async def test_query_refuses_what_is_no_sql_before_the_wire(wire, domo, sql):
    with pytest.raises(InvalidArgumentError, match="sql: expected the text of a query"):
        await domo.datasets.query(ID, sql)

    assert nothing_was_sent(wire)


@pytest.mark.parametrize(
    "words",
    [
        "There was a problem executing the SQL query: Invalid column(s) referenced",
        "There was a problem executing the SQL query: Error processing query request: Unable to parse SQL: SELECT",
    ],
)
async def test_bad_sql_is_a_query_error_in_domos_words(wire, domo, words):
    wire.post(f"/v1/datasets/query/execute/{ID}").respond(400, text=words)

    with pytest.raises(QueryError) as caught:
        await domo.datasets.query(ID, "SELECT nothing FROM table")

    assert caught.value.message == words
    assert "SELECT nothing" not in str(caught.value), "errors hold no request body"


async def test_a_query_is_repeated_like_a_read(wire):
    route = wire.post(f"/v1/datasets/query/execute/{ID}")
    route.side_effect = [respx.MockResponse(503, headers={"retry-after": "0"}), respx.MockResponse(200, json=RESULT)]

    async with AsyncDomo("id", "secret", transport="httpx", retries=1) as domo:
        await domo.datasets.query(ID, "SELECT 1")

    assert [json.loads(call.request.content) for call in route.calls] == [{"sql": "SELECT 1"}] * 2


@pytest.mark.parametrize(("rows", "counted"), [(RESULT["rows"], 3), ([], 1), (None, 2)])
async def test_a_query_without_all_of_its_rows_is_an_error(wire, domo, rows, counted):
    wire.post(f"/v1/datasets/query/execute/{ID}").respond(json=RESULT | {"rows": rows, "numRows": counted})

    with pytest.raises(IncompleteDataError) as caught:
        await domo.datasets.query(ID, "SELECT gauge FROM table")

    assert caught.value.message == f"{len(rows or [])} rows of the query arrived, and Domo counted {counted}"
    assert (caught.value.operation, caught.value.retryable) == ("datasets.query", True)


async def test_a_query_without_all_of_its_rows_is_repeated(wire):
    route = wire.post(f"/v1/datasets/query/execute/{ID}")
    route.side_effect = [respx.MockResponse(json=RESULT | {"numRows": 3}), respx.MockResponse(json=RESULT)]

    async with AsyncDomo("id", "secret", transport="httpx", retries=1) as domo:
        assert len(await domo.datasets.query(ID, "SELECT 1")) == 2

    assert route.call_count == 2


@pytest.mark.parametrize("counted", [None, "absent", 2, 1, 0, -1])
async def test_a_query_is_not_doubted_where_domo_does_not_count_its_rows(wire, domo, counted):
    """The number may be missing, and one that is too small speaks of something else."""
    answer = RESULT | {"numRows": counted}
    if counted == "absent":
        del answer["numRows"]
    wire.post(f"/v1/datasets/query/execute/{ID}").respond(json=answer)

    assert len(await domo.datasets.query(ID, "SELECT gauge FROM table")) == 2


# export


async def test_export_asks_for_csv(wire, domo):
    wire.get(f"/v1/datasets/{ID}/data").respond(200, text="north\nsouth\n", headers={"content-type": "text/csv"})

    async with domo.datasets.export(ID) as body:
        content = b"".join([chunk async for chunk in body])

    request = sent(wire)
    assert (request.method, request.url.raw_path) == ("GET", f"/v1/datasets/{ID}/data?includeHeader=false".encode())
    assert_headers(request, accept="text/csv")
    assert content == b"north\nsouth\n"


async def test_export_passes_its_options_on(wire, domo):
    wire.get(f"/v1/datasets/{ID}/data").respond(200, text="")

    async with domo.datasets.export(
        ID, include_header=True, file_name="math party.csv", disable_formula_interpretation=True
    ) as body:
        assert [chunk async for chunk in body] == []

    assert sent(wire).url.query == b"includeHeader=true&fileName=math%20party.csv&disableFormulaInterpretation=true"


async def test_export_refuses_a_page_where_rows_should_be(wire, domo):
    page = "<!DOCTYPE html><html><head><title>Domo Maintenance</title></head></html>"
    wire.get(f"/v1/datasets/{ID}/data").respond(200, html=page)

    with pytest.raises(MaintenanceError):
        async with domo.datasets.export(ID):
            pass


@pytest.mark.parametrize(
    "answer", [{"status_code": 406}, {"status_code": 406, "text": "UnauthorizedException"}], ids=str
)
async def test_a_406_that_stays_after_the_refresh_is_an_authentication_error(wire, domo, answer):
    wire.get(f"/v1/datasets/{ID}/data").respond(**answer)

    with pytest.raises(AuthenticationError) as caught:
        async with domo.datasets.export(ID):
            pass

    assert caught.value.status == 406
