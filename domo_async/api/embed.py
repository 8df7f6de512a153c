"""Embedding cards and pages in pages of your own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final
from urllib.parse import quote

from pydantic import JsonValue, TypeAdapter

from domo_async.api.family import Family
from domo_async.errors import InvalidArgumentError, InvalidResponseError
from domo_async.http.operations import Operation, Safety
from domo_async.models import EmbedAuthorization, EmbedToken
from domo_async.models.embed import EmbedAnswer

__all__ = ["Embed"]

# A token that nobody has harms nobody, so both may be repeated. No scope is documented; Domo's sample for embedding
# asks for several, of which this one is the nearest.
CARD_TOKEN: Final = Operation("embed.card_token", "POST", "/v1/cards/embed/auth", Safety.IDEMPOTENT, scope="dashboard")
DASHBOARD_TOKEN: Final = Operation(
    "embed.dashboard_token", "POST", "/v1/stories/embed/auth", Safety.IDEMPOTENT, scope="dashboard"
)

_PUBLIC_URL: Final = "https://public.domo.com"
_ANSWER: Final = TypeAdapter(EmbedAnswer)


class Embed(Family):
    """The Embed Token API.

    A browser gets to see an embedded card or page by posting a token to Domo. The token is made here, for one viewer,
    with the rows that he may see.

    Example:
        ::

            token = await domo.embed.card_token(
                EmbedAuthorization("bc36f", filters=[EmbedFilter("State", "IN", ["Ohio"])]), session_length=60
            )
            return HTMLResponse(domo.embed.html(token, domo.embed.card_url("bc36f")))

    Source: Embed Token API
    """

    async def card_token(
        self, authorizations: EmbedAuthorization | Sequence[EmbedAuthorization], *, session_length: int | None = None
    ) -> EmbedToken:
        """A token for one or more cards.

        Args:
            authorizations: What the viewer may see.
            session_length: Minutes that his session lasts. Domo's default is the idle time of your instance's
                sessions, or 8 hours, and it allows no more.

        Raises:
            InvalidArgumentError: There is no authorization, or the length is no number of minutes.
            CallError: Anything that can happen to a call.

        Example:
            ::

                token = await domo.embed.card_token(EmbedAuthorization(token=embed_id))

        Source: Embed Token API, ``POST /v1/cards/embed/auth``.
        """
        return await self._token(CARD_TOKEN, authorizations, session_length)

    async def dashboard_token(
        self, authorizations: EmbedAuthorization | Sequence[EmbedAuthorization], *, session_length: int | None = None
    ) -> EmbedToken:
        """A token for one or more pages; see `card_token`.

        Raises:
            InvalidArgumentError: There is no authorization, or the length is no number of minutes.
            CallError: Anything that can happen to a call.

        Source: Embed Token API, ``POST /v1/stories/embed/auth``.
        """
        return await self._token(DASHBOARD_TOKEN, authorizations, session_length)

    async def _token(
        self,
        operation: Operation,
        authorizations: EmbedAuthorization | Sequence[EmbedAuthorization],
        session_length: int | None,
    ) -> EmbedToken:
        wanted = [authorizations] if isinstance(authorizations, EmbedAuthorization) else list(authorizations)
        if not wanted or not all(isinstance(each, EmbedAuthorization) for each in wanted):
            raise InvalidArgumentError("authorizations: expected at least one EmbedAuthorization")
        if session_length is not None and (
            isinstance(session_length, bool) or not isinstance(session_length, int) or session_length < 1
        ):
            raise InvalidArgumentError(f"session_length: {session_length!r} is no number of minutes")
        fields: dict[str, JsonValue] = {"authorizations": [each.to_wire() for each in wanted]}
        if session_length is not None:
            fields["sessionLength"] = session_length
        answer = await self._call(operation, _ANSWER, fields=fields)
        if answer.authentication is None or not answer.authentication.get_secret_value():
            # Asking again would not help: this is how Domo says no here, with a status of success.
            raise InvalidResponseError(
                f"Domo granted no token: {answer.error or 'it does not say why'}",
                operation=operation.name,
                method=operation.method,
                path=operation.path,
            )
        return EmbedToken(authentication=answer.authentication)

    @staticmethod
    def card_url(embed_id: str) -> str:
        """Where a browser posts the token for a card."""
        return f"{_PUBLIC_URL}/cards/{_segment(embed_id)}"

    @staticmethod
    def dashboard_url(embed_id: str) -> str:
        """Where a browser posts the token for a page."""
        return f"{_PUBLIC_URL}/embed/pages/{_segment(embed_id)}"

    @staticmethod
    def html(token: EmbedToken, url: str) -> str:
        """A page for an iframe: it posts the token, and shows what Domo answers.

        The text holds the token in clear, since the browser needs it. Do not log it, and let nobody cache it.

        Args:
            token: The viewer's token.
            url: `card_url` or `dashboard_url`.

        Raises:
            InvalidArgumentError: The address is not https.
        """
        if not url.startswith("https://"):
            raise InvalidArgumentError("url: a token goes over https only")
        return (
            "<!DOCTYPE html>\n"
            '<html><head><meta charset="utf-8"><title>Domo</title></head>\n'
            "<body onload=\"document.getElementById('domo').submit()\">\n"
            f'<form id="domo" method="post" action="{escape(url)}">'
            f'<input type="hidden" name="embedToken" value="{escape(token.authentication.get_secret_value())}">'
            "<noscript><button>Show</button></noscript></form>\n"
            "</body></html>\n"
        )


def _segment(embed_id: str) -> str:
    if not isinstance(embed_id, str) or not embed_id.strip() or embed_id in {".", ".."}:
        raise InvalidArgumentError(f"embed_id: {embed_id!r} is not an embed id")
    return quote(embed_id, safe="")
