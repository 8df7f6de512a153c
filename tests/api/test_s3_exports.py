"""Exports to S3: the wire, and an export that is only pretended."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime

import anyio
import pytest
from pydantic import SecretStr

from domo_async.errors import BadRequestError, NotFoundError
from domo_async.models import S3ExportStatus

pytestmark = pytest.mark.anyio

ID = "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21"
PATH = f"/api/query/v1/export/{ID}"
SECRET = "hunter2-and-more"
URL = "s3://birch/tides/3a5e/export/data.csv.gz"
EXPORT = {
    "exportId": "3a5e",
    "exportStatus": "success",
    "errorCode": None,
    "started": "2025-03-02T07:00:00.000Z",
    "finished": "1740898841210",
    "compression": "gzip",
    "bucket": "birch",
    "urlRowCountMap": {URL: 8760},
}


async def test_start_sends_what_was_passed(wire, domo, sent):
    wire.post(PATH).respond(json=EXPORT)

    export = await domo.s3_exports.start(
        ID, bucket="birch", path="tides", aws_access_key="AKIA", aws_access_secret=SecretStr("the-secret")
    )

    assert json.loads(sent().content) == {
        "bucket": "birch",
        "path": "tides",
        "awsAccessKey": "AKIA",
        "awsAccessSecret": "the-secret",
    }
    assert export.export_status is S3ExportStatus.SUCCESS
    assert export.started == datetime(2025, 3, 2, 7, tzinfo=UTC)
    assert export.finished == datetime(2025, 3, 2, 7, 0, 41, 210_000, tzinfo=UTC)
    assert export.url_row_count_map == {URL: 8760}


@pytest.mark.parametrize("answer", [[EXPORT], EXPORT, [EXPORT | {"urlRowCountMap": json.dumps({URL: 8760})}]])
async def test_status_takes_either_form(wire, domo, sent, answer):
    """The guide shows a list and an object; the specification nothing, and text."""
    wire.get(PATH).respond(json=answer)
    [export] = await domo.s3_exports.status(ID)
    assert sent().url.raw_path == PATH.encode()
    assert export.url_row_count_map == {URL: 8760}


@pytest.mark.parametrize("form", [str, SecretStr])
async def test_secrets_stay_out_of_errors(wire, domo, form):
    """Even where the server repeats them, and in tracebacks with local variables."""
    wire.post(PATH).respond(400, json={"message": f"no access with {SECRET}"})
    with pytest.raises(BadRequestError, match=r"no access with \[hidden\]") as caught:
        await domo.s3_exports.start(ID, aws_access_key="AKIA", aws_access_secret=form(SECRET))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    own = [frame for frame in told.stack if "domo_async" in frame.filename]
    assert own
    assert SECRET not in str([frame.locals for frame in own])
    assert SECRET not in f"{caught.value} {caught.value!r}"


async def test_an_export_begins_and_ends(live, emulator):
    """What has not changed since is not exported again."""
    dataset = await live.datasets.create(name="Tides", schema={"a": "LONG"})
    await live.datasets.import_csv(dataset.id, "1\n2\n")
    emulator.indexing_time = 3600.0
    first = await live.s3_exports.start(dataset.id, bucket="birch", path="tides")
    assert first.export_status is S3ExportStatus.EXPORTING
    assert (await live.s3_exports.start(dataset.id)).export_id == first.export_id
    emulator.indexing_time = 0.0
    await live.datasets.import_csv(dataset.id, "1\n")

    fresh = await live.datasets.create(name="Quick", schema={"a": "LONG"})
    done = await live.s3_exports.start(fresh.id)
    with anyio.fail_after(10):
        while (await live.s3_exports.status(fresh.id))[0].export_status is not S3ExportStatus.SUCCESS:
            await anyio.lowlevel.checkpoint()
    [export] = await live.s3_exports.status(fresh.id)
    assert export.url_row_count_map == {f"s3://domo-exports/{fresh.id}/{done.export_id}/export/data.csv.gz": 0}
    assert (await live.s3_exports.start(fresh.id)).export_id == done.export_id
    await live.datasets.import_csv(fresh.id, "1\n")
    assert (await live.s3_exports.start(fresh.id)).export_id != done.export_id


async def test_exports_of_nothing(live):
    with pytest.raises(NotFoundError):
        await live.s3_exports.start(ID)
