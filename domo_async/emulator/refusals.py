"""How Domo says no: the gateway's envelope, the OAuth envelope, plain text, HTML pages, and empty bodies."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BLOCKED_PAGE",
    "HTML",
    "JSON",
    "MAINTENANCE_PAGE",
    "NOT_ACCEPTABLE_PAGE",
    "TEXT",
    "RefusedError",
    "envelope",
]

JSON = "application/json;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"
HTML = "text/html;charset=UTF-8"

_TOE = "694M4LH50R-CFNR0-N0VD2"

NOT_ACCEPTABLE_PAGE = """<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<title>Error 406 Not Acceptable</title>
</head>
<body><h2>HTTP ERROR 406</h2>
<p>Problem accessing the requested data. Reason:
<pre>com.domo.bedrock.service.exception.UnauthorizedException: \
Full authentication is required to access this resource</pre></p>
</body>
</html>
"""

MAINTENANCE_PAGE = """<!DOCTYPE html>
<html>
<head><title>Domo Maintenance</title></head>
<body><h1>Domo is down for maintenance</h1><p>We will be back soon.</p></body>
</html>
"""

BLOCKED_PAGE = """<!DOCTYPE html>
<html>
<head><title>Domo - Blocked</title></head>
<body><h1>Your network is blocked</h1><p>This address is not on the list of allowed networks.</p></body>
</html>
"""


class RefusedError(Exception):
    """An operation refuses the request; the answer is all in here.

    Attributes:
        status: HTTP status.
        body: Bytes of the body, possibly none.
        media_type: Content type, None for an empty body.
        headers: Further headers.
    """

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        *,
        media_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.media_type = media_type
        self.headers: dict[str, str] = dict(headers or {})

    @classmethod
    def gateway(
        cls,
        status: int,
        message: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **fields: object,
    ) -> RefusedError:
        """The usual JSON envelope; `fields` add to it or replace what it would say."""
        return cls(status, envelope(status, message, **fields), media_type=JSON, headers=headers)

    @classmethod
    def oauth(
        cls, status: int, error: str, description: str, *, headers: Mapping[str, str] | None = None
    ) -> RefusedError:
        """The envelope of RFC 6749, which the token endpoint and the bearer check use."""
        body = json.dumps({"error": error, "error_description": description}).encode()
        return cls(status, body, media_type=JSON, headers=headers)

    @classmethod
    def text(cls, status: int, text: str) -> RefusedError:
        """Plain text, as the query endpoint answers."""
        return cls(status, text.encode(), media_type=TEXT)

    @classmethod
    def html(cls, status: int, page: str) -> RefusedError:
        """A page for people."""
        return cls(status, page.encode(), media_type=HTML)


def envelope(status: int, message: str | None = None, **fields: object) -> bytes:
    """The JSON document of the gateway: status, statusReason, message if there is one, and a toe."""
    document: dict[str, object] = {"status": status, "statusReason": _reason(status)}
    if message is not None:
        document["message"] = message
    document["toe"] = _TOE
    document.update(fields)
    return json.dumps(document).encode()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
