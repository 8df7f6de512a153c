"""Faults that are switched on for a while: what goes wrong, for which requests, and how often.

The kinds, with their options:

======================  ===========================================================================================
``status``              an error status instead of the answer: ``status=503``, ``retry_after=`` (seconds, a datetime, or
                        any text), ``message=``
``reset``               the connection is reset before anything is sent
``reset_after``         the connection is reset after ``bytes=0`` bytes of the body
``truncate``            the connection is closed after ``bytes=0`` bytes of the body, though more was announced
``stall``               silence after ``bytes=0`` bytes of the body, until the client leaves or the server stops
``drip``                the body comes as ``bytes=1`` byte every ``interval=0.01`` seconds
``delay``               everything waits ``seconds=1.0`` first; other faults may follow it
``malformed_json``      half of the JSON document, as a complete answer
``unknown_fields``      every object of the JSON document has fields that nobody has heard of
``maintenance``         the page "Domo Maintenance", with ``status=503`` (or 200)
``blocked``             the page "Domo - Blocked", with ``status=200``
``not_acceptable``      the HTML page with status 406 that refuses CSV
``redirect``            a redirect with ``status=302`` to ``location=`` at another origin
``token_outage``        the token endpoint fails with ``status=503`` for ``seconds=60.0`` from now
``lost_answer``         the request is carried out, but the connection is reset instead of an answer
======================  ===========================================================================================
"""

from __future__ import annotations

import fnmatch
import itertools
import math
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

__all__ = ["KINDS", "TOKEN_PATH", "Fault", "Faults"]

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path

KINDS: Mapping[str, Mapping[str, Any]] = {
    "status": {"status": 503, "retry_after": None, "message": None},
    "reset": {},
    "reset_after": {"bytes": 0},
    "truncate": {"bytes": 0},
    "stall": {"bytes": 0},
    "drip": {"bytes": 1, "interval": 0.01},
    "delay": {"seconds": 1.0},
    "malformed_json": {},
    "unknown_fields": {},
    "maintenance": {"status": 503, "retry_after": None},
    "blocked": {"status": 200},
    "not_acceptable": {"status": 406},
    "redirect": {"status": 302, "location": "http://elsewhere.invalid/"},
    "token_outage": {"seconds": 60.0, "status": 503, "retry_after": None},
    "lost_answer": {},
}
"""Every kind of fault with its options and their defaults."""


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_header(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


# A fault that cannot strike would break every request that it is for, so its values are looked at when it is added.
_VALUES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "method": (lambda value: value is None or isinstance(value, str), "text"),
    "path": (lambda value: value is None or isinstance(value, str | re.Pattern), "text or a compiled pattern"),
    "times": (lambda value: value is None or _is_count(value), "a count"),
    "probability": (lambda value: value is None or (_is_number(value) and cast("float", value) <= 1), "from 0 to 1"),
    "after": (_is_count, "a count"),
    "status": (lambda value: _is_count(value) and 200 <= cast("int", value) <= 599, "an HTTP status"),
    "retry_after": (
        lambda value: _is_number(value) or _is_header(value) or isinstance(value, datetime),
        "seconds, a datetime, or what a header can hold",
    ),
    "message": (lambda value: isinstance(value, str), "text"),
    "location": (_is_header, "what a header can hold"),
    "bytes": (_is_count, "a count"),
    "interval": (_is_number, "seconds"),
    "seconds": (_is_number, "seconds"),
}


@dataclass(slots=True, eq=False)
class Fault:
    """One fault that was added; a handle on it.

    Attributes:
        id: Its number.
        kind: One of `KINDS`.
        method: HTTP method that it is for, None for all.
        path: Pattern of the paths that it is for, None for all but the token endpoint.
        times: How often it strikes at most, None for no limit.
        probability: Chance that it strikes where it could.
        after: How many matching requests it lets pass first.
        options: What its kind takes.
        hits: How often it has struck.
    """

    id: int
    kind: str
    method: str | None
    path: str | re.Pattern[str] | None
    times: int | None
    probability: float | None
    after: int
    options: dict[str, Any]
    hits: int = 0
    _seen: int = 0
    _since: float = field(default_factory=time.monotonic)
    _registry: Faults | None = None

    def remove(self) -> None:
        """Switch it off."""
        if self._registry is not None:
            self._registry.remove(self.id)

    def describe(self) -> dict[str, Any]:
        """Itself as a JSON document."""
        path = self.path.pattern if isinstance(self.path, re.Pattern) else self.path
        return {
            "id": self.id,
            "kind": self.kind,
            "method": self.method,
            "path": path,
            "times": self.times,
            "probability": self.probability,
            "after": self.after,
            "hits": self.hits,
            **{k: v if isinstance(v, int | float | str | None) else str(v) for k, v in self.options.items()},
        }

    def strikes(self, method: str, path: str, chance: random.Random) -> bool:
        """Whether it is this request's turn; counts the request."""
        if (self.times is not None and self.hits >= self.times) or not self._matches(method, path):
            return False
        if self.kind == "token_outage" and time.monotonic() - self._since >= self.options["seconds"]:
            return False
        self._seen += 1
        if self._seen <= self.after or (self.probability is not None and chance.random() >= self.probability):
            return False
        self.hits += 1
        return True

    def _matches(self, method: str, path: str) -> bool:
        if self.method is not None and self.method.upper() != method:
            return False
        if self.kind == "token_outage":
            return path == TOKEN_PATH
        if self.path is None:
            return path != TOKEN_PATH
        if isinstance(self.path, re.Pattern):
            return self.path.search(path) is not None
        return fnmatch.fnmatchcase(path, self.path)


class Faults:
    """The faults of one emulator. Thread-safe.

    Of those that match a request delays add up, and the oldest other one strikes.

    Args:
        seed: Makes faults with a probability repeatable.

    Example:
        >>> faults = Faults()
        >>> fault = faults.add("status", status=429, retry_after=2, path="/v1/datasets/*", times=1)
        >>> fault.hits
        0
    """

    def __init__(self, seed: int | None = None) -> None:
        self._faults: dict[int, Fault] = {}
        self._numbers = itertools.count(1)
        self._chance = random.Random(seed)  # noqa: S311 - no secret depends on it
        self._lock = threading.Lock()

    def add(
        self,
        kind: str,
        *,
        method: str | None = None,
        path: str | re.Pattern[str] | None = None,
        times: int | None = None,
        probability: float | None = None,
        after: int = 0,
        **options: object,
    ) -> Fault:
        """Switch a fault on.

        Args:
            kind: What happens; see the table of this module.
            method: HTTP method of the requests that it is for.
            path: Their path: a glob such as ``/v1/datasets/*`` (``*`` matches slashes too), a compiled regular
                expression, or a regular expression as text that begins with ``^``. None means every path but
                the token endpoint's.
            times: How often it strikes at most.
            probability: Chance from 0 to 1 that it strikes where it could.
            after: How many matching requests pass untouched first.
            **options: What the kind takes.

        Returns:
            A handle with ``hits`` and ``remove()``.

        Raises:
            ValueError: There is no such kind, or a value that no fault can have.
            TypeError: The kind does not take this option.
        """
        if kind not in KINDS:
            msg = f"There is no fault {kind!r}; there are {', '.join(KINDS)}"
            raise ValueError(msg)
        if unknown := sorted(set(options) - set(KINDS[kind])):
            msg = f"The fault {kind!r} does not take {unknown[0]!r}; it takes {', '.join(KINDS[kind]) or 'no options'}"
            raise TypeError(msg)
        given = {"method": method, "path": path, "times": times, "probability": probability, "after": after, **options}
        for name, value in given.items():
            fits, wanted = _VALUES[name]
            is_default = name in KINDS[kind] and value is KINDS[kind][name]
            if not is_default and not fits(value):
                msg = f"{name} is {wanted}, not {value!r}"
                raise ValueError(msg)
        if isinstance(path, str) and path.startswith("^"):
            path = re.compile(path)
        fault = Fault(
            id=next(self._numbers),
            kind=kind,
            method=method,
            path=path,
            times=times,
            probability=probability,
            after=after,
            options={**KINDS[kind], **options},
            _registry=self,
        )
        with self._lock:
            self._faults[fault.id] = fault
        return fault

    def remove(self, fault_id: int) -> bool:
        """Switch one fault off. Returns whether it was on."""
        with self._lock:
            return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        """The faults that are on, oldest first."""
        with self._lock:
            return list(self._faults.values())

    def strike(self, method: str, path: str) -> list[Fault]:
        """What happens to a request: delays first, then at most one other fault."""
        if not self._faults:
            return []
        delays: list[Fault] = []
        with self._lock:
            for fault in self._faults.values():
                if fault.strikes(method, path, self._chance):
                    if fault.kind != "delay":
                        return [*delays, fault]
                    delays.append(fault)
        return delays
