"""One client per application, from its start to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from domo_async.client import AsyncDomo
from domo_async.errors import ConfigurationError

__all__ = ["domo_lifespan", "get_domo"]

AppT = TypeVar("AppT", bound=Starlette)

Inner = Callable[[AppT], AbstractAsyncContextManager[Mapping[str, object] | None]]


def domo_lifespan(
    make: Callable[[], AsyncDomo] = AsyncDomo, *, inner: Inner[AppT] | None = None
) -> Callable[[AppT], AbstractAsyncContextManager[Mapping[str, object]]]:
    """A lifespan that makes one `AsyncDomo` when the application starts, and closes it when the application ends.

    The client is ``app.state.domo`` and ``request.state.domo``; `get_domo` and `DomoDep` find it there. It is made
    once per process, in the event loop that serves: also under several workers. Settings that make no sense end the
    start. Servers stop their requests before they end the lifespan; calls that are under way even then end with
    `ClientClosedError`.

    Args:
        make: Makes the client; called at every start.
        inner: A lifespan of your own. It begins after the client is there, and ends before it is closed; what it
            yields becomes part of ``request.state``.

    Example:
        ::

            app = FastAPI(lifespan=domo_lifespan(lambda: AsyncDomo(scopes=["data"], deadline=20)))
    """

    @asynccontextmanager
    async def lifespan(app: AppT) -> AsyncGenerator[Mapping[str, object]]:
        async with make() as domo:
            app.state.domo = domo
            try:
                if inner is None:
                    yield {"domo": domo}
                else:
                    async with inner(app) as state:
                        yield {"domo": domo, **(state or {})}
            finally:
                del app.state.domo

    return lifespan


def get_domo(connection: HTTPConnection) -> AsyncDomo:
    """The client of the application that a request came to; or that of the request, if it was given one of its own.

    A middleware that knows whom a request is for puts ``domo.for_client(...)`` into ``request.state.domo``. It works
    in mounted applications and for WebSockets too. FastAPI tests replace it with ``app.dependency_overrides``.

    Args:
        connection: The request, or the WebSocket.

    Raises:
        ConfigurationError: The application has no client; most likely its lifespan did not run.
    """
    # A thing that is not set is an AttributeError for both kinds of state.
    domo: object = getattr(connection.state, "domo", None)
    if domo is None:
        domo = getattr(connection.app.state, "domo", None)
    if not isinstance(domo, AsyncDomo):
        raise ConfigurationError(
            "The application has no Domo client",
            hint="Give it lifespan=domo_lifespan(), and in tests see that its lifespan runs",
        )
    return domo
