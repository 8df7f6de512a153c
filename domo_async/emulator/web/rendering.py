"""From templates to answers. Every value is escaped, whoever has made it up."""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2 import Environment

__all__ = ["page"]

_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(template: str, *, root: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template.

    Args:
        template: Its name without the suffix.
        root: Path that the application is mounted at, without a slash at its end.
        status: HTTP status.
        **values: What it shows.
    """
    nonce = secrets.token_urlsafe(16)
    text = _environment().get_template(f"{template}.html").render(root=root, nonce=nonce, **values)
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY.format(nonce=nonce),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(text, status, headers)


@cache
def _environment() -> Environment:
    # Jinja is loaded when somebody looks at a page for the first time: most emulators run in tests.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("domo_async.emulator.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": _moment, "clock": _clock, "count": _count, "span": _span}
    return environment


def _moment(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}"


def _clock(value: datetime) -> str:
    return f"{value:%H:%M:%S}"


def _count(value: int) -> str:
    # A narrow space, so that nobody takes a thousand for a decimal, or the other way round.
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
