# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""``domo-async demo``: the whole way, from a token to checked files, without an account."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.demo_check import differences
from domo_async.cli.demo_data import edge_cases, flights_by_month, flights_tables, small_tables
from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.invocation import Invocation
from domo_async.cli.progress import Progress, shown
from domo_async.cli.pull_report import show_report
from domo_async.cli.running import run
from domo_async.cli.tables import count, facts, query_table
from domo_async.client import AsyncDomo
from domo_async.jobs import PullEvent, PullReport
from domo_async.models import QueryResponse

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.cli.terminal import Terminal
    from domo_async.emulator import Emulator
    from domo_async.http.stats import Stats

__all__ = ["demo"]

TOKEN_LIFETIME = 2.0
LATENCY = 0.15
CONCURRENCY = 6

_SQL = """\
SELECT carrier, COUNT(*) AS flights, ROUND(AVG(dep_delay), 1) AS avg_delay, SUM(distance) AS miles
FROM table GROUP BY carrier ORDER BY flights DESC LIMIT 5"""


@dataclass(frozen=True, slots=True)
class _Work:
    """What the client did."""

    report: PullReport
    busiest: QueryResponse
    stats: Stats


def demo(
    context: typer.Context,
    *,
    to: Annotated[
        Path | None,
        typer.Option(help="Keep the files in this folder; else they are deleted at the end.", metavar="DIR"),
    ] = None,
) -> None:
    """See it work, without an account, in half a minute.

    Starts a local Domo with real public data (all flights that left New York City in 2013, and more), lets its tokens
    live two seconds and some of its answers fail, pulls everything to Parquet, runs a query, and compares every file
    with its source.

    Example: domo-async demo --to lake
    """
    terminal = Invocation.of(context).terminal
    from domo_async.emulator import Emulator

    tables = _tables(terminal)
    with (
        _folder(to) as folder,
        Emulator(datasets=tables, token_lifetime=TOKEN_LIFETIME, latency=LATENCY) as emulator,
    ):
        _make_trouble(emulator, terminal)
        with shown(terminal) as tally:
            work = run(lambda: _work(emulator, folder, tally))
        show_report(work.report, terminal, "a temporary folder" if to is None else str(to))
        terminal.show(f"\n{_SQL}\n")
        terminal.show(query_table(work.busiest.columns, work.busiest.rows))
        ok = _check(work.report, tables, terminal) and work.report.ok
        _sum_up(work, emulator, terminal)
    if not ok:
        raise typer.Exit(ExitCode.FAILURE)
    _what_next(to, terminal)


def _tables(terminal: Terminal) -> dict[str, pa.Table]:
    tables = dict(flights_tables())
    tables.update(flights_by_month(tables["Flights"]))
    tables.update(small_tables())
    tables["Edge cases"] = edge_cases()
    rows = sum(table.num_rows for table in tables.values())
    terminal.show(f"Starting a local Domo with {len(tables)} DataSets, {count(rows)} rows of public data")
    return tables


@contextmanager
def _folder(wanted: Path | None) -> Generator[Path]:
    if wanted is not None:
        yield wanted
    else:
        with tempfile.TemporaryDirectory(prefix="domo-async-demo-") as folder:
            yield Path(folder)


def _make_trouble(emulator: Emulator, terminal: Terminal) -> None:
    faults = emulator.faults
    exports = "/v1/datasets/*/data"
    faults.add("reset_after", path=exports, bytes=300_000, after=1, times=2)
    faults.add("status", path=exports, status=503, after=4, times=3)
    faults.add("status", status=429, retry_after=1, after=40, times=1)
    faults.add("reset", after=20, times=2)
    terminal.show(f"It has a bad day: tokens live {TOKEN_LIFETIME:g} s, connections break, busy signals\n")


async def _work(emulator: Emulator, folder: Path, tally: Progress[PullEvent]) -> _Work:
    to = emulator.connection
    async with AsyncDomo(
        to["client_id"], to["client_secret"], api_url=to["api_url"], concurrency=2 * CONCURRENCY
    ) as domo:
        datasets = await domo.datasets.list(sort="name").collect()
        report = await domo.pull(datasets, to=folder, concurrency=CONCURRENCY, on_event=tally)
        emulator.revoke_tokens()
        busiest = await domo.datasets.query(emulator.dataset_ids["Flights"], _SQL)
        return _Work(report, busiest, domo.stats)


def _check(report: PullReport, tables: Mapping[str, pa.Table], terminal: Terminal) -> bool:
    """Compare every file with its source, and say how that went."""
    wrong = list(differences(report, tables))
    terminal.show("")
    for sentence in wrong:
        terminal.tell(sentence, style="red")
    rows = sum(table.num_rows for table in tables.values())
    nulls = sum(column.null_count for table in tables.values() for column in table.columns)
    if not wrong:
        terminal.tell(
            f"Checked: {len(tables)} files, {count(rows)} rows, equal to their sources value by value "
            f"({count(nulls)} nulls; null, empty text and 'NA' kept apart)",
            style="green",
        )
    return not wrong


def _sum_up(work: _Work, emulator: Emulator, terminal: Terminal) -> None:
    struck: dict[str, int] = {}
    for fault in emulator.faults.active():
        name = str(fault.options["status"]) if fault.kind == "status" else "broken connection"
        struck[name] = struck.get(name, 0) + fault.hits
    trouble = ", ".join(f"{hits} x {name}" for name, hits in struck.items() if hits)
    terminal.tell(
        f"Survived: {trouble}, all tokens revoked once; "
        f"{emulator.grants} tokens granted, {work.stats.retries} attempts repeated, "
        f"{len(work.report.failed)} DataSets lost",
    )


def _what_next(kept: Path | None, terminal: Terminal) -> None:
    again = "domo-async demo --to lake" if kept is None else f"ls {kept}"
    terminal.show("\nWhat next?")
    terminal.show(
        facts(
            (
                (f"  {again}", "look at the files"),
                ("  domo-async emulator --port 8080", "a local Domo for your programs"),
                ("  domo-async pull --all --to lake", "your own DataSets"),
            )
        )
    )
