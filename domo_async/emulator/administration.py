"""What the administrator of an emulated instance does: clients, tokens, and a look at who and what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.clients import ADMIN, SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domo_async.emulator.clients import Client, ClientRegistry
    from domo_async.emulator.entities.accounts import AccountBook
    from domo_async.emulator.entities.audit import AuditLog
    from domo_async.emulator.entities.people import People
    from domo_async.emulator.instance import Instance

__all__ = ["Administration"]


class Administration:
    """The part of `Emulator` that is about clients and tokens."""

    _instance: Instance

    def add_client(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Iterable[str] = SCOPES,
        user_id: int = 27,
        name: str = "DomoSupport",
        role: str = ADMIN,
    ) -> Client:
        """Add an API client; what is not given is made up.

        Args:
            client_id: Its id.
            client_secret: Its secret.
            scopes: The scopes that its tokens may have.
            user_id: The Domo user behind it.
            name: That user's name.
            role: That user's role: ``Admin``, ``Privileged``, ``Participant``. PDP hides nothing from an ``Admin``.

        Raises:
            ValueError: There is such a client already, or a scope that Domo does not know.
        """
        client = self._instance.meet_client(
            client_id=client_id, client_secret=client_secret, scopes=scopes, user_id=user_id, name=name, role=role
        )
        self._instance.save()
        return client

    @property
    def clients(self) -> ClientRegistry:
        """All API clients, those created over the wire included."""
        return self._instance.clients

    @property
    def people(self) -> People:
        """Users and groups; `add_user` gives one a password to sign in with."""
        return self._instance.people

    @property
    def accounts(self) -> AccountBook:
        """Accounts, with the credentials that arrived."""
        return self._instance.accounts

    @property
    def audit(self) -> AuditLog:
        """What the activity log shows, and how it writes times."""
        return self._instance.audit

    def remove_client(self, client_id: str) -> None:
        """Delete a client. Tokens that it has stay live until they end, unless `revoke_tokens` ends them.

        Raises:
            KeyError: There is no such client.
        """
        self._instance.clients.remove(client_id)
        self._instance.save()

    def disable_client(self, client_id: str) -> None:
        """Give this client no more tokens. Those it has stay live.

        Raises:
            KeyError: There is no such client.
        """
        self._instance.clients.change(client_id, enabled=False)
        self._instance.save()

    def enable_client(self, client_id: str) -> None:
        """Give this client tokens again.

        Raises:
            KeyError: There is no such client.
        """
        self._instance.clients.change(client_id, enabled=True)
        self._instance.save()

    def rotate_secret(self, client_id: str) -> str:
        """Give a client a new secret and return it; the old one is refused from now on.

        Raises:
            KeyError: There is no such client.
        """
        secret = self._instance.clients.rotate(client_id)
        self._instance.save()
        return secret

    def revoke_tokens(self, client_id: str | None = None) -> int:
        """Refuse every token issued so far, or those of one client.

        Returns:
            How many live tokens that were.
        """
        return self._instance.tokens.revoke(client_id)

    def expire_tokens(self) -> int:
        """End the life of every token issued so far.

        Returns:
            How many live tokens that were.
        """
        return self._instance.tokens.expire()
