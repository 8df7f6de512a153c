"""A canary: a plugin that takes over anyio's tests would run them all on asyncio without a word."""

import asyncio

import pytest
import sniffio


@pytest.mark.anyio
async def test_anyio_tests_run_on_the_backend_they_name(anyio_backend_name):
    assert sniffio.current_async_library() == anyio_backend_name


@pytest.mark.asyncio
async def test_pytest_asyncio_works_beside_it():
    assert asyncio.get_running_loop().is_running()
