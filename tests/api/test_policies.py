"""PDP policies: the wire of each operation, and what they hide."""

from __future__ import annotations

import json

import pytest

from domo_async import AsyncDomo
from domo_async.errors import BadRequestError, InvalidArgumentError, NotFoundError
from domo_async.models import FilterOperator, Policy, PolicyFilter, PolicyType

pytestmark = pytest.mark.anyio

ID = "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21"
PATH = f"/v1/datasets/{ID}/policies"
POLICY = {
    "id": 12,
    "type": "user",
    "name": "North only",
    "filters": [{"column": "gauge", "values": ["north"], "operator": "EQUALS", "not": False}],
    "users": [412200871],
    "virtualUsers": ["vu:ext-7"],
    "groups": [{"id": 90210}],
}
NORTH = PolicyFilter(column="gauge", values=["north"])


def changes_nothing(change):
    return not (change.created or change.updated or change.deleted)


# The wire


async def test_list_is_one_request_without_pages(wire, domo, sent):
    """Domo documents no pages here, and even 50 policies, the size of many a page, are all."""
    wire.get(PATH).respond(json=[POLICY | {"id": number} for number in range(50)])
    policies = await domo.datasets.policies.list(ID).collect()
    assert [policy.id for policy in policies] == list(range(50))
    assert sent().url.raw_path == PATH.encode()


async def test_get(wire, domo, sent):
    wire.get(PATH + "/12").respond(json=POLICY)
    policy = await domo.datasets.policies.get(ID, 12)
    assert policy.name == "North only"
    assert policy.filters[0].operator is FilterOperator.EQUALS
    assert sent().method == "GET"


async def test_create_sends_what_domo_documents(wire, domo, sent):
    wire.post(PATH).respond(201, json=POLICY)
    around = PolicyFilter(column="level", operator=FilterOperator.BETWEEN, values=[1, 2.5], negated=True)

    policy = await domo.datasets.policies.create(
        ID, name="North", filters=[NORTH, around], users=[412200871], virtual_users=["vu:ext-7"]
    )

    assert policy.id == 12
    assert json.loads(sent().content) == {
        "name": "North",
        "filters": [
            {"column": "gauge", "operator": "EQUALS", "values": ["north"], "not": False},
            {"column": "level", "operator": "BETWEEN", "values": ["1", "2.5"], "not": True},
        ],
        "users": [412200871],
        "groups": [],
        "virtualUsers": ["vu:ext-7"],
    }


async def test_update_leaves_out_what_was_not_passed(wire, domo, sent):
    wire.put(PATH + "/12").respond(json=POLICY)
    await domo.datasets.policies.update(ID, 12, users=[])
    assert json.loads(sent().content) == {"users": []}


async def test_delete(wire, domo, sent):
    wire.delete(PATH + "/12").respond(204)
    await domo.datasets.policies.delete(ID, 12)
    assert sent().method == "DELETE"


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ([], "would show every row"),
        ([PolicyFilter(column="a", operator="IN", values=["x"])], "'IN' is none of EQUALS"),
        ([PolicyFilter(column="a", operator="equals", values=["x"])], "'equals'"),
        ([PolicyFilter(column="", values=["x"])], "no column"),
        ([PolicyFilter(column="a")], "no values"),
        ([PolicyFilter(column="a", values=[None])], "None among them"),
        ([PolicyFilter(column="a", values=["x" * 254])], "255 characters"),
        ([PolicyFilter(column="a", values=["x"] * 127), PolicyFilter(column="b", values=["y"])], "256 characters"),
    ],
)
async def test_filters_that_domo_refuses_are_not_sent(wire, domo, filters, words):
    """Neither by create, nor by update, nor by apply. The values of a policy count with their delimiters."""
    policies = domo.datasets.policies
    wire.get(PATH).respond(json=[])
    for attempt in (
        policies.create(ID, name="x", filters=filters),
        policies.update(ID, 12, filters=filters),
        policies.apply(ID, [Policy(name="x", filters=filters)]),
    ):
        with pytest.raises(InvalidArgumentError, match=r"^filters: ") as caught:
            await attempt
        assert words in str(caught.value)
    assert not [call for call in wire.calls if call.request.method != "GET"]


async def test_254_characters_of_values_are_sent(wire, domo, sent):
    """Fewer than 255 is the documented limit."""
    wire.post(PATH).respond(201, json=POLICY)
    await domo.datasets.policies.create(ID, name="x", filters=[PolicyFilter(column="a", values=["x" * 253])])
    assert sent()


async def test_apply_refuses_two_of_a_name_before_it_asks(wire, domo):
    with pytest.raises(InvalidArgumentError, match="two policies are called 'x'"):
        await domo.datasets.policies.apply(ID, [Policy(name="x", filters=[NORTH])] * 2)
    assert not wire.calls


async def test_apply_finds_equal_what_only_looks_different(wire, domo):
    """The order of users and values, numbers as text and groups as objects make no difference."""
    same = Policy(
        name="North only",
        filters=[PolicyFilter(column="gauge", values=["north"])],
        users=["412200871"],
        virtual_users=["vu:ext-7"],
        groups=[90210],
    )
    wire.get(PATH).respond(json=[POLICY])
    assert not await domo.datasets.policies.apply(ID, [same])


# Against the emulator


@pytest.fixture
async def tides(live):
    dataset = await live.datasets.create(name="Tides", schema={"gauge": "STRING", "level": "DECIMAL"})
    await live.datasets.import_csv(dataset.id, "north,1.5\nsouth,2.25\n,3\n")
    return dataset.id


@pytest.fixture
async def reader(emulator):
    """A client of a user who is neither owner nor administrator."""
    client = emulator.add_client(user_id=5, name="Reader", role="Participant")
    async with AsyncDomo(client.client_id, client.client_secret, api_url=emulator.url, transport="httpx") as domo:
        yield domo


async def gauges(domo, dataset_id):
    result = await domo.datasets.query(dataset_id, "SELECT gauge FROM table")
    async with domo.datasets.export(dataset_id) as body:
        exported = b"".join([chunk async for chunk in body]).decode()
    assert [line.split(",")[0] or None for line in exported.splitlines()] == [row[0] for row in result.rows]
    return [row[0] for row in result.rows]


async def test_policies_hide_rows_once_pdp_is_on(live, reader, tides):
    """Exports and queries show the rows of all policies that the user is in, and none to who is in none."""
    policies = live.datasets.policies
    policy = await policies.create(tides, name="North", filters=[NORTH], users=[5])
    assert await gauges(reader, tides) == ["north", "south", None]

    await live.datasets.update(tides, pdp_enabled=True)
    assert await gauges(reader, tides) == ["north"]
    assert await gauges(live, tides) == ["north", "south", None]

    high = PolicyFilter(column="LEVEL", operator="GREATER_THAN", values=["2.5"])
    await policies.create(tides, name="High", filters=[high], users=[5])
    assert await gauges(reader, tides) == ["north", None]

    await policies.update(tides, policy.id, users=[])
    assert await gauges(reader, tides) == [None]


async def test_apply_brings_a_dataset_to_the_wanted_policies(live, tides):
    """What is missing is created, what differs updated, what nobody wants deleted; "All Rows" stays."""
    policies = live.datasets.policies
    for name in ("Keep", "Change", "Drop"):
        await policies.create(tides, name=name, filters=[NORTH], users=[5])
    wanted = [
        Policy(name="Keep", filters=[NORTH], users=[5]),
        Policy(name="Change", filters=[NORTH], users=[5, 6]),
        Policy(name="New", filters=[NORTH], groups=[7], virtual_users=["vu:1"]),
    ]

    planned = await policies.apply(tides, wanted, dry_run=True)
    assert len(await policies.list(tides).collect()) == 4
    done = await policies.apply(tides, wanted)

    for changes in (planned, done):
        assert [policy.name for policy in changes.created] == ["New"]
        assert [policy.name for policy in changes.updated] == ["Change"]
        assert [policy.name for policy in changes.deleted] == ["Drop"]
        assert {policy.name for policy in changes.unchanged} == {"Keep", "All Rows"}
    now = {policy.name: policy for policy in await policies.list(tides).collect()}
    assert set(now) == {"All Rows", "Keep", "Change", "New"}
    assert now["Change"].users == [5, 6]
    assert now["New"].virtual_users == ["vu:1"]
    assert changes_nothing(await policies.apply(tides, wanted))


async def test_apply_can_give_somebody_all_rows(live, tides):
    """The built-in policy is touched when it is wanted."""
    changes = await live.datasets.policies.apply(tides, [Policy(name="All Rows", users=[5])])
    [policy] = changes.updated
    assert (policy.type, policy.users) == (PolicyType.OPEN, [5])


async def test_what_domo_refuses_is_said(live, tides):
    """A filter on no column of the DataSet; no such policy."""
    with pytest.raises(BadRequestError):
        await live.datasets.policies.create(tides, name="x", filters=[PolicyFilter(column="no", values=["x"])])
    with pytest.raises(NotFoundError):
        await live.datasets.policies.get(tides, 99)
