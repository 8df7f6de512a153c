"""What is measured: how many calls, of what, against how slow a server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.benchmarks.data import QUERY_SUM, dataset_id

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["WORKLOADS", "Expected", "Outcome", "Task", "Workload", "right_facts", "selected"]

Measure = Literal["seconds", "cpu_ms_per_call", "p99_ratio"]
"""Which number of a run the contenders are compared by."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One row of the comparison.

    Attributes:
        name: How it is chosen on the command line.
        summary: What is done, for the page.
        shows: What one learns from it, for the page.
        function: Name of the function that does it, in each contender's module.
        measure: The number that is compared.
        calls: How many calls, or DataSets.
        at_once: Connections that every contender may use.
        wave: Calls started at once, 0 for all of them.
        datasets: DataSets that the server has.
        csv_bytes: Size of the export of each DataSet.
        latency: Seconds before the server answers.
        grant_latency: Seconds before it answers with a token.
        seconds: How long calls are spread over, 0 for as fast as possible.
        token_life: Seconds that the tokens live which the workload is about.
        refused: Share of answers that are 429 or 503.
        reset: Share of connections that break instead of an answer.
        most_rounds: Rounds beyond this are left out, for workloads that take long.
    """

    name: str
    summary: str
    shows: str
    function: str
    measure: Measure = "seconds"
    calls: int = 1
    at_once: int = 16
    wave: int = 0
    datasets: int = 1
    csv_bytes: int = 0
    latency: float = 0.0
    grant_latency: float = 0.05
    seconds: float = 0.0
    token_life: float = 3599
    refused: float = 0.0
    reset: float = 0.0
    most_rounds: int = 5

    def quick(self) -> Workload:
        """The same so small that it only shows whether everything works."""
        return replace(
            self,
            calls=min(self.calls, 60 if self.datasets == self.calls else 40),
            wave=min(self.wave, 20),
            datasets=min(self.datasets, 120),
            csv_bytes=min(self.csv_bytes, 200_000),
            latency=min(self.latency, 0.002),
            grant_latency=0.005,
            seconds=min(self.seconds, 0.5),
            token_life=min(self.token_life, 1) if self.token_life < 3599 else self.token_life,
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """What the server knows to be right."""

    datasets: int
    dataset_rows: int
    csv_bytes: int
    csv_rows: int
    csv_units: int
    csv_nulls: int
    csv_gaps: int


@dataclass(frozen=True)
class Task:
    """What a contender is told.

    Attributes:
        workload: What to do.
        url: Scheme, host and port of the server.
        folder: Where files may be written.
        client_id: Client id, of the server's own making.
        client_secret: Client secret.
    """

    workload: Workload
    url: str
    folder: Path
    client_id: str = "life-3599"
    client_secret: str = "benchmark"

    @cached_property
    def ids(self) -> list[str]:
        """Ids of the DataSets to call for, one per call; they repeat when there are fewer DataSets."""
        return [dataset_id(index % self.workload.datasets) for index in range(self.workload.calls)]

    @property
    def short_lived_client_id(self) -> str:
        """The client id whose tokens live as short as the workload says."""
        return f"life-{self.workload.token_life:g}"

    @cached_property
    def table(self) -> pa.Table:
        """The rows that ``upload`` writes."""
        from tests.benchmarks.rows_by_hand import rows_to_write  # pyarrow is no part of the other workloads

        return rows_to_write(self.workload.csv_bytes)

    @cached_property
    def csv(self) -> bytes:
        """The same for those who only compress."""
        from tests.benchmarks.data import Export

        return b"".join(Export(self.workload.csv_bytes).pieces())

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same for those who know pandas only, in the types that pandas would give them."""
        import pyarrow as pa

        table = self.table
        for name, kind in (("unit_price", pa.float64()), ("ordered_on", pa.timestamp("us"))):
            place = table.column_names.index(name)
            table = table.set_column(place, name, table[name].cast(kind))
        return table.to_pandas()

    @property
    def parquet_path(self) -> Path:
        """Where ``export-parquet`` leaves its file."""
        return self.folder / "export.parquet"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a contender says it got.

    Attributes:
        facts: Numbers that must be right, or the run does not count.
        extras: Further numbers, for the page.
        result: What there is to look into for more facts, when the clock has stopped.
    """

    facts: dict[str, int]
    extras: dict[str, float] = field(default_factory=dict)
    result: object = field(default=None, repr=False)  # asyncio.run asks for it when it ends, and it can be large


def right_facts(workload: Workload, expected: Expected, extras: dict[str, float]) -> dict[str, int]:
    """The facts that a run has to show."""
    match workload.function:
        case "list_datasets":
            return {"datasets": expected.datasets, "rows": expected.dataset_rows}
        case "pull" | "export":
            return {"bytes": workload.calls * expected.csv_bytes}
        case "export_parquet" | "frame" | "upload":
            return {
                "rows": expected.csv_rows,
                "units": expected.csv_units,
                "nulls": expected.csv_nulls,
                "gaps": expected.csv_gaps,
            }
        case "queries":
            return {"calls": workload.calls, "sum": workload.calls * QUERY_SUM}
        case "short_tokens":
            return {"calls": 2 * workload.calls - int(extras["failed"])}
        case "faults":
            return {"calls": workload.calls - int(extras["failed"])}
        case _:
            return {"calls": workload.calls}


_MB = 1_000_000

WORKLOADS = (
    Workload(
        "list",
        "List 2,000 DataSets: 40 pages of 50, 20 ms each",
        "How well pages are fetched ahead: whoever asks for one after the other waits forty times",
        "list_datasets",
        calls=40,
        datasets=2_000,
        latency=0.02,
    ),
    Workload(
        "pull",
        "Read 200 exports of 1 MB each, 16 at once, 20 ms each",
        "What a nightly job is made of: many small downloads side by side, where each call costs something of its own",
        "pull",
        calls=200,
        datasets=200,
        csv_bytes=_MB,
        latency=0.02,
    ),
    Workload(
        "export",
        "Read one export of 512 MB",
        "What a byte costs on its way from the socket to the caller; domo_async keeps a checksum as well",
        "export",
        csv_bytes=512 * _MB,
    ),
    Workload(
        "export-parquet",
        "Turn one export of 512 MB into a Parquet file",
        "What typed rows on disk cost, and in how much memory: parsing and encoding are far dearer than the download",
        "export_parquet",
        csv_bytes=512 * _MB,
        most_rounds=3,
    ),
    Workload(
        "frame",
        "Read one export of 512 MB into a frame of pandas",
        "What the most frequent use costs; pydomo's way takes empty text for null and rounds decimals, no other does",
        "frame",
        csv_bytes=512 * _MB,
        most_rounds=3,
    ),
    Workload(
        "upload",
        "Write a table of 2 million rows, 200 MB of CSV, into a DataSet: compressed, in parts of 50 MB, 4 at once",
        "What it takes to turn rows into compressed CSV and send it; the compressor alone is what nobody can beat",
        "upload",
        at_once=4,
        csv_bytes=200 * _MB,
        most_rounds=3,
    ),
    Workload(
        "cold",
        "1,000 calls at once on a new client, 64 connections, 1 ms each, 50 ms for the token",
        "The first second of a web service: a thousand callers and no token yet. Everybody else may wait for one grant",
        "cold",
        calls=1_000,
        at_once=64,
        datasets=1_000,
        latency=0.001,
    ),
    Workload(
        "queries",
        "500 SQL queries, 16 at once, 5 ms each",
        "What one small call costs with all that belongs to it: token, retry rules, validation of the answer",
        "queries",
        calls=500,
        latency=0.005,
    ),
    Workload(
        "short-tokens",
        "2,000 calls within 10 s, 32 at once, 5 ms each: tokens that live 2 s against tokens that live an hour",
        "Whether anybody ever waits for a token, or fails for one, while tokens die all the time",
        "short_tokens",
        measure="p99_ratio",
        calls=2_000,
        at_once=32,
        datasets=100,
        latency=0.005,
        seconds=10,
        token_life=2,
        most_rounds=2,
    ),
    Workload(
        "faults",
        "1,000 calls, 16 at once, 2 ms each; 5 % are answered with 429 or 503, 1 % with a broken connection",
        "Whether all calls get their answer from a server that has a bad day, and how long that takes",
        "faults",
        calls=1_000,
        datasets=100,
        latency=0.002,
        refused=0.05,
        reset=0.01,
        most_rounds=3,
    ),
    *(
        Workload(
            f"in-flight-{wave}",
            f"Calls in waves of {wave:,}, 64 connections, 5 ms each",
            "Whether a call costs the same however many are waiting; plain httpx slows down with their square",
            "in_flight",
            measure="cpu_ms_per_call",
            calls=calls,
            at_once=64,
            wave=wave,
            datasets=100,
            latency=0.005,
            most_rounds=2,
        )
        for wave, calls in ((100, 2_000), (1_000, 3_000), (10_000, 10_000))
    ),
)


def selected(names: list[str]) -> list[Workload]:
    """The workloads of these names, or all; ``in-flight`` stands for its three sizes."""
    unknown = [name for name in names if not any(_is_meant(workload, name) for workload in WORKLOADS)]
    if unknown:
        raise ValueError(f"no such workload: {', '.join(unknown)}")
    return [one for one in WORKLOADS if not names or any(_is_meant(one, name) for name in names)]


def _is_meant(workload: Workload, name: str) -> bool:
    return workload.name == name or (name == "in-flight" and workload.name.startswith("in-flight-"))
