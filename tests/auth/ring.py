"""A keyring that tests have to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.null import Keyring as Null


class Ring(KeyringBackend):
    """Keeps secrets in memory, and breaks down when it is told to."""

    priority = 5
    name = "test ring"

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[tuple[str, str], str] = {}
        self.trouble: Exception | None = None

    def _step(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def get_password(self, service, username):
        self._step()
        return self.secrets.get((service, username))

    def set_password(self, service, username, password):
        self._step()
        self.secrets[service, username] = password

    def delete_password(self, service, username):
        self._step()
        del self.secrets[service, username]


@contextmanager
def keyring_of_this_process(ring: Ring | None) -> Iterator[Ring | None]:
    """Put a keyring in the place of the system's; None for a system that has none."""
    before = keyring.get_keyring()
    keyring.set_keyring(ring if ring is not None else Null())
    try:
        yield ring
    finally:
        keyring.set_keyring(before)
