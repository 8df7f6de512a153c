"""Lists of a project."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from domo_async.api.family import Family, check_page_size
from domo_async.api.values import choice, text
from domo_async.errors import InvalidArgumentError
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import ListType, ProjectList

__all__ = ["ProjectLists"]

_LISTS_PATH: Final = "/v1/projects/{project_id}/lists"
_LIST_PATH: Final = "/v1/projects/{project_id}/lists/{list_id}"
LIST: Final = Operation("projects.lists.list", "GET", _LISTS_PATH, Safety.SAFE, scope="workflow")
CREATE: Final = Operation("projects.lists.create", "POST", _LISTS_PATH, Safety.UNSAFE, scope="workflow")
GET: Final = Operation("projects.lists.get", "GET", _LIST_PATH, Safety.SAFE, scope="workflow")
UPDATE: Final = Operation("projects.lists.update", "PUT", _LIST_PATH, Safety.IDEMPOTENT, scope="workflow")
DELETE: Final = Operation("projects.lists.delete", "DELETE", _LIST_PATH, Safety.IDEMPOTENT, scope="workflow")

_PAGE_SIZE: Final = 50
_LIST: Final = TypeAdapter(ProjectList)
_LISTS: Final = TypeAdapter(list[ProjectList])


class ProjectLists(Family):
    """The lists of the Projects and Tasks API. Scope: ``workflow``."""

    def list(
        self, project_id: int | str, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE
    ) -> Pager[ProjectList]:
        """List the lists of a project.

        Args:
            project_id: Id of the project.
            limit: Lists in all, None for as many as there are.
            offset: Lists to skip.
            page_size: Lists to ask for at once, 1 to 50.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists``; limit and offset are those of Domo's SDKs.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(
            LIST,
            _LISTS,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda each: each.id,
            ids={"project_id": project_id},
        )

    async def get(self, project_id: int | str, list_id: int | str) -> ProjectList:
        """One list.

        Raises:
            NotFoundError: There is no such project or list.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists/{id}``.
        """
        return await self._call(GET, _LIST, ids={"project_id": project_id, "list_id": list_id})

    async def create(
        self, project_id: int | str, *, name: str, type: ListType | str, index: int | Unset = UNSET
    ) -> ProjectList:
        """Add a list to a project.

        Args:
            project_id: Id of the project.
            name: Name of the list.
            type: How far its tasks are.
            index: Where it goes; those behind it move on.

        Raises:
            NotFoundError: There is no such project.
            InvalidArgumentError: The name is blank, there is no such type, or the index is none.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.projects.lists.create(project_id, name="In review", type="WORKING_ON")

        Source: Projects and Tasks API, ``POST /v1/projects/{id}/lists``.
        """
        return await self._call(
            CREATE,
            _LIST,
            ids={"project_id": project_id},
            fields={"name": text("name", name), "type": choice("type", type, ListType), "index": _index(index)},
        )

    async def update(
        self,
        project_id: int | str,
        list_id: int | str,
        *,
        name: str | Unset = UNSET,
        type: ListType | str | Unset = UNSET,
        index: int | Unset = UNSET,
    ) -> ProjectList | None:
        """Change a list; what is not passed stays. See `create`.

        Domo wants name, type and index each time, so those that are not passed are looked up first.

        Returns:
            The list, or None should Domo answer without a body.

        Raises:
            NotFoundError: There is no such project or list.
            InvalidArgumentError: The name is blank, there is no such type, or the index is none.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``PUT /v1/projects/{id}/lists/{id}``.
        """
        fields: dict[str, str | int | Unset] = {
            "name": text("name", name),
            "type": choice("type", type, ListType),
            "index": _index(index),
        }
        if any(isinstance(value, Unset) for value in fields.values()):
            current = await self.get(project_id, list_id)
            for key, known in (("name", current.name), ("type", current.type), ("index", current.index)):
                if isinstance(fields[key], Unset) and known is not None:
                    fields[key] = known
        return await self._call_if_answered(
            UPDATE, _LIST, ids={"project_id": project_id, "list_id": list_id}, fields=fields
        )

    async def delete(self, project_id: int | str, list_id: int | str) -> None:
        """Delete a list with its tasks for good.

        Raises:
            NotFoundError: There is no such project or list.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, ``DELETE /v1/projects/{id}/lists/{id}``.
        """
        await self._do(DELETE, ids={"project_id": project_id, "list_id": list_id})


def _index(index: int | Unset) -> int | Unset:
    if not isinstance(index, Unset) and (isinstance(index, bool) or not isinstance(index, int) or index < 0):
        raise InvalidArgumentError(f"index: {index!r} is not a whole number of at least 0")
    return index
