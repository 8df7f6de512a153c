"""A file that says what to pull and what to push: read, checked, and refused with the place of what is wrong."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from domo_async.errors import JobFileError
from domo_async.jobs.job_file_lines import Place, key_lines
from domo_async.jobs.job_file_model import JobFile, PullStep, PushStep

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["JobFile", "PullStep", "PushStep", "read_job_file"]

_PATHS: Final = {"to", "source", "state"}
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRETS: Final = re.compile(r"secret|password|token|client_?id|credential|api_?key", re.IGNORECASE)
_AT_LINE: Final = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)")
_ACTIONS: Final[Mapping[str, type[BaseModel]]] = {"pull": PullStep, "push": PushStep}


def read_job_file(path: str | os.PathLike[str], *, environment: Mapping[str, str] = os.environ) -> JobFile:
    """Read a job file, and check all of it.

    ``${NAME}`` in ``to``, ``source`` and ``state`` is replaced by a variable of the environment, and nowhere else.
    Relative paths begin at the folder of the file. Credentials do not stand in it: ``profile`` names them.

    Args:
        path: A TOML file.
        environment: The variables.

    Raises:
        JobFileError: It cannot be read, or makes no sense; says with line and key all that is wrong.

    Example:
        ::

            job = read_job_file("nightly.toml")
            print([step.name for step in job.steps])
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise JobFileError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise JobFileError(f"{path} is not UTF-8") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.search(str(error))
        line = int(match.group(1)) if match is not None and match.group(1) else text.count("\n") + 1
        raise JobFileError.of([f"{path}:{line}: {_AT_LINE.sub('', str(error))}"]) from None
    reading = _Reading(path, key_lines(text), environment)
    document = cast("dict[str, object]", reading.expanded((), document))
    job: JobFile | None = None
    try:
        job = JobFile.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        for details in found:
            # Of what may be a text or a list, and is a list, nobody wants to hear that it is no text.
            if not (details["type"] == "string_type" and isinstance(details["input"], list) and len(found) > 1):
                reading.note(details, document)
    if reading.problems or job is None:
        problems = [problem.words for problem in sorted(reading.problems, key=lambda problem: problem.line)]
        raise JobFileError.of(list(dict.fromkeys(problems)))
    return job


@dataclass(frozen=True, slots=True)
class _Problem:
    line: int
    words: str


class _Reading:
    """Collects what is wrong with a document."""

    def __init__(self, path: Path, lines: dict[Place, int], environment: Mapping[str, str]) -> None:
        self._path = path
        self._lines = lines
        self._environment = environment
        self.problems: list[_Problem] = []

    def add(self, place: Place, words: str) -> None:
        """Something is wrong at a place."""
        known = next((place[:end] for end in range(len(place), -1, -1) if place[:end] in self._lines), ())
        line = self._lines.get(known, 1)
        key = ".".join(f"[{step + 1}]" if isinstance(step, int) else step for step in place).replace(".[", "[")
        where = f"{self._path}:{line}: {key}: " if key else f"{self._path}:{line}: "
        self.problems.append(_Problem(line, where + words))

    def expanded(self, place: Place, value: object) -> object:
        """A value with the variables of the environment in its paths."""
        if isinstance(value, dict):
            table = cast("dict[str, object]", value)
            return {key: self.expanded((*place, key), one) for key, one in table.items()}
        if isinstance(value, list):
            return [self.expanded((*place, number), one) for number, one in enumerate(cast("list[object]", value))]
        if not isinstance(value, str):
            return value
        keys = [step for step in place if isinstance(step, str)]
        is_path = keys[:1] == ["step"] and len(keys) == 2 and keys[1] in _PATHS
        if not is_path:
            if _VARIABLE.search(value):
                self.add(place, f"variables are replaced in {', '.join(sorted(_PATHS))} only")
            return value
        return self._path_of(place, value)

    def _path_of(self, place: Place, text: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            name = match.group(1)
            if not _NAME.fullmatch(name):
                self.add(place, f"${{{name}}} is no name of a variable")
            elif not self._environment.get(name):
                self.add(place, f"the variable {name} is not set")
            return self._environment.get(name, "")

        if _holds_password(text):
            self.add(place, "an address with a password does not belong into a file; put it into a variable")
        text = _VARIABLE.sub(replaced, text)
        if "://" in text or not text:
            return text
        return str(self._path.absolute().parent / Path(text).expanduser())

    def note(self, details: ErrorDetails, document: object) -> None:
        """One finding of pydantic, in the words of the file."""
        place = _place(details["loc"], document, missing=details["type"] == "missing")
        match details["type"]:
            case "extra_forbidden":
                key = str(place[-1])
                if _SECRETS.search(key):
                    self.add(
                        place,
                        "credentials do not stand in job files: `domo-async login` keeps them under a name, "
                        "which goes here as profile",
                    )
                else:
                    self.add(place, f"there is no such key{_suggestion(key, _keys_at(details['loc']))}")
            case "missing":
                self.add(place[:-1], f"the key {place[-1]!r} is missing")
            case "union_tag_not_found":
                self.add(place, "the key 'action' is missing: pull or push")
            case "union_tag_invalid":
                said = cast("dict[str, object]", details["input"]).get("action")
                self.add((*place, "action"), f"{said!r} is none of pull, push{_suggestion(str(said), _ACTIONS)}")
            case _:
                words = details["msg"].removeprefix("Value error, ")
                self.add(place, words[:1].lower() + words[1:])


def _place(location: tuple[int | str, ...], document: object, *, missing: bool) -> Place:
    """Where a finding of pydantic stands in the file: without the names that pydantic gives to the sides of a union."""
    found: list[int | str] = []
    here: object = document
    for number, step in enumerate(location):
        is_last = number == len(location) - 1
        if isinstance(here, dict) and (step in here or (missing and is_last)):
            table = cast("dict[str | int, object]", here)
            here = table.get(step)
            found.append(step)
        elif isinstance(here, list) and isinstance(step, int):
            here = cast("list[object]", here)[step] if step < len(cast("list[object]", here)) else None
            found.append(step)
    return tuple(found)


def _keys_at(location: tuple[int | str, ...]) -> Iterable[str]:
    """The keys that there could be where an unknown one stands."""
    match location:
        case ("step", int(), "pull" | "push" as action, "options", str(), str()):
            annotation = _ACTIONS[action].model_fields["options"].annotation
            return cast("type[BaseModel]", annotation.__args__[1]).model_fields  # type: ignore[union-attr]
        case ("step", int(), "pull" | "push" as action, str()):
            return _ACTIONS[action].model_fields
        case _:
            return ("profile", "step")


def _suggestion(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f". Did you mean {near[0]}?" if near else ""


def _holds_password(text: str) -> bool:
    try:
        return "://" in text and "$" not in (urlsplit(text).password or "$")
    except ValueError:
        return False
