"""Projects, their members, and their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields, bad_request, user_ids
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.models import ListType

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS", "existing_list", "existing_project"]

_EVERYTHING = 1_000_000  # no page is documented, and a client that names one gets it


async def list_projects(call: Call) -> Response:
    """The projects that the client's user takes part in, and the public ones."""
    me = call.client.user_id
    projects = [
        project
        for project in call.instance.projects.projects.all()
        if project["public"] or me in project["members"] or project["createdBy"] == me
    ]
    return answer(_page(call, projects))


async def create_project(call: Call) -> Response:
    """A new project with three lists."""
    fields = Fields(await call.json_object())
    members, public = fields.numbers("members"), fields.flag("public")
    if members is None or public is None:
        raise bad_request()
    project: Document = {"name": fields.required("name"), "members": members, "public": public}
    project["createdBy"] = call.client.user_id
    texts = {"description": fields.text("description"), "dueDate": fields.moment("dueDate")}
    project |= {key: value for key, value in texts.items() if value is not None}
    project = call.instance.projects.add_project(project)
    note(call, "CREATED", "PROJECT", project["id"], project["name"])
    return answer(project)


async def get_project(call: Call) -> Response:
    """One project; ``me`` is the personal one."""
    return answer(existing_project(call))


async def update_project(call: Call) -> Response:
    """Change what the body names, read-only fields left alone."""
    project = existing_project(call)
    fields = Fields(await call.json_object())
    name, public = fields.text("name"), fields.flag("public")
    texts = {"description": fields.text("description"), "dueDate": fields.moment("dueDate")}
    if name is not None and not name.strip():
        raise bad_request()
    project |= {key: value for key, value in (("name", name), ("public", public), *texts.items()) if value is not None}
    for key, value in texts.items():
        if key in fields and value is None:
            project.pop(key, None)
    note(call, "UPDATED", "PROJECT", project["id"], project["name"])
    return answer(project)


async def delete_project(call: Call) -> Response:
    """Delete a project with all that is in it."""
    project = existing_project(call)
    call.instance.projects.delete_project(project)
    note(call, "DELETED", "PROJECT", project["id"], project["name"])
    return Response(status_code=200)


async def list_members(call: Call) -> Response:
    """Ids of a project's users."""
    return answer(existing_project(call)["members"])


async def set_members(call: Call) -> Response:
    """Replace a project's users."""
    project = existing_project(call)
    project["members"] = user_ids(await call.json())
    note(call, "UPDATED", "PROJECT", project["id"], project["name"])
    return Response(status_code=200)


async def list_lists(call: Call) -> Response:
    """The lists of a project."""
    lists = call.instance.projects.lists_of(existing_project(call))
    return answer([_shown(each) for each in _page(call, lists)])


async def create_list(call: Call) -> Response:
    """A new list; those behind it move on."""
    project = existing_project(call)
    fields = Fields(await call.json_object())
    new = call.instance.projects.add_list(project, fields.required("name"), _type(fields), fields.number("index"))
    note(call, "CREATED", "PROJECT_LIST", new["id"], new["name"])
    return answer(_shown(new))


async def get_list(call: Call) -> Response:
    """One list."""
    return answer(_shown(existing_list(call)))


async def update_list(call: Call) -> Response:
    """Change a list; all three fields are required."""
    project, changed = existing_project(call), existing_list(call)
    fields = Fields(await call.json_object())
    name, kind, index = fields.required("name"), _type(fields), fields.number("index")
    if index is None:
        raise bad_request()
    changed |= {"name": name, "type": kind}
    call.instance.projects.place(project, changed, index)
    note(call, "UPDATED", "PROJECT_LIST", changed["id"], name)
    return answer(_shown(changed))


async def delete_list(call: Call) -> Response:
    """Delete a list with its tasks."""
    gone = existing_list(call)
    call.instance.projects.delete_list(gone)
    note(call, "DELETED", "PROJECT_LIST", gone["id"], gone["name"])
    return Response(status_code=200)


def existing_project(call: Call) -> Document:
    """The project that the path names.

    Raises:
        RefusedError: 404, there is none.
    """
    number = call.path["project_id"]
    if number == "me":
        call.changes = True  # the first time it is asked for it is made
        return call.instance.projects.personal(call.client.user_id, call.client.name)
    project = call.instance.projects.projects.get(number)
    if project is None:
        raise RefusedError.gateway(404)
    return project


def existing_list(call: Call) -> Document:
    """The list that the path names.

    Raises:
        RefusedError: 404, there is none in this project.
    """
    project = existing_project(call)
    found = call.instance.projects.lists.get(call.path["list_id"])
    if found is None or found["projectId"] != project["id"]:
        raise RefusedError.gateway(404)
    return found


def _page(call: Call, items: list[Document]) -> list[Document]:
    offset = call.number("offset", default=0)
    return items[offset : offset + call.number("limit", default=_EVERYTHING)]


def _type(fields: Fields) -> str:
    kind = fields.required("type")
    if kind not in ListType.__members__:
        raise bad_request()
    return kind


def _shown(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "projectId"}


_PROJECT = "/v1/projects/{project_id}"
_LIST = _PROJECT + "/lists/{list_id}"
OPERATIONS = [
    Operation("GET", "/v1/projects", list_projects, scope="workflow"),
    Operation("POST", "/v1/projects", create_project, scope="workflow"),
    Operation("GET", _PROJECT, get_project, scope="workflow"),
    Operation("PUT", _PROJECT, update_project, scope="workflow"),
    Operation("DELETE", _PROJECT, delete_project, scope="workflow"),
    Operation("GET", f"{_PROJECT}/members", list_members, scope="workflow"),
    Operation("PUT", f"{_PROJECT}/members", set_members, scope="workflow"),
    Operation("GET", f"{_PROJECT}/lists", list_lists, scope="workflow"),
    Operation("POST", f"{_PROJECT}/lists", create_list, scope="workflow"),
    Operation("GET", _LIST, get_list, scope="workflow"),
    Operation("PUT", _LIST, update_list, scope="workflow"),
    Operation("DELETE", _LIST, delete_list, scope="workflow"),
]
