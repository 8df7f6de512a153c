"""What an execution does to the rows that are there: REPLACE, APPEND or UPSERT, as was asked for and nothing else.

The method is a setting of the stream. An execution may be begun with another one, which the specification does not say
and Domo's SDK for Python does. That leaves the setting alone, on which other programs that load the same stream rely;
so it is tried first, and it counts if Domo says of the new execution that this is its method. If Domo does not, the
setting is changed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from domo_async.errors import ExecutionError, InvalidArgumentError
from domo_async.http.options import UNSET, Unset
from domo_async.models import UpdateMethod

if TYPE_CHECKING:
    from domo_async.api.streams import Streams
    from domo_async.models import Execution, Stream

__all__ = ["Override", "UnconfirmedError", "check_confirmed", "override_for"]

logger: logging.Logger = logging.getLogger(__name__)

Override = Literal["REPLACE", "APPEND"] | Unset
"""The method that an execution is begun with, `UNSET` for that of its stream."""


class UnconfirmedError(Exception):
    """An execution does not have the method that was asked for, or Domo does not say."""

    def __init__(self, execution: Execution, method: UpdateMethod) -> None:
        super().__init__(f"Domo began execution {execution.id} as {execution.update_method}, not as {method}")
        self.execution = execution

    def named(self) -> ExecutionError:
        """The same for the caller."""
        return ExecutionError(f"{self}; it was aborted", execution=self.execution)


async def override_for(streams: Streams, stream: Stream, method: UpdateMethod, key_columns: Sequence[str]) -> Override:
    """The method to begin an execution with. For upserts the stream itself is changed where it has to be.

    Raises:
        InvalidArgumentError: The stream cannot do that.
    """
    if method is UpdateMethod.UPSERT:
        await _prepare_upserts(streams, stream, key_columns)
        return UNSET
    if method is UpdateMethod.APPEND:
        if stream.key_column_names:
            raise InvalidArgumentError(
                f"update_method: stream {stream.id} has key columns, so that Domo takes every APPEND for an UPSERT",
                hint="Say UPSERT if that is what you mean; plain appends need a DataSet without key columns",
            )
        return UNSET if stream.update_method == method else "APPEND"
    return UNSET if stream.update_method == method else "REPLACE"


async def _prepare_upserts(streams: Streams, stream: Stream, key_columns: Sequence[str]) -> None:
    keys = stream.key_column_names
    if keys and set(key_columns) not in (set(), set(keys)):
        raise InvalidArgumentError(
            f"key_columns: stream {stream.id} has the keys {', '.join(keys)}",
            hint="Change them with streams.update if that is what you mean",
        )
    if _upserts(stream):
        return
    if not keys and not key_columns:
        raise InvalidArgumentError("key_columns: UPSERT needs to know which columns make two rows the same")
    logger.info("Stream %s is set to UPSERT, it was %s", stream.id, stream.update_method)
    await streams.update(stream.id, update_method=UpdateMethod.UPSERT, key_columns=key_columns or keys)
    after = await streams.get(stream.id)
    if not _upserts(after) or set(after.key_column_names) not in (set(), set(key_columns or keys)):
        raise InvalidArgumentError(
            f"update_method: Domo did not take key columns for stream {stream.id}",
            hint="Upserts have to be allowed for the instance; a DataSet made for upserts has its keys from the start",
        )


def _upserts(stream: Stream) -> bool:
    """Whether a stream is set to upserts.

    The specification calls that APPEND with key columns, Domo's SDK for Python calls it UPSERT. Whether all versions
    of the API show the key columns is not known, so UPSERT is believed without them.
    """
    if stream.update_method == UpdateMethod.APPEND:
        return bool(stream.key_column_names)
    return stream.update_method == UpdateMethod.UPSERT


def check_confirmed(stream: Stream, execution: Execution, method: UpdateMethod, override: Override) -> None:
    """Make sure that an execution that was just begun does what was asked for, before it gets any rows.

    Raises:
        UnconfirmedError: It does not, or that is not certain.
    """
    said = execution.update_method
    if said is None and isinstance(override, Unset):
        said = stream.update_method
    if said != method and not (method is UpdateMethod.UPSERT and said == UpdateMethod.APPEND):
        raise UnconfirmedError(execution, method)
