"""How an emulated instance behaves where Domo's own instances differ, or where a test wants to have its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

    from domo_async.emulator.faults import Faults
    from domo_async.emulator.instance import Instance
    from domo_async.emulator.tokens import TokenFormat

__all__ = ["Behaviour"]


class Behaviour:
    """The part of `Emulator` that can be set while it runs."""

    _instance: Instance

    @property
    def faults(self) -> Faults:
        """The faults that are switched on."""
        return self._instance.faults

    @property
    def latency(self) -> float:
        """Seconds that every answer is held back."""
        return self._instance.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._instance.latency = seconds

    @property
    def token_lifetime(self) -> float:
        """Seconds that tokens issued from now on live."""
        return self._instance.tokens.lifetime

    @token_lifetime.setter
    def token_lifetime(self, seconds: float) -> None:
        self._instance.tokens.lifetime = seconds

    @property
    def token_format(self) -> TokenFormat:
        """What tokens issued from now on look like: ``jwt`` or ``opaque``."""
        return self._instance.tokens.form

    @token_format.setter
    def token_format(self, form: TokenFormat) -> None:
        self._instance.tokens.form = form

    @property
    def csv_refusal(self) -> Literal[401, 406]:
        """Status for a refused token where CSV was asked for: 401, or 406 with an HTML page."""
        return self._instance.csv_refusal

    @csv_refusal.setter
    def csv_refusal(self, status: Literal[401, 406]) -> None:
        self._instance.csv_refusal = status

    @property
    def largest_body(self) -> int:
        """Bytes that one request may bring, compressed or not; more is refused with 413. Domo documents no limit."""
        return self._instance.largest_body

    @largest_body.setter
    def largest_body(self, size: int) -> None:
        self._instance.largest_body = size

    @property
    def commit_interval(self) -> float | None:
        """Seconds that must pass between two commits of a stream (900 at Domo); None for no such rule."""
        return self._instance.streams.commit_interval

    @commit_interval.setter
    def commit_interval(self, seconds: float | None) -> None:
        self._instance.streams.commit_interval = seconds

    @property
    def indexing_time(self) -> float:
        """Seconds from the commit of an execution, or the start of an S3 export, to its end."""
        return self._instance.indexing_time

    @indexing_time.setter
    def indexing_time(self, seconds: float) -> None:
        self._instance.indexing_time = seconds

    @property
    def deleted_stubs(self) -> bool:
        """Whether a deleted DataSet shows as ``{"id", "name", "deleted": true}``, else as 404."""
        return self._instance.deleted_stubs

    @deleted_stubs.setter
    def deleted_stubs(self, shown: bool) -> None:
        self._instance.deleted_stubs = shown
