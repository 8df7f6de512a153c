"""Projects, lists, tasks and attachments: what goes over the wire, and what becomes of it."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import Message

import pytest

from domo_async.errors import BadRequestError, InvalidArgumentError, MaintenanceError, NotFoundError
from domo_async.http.multipart import file_form
from domo_async.models import ListType

pytestmark = pytest.mark.anyio

PROJECT = {"id": "4", "name": "Refit", "members": [27], "public": True}
LIST = {"id": 61, "name": "To Do", "type": "TODO", "index": 1}
TASK = {"id": 404, "taskName": "Order", "projectListId": 61}
DUE = datetime(2026, 1, 31, 12, tzinfo=UTC)
LISTS, TASKS = "/v1/projects/4/lists", "/v1/projects/4/lists/61/tasks"


@pytest.mark.parametrize(
    ("call", "method", "path", "body", "document"),
    [
        (
            lambda p: p.create(name="Refit", members=[27, 27], public=True, due_date=DUE),
            "POST",
            "/v1/projects",
            {"name": "Refit", "members": [27], "public": True, "dueDate": "2026-01-31T12:00:00Z"},
            PROJECT,
        ),
        (
            lambda p: p.create(name="Refit"),
            "POST",
            "/v1/projects",
            {"name": "Refit", "members": [], "public": False},
            PROJECT,
        ),
        (lambda p: p.get(4), "GET", "/v1/projects/4", None, PROJECT),
        (lambda p: p.me(), "GET", "/v1/projects/me", None, PROJECT),
        (lambda p: p.update(4, description=None), "PUT", "/v1/projects/4", {"description": None}, PROJECT),
        (lambda p: p.update(4, name="x"), "PUT", "/v1/projects/4", {"name": "x"}, None),
        (lambda p: p.delete(4), "DELETE", "/v1/projects/4", None, None),
        (lambda p: p.list_members(4), "GET", "/v1/projects/4/members", None, [27]),
        (lambda p: p.set_members(4, ["27", 28]), "PUT", "/v1/projects/4/members", [27, 28], None),
        (lambda p: p.lists.get(4, 61), "GET", f"{LISTS}/61", None, LIST),
        (
            lambda p: p.lists.create(4, name="To Do", type="TODO", index=0),
            "POST",
            LISTS,
            {"name": "To Do", "type": "TODO", "index": 0},
            LIST,
        ),
        (
            lambda p: p.lists.update(4, 61, name="Done", type=ListType.COMPLETED, index=2),
            "PUT",
            f"{LISTS}/61",
            {"name": "Done", "type": "COMPLETED", "index": 2},
            None,
        ),
        (lambda p: p.lists.delete(4, 61), "DELETE", f"{LISTS}/61", None, None),
        (lambda p: p.tasks.get(4, 61, 404), "GET", f"{TASKS}/404", None, TASK),
        (
            lambda p: p.tasks.create(4, 61, name="Order", owned_by="27", contributors=[28], tags=["a"], priority=2),
            "POST",
            TASKS,
            {"taskName": "Order", "ownedBy": 27, "contributors": [28], "tags": ["a"], "priority": 2},
            TASK,
        ),
        (
            lambda p: p.tasks.update(4, 61, 404, archived=True, move_to=62, due_date=None),
            "PUT",
            f"{TASKS}/404",
            {"archived": True, "projectListId": "62", "dueDate": None},
            TASK,
        ),
        (lambda p: p.tasks.delete(4, 61, 404), "DELETE", f"{TASKS}/404", None, None),
    ],
)
async def test_the_wire(wire, domo, sent, call, method, path, body, document):
    """Each operation sends its one request."""
    wire.route(method=method, path=path).respond(200, **({} if document is None else {"json": document}))

    result = await call(domo.projects)

    assert (result is None) is (document is None)
    assert (sent().method, sent().url.path) == (method, path)
    assert (json.loads(sent().content) if sent().content else None) == body


async def test_a_list_is_completed_before_it_is_changed(wire, domo):
    """Domo wants name, type and index each time."""
    wire.get(f"{LISTS}/61").respond(json={**LIST, "type": "SOMETHING_NEW"})
    put = wire.put(f"{LISTS}/61").respond(json=LIST)
    await domo.projects.lists.update(4, 61, name="Later")
    assert json.loads(put.calls.last.request.content) == {"name": "Later", "type": "SOMETHING_NEW", "index": 1}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda p: p.create(name=""), "name"),
        (lambda p: p.create(name="x", members="27"), "members"),
        (lambda p: p.create(name="x", due_date=datetime(2026, 1, 1)), "due_date"),
        (lambda p: p.create(name="x", due_date=date(2026, 1, 1)), "due_date"),
        (lambda p: p.set_members(4, [0]), "user_ids"),
        (lambda p: p.lists.create(4, name="x", type="LATER"), "type"),
        (lambda p: p.lists.create(4, name="x", type="TODO", index=-1), "index"),
        (lambda p: p.lists.update(4, 61, type="todo"), "type"),
        (lambda p: p.tasks.create(4, 61, name=" "), "name"),
        (lambda p: p.tasks.create(4, 61, name="x", tags="urgent"), "tags"),
        (lambda p: p.tasks.update(4, 61, 1, owned_by="ada"), "owned_by"),
        (lambda p: p.tasks.update(4, 61, 1, move_to="next"), "move_to"),
        (lambda p: p.attachments.upload(4, 61, 1, b"x"), "file_name"),
        (lambda p: p.attachments.upload(4, 61, 1, b"x", file_name="a", media_type="a\r\nb: c"), "media_type"),
    ],
)
async def test_nonsense_is_not_sent(wire, domo, call, name):
    """The error names the argument, and the wire stays silent."""
    with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
        await call(domo.projects)
    assert not wire.calls


async def test_a_file_that_is_not_there(wire, domo, tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"^source: .*missing\.pdf is no file"):
        await domo.projects.attachments.upload(4, 61, 1, tmp_path / "missing.pdf")
    assert not wire.calls


def one_part(request) -> Message:
    """The one file of a form, as the mail parser of the standard library reads it."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + request.content).get_payload()
    assert isinstance(parts, list)
    (part,) = parts
    assert isinstance(part, Message)
    return part


@pytest.mark.parametrize("form", ["bytes", "path", "factory", "iterator"])
async def test_uploads_are_forms(wire, domo, sent, tmp_path, form):
    """Wherever the bytes come from, they are one file in the field `file`."""
    content = bytes(range(256)) * 40

    async def chunks():
        yield content[:5000]
        yield content[5000:]

    path = tmp_path / "tide.pdf"
    path.write_bytes(content)
    source = {"bytes": content, "path": path, "factory": chunks, "iterator": chunks()}[form]
    wire.post(f"{TASKS}/404/attachments").respond(json={"id": 5, "fileName": "tide.pdf"})
    name = {} if form == "path" else {"file_name": "tide.pdf"}

    assert (await domo.projects.attachments.upload(4, 61, 404, source, **name)).id == 5

    part = one_part(sent())
    assert part.get_param("name", header="content-disposition") == "file"
    assert part.get_filename() == "tide.pdf"
    assert part.get_content_type() == "application/pdf"
    assert part.get_payload(decode=True) == content


async def test_a_name_cannot_break_out_of_its_header(wire, domo, sent):
    wire.post(f"{TASKS}/404/attachments").respond(json={"id": 5})
    await domo.projects.attachments.upload(4, 61, 404, b"x", file_name='a"\r\nX-Evil: 1\r\n\r\n.txt')
    part = one_part(sent())
    assert part["x-evil"] is None
    assert part.get_payload() == "x"


@pytest.mark.parametrize(("domos", "size"), [(False, 20), (False, 200_000), (True, 20)])
async def test_a_page_may_be_attached(wire, domo, domos, size):
    """HTML is a file like any other here; Domo's own pages are still none."""
    title = "Domo Maintenance" if domos else "Notes on maintenance"
    page = f"<!doctype html><html><head><title>{title}</title></head>{'x' * size}</html>".encode()
    wire.get(f"{TASKS}/404/attachments/5").respond(200, content=page, headers={"content-type": "text/html"})
    if domos:
        with pytest.raises(MaintenanceError):
            async with domo.projects.attachments.download(4, 61, 404, 5):
                pass
        return
    async with domo.projects.attachments.download(4, 61, 404, 5) as body:
        assert b"".join([chunk async for chunk in body]) == page


async def test_files_on_disk_are_announced_with_their_length(tmp_path):
    """Never more than that is sent, and less is an error."""
    path = tmp_path / "tide.bin"
    path.write_bytes(b"12345678")
    body = file_form(path, field="file", file_name=None, media_type=None)
    assert not isinstance(body.content, bytes)
    path.write_bytes(b"1234567890")
    assert len(b"".join([chunk async for chunk in body.content])) == body.length
    path.write_bytes(b"1234")
    with pytest.raises(InvalidArgumentError, match="became shorter"):
        [chunk async for chunk in body.content]


@pytest.mark.parametrize("working", [0, 1, 2])
async def test_deleting_tries_the_paths_of_all_sources(wire, domo, working):
    """Nobody knows which of the three works; if none does, the first refusal counts."""
    paths = [
        f"{TASKS}/404/attachments/5",
        "/v1/projects/4/tasks/404/attachments/5",
        "/v1/project/4/tasks/404/attachments/5",
    ]
    for number, path in enumerate(paths):
        wire.delete(path).respond(204 if number == working else 405 if number else 404)
    await domo.projects.attachments.delete(4, 61, 404, 5)
    assert [call.request.url.path for call in wire.calls][1:] == paths[: working + 1]


async def test_deleting_what_is_not_there(wire, domo):
    wire.delete(path__regex=".*").respond(404)
    with pytest.raises(NotFoundError) as caught:
        await domo.projects.attachments.delete(4, 61, 404, 5)
    assert caught.value.path == f"{TASKS}/404/attachments/5"


async def test_a_refusal_is_no_reason_to_try_elsewhere(wire, domo):
    route = wire.delete(path__regex=".*").respond(400)
    with pytest.raises(BadRequestError):
        await domo.projects.attachments.delete(4, 61, 404, 5)
    assert route.call_count == 1


async def test_a_board(live):
    """Three lists in a new project; tasks move between them, lists among themselves."""
    project = await live.projects.create(name="Refit", description="d")
    board = await live.projects.board(project.id)
    assert [(column.list.type, column.tasks) for column in board.columns] == [
        (ListType.TODO, ()),
        (ListType.WORKING_ON, ()),
        (ListType.COMPLETED, ()),
    ]
    todo, doing, _ = (column.list for column in board.columns)
    for number in range(60):
        await live.projects.tasks.create(project.id, todo.id, name=f"Task {number}", due_date=DUE)
    first = await live.projects.tasks.list(project.id, todo.id, limit=1)
    moved = await live.projects.tasks.update(project.id, todo.id, first[0].id, move_to=doing.id, tags=["hot"])
    assert (moved.project_list_id, moved.tags, moved.due_date) == (doing.id, ["hot"], DUE)
    await live.projects.lists.update(project.id, doing.id, index=1)

    board = await live.projects.board(project.id)

    assert [(column.list.name, len(column.tasks)) for column in board.columns] == [
        ("Working On", 1),
        ("To Do", 59),
        ("Completed", 0),
    ]
    assert board.elsewhere == ()
    with pytest.raises(NotFoundError):
        await live.projects.tasks.get(project.id, todo.id, first[0].id)


async def test_projects_change_and_go(live):
    """Members are replaced, lists added and deleted, and the personal project is always there."""
    project = await live.projects.create(name="Refit", members=[27])
    await live.projects.set_members(project.id, [27, 28])
    assert list(await live.projects.list_members(project.id)) == [27, 28]
    assert (await live.projects.update(project.id, public=True, due_date=DUE)).due_date == DUE
    extra = await live.projects.lists.create(project.id, name="Blocked", type="TODO", index=2)
    assert [each.name async for each in live.projects.lists.list(project.id)] == [
        "To Do",
        "Blocked",
        "Working On",
        "Completed",
    ]
    await live.projects.lists.delete(project.id, extra.id)
    mine = await live.projects.me()
    assert (await live.projects.me()).id == mine.id
    assert {each.id async for each in live.projects.list()} == {project.id, mine.id}
    await live.projects.delete(project.id)
    with pytest.raises(NotFoundError):
        await live.projects.board(project.id)


async def test_attachments_come_back_as_they_went(live, tmp_path):
    """Uploaded from disk, listed, read piece by piece, deleted."""
    project = await live.projects.create(name="Refit")
    todo = (await live.projects.board(project.id)).columns[0].list
    task = await live.projects.tasks.create(project.id, todo.id, name="Order")
    place = (project.id, todo.id, task.id)
    content = b"tide" * 700_000
    (tmp_path / "tide.bin").write_bytes(content)

    attachment = await live.projects.attachments.upload(*place, tmp_path / "tide.bin")

    assert (attachment.file_name, attachment.mime_type) == ("tide.bin", "application/octet-stream")
    async with live.projects.attachments.download(*place, attachment.id) as body:
        assert b"".join([chunk async for chunk in body]) == content
    assert (await live.projects.tasks.get(*place)).attachment_count == 1
    assert [each.id async for each in live.projects.attachments.list(*place)] == [attachment.id]
    await live.projects.attachments.delete(*place, attachment.id)
    assert await live.projects.attachments.list(*place).collect() == []
    with pytest.raises(NotFoundError):
        async with live.projects.attachments.download(*place, attachment.id):
            pass


async def test_big_files_are_never_in_memory(wire, domo, tmp_path):
    """A file is read while it is sent."""
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    try:
        body = file_form(path, field="file", file_name=None, media_type=None)
        length = 0
        assert not isinstance(body.content, bytes)
        async for chunk in body.content:
            length += len(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert length > 64 << 20
    assert peak < 8 << 20
    assert body.replayable
