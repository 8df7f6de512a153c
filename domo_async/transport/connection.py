"""TLS and proxies, in one place for API calls and token grants alike."""

from __future__ import annotations

import importlib.util
import logging
import os
import ssl
import threading
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from domo_async.errors import ConfigurationError

if TYPE_CHECKING:
    from domo_async.transport.origin import Origin

__all__ = ["ClientCertificate", "ConnectionOptions", "Verify"]

logger: logging.Logger = logging.getLogger(__name__)

Verify = ssl.SSLContext | str | os.PathLike[str] | bool
"""True for the default authorities, a file or folder of certificates, an SSLContext, or False to trust anybody."""

ClientCertificate = str | tuple[str, str] | tuple[str, str, str]
"""Path of a PEM file; or certificate and key; or certificate, key and the key's password."""

_PROXIES: Final = frozenset({"http", "https", "socks5", "socks5h"})


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How to reach the API: certificates and proxies.

    Args:
        verify: Whom to trust, see `Verify`.
        cert: Client certificate for mutual TLS.
        proxy: URL of an ``http://`` or ``https://`` proxy (``socks5://`` needs ``httpx[socks]``).
        trust_env: Whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR count where the
            arguments above say nothing.
    """

    verify: Verify = True
    cert: ClientCertificate | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = True
    _cache: list[ssl.SSLContext] = field(default_factory=list[ssl.SSLContext], init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def ssl_context(self) -> ssl.SSLContext:
        """The one SSL context that all connections share; built on first use, since that costs about 20 ms.

        Raises:
            ConfigurationError: A certificate file cannot be read.
        """
        with self._lock:
            if not self._cache:
                self._cache.append(self._build_context())
            return self._cache[0]

    def _build_context(self) -> ssl.SSLContext:
        if isinstance(self.verify, ssl.SSLContext):
            context = self.verify
        elif isinstance(self.verify, bool):
            if not self.verify:
                logger.warning("TLS certificates are not verified: anybody on the way can read the client secret")
            try:
                context = httpx.create_ssl_context(verify=self.verify, trust_env=self.trust_env)
            except (OSError, ssl.SSLError) as error:
                raise ConfigurationError(
                    f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR name cannot be loaded: {_reason(error)}"
                ) from error
        else:
            context = self._context_from(Path(self.verify))
        if self.cert is not None:
            chain = (self.cert,) if isinstance(self.cert, str) else self.cert
            try:
                context.load_cert_chain(*chain)
            except (OSError, ssl.SSLError) as error:
                raise ConfigurationError(f"The client certificate cannot be loaded: {_reason(error)}") from None
        return context

    @staticmethod
    def _context_from(authorities: Path) -> ssl.SSLContext:
        try:
            if authorities.is_dir():
                return ssl.create_default_context(capath=authorities)
            return ssl.create_default_context(cafile=authorities)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(f"The certificates in {authorities} cannot be loaded: {_reason(error)}") from error

    def proxy_for(self, origin: Origin) -> str | None:
        """The proxy to use for this origin, or None for a direct connection.

        Raises:
            ConfigurationError: What names the proxy is no URL of one, or it speaks SOCKS and we do not.
        """
        if self.proxy is not None:
            return _proxy_url(self.proxy, "proxy")
        if not self.trust_env or urllib.request.proxy_bypass(f"{origin.host}:{origin.port}"):
            return None
        configured = urllib.request.getproxies()
        proxy = configured.get(origin.scheme) or configured.get("all")
        if proxy is None:
            return None
        return _proxy_url(proxy if "://" in proxy else f"http://{proxy}", "The proxy of the environment")


def _proxy_url(proxy: str, named: str) -> str:
    try:
        url = httpx.URL(proxy)
        usable = url.scheme in _PROXIES and bool(url.host)
    except (httpx.InvalidURL, TypeError):
        url, usable = httpx.URL(), False
    if not usable:
        # Not quoted: there may be a password in it.
        raise ConfigurationError(f"{named}: not the URL of a proxy", hint="Write it like http://proxy.example:3128")
    if url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError(f"{named}: SOCKS needs the package socksio", hint="pip install 'httpx[socks]'")
    return proxy


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
