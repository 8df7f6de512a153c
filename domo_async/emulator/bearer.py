"""The check of the access token that every API call goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.refusals import NOT_ACCEPTABLE_PAGE, RefusedError
from domo_async.emulator.tokens import expiry_text

if TYPE_CHECKING:
    from starlette.datastructures import Headers

    from domo_async.emulator.instance import Instance
    from domo_async.emulator.recording import Exchange
    from domo_async.emulator.tokens import Token

__all__ = ["check_token"]

_UNAUTHENTICATED = (
    "com.domo.bedrock.service.exception.UnauthorizedException: Full authentication is required to access this resource"
)


def check_token(headers: Headers, exchange: Exchange, instance: Instance, scope: str) -> Token:
    """Accept or refuse the token of a request.

    Args:
        headers: Headers of the request.
        exchange: Where to note who called.
        instance: Who knows the tokens.
        scope: The scope that the operation needs.

    Returns:
        The live token.

    Raises:
        RefusedError: 401 (or 406 for CSV, see `Instance.csv_refusal`) without a live token, 403 without the scope.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() != "bearer" or not value:
        raise _refusal(
            headers,
            instance,
            RefusedError.gateway(
                401,
                _UNAUTHENTICATED,
                # The odd reason and the empty toe are Domo's.
                statusReason="Internal Server Error",
                path=exchange.path,
                toe="",
                headers={"WWW-Authenticate": "Bearer"},
            ),
        )
    verdict, token = instance.tokens.judge(value)
    exchange.client_id = token.client.client_id if token else None
    if verdict == "expired":
        description = f"An error occurred while attempting to decode the Jwt: Jwt expired at {expiry_text(token)}"
        raise _refusal(headers, instance, RefusedError(401, headers=_challenge(description)))
    if verdict == "unknown" or token is None:
        description = "Cannot convert access token to JSON"
        raise _refusal(
            headers,
            instance,
            RefusedError.oauth(401, "invalid_token", description, headers=_challenge(description)),
        )
    if scope not in token.scopes:
        raise RefusedError.gateway(403, "Forbidden")
    return token


def _refusal(headers: Headers, instance: Instance, refusal: RefusedError) -> RefusedError:
    if instance.csv_refusal == 406 and "text/csv" in headers.get("accept", "").lower():
        return RefusedError.html(406, NOT_ACCEPTABLE_PAGE)
    return refusal


def _challenge(description: str) -> dict[str, str]:
    return {
        "WWW-Authenticate": f'Bearer error="invalid_token", error_description="{description}", '
        'error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"'
    }
