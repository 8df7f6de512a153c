"""Who may use the page and the endpoints that are the emulator's own. They take no token, so a browser is looked at.

A page from anywhere in the world runs in the developer's browser, and that browser reaches the emulator. Two things
give such a page away: it calls the emulator by a name that its owner could make point to this machine (DNS rebinding),
or the browser says that the request comes from another origin.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domo_async.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from starlette.datastructures import Headers

__all__ = ["check_visitor"]

_RESERVED = ("localhost", "internal", "test")
"""Top-level domains under which nobody can register a name."""


def check_visitor(headers: Headers, listening: str | None) -> None:
    """Let a request pass whose host is an address, a name without a dot or under a reserved domain, or our own.

    Args:
        headers: Headers of the request.
        listening: The address or name that the emulator was told to listen on.

    Raises:
        RefusedError: 403, the host is another name, or the request comes from a page of another origin.
    """
    host = headers.get("host", "")
    name = _name(host)
    if not (name and (_is_address(name) or _is_private(name) or name == (listening or "").lower())):
        message = f"The emulator's own pages are not shown as {name or 'a host without a name'!r}: use its address"
        raise RefusedError.gateway(403, message)
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        raise RefusedError.gateway(403, "The emulator's own endpoints answer no pages of other origins")


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:  # brackets without an address
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_private(name: str) -> bool:
    # Containers and machines of one network call each other by names without a dot.
    return "." not in name or name.rpartition(".")[2] in _RESERVED
