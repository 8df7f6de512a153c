"""What Domo says when it refuses: two JSON envelopes, plain text, HTML pages, or nothing at all."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Final, Self

__all__ = ["Page", "Problem", "looks_like_html", "read_problem"]

_MAX_MESSAGE: Final = 1_000
_MAX_BODY: Final = 64 * 1024
_MAX_PAGE: Final = 16 * 1024  # bounds what the patterns below may cost on a page that means harm
_TITLE: Final = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_TAG: Final = re.compile(r"<(script|style)\b.*?</\1>|<[^<>]+>", re.IGNORECASE | re.DOTALL)
_CHALLENGE: Final = re.compile(
    r"""\b(error|error_description|scope)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))""", re.IGNORECASE
)
# What looks like a credential is cut out of every explanation: some gateways and proxies echo the headers they got.
_CREDENTIAL: Final = re.compile(
    r"""(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:access_token|client_secret)["']?\s*[:=]\s*["']?[^\s"',&]+"""
)
_CUT: Final = "[hidden]"
_SHORTEST_SECRET: Final = 8  # cutting out less would tear words apart, and hide nothing that could not be guessed


class Page:
    """Which of Domo's HTML pages a body is. Plain constants: the text is compared, never sent."""

    MAINTENANCE = "maintenance"
    BLOCKED = "blocked"
    UNAUTHENTICATED = "unauthenticated"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Problem:
    """The facts of an answer that is not a success.

    Attributes:
        message: Domo's explanation in its own words, None when it gave none.
        reason: ``statusReason`` of the envelope.
        toe: Domo's reference for support.
        code: OAuth error code: ``invalid_token``, ``insufficient_scope``, ``invalid_client``...
        scope: The scope that an ``insufficient_scope`` answer asks for.
        page: One of `Page` when the body is HTML, else None.
    """

    message: str | None = None
    reason: str | None = None
    toe: str | None = None
    code: str | None = None
    scope: str | None = None
    page: str | None = None

    def without(self, *secrets: str) -> Self:
        """The same with these texts cut out, in case the server repeats what it was sent."""
        message, reason, toe, code = self.message, self.reason, self.toe, self.code
        for secret in secrets:
            if len(secret) < _SHORTEST_SECRET:
                continue
            message, reason, toe, code = (
                text.replace(secret, _CUT) if text is not None else None for text in (message, reason, toe, code)
            )
        return replace(self, message=message, reason=reason, toe=toe, code=code)


def looks_like_html(start: bytes) -> bool:
    """Whether a body that starts with these bytes is a page for people, whatever its content type says."""
    head = start[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<!--"))


def read_problem(body: bytes, *, content_type: str = "", challenge: str = "") -> Problem:
    """Read the explanation of an error out of whatever came.

    Args:
        body: The whole body, possibly empty. A few kilobytes are enough.
        content_type: The Content-Type header.
        challenge: The WWW-Authenticate header (RFC 6750 section 3), where an empty 401 hides its reason.

    Returns:
        The facts that were found. Never raises: an unreadable explanation is no explanation.
    """
    hints = {
        name.lower(): _plain(re.sub(r"\\(.)", r"\1", quoted) or bare)
        for name, quoted, bare in _CHALLENGE.findall(challenge[:_MAX_BODY])
    }
    fallback = Problem(message=hints.get("error_description"), code=hints.get("error"), scope=hints.get("scope"))
    text = body[:_MAX_BODY].decode("utf-8-sig", errors="replace").strip()
    if not text:
        return fallback
    if text[0] in "{[":
        # Before the content type: gateways mislabel, and the document knows more than any page.
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            return _read_envelope(document, fallback)
    if looks_like_html(body) or "text/html" in content_type.lower():
        return _read_page(text[:_MAX_PAGE], fallback)
    return replace(fallback, message=_plain(text))


def _read_envelope(document: dict[str, object], fallback: Problem) -> Problem:
    error = _text(document, "error")
    description = _text(document, "error_description")
    if description is None and error is not None and _text(document, "path") is not None:
        # Spring's default body: `error` is the reason phrase there, not an OAuth code.
        return Problem(
            message=_text(document, "message") or fallback.message,
            reason=error,
            toe=_text(document, "toe"),
            code=fallback.code,
            scope=fallback.scope,
        )
    return Problem(
        message=_text(document, "message") or description or fallback.message,
        reason=_text(document, "statusReason"),
        toe=_text(document, "toe"),
        code=error or fallback.code,
        scope=_text(document, "scope") or fallback.scope,
    )


def _read_page(text: str, fallback: Problem) -> Problem:
    title = _TITLE.search(text)
    caption = _plain(unescape(title.group(1))) if title else None
    words = _plain(unescape(_TAG.sub(" ", text)))
    where = f"{caption or ''} {words}".lower()
    if "maintenance" in where:
        page = Page.MAINTENANCE
    elif "domo - blocked" in where or (caption or "").lower() == "blocked":
        page = Page.BLOCKED
    elif "full authentication is required" in where:
        page = Page.UNAUTHENTICATED
    else:
        page = Page.OTHER
    return replace(fallback, message=caption or words or None, page=page)


def _text(document: dict[str, object], key: str) -> str | None:
    value = document.get(key)
    return _plain(value) if isinstance(value, str) and value.strip() else None


def _plain(text: str) -> str:
    # Cut before and after: what a pattern may cost grows with the square of what it is given.
    squeezed = _CREDENTIAL.sub(_CUT, " ".join(text[:_MAX_BODY].split())[: 4 * _MAX_MESSAGE])
    return squeezed if len(squeezed) <= _MAX_MESSAGE else squeezed[: _MAX_MESSAGE - 1] + "…"
