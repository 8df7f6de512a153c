"""Files attached to tasks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from pydantic import TypeAdapter

from domo_async.api.family import Family, check_page_size
from domo_async.errors import BadRequestError, NotFoundError, StatusError
from domo_async.http.download import Download
from domo_async.http.multipart import FileSource, file_form
from domo_async.http.operations import Operation, Safety
from domo_async.http.paging import Pager
from domo_async.http.request import Request
from domo_async.models import Attachment

__all__ = ["Attachments"]

_TASK_PATH: Final = "/v1/projects/{project_id}/lists/{list_id}/tasks/{task_id}/attachments"
_ATTACHMENT_PATH: Final = f"{_TASK_PATH}/{{attachment_id}}"
LIST: Final = Operation("projects.attachments.list", "GET", _TASK_PATH, Safety.SAFE, scope="workflow")
UPLOAD: Final = Operation("projects.attachments.upload", "POST", _TASK_PATH, Safety.UNSAFE, scope="workflow")
DOWNLOAD: Final = Operation(
    "projects.attachments.download",
    "GET",
    _ATTACHMENT_PATH,
    Safety.SAFE,
    scope="workflow",
    accept="*/*",
    any_file=True,
)
# Three sources name three paths: the specification (with "project"), Domo's Java SDK, and Domo's Rust SDK, whose path
# is like those above. Nobody knows which of them work, so they are tried in this order.
DELETE: Final = tuple(
    Operation("projects.attachments.delete", "DELETE", path, Safety.IDEMPOTENT, scope="workflow")
    for path in (
        _ATTACHMENT_PATH,
        "/v1/projects/{project_id}/tasks/{task_id}/attachments/{attachment_id}",
        "/v1/project/{project_id}/tasks/{task_id}/attachments/{attachment_id}",
    )
)

_PAGE_SIZE: Final = 50
_METHOD_NOT_ALLOWED: Final = 405
_ATTACHMENT: Final = TypeAdapter(Attachment)
_ATTACHMENTS: Final = TypeAdapter(list[Attachment])


class Attachments(Family):
    """The attachments of the Projects and Tasks API. Scope: ``workflow``."""

    def list(
        self,
        project_id: int | str,
        list_id: int | str,
        task_id: int | str,
        *,
        limit: int | None = None,
        offset: int = 0,
        page_size: int = _PAGE_SIZE,
    ) -> Pager[Attachment]:
        """List the files attached to a task.

        Args:
            project_id: Id of the project.
            list_id: Id of the list that the task is on.
            task_id: Id of the task.
            limit: Files in all, None for as many as there are.
            offset: Files to skip.
            page_size: Files to ask for at once, 1 to 50.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists/{id}/tasks/{id}/attachments``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(
            LIST,
            _ATTACHMENTS,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda attachment: attachment.id,
            ids={"project_id": project_id, "list_id": list_id, "task_id": task_id},
        )

    async def upload(
        self,
        project_id: int | str,
        list_id: int | str,
        task_id: int | str,
        source: FileSource,
        *,
        file_name: str | None = None,
        media_type: str | None = None,
    ) -> Attachment:
        """Attach a file to a task.

        Args:
            project_id: Id of the project.
            list_id: Id of the list that the task is on.
            task_id: Id of the task.
            source: The file: a `pathlib.Path`, which is read while it is sent; its bytes; a function that returns a
                new iterator of bytes each time; or a single iterator. A `str` is text, not a path.
            file_name: Name of the file; that of the path if there is one.
            media_type: Its type, guessed from the name if None.

        Raises:
            NotFoundError: There is no such project, list or task.
            InvalidArgumentError: There is no such file, or it has no name.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.projects.attachments.upload(project_id, list_id, task_id, Path("quote.pdf"))

        Source: Projects and Tasks API, ``POST /v1/projects/{id}/lists/{id}/tasks/{id}/attachments``; the form field
        ``file`` is that of Domo's Java SDK.
        """
        return await self._call(
            UPLOAD,
            _ATTACHMENT,
            ids={"project_id": project_id, "list_id": list_id, "task_id": task_id},
            body=file_form(source, field="file", file_name=file_name, media_type=media_type),
        )

    @asynccontextmanager
    async def download(
        self, project_id: int | str, list_id: int | str, task_id: int | str, attachment_id: int | str
    ) -> AsyncGenerator[Download]:
        """Read an attached file while it arrives, in constant memory.

        Yields:
            A `Download`, an asynchronous iterator of bytes.

        Raises:
            NotFoundError: There is no such project, list, task or file.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                async with domo.projects.attachments.download(project_id, list_id, task_id, attachment.id) as body:
                    async for chunk in body:
                        file.write(chunk)

        Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists/{id}/tasks/{id}/attachments/{id}``.
        """
        path = DOWNLOAD.fill(
            {"project_id": project_id, "list_id": list_id, "task_id": task_id, "attachment_id": attachment_id}
        )
        async with self._session.download(Request(DOWNLOAD, path)) as body:
            yield body

    async def delete(
        self, project_id: int | str, list_id: int | str, task_id: int | str, attachment_id: int | str
    ) -> None:
        """Delete an attached file for good.

        Raises:
            NotFoundError: There is no such project, list, task or file.
            CallError: Anything else that can happen to a call.

        Source: Projects and Tasks API, and Domo's SDKs, which do not agree on the path.
        """
        ids = {"project_id": project_id, "list_id": list_id, "task_id": task_id, "attachment_id": attachment_id}
        first: StatusError | None = None
        for operation in DELETE:
            try:
                await self._do(operation, ids=ids)
            except (NotFoundError, BadRequestError) as error:
                if not isinstance(error, NotFoundError) and error.status != _METHOD_NOT_ALLOWED:
                    raise
                first = first or error
            else:
                return
        if first is not None:
            raise first
