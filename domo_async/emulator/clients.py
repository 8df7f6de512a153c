"""API clients: who may ask for a token, and for which scopes."""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ADMIN", "SCOPES", "Client", "ClientRegistry"]

SCOPES = ("data", "user", "dashboard", "account", "audit", "workflow", "buzz")
"""Every scope that Domo documents."""

ADMIN = "Admin"


@dataclass(frozen=True, slots=True)
class Client:
    """One API client of the emulated instance.

    Attributes:
        client_id: Its public name.
        client_secret: Its secret; left out of the repr.
        scopes: The scopes it was created with, the most that its tokens can have.
        user_id: The Domo user behind it, who owns what it creates.
        name: That user's name.
        enabled: Whether it gets tokens.
        role: That user's role. PDP hides nothing from an ``Admin``.
        title: What the client itself is called; no name was given to those that Python made.
    """

    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = SCOPES
    user_id: int = 27
    name: str = "DomoSupport"
    enabled: bool = True
    role: str = ADMIN
    title: str | None = None

    def __repr__(self) -> str:
        return f"Client(client_id={self.client_id!r}, scopes={self.scopes!r}, enabled={self.enabled})"


def known_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes without repeats.

    Raises:
        ValueError: There is one that Domo does not know.
    """
    names = tuple(dict.fromkeys([scopes] if isinstance(scopes, str) else scopes))
    if unknown := [name for name in names if name not in SCOPES]:
        msg = f"Domo has no scope {unknown[0]!r}; it has {', '.join(SCOPES)}"
        raise ValueError(msg)
    return names


class ClientRegistry:
    """The clients of one emulator. Thread-safe."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}
        self._lock = threading.Lock()

    def add(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Iterable[str] = SCOPES,
        user_id: int = 27,
        name: str = "DomoSupport",
        role: str = ADMIN,
        title: str | None = None,
    ) -> Client:
        """Create a client; what is not given is made up."""
        client = Client(
            client_id or str(uuid4()),
            client_secret or secrets.token_hex(32),
            known_scopes(scopes),
            user_id,
            name,
            role=role,
            title=title,
        )
        with self._lock:
            if client.client_id in self._clients:
                msg = f"There is a client {client.client_id!r} already"
                raise ValueError(msg)
            self._clients[client.client_id] = client
        return client

    def get(self, client_id: str) -> Client | None:
        """The client of that id."""
        return self._clients.get(client_id)

    def all(self) -> list[Client]:
        """Every client, oldest first."""
        with self._lock:
            return list(self._clients.values())

    def put(self, client: Client) -> None:
        """Take a client in as it is, in the place of one with the same id."""
        with self._lock:
            self._clients[client.client_id] = client

    def remove(self, client_id: str) -> None:
        """Forget a client. Tokens that it has stay live until they end.

        Raises:
            KeyError: There is no such client.
        """
        with self._lock:
            del self._clients[client_id]

    def change(
        self,
        client_id: str,
        *,
        enabled: bool | None = None,
        client_secret: str | None = None,
        scopes: Iterable[str] | None = None,
    ) -> Client:
        """Enable, disable, or give a new secret or other scopes; None changes nothing.

        Raises:
            KeyError: There is no such client.
            ValueError: There is a scope that Domo does not know.
        """
        known = None if scopes is None else known_scopes(scopes)
        with self._lock:
            client = self._clients[client_id]
            if enabled is not None:
                client = replace(client, enabled=enabled)
            if client_secret is not None:
                client = replace(client, client_secret=client_secret)
            if known is not None:
                client = replace(client, scopes=known)
            self._clients[client_id] = client
            return client

    def rotate(self, client_id: str) -> str:
        """Give a client a new secret and return it.

        Raises:
            KeyError: There is no such client.
        """
        return self.change(client_id, client_secret=secrets.token_hex(32)).client_secret

    def authenticate(self, client_id: str, client_secret: str) -> Client | None:
        """The enabled client with this id and secret."""
        client = self._clients.get(client_id)
        if client is None or not hmac.compare_digest(client.client_secret.encode(), client_secret.encode()):
            return None
        return client if client.enabled else None
