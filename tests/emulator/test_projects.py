"""Projects, lists, tasks and attachments, as any client sees them."""

from __future__ import annotations

import pytest


@pytest.fixture
def project(client):
    response = client.post("/v1/projects/", json={"name": "Refit", "members": [27, 35], "public": "TRUE"})
    assert response.status_code == 200
    return response.json()


@pytest.fixture
def path(project):
    return f"/v1/projects/{project['id']}"


@pytest.fixture
def tasks(client, path):
    return f"{path}/lists/{client.get(f'{path}/lists').json()[0]['id']}/tasks"


def test_a_new_project(client, project, path):
    """Ids are text; there are three lists, numbered from 1."""
    assert project == {
        "id": "1",
        "name": "Refit",
        "members": [27, 35],
        "public": True,
        "createdBy": 27,
        "createdDate": project["createdDate"],
    }
    assert client.get(f"{path}/lists").json() == [
        {"id": "1", "name": "To Do", "type": "TODO", "index": 1},
        {"id": "2", "name": "Working On", "type": "WORKING_ON", "index": 2},
        {"id": "3", "name": "Completed", "type": "COMPLETED", "index": 3},
    ]


def test_the_personal_project(client):
    """`me` is a project of its own, with everything that projects have."""
    mine = client.get("/v1/projects/me").json()
    assert mine["members"] == [27]
    assert client.get("/v1/projects/me").json() == mine
    assert len(client.get("/v1/projects/me/lists").json()) == 3


def test_lists_keep_their_numbers_together(client, path):
    """A list that goes somewhere moves the others; each change takes all three fields."""
    new = client.post(f"{path}/lists", json={"name": "Blocked", "type": "TODO", "index": 2}).json()
    last = client.post(f"{path}/lists", json={"name": "Last", "type": "COMPLETED"}).json()
    assert (new["index"], last["index"]) == (2, 5)
    assert client.put(f"{path}/lists/{last['id']}", json={"name": "Last"}).status_code == 400
    moved = client.put(f"{path}/lists/{last['id']}", json={"name": "First", "type": "TODO", "index": 1}).json()
    assert moved["index"] == 1
    names = [each["name"] for each in client.get(f"{path}/lists").json()]
    assert names == ["First", "To Do", "Blocked", "Working On", "Completed"]
    assert client.delete(f"{path}/lists/{new['id']}").status_code == 200
    assert client.get(f"{path}/lists/{new['id']}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_tasks_are_made_in_both_documented_ways(client, tasks, method):
    """The specification says PUT, with an id in its sample."""
    response = client.request(method, tasks, json={"id": 1, "taskName": "Order", "tags": ["hot"], "priority": "2"})
    assert response.status_code == 200
    task = response.json()
    assert (task["taskName"], task["tags"], task["priority"], task["ownedBy"]) == ("Order", ["hot"], 2, 27)
    assert task["attachmentCount"] == 0
    assert client.get(f"{tasks}/{task['id']}").json() == task


def test_pages_of_tasks(client, path, tasks):
    """10 by default, 50 at most, for projects and lists alike."""
    for number in range(55):
        client.post(tasks, json={"taskName": f"T{number}"})
    for url in (tasks, f"{path}/tasks"):
        assert len(client.get(url).json()) == 10
        assert len(client.get(f"{url}?limit=999").json()) == 50
        assert len(client.get(f"{url}?limit=50&offset=50").json()) == 5
    assert client.get(f"{path}/lists/2/tasks").json() == []


def test_tasks_move(client, path, tasks):
    task = client.post(tasks, json={"taskName": "Order", "dueDate": "2026-01-31T12:00:00Z"}).json()
    changed = client.put(f"{tasks}/{task['id']}", json={**task, "projectListId": "2", "dueDate": None}).json()
    assert changed["projectListId"] == "2"
    assert "dueDate" not in changed
    assert client.get(f"{tasks}/{task['id']}").status_code == 404
    assert client.get(f"{path}/lists/2/tasks/{task['id']}").status_code == 200
    assert client.put(f"{path}/lists/2/tasks/{task['id']}", json={"projectListId": "99"}).status_code == 400


def test_members(client, path):
    response = client.put(f"{path}/members", json=[27, 27, "99"])
    assert (response.status_code, response.content) == (200, b"")
    assert client.get(f"{path}/members").json() == [27, 99]
    assert client.put(f"{path}/members", json={"members": []}).status_code == 400


@pytest.mark.parametrize(
    "deletion",
    [
        "/v1/projects/{p}/lists/{l}/tasks/{t}/attachments/{a}",
        "/v1/projects/{p}/tasks/{t}/attachments/{a}",
        "/v1/project/{p}/tasks/{t}/attachments/{a}",
    ],
)
def test_attachments(client, tasks, deletion):
    """Stored and returned as they came, newest first, deleted by each of the three paths."""
    task = client.post(tasks, json={"taskName": "Order"}).json()
    files = f"{tasks}/{task['id']}/attachments"
    content = bytes(range(256)) * 5000
    old = client.post(files, files={"file": ("a b.bin", content, "application/x-tide")}).json()
    new = client.post(files, files={"file": ("notes.txt", b"")}).json()
    assert (old["fileName"], old["mimeType"], old["taskId"]) == ("a b.bin", "application/x-tide", int(task["id"]))
    assert [each["id"] for each in client.get(files).json()] == [new["id"], old["id"]]
    assert [each["id"] for each in client.get(f"{files}?limit=1&offset=1").json()] == [old["id"]]
    download = client.get(f"{files}/{old['id']}")
    assert (download.content, download.headers["content-type"]) == (content, "application/x-tide")
    assert "a%20b.bin" in download.headers["content-disposition"]
    path = deletion.format(p=task["projectId"], l=task["projectListId"], t=task["id"], a=old["id"])
    assert client.delete(path).status_code == 200
    assert client.get(f"{files}/{old['id']}").status_code == 404
    assert client.get(f"{tasks}/{task['id']}").json()["attachmentCount"] == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"content": b"raw"},
        {"files": {"other": ("a", b"b")}},
        {"data": {"file": "text"}},
        {"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data; boundary=y"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    ],
)
def test_what_is_no_file_is_refused(client, tasks, sent):
    task = client.post(tasks, json={"taskName": "Order"}).json()
    assert client.post(f"{tasks}/{task['id']}/attachments", **sent).status_code == 400


def test_everything_goes_with_its_project(client, path, tasks):
    task = client.post(tasks, json={"taskName": "Order"}).json()
    client.post(f"{tasks}/{task['id']}/attachments", files={"file": ("a", b"b")})
    gone = client.post(tasks, json={"taskName": "Short-lived"}).json()
    assert client.delete(f"{tasks}/{gone['id']}").status_code == 200
    assert [each["id"] for each in client.get(tasks).json()] == [task["id"]]
    assert client.delete(path).status_code == 200
    for url in (path, f"{path}/lists", tasks, f"{tasks}/{task['id']}"):
        assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"name": "x"}, {"name": "x", "members": []}, {"name": "x", "members": [1], "public": "perhaps"}]
)
def test_malformed_projects_are_refused(client, body):
    assert client.post("/v1/projects", json=body).status_code == 400
