"""The state behind one emulator: clients, tokens, DataSets, users and all else. It may be called from any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from domo_async.emulator.clients import ADMIN, SCOPES, ClientRegistry
from domo_async.emulator.contents import Contents
from domo_async.emulator.entities.accounts import AccountBook
from domo_async.emulator.entities.audit import AuditLog
from domo_async.emulator.entities.pages import PageBook
from domo_async.emulator.entities.projects import ProjectBook
from domo_async.emulator.entities.shelf import Document, Shelf
from domo_async.emulator.faults import Faults
from domo_async.emulator.recording import RequestLog
from domo_async.emulator.rows.store import RowStore
from domo_async.emulator.s3_exports import S3ExportEntry
from domo_async.emulator.state.file import StateFile
from domo_async.emulator.state.saving import Keeper
from domo_async.emulator.streams import StreamRegistry
from domo_async.emulator.tokens import TokenFormat, TokenRegistry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from domo_async.emulator.clients import Client

__all__ = ["Instance"]


class Instance(Contents):
    """What a Domo instance holds: each API family keeps its state here.

    Attributes:
        grants: Tokens issued.
        grant_requests: Token requests, the refused ones included.
        requests: What was asked, the emulator's own endpoints left out.
        latency: Seconds that every answer is held back.
        host: Address or name that the server listens on, None until somebody says so.
        csv_refusal: Status for a refused token where CSV was asked for: 401, or 406 with an HTML page as Domo's older
            gateway answers.
        deleted_stubs: Whether GET shows a stub for a deleted DataSet (as the specification says) or 404 (as was seen).
        largest_body: Bytes that one request may bring, and that they may be once they are decompressed.
        first_client: Id of the client that the emulator itself hands out.
        keeper: Keeps all this in a file, if it is to be kept.

    Args:
        token_lifetime: Seconds that an access token lives.
        token_format: What tokens look like.
        seed: Makes faults with a probability repeatable.
        state: File to live in.

    Raises:
        TargetError: The file cannot be had, or makes no sense.
    """

    def __init__(
        self,
        *,
        token_lifetime: float,
        token_format: TokenFormat,
        seed: int | None = None,
        state: str | os.PathLike[str] | None = None,
    ) -> None:
        file = None if state is None else StateFile(state)
        super().__init__(RowStore(None if file is None else file.connection))
        self.clients: ClientRegistry = ClientRegistry()
        self.tokens: TokenRegistry = TokenRegistry(lifetime=token_lifetime, form=token_format)
        self.streams: StreamRegistry = StreamRegistry()
        self.s3_exports: dict[str, list[S3ExportEntry]] = {}
        self.pages: PageBook = PageBook()
        self.cards: Shelf[Document] = Shelf(880_001)
        self.accounts: AccountBook = AccountBook()
        self.projects: ProjectBook = ProjectBook()
        self.audit: AuditLog = AuditLog()
        self.faults: Faults = Faults(seed)
        self.grants = 0
        self.grant_requests = 0
        self.requests: RequestLog = RequestLog()
        self.latency: float = 0.0
        self.host: str | None = None
        self.csv_refusal: Literal[401, 406] = 401
        self.largest_body = 1 << 30
        self.deleted_stubs = True
        self.indexing_time: float = 0.05
        self.first_client: str | None = None
        self.keeper: Keeper | None = None
        if file is not None:
            self.keeper = Keeper(file, self)
            try:
                self.keeper.load()
            except BaseException:
                file.close()
                raise

    def save(self) -> None:
        """Write what has changed to the file, if there is one.

        Raises:
            TargetError: It cannot be written.
        """
        if self.keeper is not None:
            self.keeper.save()

    def close(self) -> None:
        """Save, if there is a file, and free everything. Once more does no harm.

        Raises:
            TargetError: It cannot be written.
        """
        keeper, self.keeper = self.keeper, None
        try:
            if keeper is not None:
                keeper.close()
        finally:
            self.rows.close()

    def meet_client(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Iterable[str] = SCOPES,
        user_id: int = 27,
        name: str = "DomoSupport",
        role: str = ADMIN,
        title: str | None = None,
    ) -> Client:
        """Add a client, and the user behind it unless there is one."""
        client = self.clients.add(
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            user_id=user_id,
            name=name,
            role=role,
            title=title,
        )
        self.people.meet(user_id, name, role)
        return client
