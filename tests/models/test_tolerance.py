"""Reading is tolerant: documented examples parse, and whatever else comes is parsed or named as unreadable."""

import contextlib
import copy
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domo_async import AsyncDomo, DomoError, models
from domo_async.models import (
    AccessToken,
    Column,
    ColumnType,
    DataSet,
    DataSetSummary,
    FilterOperator,
    Policy,
    PolicyFilter,
    QueryResponse,
    Schema,
)
from domo_async.models.base import DomoModel, parse_timestamp

# Examples may take their time: other work on the machine must not fail a test.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])

OWNER = {"id": 412200871, "name": "Ines Okafor"}
ITEM = {
    "id": "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21",
    "name": "Harbour Tides",
    "description": "hourly gauge",
    "rows": 8760,
    "columns": 4,
    "owner": OWNER,
    "dataCurrentAt": "2025-03-02T06:10:00Z",
    "createdAt": "2024-11-20T09:00:12Z",
    "updatedAt": "2025-03-02T06:10:03.114Z",
    "pdpEnabled": False,
}
ALL_ROWS = {"id": 1, "type": "open", "name": "All Rows", "filters": [], "users": [], "virtualUsers": [], "groups": []}
POLICY = {
    "id": 12,
    "type": "user",
    "name": "North only",
    "filters": [{"column": "gauge", "values": ["north"], "operator": "EQUALS", "not": False}],
    "users": [412200871],
    "virtualUsers": ["vu:ext-7"],
    "groups": [90210],
}
DETAIL = {
    **ITEM,
    "schema": {
        "columns": [
            {"type": "STRING", "name": "gauge"},
            {"type": "DATETIME", "name": "taken"},
            {"type": "DECIMAL", "name": "level_m"},
            {"type": "LONG", "name": "samples"},
        ]
    },
    "pdpEnabled": True,
    "policies": [ALL_ROWS],
}
STUB = {"id": ITEM["id"], "name": "Harbour Tides", "deleted": True}
CREATED = {
    name: DETAIL[name] for name in ("id", "name", "description", "schema", "owner", "createdAt", "updatedAt")
} | {
    "rows": 0,
    "columns": 0,
}
QUERY = {
    "datasource": ITEM["id"],
    "columns": ["gauge", "n"],
    "metadata": [
        {"type": "STRING", "dataSourceId": ITEM["id"], "maxLength": -1, "minLength": -1, "periodIndex": 0},
        {
            "type": "LONG",
            "dataSourceId": ITEM["id"],
            "maxLength": -1,
            "minLength": -1,
            "periodIndex": 0,
            "aggregated": True,
        },
    ],
    "rows": [["north", 4380], ["south", None], [1.5, True]],
    "numRows": 3,
    "numColumns": 2,
    "fromcache": False,
}
TOKEN = {
    "access_token": "eyJhbGciOiJSUzI1NiJ9.eyJyb2xlIjoiQWRtaW4ifQ.c2ln",
    "token_type": "bearer",
    "expires_in": 3599,
    "scope": "data user",
    "customer": "birchworks",
    "env": "prod1",
    "domain": "birchworks.domo.com",
    "userId": 412200871,
    "role": "Admin",
    "jti": "5b0f1b44-6f0a-4c0e-9d7f-0f6d6c1f2b11",
}
EXAMPLES = [
    (DataSetSummary, ITEM),
    (DataSetSummary, STUB),
    (DataSet, DETAIL),
    (DataSet, CREATED),
    (DataSet, STUB),
    (Policy, POLICY),
    (Policy, ALL_ROWS),
    (QueryResponse, QUERY),
    (AccessToken, TOKEN),
]
NAMES = [f"{model.__name__} {number}" for number, (model, _) in enumerate(EXAMPLES)]


@pytest.mark.parametrize(("model", "example"), EXAMPLES, ids=NAMES)
def test_documented_examples_parse_with_nothing_left_over(model, example):
    parsed = model.model_validate_json(json.dumps(example))

    assert not parsed.model_extra
    assert isinstance(parsed, model)


def test_what_a_dataset_says_is_there_in_pythons_words():
    dataset = DataSet.model_validate_json(json.dumps(DETAIL))

    assert (dataset.id, dataset.name, dataset.rows, dataset.columns) == (ITEM["id"], "Harbour Tides", 8760, 4)
    assert dataset.schema is not None
    assert dataset.owner is not None
    assert dataset.schema.names == ["gauge", "taken", "level_m", "samples"]
    assert [column.type for column in dataset.schema.columns] == [
        ColumnType.STRING,
        ColumnType.DATETIME,
        ColumnType.DECIMAL,
        ColumnType.LONG,
    ]
    assert dataset.owner.name == "Ines Okafor"
    assert dataset.updated_at == datetime(2025, 3, 2, 6, 10, 3, 114_000, tzinfo=UTC)
    assert dataset.policies[0].type == "open"


def test_the_stub_of_a_deleted_dataset_is_a_dataset():
    stub = DataSet.model_validate(STUB)

    assert stub.deleted is True
    assert (stub.schema, stub.policies, stub.rows, stub.created_at) == (None, [], None, None)


def test_unknown_fields_are_kept():
    dataset = DataSetSummary.model_validate({**ITEM, "transportType": "API", "nested": {"a": [1]}})

    assert dataset.model_extra == {"transportType": "API", "nested": {"a": [1]}}


def test_unknown_enum_values_are_kept_as_text():
    assert Column(name="x", type="GEOGRAPHY").type == "GEOGRAPHY"
    assert Policy(type="future").type == "future"
    assert PolicyFilter(operator="SOUNDS_LIKE").operator == "SOUNDS_LIKE"
    assert type(Column(name="x", type="LONG").type) is ColumnType


def test_null_is_read_like_a_missing_field():
    assert Column.model_validate({"name": "x", "type": None}).type is ColumnType.STRING
    assert PolicyFilter.model_validate({"operator": None, "values": None}).operator is FilterOperator.EQUALS
    assert Schema.model_validate({"columns": None}).columns == []
    assert QueryResponse.model_validate({"columns": None, "rows": None, "metadata": None}).rows == []


@pytest.mark.parametrize("identity", [7, "7", "vu:324ds", 2**53 + 1])
def test_ids_stay_what_they_are(identity):
    assert Policy.model_validate({"id": identity, "users": [identity]}).id == identity
    assert type(Policy.model_validate({"id": identity}).id) is type(identity)


def test_a_number_where_text_is_documented_is_text():
    assert DataSetSummary.model_validate({"id": 7, "name": 2026}).name == "2026"
    assert QueryResponse.model_validate({"rows": [[7, 1.5, "7", None, True]]}).rows == [[7, 1.5, "7", None, True]]


@pytest.mark.parametrize("name", ["fromcache", "fromCache"])
def test_the_cache_mark_of_a_query_is_read_in_both_spellings(name):
    assert QueryResponse.model_validate({name: True}).from_cache is True


# Mutations


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**300, 10**320),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["017-06-12T20:23:57Z", "2025-13-45", "NaN", "", "UPSERT", "2017-12-13 25:57:35 PM", 10**400, -1]),
    st.lists(st.none() | st.integers() | st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2),
)


def places(document, path=()):
    """Paths of all values in a JSON document."""
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in members:
        yield (*path, key)
        yield from places(value, (*path, key))


@st.composite
def mutated(draw, example):
    document = copy.deepcopy(example)
    for _ in range(draw(st.integers(1, 4))):
        paths = list(places(document))
        if not paths:
            break
        *parents, key = draw(st.sampled_from(paths))
        target = document
        for parent in parents:
            target = target[parent]
        how = draw(st.sampled_from(["null", "odd", "missing", "extra"]))
        if how == "missing":
            del target[key]
        elif how == "extra" and isinstance(target, dict):
            target[draw(st.text(min_size=1, max_size=8))] = draw(ODD)
        else:
            target[key] = None if how == "null" else draw(ODD)
    return document


@pytest.mark.parametrize(("model", "example"), EXAMPLES, ids=NAMES)
@PATIENT
@given(data=st.data())
def test_a_changed_example_is_read_or_refused_and_never_breaks_the_reader(model, example, data):
    document = json.dumps(data.draw(mutated(example)))
    try:
        parsed = model.model_validate_json(document)
    except ValidationError:
        return
    repr(parsed)
    parsed.model_dump_json()


@pytest.mark.parametrize(("model", "example"), EXAMPLES, ids=NAMES)
def test_every_field_but_the_identity_may_be_null_or_missing(model, example):
    for path in places(example):
        if path[-1] in {"id", "access_token"} and len(path) == 1 and model is not Policy:
            continue
        if isinstance(path[-1], int):
            continue  # an element of a list is nothing that could be left out
        is_column_name = path[:2] == ("schema", "columns") and path[-1] == "name"
        for leave_out in (False,) if is_column_name else (True, False):
            document = copy.deepcopy(example)
            target = document
            for parent in path[:-1]:
                target = target[parent]
            if leave_out:
                del target[path[-1]]
            else:
                target[path[-1]] = None
            assert model.model_validate_json(json.dumps(document))


@pytest.mark.parametrize("path", ["list", "get", "query"])
@settings(PATIENT, max_examples=25)
@given(data=st.data())
def test_only_our_own_errors_come_out_of_a_call(path, data, anyio_backend):
    example = {"list": [ITEM, STUB], "get": DETAIL, "query": QUERY}[path]
    body = data.draw(st.one_of(mutated(example).map(json.dumps).map(str.encode), st.binary(max_size=40)))

    def serve(request):
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json=TOKEN)
        return httpx.Response(200, content=body)

    async def call():
        async with AsyncDomo("id", "secret", transport=httpx.MockTransport(serve), retries=0) as domo:
            with contextlib.suppress(DomoError):
                if path == "list":
                    await domo.datasets.list(limit=2)
                elif path == "get":
                    await domo.datasets.get("7")
                else:
                    await domo.datasets.query("7", "SELECT 1")

    anyio.run(call, backend=anyio_backend)


# Times


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2016-06-21T17:20:36Z", datetime(2016, 6, 21, 17, 20, 36, tzinfo=UTC)),
        ("2016-02-29T20:56:20.567Z", datetime(2016, 2, 29, 20, 56, 20, 567_000, tzinfo=UTC)),
        ("2016-02-29T20:56:20.5678901Z", datetime(2016, 2, 29, 20, 56, 20, 567_890, tzinfo=UTC)),
        ("2016-06-21T19:20:36+02:00", datetime(2016, 6, 21, 17, 20, 36, tzinfo=UTC)),
        ("2016-06-21T19:20:36+0200", datetime(2016, 6, 21, 17, 20, 36, tzinfo=UTC)),
        ("2019-03-19T18:49:02", datetime(2019, 3, 19, 18, 49, 2, tzinfo=UTC)),
        ("2019-03-19 18:49:02", datetime(2019, 3, 19, 18, 49, 2, tzinfo=UTC)),
        ("2019-03-19", datetime(2019, 3, 19, tzinfo=UTC)),
        ("2017-12-13 10:57:35 PM", datetime(2017, 12, 13, 22, 57, 35, tzinfo=UTC)),
        ("2017-12-13 10:57:35 AM", datetime(2017, 12, 13, 10, 57, 35, tzinfo=UTC)),
        ("2017-12-13 12:00:00 AM", datetime(2017, 12, 13, tzinfo=UTC)),
        ("2017-12-13 12:00:00 pm", datetime(2017, 12, 13, 12, tzinfo=UTC)),
        ("2017-12-13 1:02:03 PM", datetime(2017, 12, 13, 13, 2, 3, tzinfo=UTC)),
        (1_740_895_803_114, datetime(2025, 3, 2, 6, 10, 3, 114_000, tzinfo=UTC)),
        ("1740895803114", datetime(2025, 3, 2, 6, 10, 3, 114_000, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1_000, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2020, 1, 1, tzinfo=UTC)),
        (datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)),
        (None, None),
        ("", None),
        ("017-06-12T20:23:57Z", None),
        ("yesterday", None),
        ("2017-12-13 13:57:35 PM", None),
        ("2017-12-13 00:57:35 PM", None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (10**18, None),
        ([], None),
    ],
)
def test_times_in_every_form_that_domo_writes(written, moment):
    parsed = parse_timestamp(written)

    assert parsed == moment
    assert parsed is None or parsed.tzinfo is UTC


@PATIENT
@given(
    st.one_of(
        st.text(), st.integers(), st.floats(), st.datetimes(), st.datetimes(timezones=st.timezones()), st.binary()
    )
)
def test_reading_a_time_never_raises(written):
    parsed = parse_timestamp(written)

    assert parsed is None or parsed.utcoffset() == timedelta(0)


# Schema, whose name pydantic has a deprecated method for


def test_the_word_schema_warns_nobody():
    program = """
import warnings
warnings.simplefilter("error")
import pydantic
from domo_async.models import DataSet, DataSetSummary

class Mine(DataSet):
    colour: str | None = None

class Wider(Mine):
    pass

mine = Mine.model_validate({"id": "7", "schema": {"columns": [{"name": "a", "type": "LONG"}]}, "colour": "red"})
assert mine.schema.names == ["a"] and mine.colour == "red"
assert Wider.model_validate(mine.model_dump()).schema == mine.schema
assert pydantic.TypeAdapter(list[DataSet]).validate_json('[{"id": "7"}]')[0].schema is None
Mine.model_json_schema()
mine.model_copy(update={"name": "x"})
"""
    subprocess.run([sys.executable, "-c", program], check=True)


# In general


@pytest.mark.parametrize(("model", "example"), EXAMPLES, ids=NAMES)
def test_models_are_values(model, example):
    one, other = (model.model_validate(example) for _ in range(2))

    assert one == other
    with pytest.raises(ValidationError):
        one.id = "other"


@pytest.mark.parametrize(("model", "example"), [pair for pair in EXAMPLES if pair[0] is not AccessToken])
def test_what_was_read_is_written_back_the_same(model, example):
    parsed = model.model_validate(example)

    assert model.model_validate_json(parsed.model_dump_json(by_alias=True)) == parsed


def exported_models():
    found = [getattr(models, name) for name in models.__all__]
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, DomoModel)]


def test_everything_exported_is_there_once_and_in_order():
    assert models.__all__ == sorted(set(models.__all__))
    assert {DataSet, DataSetSummary, AccessToken, Policy} <= set(exported_models())


@pytest.mark.parametrize("kind", exported_models(), ids=lambda kind: kind.__name__)
def test_every_model_keeps_what_is_new_and_is_frozen(kind):
    assert kind.model_config.get("extra") == "allow"
    assert kind.model_config.get("frozen") is True


def test_lists_parse_in_one_step():
    assert [item.id for item in TypeAdapter(list[DataSetSummary]).validate_json(json.dumps([ITEM, STUB]))] == [
        ITEM["id"]
    ] * 2
