"""A token on its way through a store: who may take it, how old it is, and what it looks like there."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Final, Never, Self

from pydantic import SecretBytes, ValidationError

from domo_async.auth.credentials import ClientCredentials
from domo_async.models import AccessToken

__all__ = ["StoredToken", "fingerprint", "token_key"]

_VERSION: Final = 1
_MOST_SKEW: Final = 30.0
_FROM_THE_FUTURE: Final = 60.0


def token_key(origin: str, scopes: tuple[str, ...], credentials: ClientCredentials) -> str:
    """Where the tokens of these credentials are kept: a digest that gives none of them away.

    The secret is part of it. Who knows no more than a client id must not find the token of its owner, and a secret
    that was changed does not go on with what the old one was granted.

    Args:
        origin: Where the API is.
        scopes: Scopes to ask for.
        credentials: Who is asking.
    """
    parts = ["domo_async", _VERSION, origin, sorted(scopes), credentials.client_id]
    digest = hashlib.sha256(json.dumps(parts).encode())
    digest.update(credentials.client_secret.get_secret_value().encode())
    return digest.hexdigest()


def fingerprint(token: AccessToken) -> str:
    """What tells one token from another without being it."""
    return hashlib.sha256(token.access_token.get_secret_value().encode()).hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class StoredToken:
    """A token as processes hand it to each other.

    Monotonic clocks differ from process to process, so the moment of the grant is on the wall clock here. Those of two
    machines differ a little: a token counts as older than it seems by half a minute, or a tenth of its life if that is
    less.

    Attributes:
        token: The token.
        granted_at: Seconds since 1970 when it was asked for, by the clock of the process that did.
        lifetime: Seconds that it lives from then on.
    """

    token: AccessToken
    granted_at: float
    lifetime: float

    def age(self, now: float) -> float | None:
        """Seconds that it is old, rather over- than under-estimated.

        Args:
            now: Seconds since 1970 by our clock.

        Returns:
            None if our clock and that of the other process do not go together: it was granted in our future.
        """
        if self.granted_at - now > _FROM_THE_FUTURE:
            return None
        return max(0.0, now - self.granted_at) + min(_MOST_SKEW, self.lifetime / 10)

    def to_bytes(self, key: str) -> SecretBytes:
        """The value to store under `key`."""
        document = self.token.model_dump(mode="json", by_alias=True, exclude={"access_token"}, exclude_none=True)
        document["access_token"] = self.token.access_token.get_secret_value()
        whole = {
            "version": _VERSION,
            "key": key,
            "granted_at": self.granted_at,
            "lifetime": self.lifetime,
            "token": document,
        }
        return SecretBytes(json.dumps(whole, separators=(",", ":")).encode())

    @classmethod
    def from_bytes(cls, value: SecretBytes, key: str) -> Self | None:
        """Read a value; None if it is something else, or was stored under another key."""
        try:
            whole = json.loads(value.get_secret_value())
            if whole["version"] != _VERSION or whole["key"] != key:
                return None
            granted_at, lifetime = _number(whole["granted_at"]), _number(whole["lifetime"])
            token = AccessToken.model_validate(whole["token"])
        except (ValueError, LookupError, TypeError, RecursionError, ValidationError):
            return None
        return cls(token, granted_at, lifetime) if lifetime > 0 else None

    def aged(self, age: float) -> AccessToken:
        """The token, with what is left of its life."""
        return self.token.model_copy(update={"expires_in": max(0.0, self.lifetime - age)})

    def __repr__(self) -> str:
        return f"<StoredToken for {self.lifetime:g} s>"

    def __reduce__(self) -> Never:
        raise TypeError("a StoredToken is a secret and does not pickle")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a number")
    return float(value)
