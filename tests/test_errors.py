"""The tree of errors: it is what its drawing says, reads well, and survives copying and pickling."""

import copy
import inspect
import pickle
import re
import traceback

import pytest

from domo_async import errors
from domo_async.errors import (
    AuthenticationError,
    BadRequestError,
    BlockedError,
    CallError,
    CallTimeoutError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionLostError,
    DomoError,
    ExecutionError,
    IncompleteDataError,
    InsufficientScopeError,
    InvalidArgumentError,
    InvalidResponseError,
    MaintenanceError,
    MissingCredentialsError,
    MissingExtraError,
    NotFoundError,
    PullError,
    PushError,
    QueryError,
    RateLimitError,
    ServerError,
    StatusError,
    UnreadableRowError,
)
from domo_async.models import Execution

CLASSES = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, DomoError)]


def make(kind):
    """An instance with every attribute set to something."""
    if issubclass(kind, MissingExtraError):
        return kind("Reading Parquet", extra="arrow")
    if issubclass(kind, PullError | PushError):
        return kind("2 of 3 DataSets did not arrive", report={"failed": 2}, hint="See report")
    if issubclass(kind, ExecutionError):
        return kind("It ended", execution=Execution(id=9, current_state="ERROR"), hint="Look at it")
    if not issubclass(kind, CallError):
        return kind("What happened", hint="What to do")
    facts: dict[str, object] = {
        "operation": "datasets.get",
        "method": "GET",
        "path": "/v1/datasets/7",
        "hint": "What to do",
    }
    if issubclass(kind, UnreadableRowError):
        return kind("not a readable LONG", dataset="Sales", row=7, column="Units", value="'x'", hint="What to do")
    if issubclass(kind, CallTimeoutError):
        facts["phase"] = "read"
    if issubclass(kind, StatusError):
        facts |= {"status": 418, "reason": "Teapot", "toe": "T-1", "code": "no_coffee", "retry_after": 2.5}
    error = kind("What happened", **facts)
    error.attempts, error.elapsed = 3, 4.25
    if isinstance(error, InsufficientScopeError):
        error.required_scope = "data"
    return error


def drawn_tree():
    """Class name -> parent's name, as the docstring of the module draws it."""
    parents, ancestors = {}, {}
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ([│ ├└─]*)([A-Z]\w+)\b", line)
        if match:
            depth = len(match.group(1)) // 4
            ancestors[depth] = match.group(2)
            parents[match.group(2)] = ancestors[depth - 1] if depth else "Exception"
    return parents


def test_the_drawing_is_the_tree():
    assert drawn_tree() == {
        kind.__name__: "Exception" if kind is DomoError else kind.__bases__[0].__name__ for kind in CLASSES
    }


@pytest.mark.parametrize(
    ("words", "base"),
    [("also an ImportError", ImportError), ("also a ValueError", ValueError), ("also a TimeoutError", TimeoutError)],
)
def test_what_the_drawing_says_of_other_bases_is_true(words, base):
    named = [line for line in errors.__doc__.splitlines() if words in line]

    assert named
    for line in named:
        assert issubclass(getattr(errors, line.strip("│ ├└─").split()[0]), base)


def test_all_names_are_exported_in_order_and_nothing_else():
    assert errors.__all__ == sorted(kind.__name__ for kind in CLASSES)
    assert all(kind.__module__ == "domo_async.errors" and kind.__doc__ for kind in CLASSES)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("way", [pickle.loads, copy.copy, copy.deepcopy, DomoError.fresh], ids=lambda way: way.__name__)
def test_errors_survive_copying_with_everything_they_know(kind, way):
    error = make(kind)
    twin = way(pickle.dumps(error)) if way is pickle.loads else way(error)

    assert type(twin) is kind
    assert twin is not error
    assert vars(twin) == vars(error)
    assert twin.args == error.args
    assert (str(twin), repr(twin)) == (str(error), repr(error))
    assert twin.__traceback__ is None
    if isinstance(error, ImportError):
        assert twin.msg == error.msg


def test_every_pickle_protocol_will_do():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(make(RateLimitError), protocol)).retry_after == 2.5


def test_a_fresh_copy_has_the_cause_and_a_life_of_its_own():
    try:
        raise make(ServerError) from OSError("broken pipe")
    except ServerError as caught:
        error = caught
    error.add_note("seen by the first")
    twin = error.fresh()
    twin.add_note("seen by the second")
    twin.attempts = 99

    assert twin.__cause__ is error.__cause__
    assert error.__notes__ == ["seen by the first"]
    assert error.attempts == 3
    for _ in range(100):
        with pytest.raises(ServerError):
            raise error.fresh()
    assert len(traceback.extract_tb(error.__traceback__)) == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConfigurationError("The API URL has a path"), "The API URL has a path"),
        (
            MissingCredentialsError("No client_id for Domo", hint="Create a client"),
            "No client_id for Domo. Create a client",
        ),
        (
            MissingExtraError("Reading Parquet", extra="arrow"),
            "Reading Parquet needs a package that is not installed. Install it with: pip install 'domo-async[arrow]'",
        ),
        (InvalidArgumentError("limit: -1 is not a whole number"), "limit: -1 is not a whole number"),
        (ClientClosedError("The client is closed"), "The client is closed"),
        (CallError("It failed"), "It failed"),
        (CallError("It failed", operation="datasets.get"), "datasets.get: It failed"),
        (CallError("It failed", method="GET", path="/v1"), "GET /v1: It failed"),
        (
            make(ConnectionFailedError),
            "datasets.get: GET /v1/datasets/7: What happened (3 attempts in 4.2 s). What to do",
        ),
        (
            CallTimeoutError("The server stayed silent", phase="read", operation="datasets.list"),
            "datasets.list: The server stayed silent",
        ),
        (
            InvalidResponseError("Domo answered 200 with half a document", operation="datasets.list"),
            "datasets.list: Domo answered 200 with half a document",
        ),
        (
            make(UnreadableRowError),
            "DataSet 'Sales', row 7, column 'Units': not a readable LONG: 'x'. What to do",
        ),
        (UnreadableRowError("it has no end", row=2), "row 2: it has no end"),
        (IncompleteDataError("9 rows of 10 arrived"), "9 rows of 10 arrived"),
        (
            NotFoundError("Nothing is there", status=404, reason="Not Found", operation="datasets.get"),
            "datasets.get: Nothing is there (404 Not Found)",
        ),
        (StatusError("No explanation", status=599), "No explanation (599)"),
        (
            make(RateLimitError),
            (
                "datasets.get: GET /v1/datasets/7: What happened "
                "(418 Teapot; toe T-1; retry after 2.5 s; 3 attempts in 4.2 s). What to do"
            ),
        ),
    ],
)
def test_errors_read_as_sentences(error, sentence):
    assert str(error) == sentence


@pytest.mark.parametrize("kind", CLASSES)
def test_whether_waiting_can_cure_it_is_known_of_every_kind(kind):
    curable = (
        ConnectionFailedError,
        ConnectionLostError,
        CallTimeoutError,
        errors.TransportError,
        InvalidResponseError,
        UnreadableRowError,
        IncompleteDataError,
        RateLimitError,
        ServerError,
        MaintenanceError,
        errors.StreamBusyError,
        errors.ExecutionTakenOverError,
        errors.CommitTooSoonError,
        errors.ExecutorError,
    )

    assert kind.retryable is (kind in curable)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (CallTimeoutError, TimeoutError),
        (InvalidArgumentError, ValueError),
        (MissingExtraError, ImportError),
    ],
)
def test_code_that_knows_only_builtins_still_catches_them(kind, builtin):
    with pytest.raises(builtin):
        raise make(kind)


def test_meaning_is_caught_by_its_base():
    assert issubclass(QueryError, BadRequestError)
    assert issubclass(BlockedError, errors.PermissionDeniedError)
    assert not issubclass(AuthenticationError, errors.PermissionDeniedError)
