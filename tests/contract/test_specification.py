"""What other people's tools make of a description of Domo's API is answered as the description says."""

from __future__ import annotations

import pytest

schemathesis = pytest.importorskip("schemathesis")

from domo_async.emulator.application import FAMILIES as MODULES
from tests.contract.operations import documented_operations, shape
from tests.contract.specification import FAMILIES, METHODS, specification
from tests.contract.strangers import driven

DESCRIBED = {
    shape(method.upper(), path) for path, item in specification()["paths"].items() for method in METHODS & item.keys()
}
STEADY = ("--generation-deterministic",)


def test_the_description_is_valid():
    schemathesis.openapi.from_dict(specification()).validate()


def test_all_that_domo_documents_is_described():
    documented = {shape(entry.method, entry.path) for entry in documented_operations()}

    assert documented - DESCRIBED == set()


def test_all_that_the_emulator_answers_is_described():
    """Except what it takes besides: an account shared with GET, as Domo's text says, and its own endpoints."""
    answered = {
        shape(operation.method, operation.path)
        for module in MODULES
        for operation in module.OPERATIONS
        if operation.path.startswith(("/v1", "/oauth", "/api", "/clients"))
    }

    assert answered - DESCRIBED == {"GET /v1/accounts/{}/shares"}
    assert DESCRIBED - answered == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_as_described(family):
    """Every boundary of every field, kept and overstepped, one after the other."""
    with driven(family) as drive:
        # A definition of a chart has so many fields that twice is enough.
        code, output = drive("--phases", "examples,coverage", "--exclude-path-regex", "/drill$", *STEADY)

        assert code == 0, output
        assert len(drive.emulator.requests) > 50


def test_answers_lead_from_one_call_to_the_next():
    """What one operation answers is what the next one is asked with."""
    with driven() as drive:
        code, output = drive("--phases", "stateful", "--max-examples", "5", *STEADY)

    assert code == 0, output


@pytest.mark.parametrize(
    "fault",
    [{"kind": "status", "status": 500}, {"kind": "malformed_json"}],
    ids=lambda fault: fault["kind"],
)
def test_strangers_would_tell(fault):
    with driven("accounts") as drive:
        drive.emulator.faults.add(**fault, path="/v1/account-types")
        code, output = drive("--phases", "coverage", "--include-path", "/v1/account-types", *STEADY)

    assert code == 1, output
