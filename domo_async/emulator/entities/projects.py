"""Projects, their lists, the tasks on them, and the files attached to tasks."""

from __future__ import annotations

from datetime import UTC, datetime

from domo_async.emulator.catalog import iso_seconds
from domo_async.emulator.entities.shelf import Document, Shelf

__all__ = ["ProjectBook", "now"]

_FIRST_LISTS = (("To Do", "TODO"), ("Working On", "WORKING_ON"), ("Completed", "COMPLETED"))


def now() -> str:
    """This moment as Domo writes it."""
    return iso_seconds(datetime.now(UTC))


class ProjectBook:
    """The projects of an instance. Ids of projects, lists and tasks are text on the wire."""

    def __init__(self) -> None:
        self.projects: Shelf[Document] = Shelf()
        self.lists: Shelf[Document] = Shelf()
        self.tasks: Shelf[Document] = Shelf()
        self.attachments: Shelf[tuple[Document, bytes]] = Shelf()
        self._personal: dict[int, int] = {}

    def add_project(self, project: Document) -> Document:
        """Add a project with the three lists that every project begins with."""
        number = self.projects.number()
        project = self.projects.put(number, {"id": str(number), **project, "createdDate": now()})
        for index, (name, kind) in enumerate(_FIRST_LISTS, start=1):
            self.add_list(project, name, kind, index)
        return project

    def personal(self, user_id: int, user_name: str) -> Document:
        """A user's own project; made when it is first asked for."""
        project = self.projects.get(self._personal.get(user_id, 0))
        if project is None:
            project = self.add_project(
                {"name": f"{user_name}'s tasks", "members": [user_id], "public": False, "createdBy": user_id}
            )
            self.set_personal(user_id, int(project["id"]))
        return project

    def personal_ids(self) -> dict[int, int]:
        """Numbers of the users' own projects by the users' ids."""
        return dict(self._personal)

    def set_personal(self, user_id: int, number: int) -> None:
        """Say which project is a user's own."""
        self._personal[user_id] = number

    def delete_project(self, project: Document) -> None:
        """Delete a project with all that is in it."""
        for each in self.lists_of(project):
            self.delete_list(each)
        self.projects.remove(int(project["id"]))

    def lists_of(self, project: Document) -> list[Document]:
        """The lists of a project by their index."""
        lists = [each for each in self.lists.all() if each["projectId"] == project["id"]]
        return sorted(lists, key=lambda each: each["index"])

    def add_list(self, project: Document, name: str, kind: str, index: int | None) -> Document:
        """Add a list; those behind it move on."""
        number = self.lists.number()
        new: Document = {"id": str(number), "projectId": project["id"], "name": name, "type": kind, "index": 1 << 30}
        self.lists.put(number, new)
        self.place(project, new, index)
        return new

    def place(self, project: Document, moved: Document, index: int | None) -> None:
        """Put a list in its place, None for the last one, and number all of them anew, from 1."""
        others = [each for each in self.lists_of(project) if each is not moved]
        others.insert(len(others) if index is None else min(max(0, index - 1), len(others)), moved)
        for place, each in enumerate(others, start=1):
            each["index"] = place

    def delete_list(self, gone: Document) -> None:
        """Delete a list with its tasks."""
        for task in self.tasks.all():
            if task["projectListId"] == gone["id"]:
                self.delete_task(task)
        self.lists.remove(int(gone["id"]))

    def delete_task(self, gone: Document) -> None:
        """Delete a task with its files."""
        for attachment, _ in self.attachments_of(gone):
            self.attachments.remove(attachment["id"])
        self.tasks.remove(int(gone["id"]))

    def tasks_of(self, project: Document, list_id: str | None) -> list[Document]:
        """The tasks of a project, or of one of its lists."""
        return [
            task
            for task in self.tasks.all()
            if task["projectId"] == project["id"] and list_id in (None, task["projectListId"])
        ]

    def add_task(self, project: Document, home: Document, task: Document) -> Document:
        """Add a task to a list."""
        number = self.tasks.number()
        return self.tasks.put(
            number, {"id": str(number), "projectId": project["id"], "projectListId": home["id"], **task}
        )

    def attachments_of(self, task: Document) -> list[tuple[Document, bytes]]:
        """The files of a task, newest first."""
        return [item for item in reversed(self.attachments.all()) if item[0]["taskId"] == int(task["id"])]

    def attach(self, task: Document, attachment: Document, content: bytes) -> Document:
        """Attach a file to a task."""
        number = self.attachments.number()
        document = {"id": number, "taskId": int(task["id"]), "createdDate": now(), **attachment}
        self.attachments.put(number, (document, content))
        return document
