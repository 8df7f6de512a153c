from __future__ import annotations

import httpx
import pyarrow as pa
import pytest

from domo_async.emulator import Emulator


def grant(emulator, **parameters):
    connection = emulator.connection
    query = {"grant_type": "client_credentials", **parameters}
    auth = (connection["client_id"], connection["client_secret"])
    return httpx.get(f"{emulator.url}/oauth/token", params=query, auth=auth)


def open_client(emulator, **parameters):
    token = grant(emulator, **parameters).json()["access_token"]
    return httpx.Client(base_url=emulator.url, headers={"authorization": f"bearer {token}"}, timeout=20)


FLIGHTS = pa.table({"tail": ["N101", "", None, 'N"4'], "delay": [1, 2, None, -4]})


@pytest.fixture(scope="module")
def shared_emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator():
    with Emulator(datasets={"Flights": FLIGHTS}) as emulator:
        yield emulator


@pytest.fixture
def client(emulator):
    with open_client(emulator) as client:
        yield client


@pytest.fixture
def flights(emulator):
    """The path of the DataSet that every emulator of these tests begins with."""
    return f"/v1/datasets/{emulator.dataset_ids['Flights']}"


@pytest.fixture(scope="module")
def shared_client(shared_emulator):
    with open_client(shared_emulator) as client:
        yield client


def create(client, *columns, name="Made here"):
    """Create a DataSet of (type, name) columns; returns its path."""
    schema = {"columns": [{"type": kind, "name": column} for kind, column in columns]}
    response = client.post("/v1/datasets", json={"name": name, "schema": schema})
    assert response.status_code == 201, response.text
    return f"/v1/datasets/{response.json()['id']}"


def query(client, path, sql):
    return client.post(path.replace("/v1/datasets/", "/v1/datasets/query/execute/"), json={"sql": sql})
