"""A local Domo: a real HTTP server on a real socket that speaks Domo's public API."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self, TypedDict

import anyio
from anyio import to_thread

from domo_async.emulator.administration import Administration
from domo_async.emulator.application import build
from domo_async.emulator.behaviour import Behaviour
from domo_async.emulator.clients import SCOPES
from domo_async.emulator.folder import tables_in
from domo_async.emulator.instance import Instance
from domo_async.emulator.serving import ServerThread, listen

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    import pyarrow as pa
    from starlette.types import ASGIApp

    from domo_async.emulator.clients import Client
    from domo_async.emulator.recording import RequestRecord
    from domo_async.emulator.tokens import TokenFormat

__all__ = ["Connection", "Emulator"]


class Connection(TypedDict):
    """What a client needs to know of an emulator; ``AsyncDomo(**emulator.connection)``."""

    api_url: str
    client_id: str
    client_secret: str


class Emulator(Administration, Behaviour):
    """A Domo instance of your own, on a free port of this machine.

    The server runs in a thread with its own event loop, so it serves callers on asyncio, on trio and without any loop.
    An emulator is *new*, then *running* between `start` and `stop` (as often as you like; its data stays), and *closed*
    after `close`, which frees the data. ``with`` and ``async with`` start it and close it. All methods may be called
    from any thread at any time.

    Args:
        datasets: DataSets to begin with by name: Arrow tables, readers of batches, or frames with the Arrow interface.
        data: Folder whose ``.csv``, ``.csv.gz``, ``.csv.zip`` and ``.parquet`` files become DataSets, named after their
            stems.
        host: Address to listen on.
        port: Port to listen on, 0 for a free one.
        token_lifetime: Seconds that an access token lives.
        token_format: Tokens that look like JWTs, or opaque ones.
        client_id: Id of the first API client; made up if None.
        client_secret: Its secret; made up if None.
        scopes: Its scopes; all of them if None.
        state: File that everything is kept in, so that it outlives the process; made if there is none. What is in it
            counts: DataSets whose names are there already are left alone, and of a client that is there already only
            what is given here changes. None keeps everything in memory.
        latency: Seconds that every answer is held back.
        seed: Makes faults with a probability repeatable.

    Raises:
        InvalidArgumentError: A DataSet has a column that Domo cannot hold, or a file in the folder cannot be read.
        TargetError: The state file is in use, is something else, or cannot be written.

    Example:
        >>> import pyarrow as pa
        >>> with Emulator(datasets={"Flights": pa.table({"tail": ["N101", "N102"]})}) as emulator:
        ...     print(emulator.table("Flights").num_rows)
        2
    """

    def __init__(
        self,
        *,
        datasets: Mapping[str, object] | None = None,
        data: str | os.PathLike[str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        token_lifetime: float = 3599.0,
        token_format: TokenFormat = "jwt",  # noqa: S107 - no secret
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Iterable[str] | None = None,
        state: str | os.PathLike[str] | None = None,
        latency: float = 0.0,
        seed: int | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._thread: ServerThread | None = None
        self._url: str | None = None
        self._lifecycle = threading.Lock()
        self._instance = Instance(token_lifetime=token_lifetime, token_format=token_format, seed=seed, state=state)
        self._instance.latency = latency
        self._instance.host = host
        try:
            self._client = self._first_client(client_id, client_secret, scopes)
            self._fill((datasets or {}).items())
            if data is not None:
                self._fill(tables_in(data))
            self._instance.save()
        except BaseException:
            self._instance.close()
            raise
        self._app = build(self._instance)

    def _first_client(self, client_id: str | None, client_secret: str | None, scopes: Iterable[str] | None) -> Client:
        instance = self._instance
        known = instance.clients.get(client_id or instance.first_client or "")
        if known is None:
            scopes = SCOPES if scopes is None else scopes
            client = instance.meet_client(client_id=client_id, client_secret=client_secret, scopes=scopes)
        else:
            client = instance.clients.change(known.client_id, client_secret=client_secret, scopes=scopes)
        instance.first_client = client.client_id
        return client

    def _fill(self, tables: Iterable[tuple[str, object]]) -> None:
        """Add the DataSets that are not there yet."""
        there = self.dataset_ids
        for name, table in tables:
            if name not in there:
                self._instance.load_dataset(self._client, name, table)

    # The server

    def start(self) -> None:
        """Start the server, unless it runs already. Returns once it accepts connections.

        Raises:
            OSError: The address cannot be had.
        """
        with self._lifecycle:
            if self._thread is not None:
                return
            listener = listen(self._host, self._port)
            host, port = listener.getsockname()[:2]
            thread = ServerThread(self._app, listener)
            thread.start()
            self._thread = thread
            self._url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def stop(self, *, grace: float = 0.0) -> None:
        """Stop the server, if it runs. The data stays, and `start` may be called again.

        Args:
            grace: Seconds that requests under way get before their connections are dropped.
        """
        with self._lifecycle:
            if self._thread is not None:
                self._thread.stop(grace=grace)
                self._thread = None

    def close(self) -> None:
        """Stop the server and free the data. With a state file it is saved before.

        Raises:
            TargetError: The state file cannot be written.
        """
        self.stop()
        self._instance.close()

    def save(self) -> None:
        """Write what Python has changed to the state file, if there is one.

        What comes over the wire is in the file before it is answered, and so is what the methods of this class do.
        Only changes to `people`, `accounts`, `clients` and `audit` wait for this, for the next of those, or for
        `close`.

        Raises:
            TargetError: The state file cannot be written.
        """
        self._instance.save()

    def serve_forever(self, *, grace: float = 5.0) -> None:
        """Serve until Ctrl-C or SIGTERM, then let the requests under way finish. For command lines.

        Args:
            grace: Seconds that requests under way get at the end.
        """
        from domo_async.emulator.signals import wait_for_signal

        self.start()
        try:
            wait_for_signal()
        finally:
            self.stop(grace=grace)
            self.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await to_thread.run_sync(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self.close)

    @property
    def url(self) -> str:
        """Where the API is, such as ``http://127.0.0.1:41873``.

        Raises:
            RuntimeError: The emulator was never started.
        """
        if self._url is None:
            msg = "The emulator has no address before it is started: use `with Emulator(...)` or call start()"
            raise RuntimeError(msg)
        return self._url

    @property
    def connection(self) -> Connection:
        """What a client needs: ``api_url``, ``client_id`` and ``client_secret``, as `AsyncDomo` takes them."""
        client = self._instance.clients.get(self._client.client_id) or self._client
        return {"api_url": self.url, "client_id": client.client_id, "client_secret": client.client_secret}

    @property
    def app(self) -> ASGIApp:
        """The ASGI application, to mount it in another server or to call it in-process."""
        return self._app

    # What happened

    @property
    def grants(self) -> int:
        """Tokens issued so far."""
        return self._instance.grants

    @property
    def grant_requests(self) -> int:
        """Token requests so far, the refused ones included."""
        return self._instance.grant_requests

    @property
    def requests(self) -> Sequence[RequestRecord]:
        """The newest 10,000 requests, oldest first."""
        return self._instance.requests.newest()

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._instance.requests.clear()

    # DataSets

    @property
    def dataset_ids(self) -> dict[str, str]:
        """Ids of the current DataSets by name; of two with the same name the newer one."""
        return {entry.name: entry.id for entry in self._instance.datasets.current()}

    def add_dataset(self, name: str, table: object, *, description: str | None = None) -> str:
        """Add a DataSet.

        Args:
            name: Its name.
            table: An Arrow table, a reader of batches, or a frame with the Arrow interface.
            description: Its description.

        Returns:
            Its id.

        Raises:
            InvalidArgumentError: A column has a type that Domo cannot hold.
            TargetError: The state file cannot be written.
        """
        entry = self._instance.load_dataset(self._client, name, table, description=description)
        self.save()
        return entry.id

    def row_count(self, id_or_name: str) -> int:
        """How many rows a DataSet holds now.

        Raises:
            KeyError: There is no such DataSet.
        """
        return self._instance.datasets.find(id_or_name).rows.count

    def table(self, id_or_name: str) -> pa.Table:
        """The rows that a DataSet holds now, in their order.

        Raises:
            KeyError: There is no such DataSet.
        """
        return self._instance.table(self._instance.datasets.find(id_or_name))
