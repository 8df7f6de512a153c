"""Tasks on the lists of a project."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pydantic import JsonValue, TypeAdapter

from domo_async.api.family import Family, check_page_size
from domo_async.api.values import id_number, id_numbers, iso_time, text
from domo_async.errors import InvalidArgumentError
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import Task

__all__ = ["Tasks"]

_TASKS_PATH: Final = "/v1/projects/{project_id}/lists/{list_id}/tasks"
_TASK_PATH: Final = "/v1/projects/{project_id}/lists/{list_id}/tasks/{task_id}"
LIST: Final = Operation("projects.tasks.list", "GET", "/v1/projects/{project_id}/tasks", Safety.SAFE, scope="workflow")
LIST_OF_LIST: Final = Operation("projects.tasks.list", "GET", _TASKS_PATH, Safety.SAFE, scope="workflow")
# The specification says PUT; all SDKs that have it POST, Domo's own among them.
CREATE: Final = Operation("projects.tasks.create", "POST", _TASKS_PATH, Safety.UNSAFE, scope="workflow")
GET: Final = Operation("projects.tasks.get", "GET", _TASK_PATH, Safety.SAFE, scope="workflow")
UPDATE: Final = Operation("projects.tasks.update", "PUT", _TASK_PATH, Safety.IDEMPOTENT, scope="workflow")
# Only Domo's Rust SDK has it, unfinished; neither the specification nor another SDK does.
DELETE: Final = Operation("projects.tasks.delete", "DELETE", _TASK_PATH, Safety.IDEMPOTENT, scope="workflow")

_PAGE_SIZE: Final = 50
_TASK: Final = TypeAdapter(Task)
_TASKS: Final = TypeAdapter(list[Task])


class Tasks(Family):
    """The tasks of the Projects and Tasks API. Scope: ``workflow``.

    Domo documents no way to delete a task; ``update(..., archived=True)`` surely puts it away.
    """

    def list(
        self,
        project_id: int | str,
        list_id: int | str | None = None,
        *,
        limit: int | None = None,
        offset: int = 0,
        page_size: int = _PAGE_SIZE,
    ) -> Pager[Task]:
        """List the tasks of a project, or of one of its lists.

        Args:
            project_id: Id of the project.
            list_id: Id of the list; None for all lists.
            limit: Tasks in all, None for as many as there are.
            offset: Tasks to skip.
            page_size: Tasks to ask for at once, 1 to 50.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Projects and Tasks API, ``GET /v1/projects/{id}/tasks`` and ``/v1/projects/{id}/lists/{id}/tasks``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        ids: dict[str, str | int] = {"project_id": project_id}
        if list_id is not None:
            ids["list_id"] = list_id
        return self._listing(
            LIST if list_id is None else LIST_OF_LIST,
            _TASKS,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda task: task.id,
            ids=ids,
        )

    async def get(self, project_id: int | str, list_id: int | str, task_id: int | str) -> Task:
        """One task.

        Raises:
            NotFoundError: There is no such project, list or task.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists/{id}/tasks/{id}``.
        """
        return await self._call(GET, _TASK, ids={"project_id": project_id, "list_id": list_id, "task_id": task_id})

    async def create(
        self,
        project_id: int | str,
        list_id: int | str,
        *,
        name: str,
        description: str | Unset = UNSET,
        due_date: datetime | Unset = UNSET,
        priority: int | Unset = UNSET,
        owned_by: int | str | Unset = UNSET,
        contributors: Iterable[int | str] | Unset = UNSET,
        tags: Iterable[str] | Unset = UNSET,
    ) -> Task:
        """Add a task to a list.

        Args:
            project_id: Id of the project.
            list_id: Id of the list.
            name: What is to be done.
            description: More about it.
            due_date: When it should be done, with a time zone.
            priority: How it ranks.
            owned_by: Id of the user who does it.
            contributors: Ids of users who help.
            tags: Words to find it by.

        Raises:
            NotFoundError: There is no such project or list.
            InvalidArgumentError: The name is blank, an id is none, or the date has no zone.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.projects.tasks.create(project_id, list_id, name="Compare the sums", owned_by=27)

        Source: Projects and Tasks API, ``/v1/projects/{id}/lists/{id}/tasks``; the method is that of Domo's SDKs.
        """
        return await self._call(
            CREATE,
            _TASK,
            ids={"project_id": project_id, "list_id": list_id},
            fields={
                "taskName": text("name", name),
                "description": description,
                "dueDate": iso_time("due_date", due_date),
                "priority": priority,
                "ownedBy": _user("owned_by", owned_by),
                "contributors": _users("contributors", contributors),
                "tags": _tags(tags),
            },
        )

    async def update(
        self,
        project_id: int | str,
        list_id: int | str,
        task_id: int | str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset | None = UNSET,
        due_date: datetime | Unset | None = UNSET,
        priority: int | Unset | None = UNSET,
        owned_by: int | str | Unset = UNSET,
        contributors: Iterable[int | str] | Unset = UNSET,
        tags: Iterable[str] | Unset = UNSET,
        archived: bool | Unset = UNSET,
        move_to: int | str | Unset = UNSET,
    ) -> Task | None:
        """Change a task; what is not passed stays. See `create`.

        Args:
            project_id: Id of the project.
            list_id: Id of the list that it is on.
            task_id: Id of the task.
            name: What is to be done.
            description: More about it.
            due_date: When it should be done, with a time zone.
            priority: How it ranks.
            owned_by: Id of the user who does it.
            contributors: Ids of users who help.
            tags: Words to find it by.
            archived: Whether it is put away.
            move_to: Id of the list to move it to (``projectListId``).

        Returns:
            The task, or None should Domo answer without a body.

        Raises:
            NotFoundError: There is no such project, list or task.
            InvalidArgumentError: The name is blank, an id is none, or the date has no zone.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.projects.tasks.update(project_id, list_id, task_id, move_to=done_list_id)

        Source: Projects and Tasks API, ``PUT /v1/projects/{id}/lists/{id}/tasks/{id}``.
        """
        return await self._call_if_answered(
            UPDATE,
            _TASK,
            ids={"project_id": project_id, "list_id": list_id, "task_id": task_id},
            fields={
                "taskName": text("name", name),
                "description": description,
                "dueDate": iso_time("due_date", due_date),
                "priority": priority,
                "ownedBy": _user("owned_by", owned_by),
                "contributors": _users("contributors", contributors),
                "tags": _tags(tags),
                "archived": archived,
                # Ids of projects and lists are text on the wire.
                "projectListId": move_to if isinstance(move_to, Unset) else str(id_number("move_to", move_to)),
            },
        )

    async def delete(self, project_id: int | str, list_id: int | str, task_id: int | str) -> None:
        """Delete a task for good, if Domo can: its documentation does not mention it. `update` can archive it.

        Raises:
            NotFoundError: There is no such project, list or task.
            CallError: Anything else that can happen to a call.

        Source: Domo's Rust SDK, ``DELETE /v1/projects/{id}/lists/{id}/tasks/{id}``.
        """
        await self._do(DELETE, ids={"project_id": project_id, "list_id": list_id, "task_id": task_id})


def _user(name: str, user_id: int | str | Unset) -> int | Unset:
    return user_id if isinstance(user_id, Unset) else id_number(name, user_id)


def _users(name: str, user_ids: Iterable[int | str] | Unset) -> JsonValue | Unset:
    return user_ids if isinstance(user_ids, Unset) else [*id_numbers(name, user_ids)]


def _tags(tags: Iterable[str] | Unset) -> JsonValue | Unset:
    if isinstance(tags, Unset):
        return tags
    words = [] if isinstance(tags, str) else list(tags)
    if isinstance(tags, str) or not all(isinstance(word, str) and word.strip() for word in words):
        raise InvalidArgumentError(f"tags: expected a list of words, not {tags!r}")
    return [*words]
