"""``domo-async datasets export`` and ``import``: rows out, rows in."""

from __future__ import annotations

import codecs
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from domo_async.cli.actions import ask_domo
from domo_async.cli.dataset_names import dataset_meant
from domo_async.cli.input import STDIN, called
from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import DataSetArgument, JsonOption
from domo_async.cli.transfer_line import transfer_line
from domo_async.cli.words import many, printable, size
from domo_async.errors import InvalidArgumentError, TargetError

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.tabular import WrittenFile

__all__ = ["export", "import_rows"]

_CHUNK = 1 << 20


def export(
    context: typer.Context,
    dataset: DataSetArgument,
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            help="File to write, which appears when it is whole. Default: CSV to standard output.", metavar="FILE"
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(help="parquet, arrow, csv, csv.gz or jsonl. Default: what the file name says.", metavar="FORMAT"),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Keep this column only; may be repeated, and sets the order.", metavar="NAME"),
    ] = None,
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Begin CSV with the names of the columns.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Export the rows of one DataSet, in constant memory; `domo-async pull` does it for many.

    To standard output goes the CSV as Domo sends it: nothing between two commas is null, "" is empty text. With --json
    the facts about the file that was written.

    Example: domo-async datasets export 4405ff58-1957-45f0-82bd-914d989a3ea3 --to sales.parquet

    Example: domo-async datasets export 4405ff58-1957-45f0-82bd-914d989a3ea3 > sales.csv
    """
    if to is None:
        if format is not None or column or as_json:
            raise Misuse("--format, --column and --json belong to a file: add --to FILE")
        dataset_id = dataset_meant(context, dataset)
        ask_domo(context, lambda domo: _to_stdout(domo, dataset_id, header=header), patient=True)
        return
    from domo_async.tabular.file_format import check_format, format_of

    target = to
    kind = format_of(target) if format is None else check_format(format)
    terminal = Invocation.of(context).terminal
    dataset_id = dataset_meant(context, dataset)
    with transfer_line(terminal, f"Exporting to {target}") as progress:

        async def write(domo: AsyncDomo) -> WrittenFile:
            return await domo.datasets.export_to(
                dataset_id,
                target,
                format=kind,
                columns=column,
                include_header=header,
                on_progress=progress,
            )

        written = ask_domo(context, write, patient=True)
    if as_json:
        facts = {"path": str(written.path), "format": written.format, "rows": written.rows}
        terminal.show_json({**facts, "bytes": written.bytes, "received": written.received})
    else:
        terminal.say(f"Wrote {many(written.rows, 'row')}, {size(written.bytes)}, to {written.path}.")


async def _to_stdout(domo: AsyncDomo, dataset_id: str, *, header: bool) -> None:
    write = _write_printable() if sys.stdout.isatty() else sys.stdout.buffer.write
    async with domo.datasets.export(dataset_id, include_header=header) as body:
        async for chunk in body:
            # This holds up the loop while the reader is slow. Nothing else runs in it, and so Domo has to wait, too.
            write(chunk)


def _write_printable() -> Callable[[bytes], object]:
    """Writes to the terminal, which no cell may steer."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(chunk: bytes) -> None:
        sys.stdout.write("\n".join(map(printable, decoder.decode(chunk).split("\n"))))

    return write


def import_rows(
    context: typer.Context,
    dataset: DataSetArgument,
    file: Annotated[
        str, typer.Argument(help="CSV file, plain or gzip; - is standard input.", metavar="FILE", show_default=False)
    ],
    *,
    append: Annotated[bool, typer.Option("--append", help="Keep the rows that are there.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Remove the rows that are there.")] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Take a file without a single byte, which would empty the DataSet.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put the rows of a CSV file into a DataSet that was created through the API.

    Fields stand in the order of the schema. Nothing between two commas is null, "" is empty text. A first line that
    repeats the names of the columns is taken for a header.

    Example: domo-async datasets import 4405ff58-1957-45f0-82bd-914d989a3ea3 sales.csv --append
    """
    if append == replace:
        raise Misuse("say what happens to the rows that are there: --append or --replace")
    method: Literal["APPEND", "REPLACE"] = "APPEND" if append else "REPLACE"
    terminal = Invocation.of(context).terminal
    with _as_file(file) as path:
        length = _length(path, file)
        if not length and not allow_empty:
            raise InvalidArgumentError(
                f"{called(file)} is empty", hint="That is often a failure further up; --allow-empty if it is meant"
            )
        dataset_id = dataset_meant(context, dataset)
        ask_domo(
            context,
            lambda domo: domo.datasets.import_csv(dataset_id, path, update_method=method),
            patient=True,
        )
    if as_json:
        terminal.show_json({"dataset_id": dataset_id, "update_method": method, "bytes": length})
    else:
        done = "Added to" if append else "Replaced"
        terminal.say(f"{done} the rows of {dataset_id}: {size(length)} from {called(file)}. Domo indexes them now.")


@contextmanager
def _as_file(source: str) -> Generator[Path]:
    """Something that can be sent again after a failure. Pipes cannot, so they are kept in a temporary file."""
    if source != STDIN and not Path(source).is_fifo():
        yield Path(source)
        return
    with tempfile.TemporaryDirectory(prefix="domo-async-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "rows.csv"
        try:
            with path.open("wb") as file, _opened(source) as pipe:
                shutil.copyfileobj(pipe, file, _CHUNK)
        except OSError as error:
            raise TargetError(f"{called(source)} does not fit into {folder}: {error.strerror or error}") from error
        yield path


def _opened(source: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if source == STDIN else Path(source).open("rb")


def _length(path: Path, source: str) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"{called(source)} cannot be read: {getattr(error, 'strerror', error)}") from error
