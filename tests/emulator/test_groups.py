"""Groups and their members, as any client sees them."""

from __future__ import annotations

import httpx
import pyarrow as pa
import pytest


@pytest.fixture
def group(client):
    response = client.post("/v1/groups/", json={"name": "Crew", "active": "true"})
    assert response.status_code == 201
    return response.json()


def test_the_forms_of_a_group(client, group):
    """Creation, detail and listing each show something else."""
    assert group == {"id": group["id"], "name": "Crew", "active": True, "creatorId": "27", "default": False}
    assert client.get(f"/v1/groups/{group['id']}").json() == {**group, "memberCount": 0}
    assert [set(each) for each in client.get("/v1/groups").json()] == [
        {"id", "name", "default", "active", "memberCount"}
    ] * 2


@pytest.mark.parametrize(("body", "active"), [({"isActive": False}, False), ({"active": "FALSE"}, False), ({}, True)])
def test_the_spellings_of_activity(client, body, active):
    """Domo's SDKs write it in their own ways."""
    assert client.post("/v1/groups", json={"name": "x", **body}).json()["active"] is active


def test_members(emulator, client, group):
    """Ids, in pages; joining twice is joining once, and the bodies that clients send mean nothing."""
    path = f"/v1/groups/{group['id']}/users"
    ids = [emulator.people.add_user(f"U{number}", f"u{number}@x.example") for number in range(3)]
    for user_id, body in zip([*ids, ids[0]], [b"", b"{}", b'""', b"{}"], strict=True):
        response = client.put(f"{path}/{user_id}", content=body)
        assert (response.status_code, response.content) == (204, b"")
    assert client.get(path).json() == ids
    assert client.get(f"{path}?limit=1&offset=1").json() == ids[1:2]
    assert client.delete(f"{path}/{ids[1]}").status_code == 204
    assert client.delete(f"{path}/{ids[1]}").status_code == 404
    assert client.put(f"{path}/5").status_code == 404
    client.delete(f"/v1/users/{ids[0]}")
    assert client.get(path).json() == ids[2:]


def test_a_group_with_members_stays(client, group):
    path = f"/v1/groups/{group['id']}"
    client.put(f"{path}/users/27")
    assert client.delete(path).status_code == 409
    client.put(path, json={"active": False})
    assert client.delete(f"{path}/users/27").status_code == 400
    client.put(path, json={"active": True})
    client.delete(f"{path}/users/27")
    assert client.delete(path).status_code == 204
    assert client.get(path).json() == {"id": group["id"], "name": "Crew", "deleted": True}
    assert client.put(path, json={"name": "x"}).status_code == 404


def test_new_users_join_the_default_groups(emulator, client, group):
    """Once a group is one of them."""
    client.put(f"/v1/groups/{group['id']}", json={"default": True})
    user_id = emulator.people.add_user("Ada", "ada@x.example")
    names = [each["name"] for each in client.get(f"/v1/users/{user_id}").json()["groups"]]
    assert names == ["Default", "Crew"]


def test_pdp_counts_groups(emulator, client, group, open_client):
    """A policy for a group shows its rows to the group's users."""
    dataset_id = emulator.add_dataset("Tides", pa.table({"gauge": ["north", "south"]}))
    condition = {"column": "gauge", "operator": "EQUALS", "values": ["north"]}
    policy = {"name": "North", "filters": [condition], "groups": [group["id"]]}
    client.post(f"/v1/datasets/{dataset_id}/policies", json=policy)
    client.put(f"/v1/datasets/{dataset_id}", json={"pdpEnabled": True})
    reader = emulator.add_client(user_id=99, name="Bo", role="Participant")

    grant = httpx.get(
        f"{emulator.url}/oauth/token?grant_type=client_credentials", auth=(reader.client_id, reader.client_secret)
    )
    headers = {"authorization": f"bearer {grant.json()['access_token']}"}
    url = f"{emulator.url}/v1/datasets/{dataset_id}/data"
    assert httpx.get(url, headers=headers).text == ""
    client.put(f"/v1/groups/{group['id']}/users/99")
    assert httpx.get(url, headers=headers).text == "north\n"


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "active": "maybe"}, [], {"name": ["x"]}])
def test_malformed_groups_are_refused(client, body):
    assert client.post("/v1/groups", json=body).status_code == 400
