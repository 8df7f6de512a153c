"""How long one DataSet is tried for."""

from __future__ import annotations

import pytest

from domo_async.errors import (
    CallTimeoutError,
    ConnectionLostError,
    DomoError,
    IncompleteDataError,
    InvalidResponseError,
    MaintenanceError,
    NotFoundError,
    RateLimitError,
    ServerError,
)
from domo_async.jobs.patience import Patience


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def attempts(error: DomoError, *, retries: int = 2, seconds: float = 600.0, each: float = 50.0) -> int:
    """How many attempts there are when all fail, each after so many seconds."""
    clock = Clock()
    tries = Patience(retries, seconds, clock).tries()
    while True:
        clock.now += each
        wait = tries.wait_after(error)
        if wait is None:
            return tries.attempt
        clock.now += wait


@pytest.mark.parametrize(
    "error",
    [
        MaintenanceError("maintenance", status=503),
        ServerError("busy", status=500),
        RateLimitError("slow", status=429),
        ConnectionLostError("reset"),
        CallTimeoutError("late", phase="read"),
    ],
)
def test_an_outage_is_waited_for(error: DomoError) -> None:
    """For minutes, however many attempts that takes; and no longer."""
    assert 6 <= attempts(error) <= 14
    assert attempts(error, seconds=0) == 3
    assert attempts(error, seconds=0, retries=0) == 1


@pytest.mark.parametrize("error", [IncompleteDataError("rows are missing"), InvalidResponseError("no CSV")])
def test_wrong_data_is_not_asked_for_over_and_over(error: DomoError) -> None:
    """A DataSet whose count is wrong at Domo is wrong every time."""
    assert attempts(error) == 3


def test_what_waiting_cannot_cure() -> None:
    assert attempts(NotFoundError("no such DataSet", status=404)) == 1


def test_waits_grow_up_to_a_minute() -> None:
    """With full jitter, and never less than Domo asked for."""
    tries = Patience(100, 0.0).tries()
    waits = [tries.wait_after(ServerError("busy", status=500)) or 0.0 for _ in range(60)]
    assert all(wait <= min(60, 2.0**number) for number, wait in enumerate(waits))
    assert max(waits) > 10
    assert Patience(1, 0.0).tries().wait_after(RateLimitError("slow", status=429, retry_after=99.0)) == 99.0
