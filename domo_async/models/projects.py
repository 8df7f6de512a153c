"""Projects, their lists, the tasks on them, and the files attached to tasks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domo_async.models.base import DomoModel, Items, Timestamp

__all__ = ["Attachment", "Board", "BoardColumn", "ListType", "Project", "ProjectList", "Task"]


class ListType(StrEnum):
    """How far the tasks of a list are."""

    TODO = "TODO"
    WORKING_ON = "WORKING_ON"
    COMPLETED = "COMPLETED"


class Project(DomoModel):
    """A project.

    Attributes:
        id: Digits, as text.
        members: Ids of its users.

    Source: Projects and Tasks API, ``GET /v1/projects/{id}``.
    """

    id: str
    name: str | None = None
    description: str | None = None
    public: bool | None = None
    members: Items[int] = []
    created_by: int | str | None = None
    created_date: Timestamp = None
    updated_date: Timestamp = None
    due_date: Timestamp = None


class ProjectList(DomoModel):
    """A list of a project; a new project has three.

    Attributes:
        type: A `ListType`, or the text of one that this version does not know.
        index: Where it stands among the lists.

    Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists``.
    """

    id: str
    name: str | None = None
    type: Annotated[ListType | str | None, Field(union_mode="left_to_right")] = None
    index: int | None = None
    created_date: Timestamp = None
    updated_date: Timestamp = None


class Task(DomoModel):
    """A task.

    Attributes:
        name: What is to be done (``taskName`` on the wire).
        owned_by: Who does it.
        contributors: Ids of users who help.

    Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists/{id}/tasks/{id}``.
    """

    id: str
    project_id: str | None = None
    project_list_id: str | None = None
    name: str | None = Field(default=None, alias="taskName")
    description: str | None = None
    created_date: Timestamp = None
    updated_date: Timestamp = None
    due_date: Timestamp = None
    priority: int | None = None
    created_by: int | str | None = None
    owned_by: int | str | None = None
    contributors: Items[int] = []
    attachment_count: int | None = None
    tags: Items[str] = []
    archived: bool | None = None


class Attachment(DomoModel):
    """A file attached to a task.

    Source: Projects and Tasks API, ``GET /v1/projects/{id}/lists/{id}/tasks/{id}/attachments``.
    """

    id: int | str
    task_id: int | str | None = None
    created_date: Timestamp = None
    created_by: int | str | None = None
    file_name: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A list with its tasks."""

    list: ProjectList
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A project as its members see it.

    Attributes:
        project: The project.
        columns: Its lists by their index, each with its tasks in Domo's order.
        elsewhere: Tasks of a list that appeared or disappeared while the board was read.
    """

    project: Project
    columns: tuple[BoardColumn, ...]
    elsewhere: tuple[Task, ...] = ()
