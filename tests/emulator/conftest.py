from __future__ import annotations

import ssl

import httpx
import pyarrow as pa
import pytest

from domo_async.emulator import Emulator


@pytest.fixture(scope="session", autouse=True)
def one_ssl_context():
    """Spare each of the many clients of these tests, none of which speaks TLS, 20 to 50 ms for a context of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", lambda **options: context, raising=False)
        yield


def _grant(emulator, **parameters):
    connection = emulator.connection
    query = {"grant_type": "client_credentials", **parameters}
    auth = (connection["client_id"], connection["client_secret"])
    return httpx.get(f"{emulator.url}/oauth/token", params=query, auth=auth)


def _open_client(emulator, **parameters):
    token = _grant(emulator, **parameters).json()["access_token"]
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
    with _open_client(emulator) as client:
        yield client


@pytest.fixture
def flights(emulator):
    """The path of the DataSet that every emulator of these tests begins with."""
    return f"/v1/datasets/{emulator.dataset_ids['Flights']}"


@pytest.fixture(scope="module")
def shared_client(shared_emulator):
    with _open_client(shared_emulator) as client:
        yield client


def _create(client, *columns, name="Made here"):
    """Create a DataSet of (type, name) columns; returns its path."""
    schema = {"columns": [{"type": kind, "name": column} for kind, column in columns]}
    response = client.post("/v1/datasets", json={"name": name, "schema": schema})
    assert response.status_code == 201, response.text
    return f"/v1/datasets/{response.json()['id']}"


def _query(client, path, sql):
    return client.post(path.replace("/v1/datasets/", "/v1/datasets/query/execute/"), json={"sql": sql})


# Test modules cannot import one another (they are no package), so helpers come as fixtures.


@pytest.fixture(scope="session")
def grant():
    return _grant


@pytest.fixture(scope="session")
def open_client():
    return _open_client


@pytest.fixture(scope="session")
def create():
    return _create


@pytest.fixture(scope="session")
def query():
    return _query
