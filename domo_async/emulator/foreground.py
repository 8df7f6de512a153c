"""Starting an emulator for a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.emulator import Emulator

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

__all__ = ["serve"]


def serve(
    data: str | os.PathLike[str] | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[Emulator], None] | None = None,
    token_lifetime: float = 3599.0,
    client_id: str | None = None,
    client_secret: str | None = None,
    state: str | os.PathLike[str] | None = None,
    latency: float = 0.0,
    seed: int | None = None,
) -> Emulator:
    """Start an emulator for a command line.

    Args:
        data: Folder of data files, see `Emulator`.
        host: Address to listen on.
        port: Port to listen on.
        on_ready: Called once the server accepts connections; prints the address, for example.
        token_lifetime: Seconds that an access token lives.
        client_id: Id of the API client; made up if None.
        client_secret: Its secret; made up if None.
        state: File that everything is kept in, see `Emulator`.
        latency: Seconds that every answer is held back.
        seed: Makes faults with a probability repeatable.

    Returns:
        The running emulator; its `serve_forever` blocks until Ctrl-C.

    Raises:
        OSError: The address cannot be had.
        TargetError: The state file cannot be used.
    """
    emulator = Emulator(
        data=data,
        host=host,
        port=port,
        token_lifetime=token_lifetime,
        client_id=client_id,
        client_secret=client_secret,
        state=state,
        latency=latency,
        seed=seed,
    )
    try:
        emulator.start()
        if on_ready is not None:
            on_ready(emulator)
    except BaseException:
        emulator.close()
        raise
    return emulator
