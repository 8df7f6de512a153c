"""A lease on a place that knows no locks: an object with an owner and an end."""

from __future__ import annotations

import os
import secrets
import socket
import time
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from domo_async.errors import TargetError
from domo_async.jobs.manifest import HOME

if TYPE_CHECKING:
    from domo_async.jobs.targets.stores import ObjectStore

__all__ = ["Lease"]

_NAME = f"{HOME}/lease.json"
_live: set[str] = set()
"""Tokens of the leases that jobs of this process hold."""


class _Claim(BaseModel):
    token: str
    host: str
    process: int
    until: float


class Lease:
    """Keeps a second job out of an object store, as well as such a store allows.

    The owner writes an object with his name and a moment, and moves the moment on while he lives. Who comes meanwhile
    is turned away. After a kill the lease ends at that moment; a job on the same computer sees that the owner is dead
    and does not wait.

    Stores have no lock, so this has limits: the clocks of two computers must not differ by more than `seconds`; and of
    two jobs that begin within `settle` seconds one gives up, unless one of them stands still for longer than that
    between looking and writing. Then the one whose claim is overwritten stops at its next renewal.

    Args:
        store: The store.
        seconds: How long a claim is good for.
        settle: Seconds to wait before looking whether somebody else has come at the same time.
    """

    def __init__(self, store: ObjectStore, *, seconds: float = 120.0, settle: float = 1.0) -> None:
        self._store = store
        self._seconds = seconds
        self._settle = settle
        self._token = secrets.token_hex(8)

    @property
    def renew_every(self) -> float:
        """Seconds after which it has to be renewed."""
        return self._seconds / 4

    def acquire(self) -> None:
        """Take it.

        Raises:
            TargetError: Somebody else has it, or the store refuses.
        """
        self._refuse_others()
        _live.add(self._token)
        try:
            self._write()
            time.sleep(self._settle)
            self._refuse_others()
        except BaseException:
            _live.discard(self._token)
            raise

    def renew(self) -> None:
        """Move its end on.

        Raises:
            TargetError: Somebody else has taken it over.
        """
        self._refuse_others()
        self._write()

    def release(self) -> None:
        """Give it back, if it is held."""
        if self._token in _live:
            _live.discard(self._token)
            claim = self._read()
            if claim is not None and claim.token == self._token:
                self._store.delete(_NAME)

    def _refuse_others(self) -> None:
        claim = self._read()
        if claim is None or claim.token == self._token or claim.until <= time.time() or _is_dead(claim):
            return
        until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(claim.until))
        raise TargetError(
            f"Another job is writing to {self._store.place}: process {claim.process} on {claim.host}, at least until "
            f"{until}",
            hint=f"Wait for its end. If it is dead for certain, delete {_NAME} there",
        )

    def _read(self) -> _Claim | None:
        document = self._store.get_bytes(_NAME)
        try:
            return None if document is None else _Claim.model_validate_json(document)
        except ValidationError:
            return None

    def _write(self) -> None:
        claim = _Claim(
            token=self._token, host=socket.gethostname(), process=os.getpid(), until=time.time() + self._seconds
        )
        self._store.put_bytes(_NAME, claim.model_dump_json().encode())


def _is_dead(claim: _Claim) -> bool:
    """Whether the owner is known not to live any more."""
    if claim.host != socket.gethostname():
        return False
    if claim.process == os.getpid():
        return claim.token not in _live  # a process before this one, which had the same number
    if os.name == "nt":
        return False  # os.kill would end it
    try:
        os.kill(claim.process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
