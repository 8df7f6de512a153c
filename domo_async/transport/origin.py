"""Where the API is, and what belongs to it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from domo_async.errors import ConfigurationError

__all__ = ["DEFAULT_API_URL", "Origin"]

DEFAULT_API_URL: Final = "https://api.domo.com"
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: the only place that a bearer token is ever sent to.

    https is required, except for the machine itself, where the emulator lives.

    Source: RFC 6454 section 4; RFC 6750 section 5.3.
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a base URL such as ``https://api.domo.com``.

        Raises:
            ConfigurationError: The URL has no host, a path, credentials, or is plain http to another machine.
        """
        if not isinstance(url, str):
            raise ConfigurationError("The API URL is no text", hint=f"Write it like {DEFAULT_API_URL}")
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError as error:
            raise ConfigurationError(f"The API URL is not a URL: {error}") from None
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        if scheme not in _DEFAULT_PORTS or not host:
            raise ConfigurationError("The API URL needs a scheme and a host", hint=f"Write it like {DEFAULT_API_URL}")
        if parts.username is not None or parts.password is not None:
            raise ConfigurationError(
                "The API URL contains credentials", hint="Pass them as client_id and client_secret"
            )
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ConfigurationError(
                "The API URL has a path", hint=f"Only scheme, host and port belong there, like {DEFAULT_API_URL}"
            )
        origin = cls(scheme, host, port or _DEFAULT_PORTS[scheme])
        if scheme == "http" and not origin.is_loopback:
            raise ConfigurationError(
                f"The API URL is plain http to {host}: the client secret would travel in clear text",
                hint="Use https; http is allowed for 127.0.0.1 and localhost only",
            )
        return origin

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def covers(self, scheme: str, host: str, port: int | None) -> bool:
        """Whether a URL with these parts belongs to this origin."""
        scheme = scheme.lower()
        return scheme == self.scheme and host.lower() == self.host and (port or _DEFAULT_PORTS.get(scheme)) == self.port

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"
