"""From the options and the JSON file of a command to the arguments of a method of the SDK.

The method says what there is to be set, and of which type: nothing of it is written down again here.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from domo_async.cli.input import called, read_json
from domo_async.cli.misuse import Misuse
from domo_async.errors import InvalidArgumentError
from domo_async.http.options import Unset

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal

__all__ = ["arguments", "validated"]

_TYPES_OF_UNIONS: Final = (Union, types.UnionType)


def arguments(
    method: Callable[..., object],
    options: Mapping[str, object],
    *,
    source: str | None,
    terminal: Terminal,
    readers: Mapping[str, Callable[[JsonValue], object]] | None = None,
) -> dict[str, Any]:
    """The keyword arguments of a method.

    The JSON object may use the names of the SDK or those of Domo, and may be what ``--json`` shows of such a thing:
    what cannot be set is left out, and mentioned. Anything unknown is an error, since it may be a slip of the pen.

    Args:
        method: ``create`` or ``update`` of an API family, which returns a model of what it made or changed.
        options: Values of options by names of arguments; None if an option was not given. They win.
        source: The file of ``--from-json``, ``-`` for standard input, None if it was not given.
        terminal: Where to mention what was left out.
        readers: Functions that read the value of an argument, where its type says too little.

    Raises:
        InvalidArgumentError: The file is no JSON object, has unknown fields or values of the wrong types.
        Misuse: An argument that is needed is missing, or there are none at all.
    """
    given = {name: value for name, value in options.items() if value is not None}
    values = {} if source is None else _from_document(method, source, terminal, readers or {})
    values |= given
    parameters = _keywords(method)
    missing = [name for name, parameter in parameters.items() if parameter.default is parameter.empty]
    if missing := [name for name in missing if name not in values]:
        raise Misuse(f"{_option(missing[0])} is missing; it may also stand in the file of --from-json")
    if not values:
        raise Misuse("there is nothing to change: name what should become different")
    return values


def validated(kind: Any, value: JsonValue, place: str) -> Any:  # noqa: ANN401 - of whatever type is asked for
    """A value from a JSON document as an object of a type.

    Args:
        kind: The type.
        value: The value.
        place: What to call it in an error.

    Raises:
        InvalidArgumentError: It is none, or a model in it got fields that it does not have.
    """
    try:
        found = TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        # Only where and why: the values may be secret.
        details = error.errors(include_input=False, include_url=False, include_context=False)
        where = ".".join(
            [place, *(str(part) for part in details[0]["loc"] if isinstance(part, int) or part in _keys(value))]
        )
        problem = f"{where}: {details[0]['msg']}"
    else:
        if (slip := next(_slips(found), None)) is None:
            return found
        problem = f"{place}: {slip}"
    raise InvalidArgumentError(problem)


def _from_document(
    method: Callable[..., object],
    source: str,
    terminal: Terminal,
    readers: Mapping[str, Callable[[JsonValue], object]],
) -> dict[str, Any]:
    document = read_json(source)
    if not isinstance(document, dict):
        raise InvalidArgumentError(f"{called(source)}: expected a JSON object")
    hints = get_type_hints(method)
    parameters = {spelling: name for name in _keywords(method) for spelling in (name, to_camel(name))}
    shown = [model for model in _members(hints["return"]) if model is not type(None)]
    read_only = {spelling for model in shown for name in model.model_fields for spelling in (name, to_camel(name))}
    values: dict[str, Any] = {}
    left_out: list[str] = []
    for key, value in document.items():
        name = parameters.get(key)
        if name is None:
            if key not in read_only:
                raise InvalidArgumentError(f"{called(source)}: {_unknown(key, parameters)}")
            left_out.append(key)
        elif value is None and not _takes_none(hints[name]):
            left_out.append(f"{key} (null)")
        elif name in readers:
            values[name] = readers[name](value)
        else:
            values[name] = validated(_plain(hints[name]), value, f"{called(source)}: {key}")
    if left_out:
        terminal.say(f"Not set, since it cannot be: {', '.join(left_out)}")
    return values


def _keywords(method: Callable[..., object]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(method).parameters
    return {name: each for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY}


def _members(hint: Any) -> list[Any]:  # noqa: ANN401
    members = get_args(hint) if get_origin(hint) in _TYPES_OF_UNIONS else (hint,)
    return [member for member in members if member is not Unset]


def _takes_none(hint: Any) -> bool:  # noqa: ANN401
    return type(None) in _members(hint)


def _plain(hint: Any) -> Any:  # noqa: ANN401
    """A type without `Unset`, and with lists where anything that can be iterated over would do."""
    members = [
        list[get_args(member)] if get_origin(member) is Iterable else member  # type: ignore[misc]
        for member in _members(hint)
    ]
    return Union[tuple(members)]  # noqa: UP007 - made at run time


def _slips(found: object) -> Iterator[str]:
    """Fields of models that the models do not have."""
    if isinstance(found, BaseModel):
        fields = type(found).model_fields
        yield from (_unknown(key, fields) for key in found.model_extra or ())
        for name in fields:
            yield from _slips(getattr(found, name))
    elif isinstance(found, list | tuple):
        for item in cast("Iterable[object]", found):
            yield from _slips(item)


def _unknown(key: str, known: Iterable[str]) -> str:
    close = get_close_matches(key, [*known], n=1)
    return f"{key!r} is unknown" + (f"; did you mean {close[0]!r}?" if close else "")


def _keys(value: JsonValue) -> set[str]:
    """All names in a document. What else a validator calls a place is the name of a type."""
    if isinstance(value, dict):
        return {*value, *(key for each in value.values() for key in _keys(each))}
    return {key for each in value for key in _keys(each)} if isinstance(value, list) else set()


def _option(name: str) -> str:
    return "--" + name.removesuffix("_id").removeprefix("update_").replace("_", "-")
