"""Domo's official SDK, which checks statuses exactly and was written by other people, works against the emulator."""

from __future__ import annotations

import pytest

pydomo = pytest.importorskip("pydomo")

import pandas as pd
from pydomo.datasets import (
    Column,
    ColumnType,
    DataSetRequest,
    FilterOperator,
    Policy,
    PolicyFilter,
    PolicyType,
    Schema,
    UpdateMethod,
)
from pydomo.streams import CreateStreamRequest

from domo_async.emulator import Emulator

pytestmark = pytest.mark.filterwarnings("ignore:::pydomo", "ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def emulator():
    with Emulator() as running:
        yield running


@pytest.fixture
def domo(emulator):
    return pydomo.Domo(
        emulator.connection["client_id"],
        emulator.connection["client_secret"],
        api_host=emulator.url.removeprefix("http://"),
        use_https=False,
    )


def dataset_request(name="Leaders", columns=("Friend", "Number")):
    request = DataSetRequest()
    request.name = name
    request.description = "made by pydomo"
    kinds = (ColumnType.STRING, ColumnType.LONG)
    request.schema = Schema([Column(kind, column) for kind, column in zip(kinds, columns, strict=True)])
    return request


def test_datasets_live_their_life(domo):
    datasets = domo.datasets
    made = datasets.create(dataset_request())
    assert datasets.get(made["id"])["name"] == "Leaders"

    renamed = datasets.update(made["id"], dataset_request("Captains"))
    assert renamed["name"] == "Captains"
    assert [entry["name"] for entry in datasets.list()] == ["Captains"]

    datasets.data_import(made["id"], "Pythagoras,1\nAlan Turing,2\n")
    datasets.data_import(made["id"], "Ada,3\n", update_method="APPEND")
    assert (
        datasets.data_export(made["id"], include_csv_header=True)
        == "Friend,Number\nPythagoras,1\nAlan Turing,2\nAda,3\n"
    )

    answer = datasets.query(made["id"], "SELECT COUNT(*) AS n FROM table")
    assert answer["rows"] == [[3]]

    datasets.delete(made["id"])
    assert list(datasets.list()) == []


def test_files_go_up_and_come_down(domo, tmp_path):
    made = domo.datasets.create(dataset_request())
    source, target = tmp_path / "up.csv", tmp_path / "down.csv"
    source.write_text("Pythagoras,1\n")
    domo.datasets.data_import_from_file(made["id"], str(source))
    domo.datasets.data_export_to_file(made["id"], str(target), include_csv_header=False).close()

    assert target.read_text() == "Pythagoras,1\n"


def test_frames_go_up_through_streams_and_come_down(domo):
    frame = pd.DataFrame({"city": ["Bergen", "Oslo", "Tromsø"], "visits": [3, 1, 2]})
    made = domo.ds_create(frame, "Visits", "by city")

    pd.testing.assert_frame_equal(domo.ds_get(made), frame, check_dtype=False)
    assert domo.ds_meta(made)["rows"] == 3

    domo.ds_update(made, pd.concat([frame, frame]))
    assert len(domo.ds_get(made)) == 6
    assert list(domo.ds_list(name_like="visit")["name"]) == ["Visits"]


def test_streams_are_loaded_in_parts(domo):
    request = CreateStreamRequest(dataset_request("Streamed"), UpdateMethod.APPEND)
    stream = domo.streams.create(request)
    assert domo.streams.get(stream["id"])["dataSet"]["name"] == "Streamed"
    assert [found["id"] for found in domo.streams.search(f"dataSource.id:{stream['dataSet']['id']}")] == [stream["id"]]
    domo.streams.update(stream["id"], CreateStreamRequest(dataset_request("Streamed"), UpdateMethod.REPLACE))

    execution = domo.streams.create_execution(stream["id"])
    domo.streams.upload_part(stream["id"], execution["id"], 2, "Ada,2\n")
    domo.streams.upload_part(stream["id"], execution["id"], 1, "Pythagoras,1\n")
    domo.streams.commit_execution(stream["id"], execution["id"])
    assert domo.datasets.data_export(stream["dataSet"]["id"], include_csv_header=False) == "Pythagoras,1\nAda,2\n"

    aborted = domo.streams.create_execution(stream["id"])
    domo.streams.abort_execution(stream["id"], aborted["id"])
    domo.streams.create_execution(stream["id"])
    domo.streams.abort_current_execution(stream["id"])
    assert len(domo.streams.list_executions(stream["id"], 50, 0)) == 3
    assert domo.streams.list(10, 0)
    domo.streams.delete(stream["id"])
    assert domo.datasets.get(stream["dataSet"]["id"])["name"] == "Streamed", "the DataSet stays"


def test_policies_are_made_changed_and_deleted(domo):
    made = domo.datasets.create(dataset_request())
    policy = Policy()
    policy.name = "Only Ada"
    condition = PolicyFilter()
    condition.column, condition.operator, condition.values = "Friend", FilterOperator.EQUALS, ["Ada"]
    policy.filters, policy.type, policy.users, policy.groups, policy.virtualUsers = (
        [condition],
        PolicyType.USER,
        [],
        [],
        [],
    )
    pdp = domo.datasets.create_pdp(made["id"], policy)
    assert domo.datasets.get_pdp(made["id"], pdp["id"])["name"] == "Only Ada"

    policy.name = "Ada alone"
    assert domo.datasets.update_pdp(made["id"], pdp["id"], policy)["name"] == "Ada alone"
    assert {"All Rows", "Ada alone"} == {entry["name"] for entry in domo.datasets.list_pdps(made["id"])}
    domo.datasets.delete_pdp(made["id"], pdp["id"])


def test_users_and_groups(domo):
    user = domo.users.create({"name": "Ines", "email": "ines@example.com", "role": "Participant"}, send_invite=False)
    assert domo.users.get(user["id"])["email"] == "ines@example.com"
    domo.users.update(user["id"], {"name": "Ines Okafor", "email": "ines@example.com", "role": "Privileged"})
    assert "Ines Okafor" in set(domo.users.list_all(50)["name"])

    group = domo.groups_create("Crew", [user["id"]])
    assert domo.groups.list_users(group["id"], 50, 0) == [user["id"]]
    domo.groups.update(group["id"], {"name": "Harbour crew", "active": True})
    assert "Harbour crew" in {entry["name"] for entry in domo.groups.list(50, 0)}
    domo.groups_delete(group["id"])
    domo.users.delete(user["id"])


def test_pages_with_collections(domo):
    page = domo.page_create("Tides")
    domo.page_update(page["id"], name="Tide tables")
    assert domo.page_get(page["id"])["name"] == "Tide tables"
    child = domo.page_create("Today", parentId=page["id"])
    assert [entry["name"] for entry in domo.page_list()] == ["Tide tables"]

    collection = domo.collections_create(page["id"], "Daily")
    domo.collections_update(page["id"], collection["id"], title="Every day")
    assert [entry["title"] for entry in domo.page_get_collections(page["id"])] == ["Every day"]
    domo.collections_delete(page["id"], collection["id"])
    domo.page_delete(child["id"])
    domo.page_delete(page["id"])
    assert list(domo.page_list()) == []


def test_accounts(domo, capsys):
    made = domo.accounts_create(
        name="Warehouse",
        type={"id": "acme-db", "properties": {"username": "svc", "password": "s3cret", "url": "https://db.example"}},
        valid=True,
    )
    assert domo.accounts_get(made["id"])["name"] == "Warehouse"
    domo.accounts_update(made["id"], name="Store")
    assert [entry["name"] for entry in domo.accounts_list()] == ["Store"]
    domo.accounts_delete(made["id"])
    assert list(domo.accounts_list()) == []
    capsys.readouterr()  # pydomo prints the credentials of new accounts
