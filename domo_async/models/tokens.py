"""The answer of the token endpoint."""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import TYPE_CHECKING, Never

from pydantic import (
    Field,
    SecretStr,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from domo_async.models.base import DomoModel

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AccessToken"]

_SAFE_FIELDS = ("token_type", "expires_in", "scope", "customer", "domain", "env", "role", "user_id", "jti")


class AccessToken(DomoModel):
    """An OAuth 2.0 access token with everything that Domo says about it.

    The token itself is a `SecretStr`; neither it nor unknown fields appear in the repr, and the object refuses to be
    pickled.

    Attributes:
        access_token: The bearer token. Often a JWT, sometimes opaque.
        token_type: ``bearer``.
        expires_in: Seconds that the token lives from the moment of the answer, None when Domo does not say.
        scope: Granted scopes, separated by spaces.
        customer: Name of the Domo instance.
        user_id: Id of the user on whose behalf the client acts. The one inside the JWT may differ; Domo's own
            documentation shows such a pair.
        role: Role of that user.
        jti: Id of the token.
        env: Domo environment such as ``prod1``.
        domain: Host name of the instance.

    Source: API Authentication, "Obtaining an access token"; RFC 6749 section 5.1.
    """

    access_token: SecretStr = Field(alias="access_token")
    token_type: str | None = Field(default=None, alias="token_type")
    expires_in: float | None = Field(default=None, alias="expires_in")
    scope: str | None = None
    customer: str | None = None
    user_id: int | str | None = None
    role: str | None = None
    jti: str | None = None
    env: str | None = None
    domain: str | None = None

    @field_validator("access_token", mode="before")
    @classmethod
    def _fits_a_header(cls, value: object) -> object:
        # RFC 6750 section 2.1, generously. What breaks a header would be quoted by whoever complains about the header.
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str) or not all("!" <= sign <= "~" for sign in text or " "):
            raise ValueError("access_token is not a bearer token")
        return value

    @field_validator("token_type", "scope", "customer", "user_id", "role", "jti", "env", "domain", mode="wrap")
    @classmethod
    def _for_information(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        # Only access_token and expires_in are to be relied on, says Domo; no token is lost over the others.
        try:
            return handler(value)
        except ValidationError:
            return None

    @field_validator("expires_in", mode="before")
    @classmethod
    def _positive_seconds(cls, value: object) -> object:
        if value is None:
            return None
        # bool is an int to Python, and NaN passes every comparison: a token must not live "True" or NaN seconds.
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError("expires_in is not a number of seconds")
        try:
            seconds = float(value)
        except OverflowError:
            seconds = math.inf
        if not math.isfinite(seconds) or seconds <= 0:
            raise ValueError("expires_in is not a positive number of seconds")
        return seconds

    @field_validator("scope", mode="before")
    @classmethod
    def _joined(cls, value: object) -> object:
        if isinstance(value, list | tuple):
            return " ".join(str(item) for item in value)
        return value

    @property
    def scopes(self) -> frozenset[str]:
        """Granted scopes. Commas, which one example of the specification shows, separate as well as spaces."""
        text = self.scope
        if text is None:
            claimed = (self.claims or {}).get("scope")
            text = " ".join(map(str, claimed)) if isinstance(claimed, list) else str(claimed or "")
        return frozenset(text.replace(",", " ").split())

    def has_scope(self, name: str) -> bool:
        """Whether the token was granted the scope `name`, such as ``data``."""
        return name in self.scopes

    @property
    def claims(self) -> dict[str, object] | None:
        """Payload of the JWT, **not verified**: for people to look at, not to decide on.

        Returns:
            The claims, or None when the token is opaque.
        """
        parts = self.access_token.get_secret_value().split(".")
        if len(parts) != 3:  # header, payload, signature: RFC 7519 section 3
            return None
        try:
            payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
            claims = json.loads(payload)
        except (binascii.Error, ValueError, RecursionError):
            return None
        return claims if isinstance(claims, dict) else None

    @model_serializer(mode="wrap")
    def _known_fields(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        # Unknown fields stay readable in model_extra and are not written anywhere: they may be secrets too.
        document: dict[str, object] = handler(self)
        return {name: value for name, value in document.items() if name not in (self.model_extra or {})}

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        # The default walks every field, unknown ones included, and those may be secrets too.
        for name in _SAFE_FIELDS:
            if (value := getattr(self, name)) is not None:
                yield name, value

    def __reduce__(self) -> Never:
        raise TypeError("an AccessToken is a secret and does not pickle; let each process make its own grant")
