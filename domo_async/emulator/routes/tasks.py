"""Tasks and the files attached to them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.entities.projects import now
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.projects import existing_list, existing_project

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS"]

_PAGE, _MOST = 10, 50


async def list_tasks(call: Call) -> Response:
    """One page of the tasks of a project, or of one of its lists."""
    project = existing_project(call)
    list_id = existing_list(call)["id"] if "list_id" in call.path else None
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    tasks = call.instance.projects.tasks_of(project, list_id)[offset : offset + limit]
    return answer([_shown(call, task) for task in tasks])


async def create_task(call: Call) -> Response:
    """A new task. The specification says PUT; all SDKs POST."""
    project, home = existing_project(call), existing_list(call)
    fields = Fields(await call.json_object())
    task: Document = {"taskName": fields.required("taskName"), "createdDate": now(), "createdBy": call.client.user_id}
    task |= {"ownedBy": call.client.user_id, "contributors": [], "tags": [], "archived": False}
    task |= {key: value for key, value in _attributes(fields).items() if value is not None}
    task = call.instance.projects.add_task(project, home, task)
    note(call, "CREATED", "TASK", task["id"], task["taskName"])
    return answer(_shown(call, task))


async def get_task(call: Call) -> Response:
    """One task."""
    return answer(_shown(call, _existing(call)))


async def update_task(call: Call) -> Response:
    """Change what the body names; another list moves the task."""
    task = _existing(call)
    fields = Fields(await call.json_object())
    changes = _attributes(fields)
    if "taskName" in fields:
        changes["taskName"] = fields.required("taskName")
    home = fields.text("projectListId")
    if home is not None:
        target = call.instance.projects.lists.get(home)
        if target is None or target["projectId"] != task["projectId"]:
            raise bad_request()
        changes["projectListId"] = target["id"]
    for key, value in changes.items():
        if value is None:
            task.pop(key, None)
        else:
            task[key] = value
    task["updatedDate"] = now()
    note(call, "UPDATED", "TASK", task["id"], task["taskName"])
    return answer(_shown(call, task))


async def delete_task(call: Call) -> Response:
    """Delete a task, as one SDK of Domo's tries to."""
    task = _existing(call)
    call.instance.projects.delete_task(task)
    note(call, "DELETED", "TASK", task["id"], task["taskName"])
    return Response(status_code=200)


async def list_attachments(call: Call) -> Response:
    """The files of a task, newest first."""
    files = [document for document, _ in call.instance.projects.attachments_of(_existing(call))]
    offset = call.number("offset", default=0)
    return answer(files[offset : offset + call.number("limit", default=len(files))])


async def upload_attachment(call: Call) -> Response:
    """Attach the file in the form field ``file``."""
    task = _existing(call)
    try:
        async with call.request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise bad_request()
            name, kind, content = file.filename, file.content_type, await file.read()
    except (MultiPartException, UnicodeError) as error:  # some codecs that a form may name are not meant for text
        raise bad_request() from error
    # The type goes into a header when the file is downloaded.
    usable = kind is not None and kind.isascii() and kind.isprintable()
    attributes = {
        "createdBy": call.client.user_id,
        "fileName": name or "file",
        "mimeType": kind if kind and usable else "application/octet-stream",
    }
    document = call.instance.projects.attach(task, attributes, content)
    note(call, "CREATED", "ATTACHMENT", document["id"], document["fileName"])
    return answer(document)


async def download_attachment(call: Call) -> Response:
    """The bytes of a file."""
    document, content = _attachment(call, _existing(call))
    name = quote(document["fileName"])
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Content-Type": document["mimeType"]}
    return Response(content, headers=headers)


async def delete_attachment(call: Call) -> Response:
    """Delete a file. Three sources name three paths; all of them lead here."""
    task = _existing(call)
    document, _ = _attachment(call, task)
    call.instance.projects.attachments.remove(document["id"])
    note(call, "DELETED", "ATTACHMENT", document["id"], document["fileName"])
    return Response(status_code=200)


def _existing(call: Call) -> Document:
    project = existing_project(call)
    home = existing_list(call)["id"] if "list_id" in call.path else None
    task = call.instance.projects.tasks.get(call.path["task_id"])
    if task is None or task["projectId"] != project["id"] or home not in (None, task["projectListId"]):
        raise RefusedError.gateway(404)
    return task


def _attachment(call: Call, task: Document) -> tuple[Document, bytes]:
    found = call.instance.projects.attachments.get(call.path["attachment_id"])
    if found is None or found[0]["taskId"] != int(task["id"]):
        raise RefusedError.gateway(404)
    return found


def _attributes(fields: Fields) -> Document:
    """The attributes that are in the body, those with null included."""
    texts = {"description": fields.text("description"), "dueDate": fields.moment("dueDate")}
    found: Document = {key: value for key, value in texts.items() if key in fields}
    found |= {key: fields.number(key) for key in ("priority", "ownedBy") if key in fields}
    # A list without anything in it is a list; null changes nothing.
    for key, value in (
        ("contributors", fields.numbers("contributors")),
        ("tags", fields.texts("tags")),
        ("archived", fields.flag("archived")),
    ):
        if value is not None:
            found[key] = value
    return found


def _shown(call: Call, task: Document) -> Document:
    return {**task, "attachmentCount": len(call.instance.projects.attachments_of(task))}


_TASKS = "/v1/projects/{project_id}/lists/{list_id}/tasks"
_TASK = _TASKS + "/{task_id}"
_FILE = "/attachments/{attachment_id}"
OPERATIONS = [
    Operation("GET", "/v1/projects/{project_id}/tasks", list_tasks, scope="workflow"),
    Operation("GET", _TASKS, list_tasks, scope="workflow"),
    Operation("POST", _TASKS, create_task, scope="workflow"),
    Operation("PUT", _TASKS, create_task, scope="workflow"),
    Operation("GET", _TASK, get_task, scope="workflow"),
    Operation("PUT", _TASK, update_task, scope="workflow"),
    Operation("DELETE", _TASK, delete_task, scope="workflow"),
    Operation("GET", f"{_TASK}/attachments", list_attachments, scope="workflow"),
    Operation("POST", f"{_TASK}/attachments", upload_attachment, scope="workflow"),
    Operation("GET", _TASK + _FILE, download_attachment, scope="workflow"),
    Operation("DELETE", _TASK + _FILE, delete_attachment, scope="workflow"),
    Operation("DELETE", "/v1/projects/{project_id}/tasks/{task_id}" + _FILE, delete_attachment, scope="workflow"),
    Operation("DELETE", "/v1/project/{project_id}/tasks/{task_id}" + _FILE, delete_attachment, scope="workflow"),
]
