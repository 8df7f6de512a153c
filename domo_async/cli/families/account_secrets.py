"""Credentials on their way in: from a file, or typed without being shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domo_async.cli.actions import ask_domo
from domo_async.cli.input import called, read_json
from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.questions import ask_secret, person_present
from domo_async.errors import InvalidArgumentError

if TYPE_CHECKING:
    import typer
    from pydantic import JsonValue, Secret

    from domo_async.models import AccountProperty

__all__ = ["asked", "properties_in"]


def properties_in(source: str) -> dict[str, Secret[JsonValue]]:
    """The credentials in a JSON object.

    Raises:
        InvalidArgumentError: It is none. What it says instead is not repeated.
    """
    from pydantic import JsonValue, Secret

    document = read_json(source)
    if not isinstance(document, dict):
        raise InvalidArgumentError(f"{called(source)}: expected a JSON object of names and values")
    return {name: Secret[JsonValue](value) for name, value in document.items()}


def asked(context: typer.Context, type_id: str, names: Sequence[str] | None) -> dict[str, Secret[JsonValue]]:
    """Ask for credentials: those that are named, else those that an account of the type is made of.

    Raises:
        Misuse: Nobody can be asked, a needed answer was empty, or Domo does not say what to ask for.
    """
    from pydantic import JsonValue, Secret

    if not person_present(Invocation.of(context).terminal):
        raise Misuse("nobody can be asked here for the credentials: add --properties FILE")
    wanted = [(name, name, True) for name in names] if names else _of_type(context, type_id)
    found: dict[str, Secret[JsonValue]] = {}
    for name, prompt, required in wanted:
        answer = ask_secret(prompt if required else f"{prompt} (may be left empty)")
        if answer:
            found[name] = Secret[JsonValue](answer)
        elif required:
            raise Misuse(f"{prompt} is needed, and was left empty")
    return found


def _of_type(context: typer.Context, type_id: str) -> list[tuple[str, str, bool]]:
    kind = ask_domo(context, lambda domo: domo.account_types.get(type_id))
    wanted = [_question(each) for each in kind.properties if each.name and not each.read_only]
    if not wanted:
        raise Misuse(f"Domo does not say what accounts of type {type_id} hold: add --ask NAME or --properties FILE")
    return wanted


def _question(each: AccountProperty) -> tuple[str, str, bool]:
    return each.name or "", each.prompt or each.name or "", bool(each.required)
