"""What the options before the command say, handed to every command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domo_async.cli.terminal import Terminal

if TYPE_CHECKING:
    import typer

    from domo_async.client import AsyncDomo

__all__ = ["Invocation"]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of the command.

    Attributes:
        client_id: ``--client-id``, None to read the environment.
        client_secret: ``--client-secret``, None to read the environment.
        api_url: ``--api-url``, None to read the environment.
        timeout: ``--timeout``: seconds that the server may stay silent, None for what suits the command.
        terminal: Where to write.
        profile: ``--profile``, None for what DOMO_PROFILE says, and the profile ``default`` if nothing else says who.
    """

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    api_url: str | None = None
    timeout: float | None = None
    terminal: Terminal = field(default_factory=Terminal)
    profile: str | None = None

    @classmethod
    def of(cls, context: typer.Context) -> Invocation:
        """The invocation that a command belongs to."""
        return context.ensure_object(cls)

    def client(self) -> AsyncDomo:
        """A client as patient as a person in front of a terminal."""
        from domo_async.client import AsyncDomo

        timeout = self.timeout or 30.0
        return AsyncDomo(
            self.client_id,
            self.client_secret,
            profile=self._chosen_profile(),
            api_url=self.api_url,
            timeout=timeout,
            connect_timeout=min(5.0, timeout),
            deadline=2 * timeout,
            retries=3,
            grant_deadline=5.0,
        )

    def patient_client(self, *, concurrency: int) -> AsyncDomo:
        """A client for long work that nobody watches: it outlasts pauses that a person would not wait for.

        Args:
            concurrency: DataSets on their way at once. Twice as many requests: one that is being counted again needs
                a second one.
        """
        from domo_async.client import AsyncDomo

        timeout = self.timeout or 60.0
        return AsyncDomo(
            self.client_id,
            self.client_secret,
            profile=self._chosen_profile(),
            api_url=self.api_url,
            timeout=timeout,
            connect_timeout=min(10.0, timeout),
            concurrency=2 * concurrency,
            grant_deadline=10.0,
        )

    def _chosen_profile(self) -> str | None:
        if self.profile is not None or self.client_id is not None or self.client_secret is not None:
            return self.profile
        from domo_async.auth.profiles import DEFAULT_PROFILE, Profiles
        from domo_async.settings import DomoSettings

        settings = DomoSettings.load()
        if (settings.profile, settings.client_id, settings.client_secret) != (None, None, None):
            return None
        return DEFAULT_PROFILE if DEFAULT_PROFILE in (known.name for known in Profiles().all()) else None
