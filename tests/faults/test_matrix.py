"""Each fault of the emulator against each kind of read: cured, or one typed error in bounded time; never wrong data."""

import hashlib
import tempfile
import time
from pathlib import Path

import anyio
import pyarrow as pa
import pytest
from anyio.lowlevel import checkpoint

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.errors import (
    BlockedError,
    CallError,
    InvalidResponseError,
    MaintenanceError,
    NotFoundError,
    RateLimitError,
    ServerError,
    StatusError,
    TransportError,
)

pytestmark = pytest.mark.anyio

ROWS = 5_000
PATH = "/v1/datasets*"


@pytest.fixture
def anyio_backend(carrier):
    return carrier.backend


@pytest.fixture(scope="module")
def emulator():
    table = pa.table(
        {"n": list(range(ROWS)), "text": [None if n % 7 == 0 else f'row {n}, "quoted"\n' for n in range(ROWS)]}
    )
    tables = {"Rows": table} | {f"D{n:03}": pa.table({"a": [n]}) for n in range(130)}
    with Emulator(datasets=tables, seed=11) as emulator:
        yield emulator


async def get(domo, emulator):
    dataset = await domo.datasets.get(emulator.dataset_ids["Rows"])
    return (dataset.name, dataset.rows)


async def listing(domo, emulator):
    return [dataset.id async for dataset in domo.datasets.list(sort="name")]


async def query(domo, emulator):
    result = await domo.datasets.query(emulator.dataset_ids["Rows"], "SELECT COUNT(*) AS n, SUM(n) AS s FROM table")
    return result.rows


async def export(domo, emulator):
    digest = hashlib.sha256()
    async with domo.datasets.export(emulator.dataset_ids["Rows"]) as body:
        async for chunk in body:
            digest.update(chunk)
    return digest.hexdigest()


async def file(domo, emulator):
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "rows.parquet"
        try:
            await domo.datasets.export_to(emulator.dataset_ids["Rows"], target)
        except CallError:
            assert list(target.parent.iterdir()) == [], "no partial file"
            raise
        assert list(target.parent.iterdir()) == [target]
        return hashlib.sha256(target.read_bytes()).hexdigest()


async def all_quiet(domo):
    """Until the pages that a listing asked for ahead, and did not need, have been given up."""
    with anyio.fail_after(5):
        while domo.stats.in_flight:
            await checkpoint()


READS = {"get": get, "listing": listing, "query": query, "export": export, "file": file}

# kind, options, what is left when it does not go away; None where it does no harm
FAULTS = {
    "429": ("status", {"status": 429}, RateLimitError),
    "429, seconds": ("status", {"status": 429, "retry_after": 0.1}, RateLimitError),
    "429, garbage": ("status", {"status": 429, "retry_after": "later"}, RateLimitError),
    "500": ("status", {"status": 500}, ServerError),
    "502": ("status", {"status": 502}, ServerError),
    "503": ("status", {"status": 503}, ServerError),
    "503, seconds": ("status", {"status": 503, "retry_after": 0.1}, ServerError),
    "504": ("status", {"status": 504}, ServerError),
    "404": ("status", {"status": 404}, NotFoundError),
    "reset": ("reset", {}, TransportError),
    "reset at 0": ("reset_after", {"bytes": 0}, TransportError),
    "reset at 1": ("reset_after", {"bytes": 1}, TransportError),
    "reset at 9": ("reset_after", {"bytes": 9}, TransportError),
    "truncated at 0": ("truncate", {"bytes": 0}, TransportError),
    "truncated at 9": ("truncate", {"bytes": 9}, TransportError),
    "stalled at 9": ("stall", {"bytes": 9}, TransportError),
    "stalled at 0": ("stall", {"bytes": 0}, TransportError),
    "dripping": ("drip", {"bytes": 4096, "interval": 0.001}, None),
    "delayed": ("delay", {"seconds": 0.1}, None),
    "unknown fields": ("unknown_fields", {}, None),
    "maintenance": ("maintenance", {}, MaintenanceError),
    "maintenance with 200": ("maintenance", {"status": 200}, MaintenanceError),
    "blocked": ("blocked", {}, BlockedError),
    "redirect": ("redirect", {}, StatusError),
    "lost answer": ("lost_answer", {}, TransportError),
}
PERMANENT = {"404", "blocked", "redirect"}
JSON_ONLY = {"malformed JSON": ("malformed_json", {}, InvalidResponseError)}


# Half a CSV is a CSV: that rows are missing is for the layer above to see, which counts them.
CASES = [(read, fault) for read in READS for fault in FAULTS]
CASES += [(read, fault) for read in ("get", "listing", "query") for fault in JSON_ONLY]


@pytest.mark.parametrize(("read", "fault"), CASES)
async def test_each_fault_is_cured_or_named(emulator, carrier, read, fault):
    kind, options, expected = {**FAULTS, **JSON_ONLY}[fault]
    path = "/v1/datasets/*/data" if read == "file" else PATH
    emulator.faults.clear()
    async with AsyncDomo(
        **emulator.connection, transport=carrier.transport, timeout=0.3, deadline=20, retries=3
    ) as domo:
        right = await READS[read](domo, emulator)
        await all_quiet(domo)
        struck = emulator.faults.add(kind, path=path, times=None if fault in PERMANENT else 1, **options)
        if fault in PERMANENT:
            with pytest.raises(expected):
                await READS[read](domo, emulator)
        else:
            assert await READS[read](domo, emulator) == right
        assert struck.hits >= 1
        await all_quiet(domo)
        struck.remove()

        if expected is not None and read in {"get", "export", "file"}:
            lasting = emulator.faults.add(kind, path=path, **options)
            started = time.monotonic()
            with anyio.fail_after(15), pytest.raises(expected) as caught:
                await READS[read](domo.with_options(deadline=0.5, retries=1, timeout=0.15), emulator)
            assert time.monotonic() - started < 5
            assert isinstance(caught.value, CallError)
            assert caught.value.operation
            lasting.remove()
            # A pause that was asked for is kept; after it all is well again.
            assert await READS[read](domo, emulator) == right
        await all_quiet(domo)
        assert (domo.stats.in_flight, domo.stats.waiting) == (0, 0)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("end", ["revoked", "expired", "406 for CSV"])
async def test_the_end_of_a_token_goes_unnoticed(emulator, carrier, read, end):
    emulator.faults.clear()
    emulator.csv_refusal = 406 if end == "406 for CSV" else 401
    async with AsyncDomo(**emulator.connection, transport=carrier.transport) as domo:
        right = await READS[read](domo, emulator)
        await all_quiet(domo)
        before = emulator.grants
        emulator.expire_tokens() if end == "expired" else emulator.revoke_tokens()
        assert await READS[read](domo, emulator) == right
        assert emulator.grants == before + 1
    emulator.csv_refusal = 401
