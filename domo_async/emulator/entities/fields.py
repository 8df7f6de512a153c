"""Reading the JSON objects that clients send, with the forms of numbers and booleans that they are known to use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from domo_async.emulator.refusals import RefusedError

__all__ = ["Fields", "bad_request", "user_ids"]


def bad_request(message: str = "Bad Request") -> RefusedError:
    """Domo's 400."""
    return RefusedError.gateway(400, message)


class Fields:
    """The fields of an object. Whatever has the wrong type is refused with 400; a null is a field that is missing.

    Args:
        document: The object.
    """

    def __init__(self, document: object) -> None:
        if not isinstance(document, Mapping):
            raise bad_request()
        self._document = cast("Mapping[str, object]", document)

    def __contains__(self, name: str) -> bool:
        return name in self._document

    def text(self, name: str) -> str | None:
        """A text; numbers are read as such."""
        value = self._document.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str | None):
            raise bad_request()
        return value

    def required(self, name: str) -> str:
        """A text that is there and not blank."""
        value = self.text(name)
        if value is None or not value.strip():
            raise bad_request()
        return value

    def number(self, name: str) -> int | None:
        """A whole number; digits as text are fine."""
        value = self._document.get(name)
        return None if value is None else _number(value)

    def moment(self, name: str) -> str | None:
        """A time in ISO 8601, as it was written."""
        value = self.text(name)
        if value is not None:
            try:
                datetime.fromisoformat(value)
            except ValueError as error:
                raise bad_request() from error
        return value

    def flag(self, name: str) -> bool | None:
        """A boolean; ``"TRUE"`` and its like are fine."""
        value = self._document.get(name)
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool | None):
            raise bad_request()
        return value

    def numbers(self, name: str) -> list[int] | None:
        """A list of whole numbers."""
        value = self._document.get(name)
        return None if value is None else user_ids(value)

    def texts(self, name: str) -> list[str] | None:
        """A list of texts."""
        value = self._document.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
            raise bad_request()
        return cast("list[str]", value)

    def objects(self, name: str) -> list[Fields] | None:
        """A list of objects."""
        value = self._document.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise bad_request()
        return [Fields(item) for item in cast("list[object]", value)]

    def child(self, name: str) -> Fields | None:
        """An object."""
        value = self._document.get(name)
        return None if value is None else Fields(value)

    def raw(self) -> dict[str, object]:
        """The object itself."""
        return dict(self._document)


def user_ids(value: object) -> list[int]:
    """A list of whole numbers without repeats.

    Raises:
        RefusedError: 400, it is something else.
    """
    if not isinstance(value, list):
        raise bad_request()
    return list(dict.fromkeys(_number(item) for item in cast("list[object]", value)))


def _number(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_request()
    return value
