"""What an operation needs, and whether it may be repeated, is the same on both sides of the wire."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow")

from domo_async.emulator.application import FAMILIES
from domo_async.http.operations import Safety
from tests.contract.operations import documented_operations, sdk_operations, shape

EMULATOR = {
    shape(operation.method, operation.path): operation for family in FAMILIES for operation in family.OPERATIONS
}
OPERATIONS = [operation for operation in sdk_operations() if operation.name != "projects.me"]  # one of projects.get
BY_METHOD = {
    "GET": Safety.SAFE,
    "POST": Safety.UNSAFE,
    "PUT": Safety.IDEMPOTENT,
    "PATCH": Safety.IDEMPOTENT,
    "DELETE": Safety.IDEMPOTENT,
}
OTHERWISE = {
    "accounts.share": Safety.IDEMPOTENT,  # who has it has it
    "datasets.import_csv": Safety.UNSAFE,  # it may append
    "datasets.query": Safety.SAFE,  # a POST that reads
    "embed.card_token": Safety.IDEMPOTENT,  # a token more changes nothing
    "embed.dashboard_token": Safety.IDEMPOTENT,
    "s3_exports.start": Safety.IDEMPOTENT,  # one is under way at a time, and the same data is not exported twice
    "simple.import_rows": Safety.UNSAFE,  # it may append
    "streams.commit": Safety.UNSAFE,  # a second one is refused, and says nothing of the first
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.name} {operation.path}")
def test_the_emulator_asks_for_the_scope_that_the_sdk_names(operation):
    assert EMULATOR[shape(operation.method, operation.path)].scope == operation.scope


@pytest.mark.parametrize("operation", sdk_operations(), ids=lambda operation: f"{operation.name} {operation.path}")
def test_the_class_follows_from_the_method(operation):
    """And where it does not, the table above says why."""
    assert operation.safety is OTHERWISE.get(operation.name, BY_METHOD[operation.method])


def test_every_exception_is_one():
    names = {operation.name: operation for operation in sdk_operations()}
    for name, safety in OTHERWISE.items():
        assert BY_METHOD[names[name].method] is not safety


def test_who_is_documented_without_a_scope():
    """Tokens, sign-in and clients need none; for embedding none is documented, and clients were seen to ask for one."""
    free = {entry.id for entry in documented_operations() if entry.scope is None}
    assert free == {"OA-1", "EM-1", "EM-2", "CL-1", "CL-2"}
    assert {EMULATOR[shape("POST", f"/v1/{kind}/embed/auth")].scope for kind in ("cards", "stories")} == {"dashboard"}
