"""One transfer, shown while it happens: a line that counts, on terminals only."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from domo_async.cli.words import many, printable, size

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal

__all__ = ["transfer_line"]


@contextmanager
def transfer_line(terminal: Terminal, what: str) -> Generator[Callable[[int, int], None] | None]:
    """Show a transfer.

    Args:
        terminal: Where to; only its standard error is written to.
        what: What happens, such as ``Exporting to sales.parquet``.

    Yields:
        What takes the rows and the bytes since its last call; None where nothing is shown.
    """
    if not terminal.err.is_terminal or terminal.err.is_dumb_terminal:
        yield None
        return
    rows = received = 0
    with terminal.err.status(printable(what)) as status:

        def advance(more_rows: int, more_bytes: int) -> None:
            nonlocal rows, received
            rows, received = rows + more_rows, received + more_bytes
            status.update(f"{printable(what)}: {many(rows, 'row')}, {size(received)}")

        yield advance
