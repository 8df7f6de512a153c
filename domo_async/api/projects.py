"""Projects and their members, with the lists, tasks and attachments below them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Final

from pydantic import TypeAdapter

from domo_async.api.attachments import Attachments
from domo_async.api.family import Family, check_page_size, json_body
from domo_async.api.project_lists import ProjectLists
from domo_async.api.tasks import Tasks
from domo_async.api.values import id_numbers, iso_time, text
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import Board, BoardColumn, Project, Task

__all__ = ["Projects"]

_PROJECT_PATH: Final = "/v1/projects/{project_id}"
_MEMBERS_PATH: Final = "/v1/projects/{project_id}/members"
LIST: Final = Operation("projects.list", "GET", "/v1/projects", Safety.SAFE, scope="workflow")
CREATE: Final = Operation("projects.create", "POST", "/v1/projects", Safety.UNSAFE, scope="workflow")
GET: Final = Operation("projects.get", "GET", _PROJECT_PATH, Safety.SAFE, scope="workflow")
ME: Final = Operation("projects.me", "GET", "/v1/projects/me", Safety.SAFE, scope="workflow")
UPDATE: Final = Operation("projects.update", "PUT", _PROJECT_PATH, Safety.IDEMPOTENT, scope="workflow")
DELETE: Final = Operation("projects.delete", "DELETE", _PROJECT_PATH, Safety.IDEMPOTENT, scope="workflow")
LIST_MEMBERS: Final = Operation("projects.list_members", "GET", _MEMBERS_PATH, Safety.SAFE, scope="workflow")
SET_MEMBERS: Final = Operation("projects.set_members", "PUT", _MEMBERS_PATH, Safety.IDEMPOTENT, scope="workflow")

# No limit is documented; where `limit` means nothing, the whole list comes as the first page.
_PAGE_SIZE: Final = 50
_PROJECT: Final = TypeAdapter(Project)
_PROJECTS: Final = TypeAdapter(list[Project])
_USER_IDS: Final = TypeAdapter(list[int])


class Projects(Family):
    """The Projects and Tasks API. Scope: ``workflow``."""

    @cached_property
    def lists(self) -> ProjectLists:
        """Lists of a project."""
        return ProjectLists(self._session)

    @cached_property
    def tasks(self) -> Tasks:
        """Tasks on those lists."""
        return Tasks(self._session)

    @cached_property
    def attachments(self) -> Attachments:
        """Files attached to those tasks."""
        return Attachments(self._session)

    def list(self, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE) -> Pager[Project]:
        """List the projects that the client's user takes part in.

        Args:
            limit: Projects in all, None for as many as there are.
            offset: Projects to skip.
            page_size: Projects to ask for at once, 1 to 50.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Projects and Tasks API, ``GET /v1/projects``; limit and offset are those of Domo's SDKs.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(
            LIST, _PROJECTS, page_size=page_size, limit=limit, offset=offset, key=lambda project: project.id
        )

    async def get(self, project_id: int | str) -> Project:
        """One project.

        Raises:
            NotFoundError: There is no such project.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``GET /v1/projects/{id}``.
        """
        return await self._call(GET, _PROJECT, ids={"project_id": project_id})

    async def me(self) -> Project:
        """The personal project of the client's user.

        Raises:
            NotFoundError: He has none.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``GET /v1/projects/me``.
        """
        return await self._call(ME, _PROJECT)

    async def create(
        self,
        *,
        name: str,
        members: Iterable[int | str] = (),
        public: bool = False,
        description: str | Unset = UNSET,
        due_date: datetime | Unset = UNSET,
    ) -> Project:
        """Make a project. Domo gives it three lists.

        Args:
            name: Name of the project.
            members: Ids of its users.
            public: Whether everybody may see it.
            description: What it is about.
            due_date: When it should be done, with a time zone.

        Raises:
            InvalidArgumentError: The name is blank, an id is none, or the date has no zone.
            CallError: Anything that can happen to a call.

        Example:
            ::

                project = await domo.projects.create(name="Move to the lake", members=[27])

        Source: Projects and Tasks API, ``POST /v1/projects``.
        """
        return await self._call(
            CREATE,
            _PROJECT,
            fields={
                "name": text("name", name),
                "members": [*id_numbers("members", members)],
                "public": public,
                "description": description,
                "dueDate": iso_time("due_date", due_date),
            },
        )

    async def update(
        self,
        project_id: int | str,
        *,
        name: str | Unset = UNSET,
        public: bool | Unset = UNSET,
        description: str | Unset | None = UNSET,
        due_date: datetime | Unset | None = UNSET,
    ) -> Project | None:
        """Change a project; what is not passed stays. See `create`; for members see `set_members`.

        Returns:
            The project, or None should Domo answer without a body.

        Raises:
            NotFoundError: There is no such project.
            InvalidArgumentError: The name is blank, or the date has no zone.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``PUT /v1/projects/{id}``.
        """
        return await self._call_if_answered(
            UPDATE,
            _PROJECT,
            ids={"project_id": project_id},
            fields={
                "name": text("name", name),
                "public": public,
                "description": description,
                "dueDate": iso_time("due_date", due_date),
            },
        )

    async def delete(self, project_id: int | str) -> None:
        """Delete a project with its lists and tasks for good.

        Raises:
            NotFoundError: There is no such project.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``DELETE /v1/projects/{id}``.
        """
        await self._do(DELETE, ids={"project_id": project_id})

    def list_members(self, project_id: int | str) -> Pager[int]:
        """List the ids of a project's users. Domo sends all of them at once.

        Args:
            project_id: Id of the project.

        Raises:
            NotFoundError: There is no such project (raised when the pager is awaited or iterated over).
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``GET /v1/projects/{id}/members``.
        """
        return self._whole_list(LIST_MEMBERS, _USER_IDS, ids={"project_id": project_id})

    async def set_members(self, project_id: int | str, user_ids: Iterable[int | str]) -> None:
        """Replace the users of a project.

        Raises:
            NotFoundError: There is no such project.
            InvalidArgumentError: An id is none.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.projects.set_members(project_id, [27, 28])

        Source: Projects and Tasks API, ``PUT /v1/projects/{id}/members``.
        """
        await self._do(SET_MEMBERS, ids={"project_id": project_id}, body=json_body([*id_numbers("user_ids", user_ids)]))

    async def board(self, project_id: int | str) -> Board:
        """A project as its members see it: its lists in their order, each with its tasks.

        Takes three calls or a few more, one after the other, however many lists there are.

        Raises:
            NotFoundError: There is no such project.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                board = await domo.projects.board(project_id)
                for column in board.columns:
                    print(column.list.name, len(column.tasks))
        """
        project = await self.get(project_id)
        lists = await self.lists.list(project.id).collect()
        tasks: dict[str, list[Task]] = {each.id: [] for each in lists}
        elsewhere: list[Task] = []
        async for task in self.tasks.list(project.id):
            tasks.get(task.project_list_id or "", elsewhere).append(task)
        lists.sort(key=lambda each: (each.index is None, each.index or 0))
        columns = tuple(BoardColumn(each, tuple(tasks[each.id])) for each in lists)
        return Board(project, columns, tuple(elsewhere))
