"""What of an instance is kept: each kind of thing, how it is written as documents, and how it is read again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from domo_async.emulator.catalog import DataSetEntry
from domo_async.emulator.clients import Client
from domo_async.emulator.parts import Part
from domo_async.emulator.s3_exports import S3ExportEntry
from domo_async.emulator.streams import ExecutionEntry, StreamEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from domo_async.emulator.entities.shelf import Document, Shelf
    from domo_async.emulator.instance import Instance
    from domo_async.emulator.state.file import Key

__all__ = ["EVENTS", "Content", "Described", "Kept", "contents", "kept", "packed"]

Content = Part | bytes
"""What is kept as bytes beside the documents."""

EVENTS = "events"
"""The shelf that only grows; it is not looked through again and again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing.

    Attributes:
        saved: All of them by key, in the order in which they were made: JSON documents, or `Described`.
        restore: Takes the document of one; what it returns means nothing.
    """

    saved: Callable[[], Iterable[tuple[str, object]]]
    restore: Callable[[str, Any], object]


@dataclass(frozen=True, slots=True)
class Described:
    """Something whose document costs more than to see whether it has changed.

    Attributes:
        face: Immutable values that are equal as long as the document is.
        describe: Makes the document.
    """

    face: tuple[object, ...]
    describe: Callable[[], object]


def kept(instance: Instance, contents: Mapping[Key, bytes]) -> dict[str, Kept]:
    """Every kind of thing by its shelf, in an order in which they can be read again.

    Args:
        instance: Where they are.
        contents: Bytes that belong to documents that are read.
    """
    people, pages, projects = instance.people, instance.pages, instance.projects
    shelves: dict[str, Shelf[Document]] = {
        "users": people.users,
        "groups": people.groups,
        "pages": pages.pages,
        "collections": pages.collections,
        "cards": instance.cards,
        "projects": projects.projects,
        "lists": projects.lists,
        "tasks": projects.tasks,
    }
    attachments = projects.attachments
    counters: dict[str, Shelf[Any]] = {**shelves, "accounts": instance.accounts.accounts, "attachments": attachments}

    def restore_attachment(key: str, document: Document) -> None:
        attachments.put(int(key), (document, contents["attachments", key]))

    def restore_number(key: str, number: int) -> None:
        if key == "streams":
            instance.streams.next = number
        else:
            counters[key].continue_at(number)

    def restore_first_client(_: str, client_id: str) -> None:
        instance.first_client = client_id

    return {
        "clients": Kept(partial(_clients, instance), partial(_restore_client, instance)),
        **{name: _shelf(shelf) for name, shelf in shelves.items()},
        "passwords": Kept(
            lambda: [(str(user_id), password) for user_id, password in people.passwords().items()],
            lambda key, password: people.set_password(int(key), password),
        ),
        "accounts": Kept(instance.accounts.saved, instance.accounts.restore),
        "attachments": Kept(lambda: [(str(n), item[0]) for n, item in attachments.numbered()], restore_attachment),
        "personal": Kept(
            lambda: [(str(user_id), number) for user_id, number in projects.personal_ids().items()],
            lambda key, number: projects.set_personal(int(key), number),
        ),
        "datasets": Kept(
            lambda: [(entry.id, Described(entry.face(), entry.saved)) for entry in instance.datasets.all()],
            lambda key, document: instance.datasets.add(DataSetEntry.restored(key, document)),
        ),
        "streams": Kept(
            lambda: [(str(entry.id), entry.saved()) for entry in instance.streams.all()],
            partial(_restore_stream, instance),
        ),
        "executions": Kept(partial(_executions, instance), partial(_restore_execution, instance, contents)),
        "exports": Kept(
            lambda: [(name, [each.saved() for each in exports]) for name, exports in [*instance.s3_exports.items()]],
            partial(_restore_exports, instance),
        ),
        EVENTS: Kept(lambda: instance.audit.saved(0), instance.audit.restore),
        "numbers": Kept(
            lambda: [*((name, shelf.next) for name, shelf in counters.items()), ("streams", instance.streams.next)],
            restore_number,
        ),
        "first client": Kept(
            lambda: [] if instance.first_client is None else [("id", instance.first_client)],
            restore_first_client,
        ),
    }


def contents(instance: Instance) -> Iterator[tuple[Key, Content]]:
    """What is kept as bytes: the parts of open executions, and the files that are attached to tasks."""
    for stream in instance.streams.all():
        for execution in [*stream.executions.values()]:
            for number, part in [*execution.parts.items()]:
                yield ("parts", f"{stream.id}/{execution.id}/{number}"), part
    for number, (_, octets) in instance.projects.attachments.numbered():
        yield ("attachments", str(number)), octets


def packed(content: Content) -> bytes:
    """Content as bytes."""
    return content if isinstance(content, bytes) else content.packed()


def _shelf(shelf: Shelf[Document]) -> Kept:
    return Kept(
        lambda: [(str(number), item) for number, item in shelf.numbered()],
        lambda key, document: shelf.put(int(key), document),
    )


def _clients(instance: Instance) -> Iterator[tuple[str, Document]]:
    for client in instance.clients.all():
        yield (
            client.client_id,
            {
                "secret": client.client_secret,
                "scopes": list(client.scopes),
                "user": [client.user_id, client.name, client.role],
                "enabled": client.enabled,
                "title": client.title,
            },
        )


def _restore_client(instance: Instance, client_id: str, document: Document) -> None:
    user_id, name, role = document["user"]
    scopes = tuple(document["scopes"])
    enabled, title = document["enabled"], document["title"]
    client = Client(client_id, document["secret"], scopes, user_id, name, enabled=enabled, role=role, title=title)
    instance.clients.put(client)


def _restore_stream(instance: Instance, key: str, document: Document) -> None:
    dataset = instance.datasets.get(document["dataset"])
    if dataset is None:
        msg = f"stream {key} has no DataSet"
        raise ValueError(msg)
    instance.streams.put(StreamEntry.restored(int(key), document, dataset))


def _restore_exports(instance: Instance, dataset_id: str, documents: list[Any]) -> None:
    instance.s3_exports[dataset_id] = [S3ExportEntry.restored(each) for each in documents]


def _executions(instance: Instance) -> Iterator[tuple[str, Described]]:
    for stream in instance.streams.all():
        for execution in [*stream.executions.values()]:
            yield f"{stream.id}/{execution.id}", Described(execution.face(), execution.saved)


def _restore_execution(instance: Instance, contents: Mapping[Key, bytes], key: str, document: Document) -> None:
    stream_id, number = (int(text) for text in key.split("/"))
    stream = instance.streams.get(stream_id)
    if stream is None:
        msg = f"execution {key} has no stream"
        raise ValueError(msg)
    parts = {
        int(part): Part.restored(described, contents["parts", f"{key}/{part}"])
        for part, described in document["parts"].items()
    }
    stream.executions[number] = ExecutionEntry.restored(number, document, parts)
