"""Whether to try again: one table, and what time and money have to do with it."""

from datetime import UTC, datetime, timedelta

import pytest

from domo_async.auth.tokens import GRANT_OPERATION
from domo_async.errors import (
    AuthenticationError,
    BadRequestError,
    BlockedError,
    CallTimeoutError,
    ConflictError,
    ConnectionFailedError,
    ConnectionLostError,
    IncompleteDataError,
    InsufficientScopeError,
    InvalidResponseError,
    MaintenanceError,
    NotFoundError,
    PermissionDeniedError,
    QueryError,
    RateLimitError,
    ServerError,
)
from domo_async.http.operations import Safety
from domo_async.http.retries import RetryBudget, cannot_have_acted, wait_before_retry
from domo_async.models.refusals import parse_retry_after

SAFE, IDEMPOTENT, UNSAFE = Safety.SAFE, Safety.IDEMPOTENT, Safety.UNSAFE

# failure, whether the server cannot have acted, and who is repeated
TABLE = [
    (ConnectionFailedError("refused"), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (CallTimeoutError("no connection", phase="connect"), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (CallTimeoutError("no slot", phase="pool"), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (CallTimeoutError("silence", phase="read"), False, {SAFE, IDEMPOTENT}),
    (CallTimeoutError("stuck", phase="write"), False, {SAFE, IDEMPOTENT}),
    (ConnectionLostError("reset"), False, {SAFE, IDEMPOTENT}),
    (InvalidResponseError("half a document"), False, {SAFE, IDEMPOTENT}),
    (IncompleteDataError("rows are missing"), False, {SAFE, IDEMPOTENT}),
    (RateLimitError("slow down", status=429), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (RateLimitError("slow down", status=429, retry_after=2.0), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (ServerError("busy", status=503, retry_after=2.0), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (ServerError("busy", status=503, retry_after=0.0), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (MaintenanceError("maintenance", status=503, retry_after=2.0), True, {SAFE, IDEMPOTENT, UNSAFE}),
    (ServerError("busy", status=503), False, {SAFE, IDEMPOTENT}),
    (MaintenanceError("maintenance", status=200), False, {SAFE, IDEMPOTENT}),
    (ServerError("broken", status=500), False, {SAFE, IDEMPOTENT}),
    (ServerError("broken", status=500, retry_after=1.0), False, {SAFE, IDEMPOTENT}),
    (ServerError("bad gateway", status=502), False, {SAFE, IDEMPOTENT}),
    (ServerError("gateway timeout", status=504), False, {SAFE, IDEMPOTENT}),
    (ServerError("request timeout", status=408), False, {SAFE, IDEMPOTENT}),
    (BadRequestError("wrong", status=400), False, set()),
    (QueryError("wrong", status=400), False, set()),
    (AuthenticationError("who?", status=401), False, set()),
    (PermissionDeniedError("no", status=403), False, set()),
    (InsufficientScopeError("no", status=403), False, set()),
    (BlockedError("no", status=200), False, set()),
    (NotFoundError("gone", status=404), False, set()),
    (ConflictError("twice", status=409), False, set()),
    (ConnectionFailedError("refused", operation=GRANT_OPERATION), True, set()),
    (ServerError("broken", status=500, operation=GRANT_OPERATION), False, set()),
]


@pytest.mark.parametrize("safety", list(Safety), ids=lambda safety: safety.value)
@pytest.mark.parametrize(
    ("error", "harmless", "repeated"),
    TABLE,
    ids=[f"{type(e).__name__}-{e.message}-{i}" for i, (e, _, _) in enumerate(TABLE)],
)
def test_what_is_repeated_after_what(error, harmless, repeated, safety):
    """Safe and idempotent operations after whatever may pass; unsafe ones only if the server cannot have acted."""
    assert cannot_have_acted(error) == harmless
    decide = {"safety": safety, "retries": 6, "remaining": None}
    assert (wait_before_retry(error, attempts=1, **decide) is not None) == (safety in repeated)
    assert (wait_before_retry(error, attempts=6, **decide) is not None) == (safety in repeated)
    assert wait_before_retry(error, attempts=7, **decide) is None
    assert wait_before_retry(error, attempts=1, **{**decide, "retries": 0}) is None
    bold = wait_before_retry(error, attempts=1, retry_unsafe=True, **decide)
    assert (bold is not None) == (SAFE in repeated)


@pytest.mark.parametrize(("attempts", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 20.0), (5_000, 20.0)])
def test_without_retry_after_the_wait_is_uniform_below_a_doubling_cap(attempts, longest):
    def wait(spread):
        return wait_before_retry(
            ConnectionLostError("reset"),
            safety=SAFE,
            attempts=attempts,
            retries=10_000,
            remaining=None,
            spread=lambda: spread,
        )

    assert wait(0.0) == 0.0
    assert wait(0.5) == pytest.approx(longest / 2)
    assert wait(1.0) == pytest.approx(longest)


@pytest.mark.parametrize(("asked", "most"), [(0.0, 0.1), (0.05, 0.2), (2.0, 3.0), (60.0, 61.0)])
def test_retry_after_is_waited_for_and_never_undercut(asked, most):
    error = RateLimitError("slow down", status=429, retry_after=asked)
    for spread in (0.0, 0.3, 1.0):
        wait = wait_before_retry(
            error, safety=UNSAFE, attempts=1, retries=1, remaining=None, spread=lambda value=spread: value
        )
        assert wait is not None
        assert asked <= wait <= most + 1e-9


def test_a_wait_beyond_the_deadline_is_not_begun():
    error = RateLimitError("slow down", status=429, retry_after=10.0)
    for remaining, goes_on in [(9.9, False), (10.0, False), (12.0, True)]:
        wait = wait_before_retry(error, safety=SAFE, attempts=1, retries=1, remaining=remaining)
        assert (wait is not None) == goes_on


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 99 Mar 2026 99:00:00 GMT", None),
    ],
)
def test_retry_after_comes_as_seconds_fractions_dates_and_garbage(header, seconds):
    assert parse_retry_after(header, now=NOW) == seconds


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_the_budget_pays_a_burst_and_then_what_time_brings():
    clock = Clock()
    budget = RetryBudget(size=10, per_second=2, per_success=1, clock=clock)
    assert sum(budget.take() for _ in range(100)) == 10
    clock.now += 3.0
    assert sum(budget.take() for _ in range(100)) == 6
    clock.now += timedelta(days=1).total_seconds()
    assert sum(budget.take() for _ in range(100)) == 10


def test_successes_fill_the_budget_and_never_beyond_its_size():
    budget = RetryBudget(size=10, per_second=0, per_success=1, clock=Clock())
    while budget.take():
        pass
    for _ in range(3):
        budget.succeeded()
    assert sum(budget.take() for _ in range(100)) == 3
    for _ in range(1_000):
        budget.succeeded()
    assert sum(budget.take() for _ in range(100)) == 10
