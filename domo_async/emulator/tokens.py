"""Access tokens: what the token endpoint gives, and what the API accepts.

A token is *live* until its lifetime has passed or it is revoked. The server's own memory decides, not what a JWT says
of itself. Old tokens are forgotten in the order in which they were issued; a forgotten one counts as expired.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domo_async.emulator.clients import Client

__all__ = ["Token", "TokenFormat", "TokenRegistry", "Verdict"]

TokenFormat = Literal["jwt", "opaque"]
Verdict = Literal["live", "expired", "unknown"]

CUSTOMER = "emulator"
_MEMORY = 50_000


@dataclass(slots=True)
class Token:
    """One issued token.

    Attributes:
        value: What goes into the Authorization header.
        client: Who asked for it.
        scopes: What it allows.
        deadline: When it ends, on the monotonic clock.
        expires_at: When it ends, in seconds since 1970.
        expires_in: Whole seconds that its receiver may count on.
        jti: Its own id.
    """

    value: str
    client: Client
    scopes: tuple[str, ...]
    deadline: float
    expires_at: float
    expires_in: int
    jti: str


class TokenRegistry:
    """Issues tokens and judges them. Thread-safe.

    Args:
        lifetime: Seconds that a token lives.
        form: Whether tokens look like JWTs, or say nothing of themselves.
    """

    def __init__(self, *, lifetime: float, form: TokenFormat) -> None:
        self.lifetime = lifetime
        self.form: TokenFormat = form
        self._key = secrets.token_bytes(32)
        self._tokens: OrderedDict[str, Token] = OrderedDict()
        self._revoked: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self, client: Client, scopes: tuple[str, ...]) -> Token:
        """Make a token."""
        lifetime = self.lifetime
        expires_at = time.time() + lifetime
        jti = str(uuid4())
        value = self._jwt(client, scopes, expires_at, jti) if self.form == "jwt" else secrets.token_urlsafe(48)
        token = Token(
            value=value,
            client=client,
            scopes=scopes,
            deadline=time.monotonic() + lifetime,
            expires_at=expires_at,
            expires_in=max(math.floor(lifetime), 0),
            jti=jti,
        )
        with self._lock:
            self._tokens[value] = token
            while len(self._tokens) > _MEMORY:
                self._tokens.popitem(last=False)
        return token

    def judge(self, value: str) -> tuple[Verdict, Token | None]:
        """Whether a token is accepted, and which one it is."""
        token = self._tokens.get(value)
        if token is not None:
            return ("live" if time.monotonic() < token.deadline else "expired"), token
        if value not in self._revoked and self._signed_here(value):
            return "expired", None
        return "unknown", None

    def live(self) -> list[Token]:
        """Every live token, oldest first."""
        now = time.monotonic()
        with self._lock:
            return [token for token in self._tokens.values() if token.deadline > now]

    def revoke(self, client_id: str | None = None) -> int:
        """Refuse every token issued so far, or those of one client. Returns how many were live."""
        now = time.monotonic()
        with self._lock:
            gone = [t for t in self._tokens.values() if client_id is None or t.client.client_id == client_id]
            for token in gone:
                del self._tokens[token.value]
                self._revoked[token.value] = None
            while len(self._revoked) > _MEMORY:
                self._revoked.popitem(last=False)
        return sum(token.deadline > now for token in gone)

    def expire(self) -> int:
        """End the life of every token. Returns how many were live."""
        now = time.monotonic()
        with self._lock:
            live = [token for token in self._tokens.values() if token.deadline > now]
            for token in live:
                token.deadline = now
                token.expires_at = time.time()
        return len(live)

    def _jwt(self, client: Client, scopes: tuple[str, ...], expires_at: float, jti: str) -> str:
        payload = {
            "role": client.role,
            "scope": list(scopes),
            "exp": math.floor(expires_at),
            "env": "local",
            "userId": client.user_id,
            "jti": jti,
            "client_id": client.client_id,
            "customer": CUSTOMER,
        }
        signed = f"{_segment({'alg': 'HS256'})}.{_segment(payload)}"
        return f"{signed}.{self._signature(signed)}"

    def _signature(self, signed: str) -> str:
        return _base64url(hmac.digest(self._key, signed.encode(), hashlib.sha256))

    def _signed_here(self, value: str) -> bool:
        signed, _, signature = value.rpartition(".")
        return hmac.compare_digest(self._signature(signed).encode(), signature.encode())


def expiry_text(token: Token | None) -> str:
    """When a token ended, as the challenge of a 401 says it."""
    moment = datetime.now(UTC) if token is None else datetime.fromtimestamp(token.expires_at, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _segment(document: Mapping[str, object]) -> str:
    return _base64url(json.dumps(document, separators=(",", ":")).encode())


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
