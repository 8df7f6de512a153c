"""Whether a process of a service can work: asked every few seconds, by something that has no patience."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable

import anyio
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domo_async.errors import DomoError
from domo_async.http.options import Seconds, seconds
from domo_async.integrations.fastapi.lifespan import get_domo

__all__ = ["readiness_check"]


def readiness_check(
    *, wait: Seconds = 0.8, pause: Seconds = 5.0, clock: Callable[[], float] = time.monotonic
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that answers 200 if the service has an access token or can get one, else 503.

    Probing costs nothing: a token that is there is not asked for again, and after a failure the next token request
    comes when `pause` is over, however many probes there are. It is not a check for liveness: a restart cures nothing
    of this.

    Args:
        wait: Seconds that a probe waits for a token. Kubernetes gives up after one by default.
        pause: Seconds for which a failure is remembered.
        clock: Monotonic seconds, for tests.

    Returns:
        An endpoint for ``app.add_api_route("/ready", ...)`` of FastAPI and ``Route("/ready", ...)`` of Starlette.

    Raises:
        InvalidArgumentError: A number of seconds makes no sense.

    Example:
        ::

            app.add_api_route("/ready", readiness_check(), include_in_schema=False)
    """
    limit, remembered = seconds("wait", wait), seconds("pause", pause)
    unready_until = -math.inf

    async def ready(request: Request) -> Response:
        nonlocal unready_until
        domo = get_domo(request)
        if clock() < unready_until:
            return _answer(ready=False, retry_after=unready_until - clock())
        try:
            with anyio.move_on_after(limit):
                await domo.token()
                return _answer(ready=True)
        except DomoError:
            unready_until = clock() + remembered
            return _answer(ready=False, retry_after=remembered)

        async def go_on() -> None:
            # A token endpoint slower than the probe would otherwise never be waited for: no request comes until then.
            nonlocal unready_until
            try:
                await domo.token()
                unready_until = -math.inf
            except DomoError:
                unready_until = clock() + remembered

        unready_until = clock() + remembered
        return _answer(ready=False, background=BackgroundTask(go_on))

    return ready


def _answer(*, ready: bool, retry_after: float = 1.0, background: BackgroundTask | None = None) -> Response:
    headers = {"Cache-Control": "no-store"}
    if not ready:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return JSONResponse({"ready": ready}, status_code=200 if ready else 503, headers=headers, background=background)
