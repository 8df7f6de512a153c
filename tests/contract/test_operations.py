"""Everything that Domo can be asked is in the SDK, in the emulator, and on the page that lists it."""

from __future__ import annotations

import inspect

import pytest

pytest.importorskip("pyarrow")

from domo_async import AsyncDomo
from domo_async.emulator.application import FAMILIES
from domo_async.http.paging import Pager
from tests.contract.operations import documented_operations, sdk_operations, shape
from tests.contract.operations_page import PAGE, render

NINETY = 90
DOCUMENTED = documented_operations()
SDK = {shape(operation.method, operation.path) for operation in sdk_operations()} | {
    shape("GET", "/oauth/token")  # asked by the authentication, not by a method
}
EMULATOR = {
    shape(operation.method, operation.path.replace(":path", ""))
    for family in FAMILIES
    for operation in family.OPERATIONS
}


def test_the_table_holds_all_documented_operations():
    documented = [entry for entry in DOCUMENTED if entry.documented and not entry.id.startswith(("OA", "CL-1"))]

    assert len({entry.id for entry in documented}) == NINETY


@pytest.mark.parametrize("entry", DOCUMENTED, ids=lambda entry: entry.id)
def test_the_sdk_has_the_operation(entry):
    assert shape(entry.method, entry.path) in SDK


@pytest.mark.parametrize("entry", DOCUMENTED, ids=lambda entry: entry.id)
def test_the_emulator_has_the_operation(entry):
    assert shape(entry.method, entry.path) in EMULATOR


@pytest.mark.parametrize("name", sorted({operation.name for operation in sdk_operations()}))
def test_an_operation_is_called_like_its_method(name):
    found = AsyncDomo("id", "secret", transport="httpx")
    for part in name.split("."):
        found = getattr(found, part)

    assert callable(found)
    assert inspect.getdoc(found)


@pytest.mark.parametrize("entry", [entry for entry in DOCUMENTED if entry.scope], ids=lambda entry: entry.id)
def test_the_scope_is_the_documented_one(entry):
    for operation in sdk_operations():
        if shape(operation.method, operation.path) == shape(entry.method, entry.path):
            assert operation.scope == entry.scope


def test_listings_are_pagers():
    domo = AsyncDomo("id", "secret", transport="httpx")
    for family in ("datasets", "streams", "users", "groups", "pages", "accounts", "account_types", "cards"):
        assert isinstance(getattr(domo, family).list(), Pager), family


def test_the_page_says_what_the_code_says():
    assert render() == PAGE.read_text(encoding="utf-8"), "run python -m tests.contract.operations_page"
