"""Finding the operation that a request asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.refusals import JSON, envelope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Router"]

_PARAMETER = re.compile(r"\{(\w+)\}")


class Router:
    """Maps path and method to an ASGI application, and answers 404 and 405 in Domo's form.

    Args:
        routes: Method, path with parameters in braces, and application. Of two paths that match the first one wins, and
            a path without parameters always wins.
    """

    def __init__(self, routes: Iterable[tuple[str, str, ASGIApp]]) -> None:
        self._plain: dict[str, dict[str, ASGIApp]] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], dict[str, ASGIApp]]] = {}
        for method, path, app in routes:
            if "{" not in path:
                self._plain.setdefault(path, {})[method] = app
                continue
            pattern = re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path))
            self._patterns.setdefault(path, (pattern, {}))[1][method] = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        methods, scope["path_params"] = self._match(path.rstrip("/") or "/")
        method = scope["method"]
        app = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
        if app is None:
            status = 405 if methods else 404
            headers = {"Allow": ", ".join(sorted(methods))} if methods else None
            app = Response(envelope(status, path=path), status, headers, JSON)
        await app(scope, receive, send)

    def _match(self, path: str) -> tuple[dict[str, ASGIApp], dict[str, str]]:
        if path in self._plain:
            return self._plain[path], {}
        for pattern, methods in self._patterns.values():
            if match := pattern.fullmatch(path):
                return methods, match.groupdict()
        return {}, {}
