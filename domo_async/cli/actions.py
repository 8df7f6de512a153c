"""What most commands do: list, show, ask whether it is meant, delete."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from domo_async.cli.invocation import Invocation
from domo_async.cli.questions import confirm, require_person
from domo_async.cli.running import run
from domo_async.cli.tables import facts
from domo_async.cli.views import View, as_document

if TYPE_CHECKING:
    import typer
    from pydantic import JsonValue

    from domo_async.cli.terminal import Terminal
    from domo_async.client import AsyncDomo

__all__ = ["arguments", "ask_domo", "delete", "list_things", "present", "show_thing", "write_array"]

T = TypeVar("T")


def ask_domo(context: typer.Context, work: Callable[[AsyncDomo], Awaitable[T]], *, patient: bool = False) -> T:
    """Do something with a client, and return what comes of it.

    Args:
        context: Of the command.
        work: What to do.
        patient: Whether it may take long: more patience with Domo, and no limit on the whole.
    """
    invocation = Invocation.of(context)

    async def with_client() -> T:
        async with invocation.patient_client(concurrency=4) if patient else invocation.client() as domo:
            return await work(domo)

    return run(with_client)


def arguments(
    context: typer.Context,
    method: Callable[..., object],
    options: Mapping[str, object],
    *,
    source: str | None,
    readers: Mapping[str, Callable[[JsonValue], object]] | None = None,
) -> dict[str, Any]:
    """The keyword arguments for a method that makes or changes something; see `domo_async.cli.fields.arguments`."""
    from domo_async.cli.fields import arguments as from_options_and_document

    return from_options_and_document(
        method, options, source=source, readers=readers, terminal=Invocation.of(context).terminal
    )


def list_things(
    context: typer.Context,
    view: View[T],
    things: Callable[[AsyncDomo], AsyncIterable[T]],
    *,
    as_json: bool,
) -> None:
    """Carry out a command that lists.

    Args:
        context: Of the command.
        view: What the things look like.
        things: Asks for them.
        as_json: Write a JSON array, item by item, and not a table.
    """
    terminal = Invocation.of(context).terminal

    async def collect(domo: AsyncDomo) -> list[T]:
        return [thing async for thing in things(domo)]

    if as_json:
        write_array(context, things)
    elif found := ask_domo(context, collect):
        terminal.show(view.listing(found))
    else:
        terminal.say(f"No {view.many}.")


def write_array(context: typer.Context, things: Callable[[AsyncDomo], AsyncIterable[T]]) -> None:
    """Write things as one JSON array, each as it comes.

    Args:
        context: Of the command.
        things: Asks for them.
    """
    array = Invocation.of(context).terminal.json_array()

    async def write(domo: AsyncDomo) -> None:
        async for thing in things(domo):
            array.add(as_document(thing))
        array.end()

    ask_domo(context, write)


def show_thing(
    context: typer.Context, view: View[T], get: Callable[[AsyncDomo], Awaitable[T]], *, as_json: bool
) -> None:
    """Carry out a command whose result is one thing: show it, make it, change it.

    Args:
        context: Of the command.
        view: What it looks like.
        get: Asks for it.
        as_json: Write a JSON object.
    """
    present(Invocation.of(context).terminal, view, ask_domo(context, get), as_json=as_json)


def present(terminal: Terminal, view: View[T], thing: T, *, as_json: bool) -> None:
    """Show one thing in full."""
    if as_json:
        terminal.show_json(as_document(thing))
        return
    terminal.show(facts(view.facts(thing)))
    for part in view.parts(thing):
        terminal.show("")
        terminal.show(part)


def delete(
    context: typer.Context,
    view: View[T],
    identity: object,
    get: Callable[[AsyncDomo], Awaitable[T]],
    remove: Callable[[AsyncDomo], Awaitable[None]],
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Carry out a command that deletes one thing.

    Args:
        context: Of the command.
        view: What it looks like.
        identity: Its id.
        get: Asks for it, so that the question can name it.
        remove: Deletes it.
        yes: Do not ask.
        as_json: Write a JSON object that says what is gone.
    """
    terminal = Invocation.of(context).terminal
    label = f"{view.one} {identity}"
    if not yes:
        require_person(terminal)
        label = view.label(ask_domo(context, get))
        confirm(terminal, f"Delete {label} for good?")
    ask_domo(context, remove)
    if as_json:
        terminal.show_json({"deleted": True, "id": identity})
    else:
        terminal.say(f"Deleted {label}.")
