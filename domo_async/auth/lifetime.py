"""One token and how long it may be used. No HTTP in here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Never, Self

if TYPE_CHECKING:
    from domo_async.models import AccessToken

__all__ = ["DEFAULT_LIFETIME", "Obtained", "Token", "lifetime_of", "refresh_window", "safety_margin"]

DEFAULT_LIFETIME: Final = 3599.0  # documented value, for an answer without expires_in and without exp
_REFRESH_AHEAD: Final = 300.0
_SAFETY_MARGIN: Final = 10.0


def lifetime_of(granted: AccessToken) -> float:
    """Seconds that a token lives from the moment it was asked for, as far as anybody said."""
    return granted.expires_in or _lifetime_by_claims(granted) or DEFAULT_LIFETIME


def refresh_window(lifetime: float) -> float:
    """Seconds before the end of a life from which on the next token is looked for."""
    return min(_REFRESH_AHEAD, lifetime / 4)


def safety_margin(lifetime: float) -> float:
    """Seconds before the end of a life from which on nobody uses the token."""
    return min(_SAFETY_MARGIN, lifetime / 10)


@dataclass(frozen=True, slots=True)
class Obtained:
    """A token as it came in.

    Attributes:
        granted: The token.
        asked_at: When it was asked for, on the manager's clock: lifetimes are under-estimated by the round trip, and
            never over.
        lifetime: Seconds that it lives from then on.
        adopted: Whether another process was granted it, and this one found it in the store that they share.
    """

    granted: AccessToken
    asked_at: float
    lifetime: float
    adopted: bool = False


class Token:
    """One token in use and the moments of its life, on the manager's clock.

    Attributes:
        granted: What the endpoint granted.
        generation: Counts tokens; two are the same exactly when their generations are.
        granted_at: When it was asked for.
        lifetime: Seconds that it lives, as far as anybody said.
        stale_at: From here on one caller refreshes while the others go on using it.
        expires_at: From here on nobody uses it. A little before the server's own limit.
        accepted: Whether the API has answered a call with it. A token that was refused before that is not stale: the
            server objects to something that a new token would not change.
        adopted: Whether another process was granted it. That it is refused says nothing of a token of our own.
    """

    __slots__ = ("accepted", "adopted", "expires_at", "generation", "granted", "granted_at", "lifetime", "stale_at")

    def __init__(
        self,
        granted: AccessToken,
        *,
        generation: int,
        granted_at: float,
        lifetime: float,
        stale_at: float,
        expires_at: float,
        adopted: bool,
    ) -> None:
        self.granted: AccessToken = granted
        self.generation: int = generation
        self.granted_at: float = granted_at
        self.lifetime: float = lifetime
        self.stale_at: float = stale_at
        self.expires_at: float = expires_at
        self.accepted: bool = False
        self.adopted: bool = adopted

    @classmethod
    def born(cls, obtained: Obtained, *, generation: int, spread: float) -> Self:
        """A token with the moments of its life worked out.

        Args:
            obtained: What came in.
            generation: Its number.
            spread: A number in 0..1 by which the refresh ahead is shifted, so that a fleet that started together does
                not refresh together.
        """
        at, lifetime = obtained.asked_at, obtained.lifetime
        ahead = refresh_window(lifetime) * (0.8 + 0.2 * spread)
        margin = safety_margin(lifetime)
        return cls(
            obtained.granted,
            generation=generation,
            granted_at=at,
            lifetime=lifetime,
            stale_at=at + lifetime - max(ahead, margin),
            expires_at=at + lifetime - margin,
            adopted=obtained.adopted,
        )

    @property
    def authorization(self) -> str:
        """Value of the Authorization header."""
        return f"Bearer {self.granted.access_token.get_secret_value()}"

    def __repr__(self) -> str:
        return f"<Token generation {self.generation}>"

    def __reduce__(self) -> Never:
        raise TypeError("a Token is a secret and does not pickle")


def _lifetime_by_claims(granted: AccessToken) -> float | None:
    """Seconds until the ``exp`` of a JWT: on the wall clock, so it serves only where expires_in is missing."""
    exp = (granted.claims or {}).get("exp")
    if isinstance(exp, bool) or not isinstance(exp, int | float):
        return None
    remaining = exp - time.time()
    return remaining if 0 < remaining < float("inf") else None
