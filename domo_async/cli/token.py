"""``domo-async token``: what the access token may do."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.invocation import Invocation
from domo_async.cli.running import run
from domo_async.cli.tables import facts

if TYPE_CHECKING:
    from domo_async.models import AccessToken

__all__ = ["token"]

_TIMES = frozenset({"auth_time", "exp", "iat", "nbf"})


def token(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Get an access token and show what it may do, never the token itself.

    Example: domo-async token --json
    """
    invocation = Invocation.of(context)
    terminal = invocation.terminal

    async def grant() -> tuple[AccessToken, float]:
        async with invocation.client() as domo:
            asked = time.monotonic()
            granted = await domo.token()
            return granted, time.monotonic() - asked

    granted, elapsed = run(grant)
    left = None if granted.expires_in is None else round(max(0.0, granted.expires_in - elapsed))
    if as_json:
        terminal.show_json(
            {
                "scopes": sorted(granted.scopes),
                "customer": granted.customer,
                "domain": granted.domain,
                "env": granted.env,
                "role": granted.role,
                "user_id": granted.user_id,
                "seconds_left": left,
                "claims": granted.claims,
            }
        )
        return
    terminal.show(
        facts(
            (
                ("Scopes", ", ".join(sorted(granted.scopes)) or "none"),
                ("Customer", granted.customer),
                ("Domain", granted.domain),
                ("Environment", granted.env),
                ("Role", granted.role),
                ("User", granted.user_id),
                ("Seconds left", left),
                ("Form", "opaque" if granted.claims is None else "JWT"),
            )
        )
    )
    if granted.claims:
        terminal.show("\nClaims (not verified)")
        terminal.show(facts((f"  {name}", _claim(name, value)) for name, value in sorted(granted.claims.items())))


def _claim(name: str, value: object) -> object:
    if name in _TIMES and isinstance(value, int | float):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return value
    return ", ".join(map(str, value)) if isinstance(value, list) else value
