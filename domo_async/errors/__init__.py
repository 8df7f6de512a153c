"""Everything that can go wrong, as one tree.

::

    DomoError
    ├── ConfigurationError             a setting is missing or makes no sense; nothing was sent
    │   ├── MissingCredentialsError    no client id or secret was found
    │   └── MissingExtraError          an optional package is not installed (also an ImportError)
    ├── InvalidArgumentError           an argument breaks a rule; nothing was sent (also a ValueError)
    │   ├── ForeignOriginError         a URL outside the configured API: the token goes nowhere else
    │   ├── InvalidDataError           rows to be written hold something that Domo cannot take; names row and column
    │   ├── AmbiguousNameError         a name stands for several DataSets; carries their ids
    │   ├── JobFileError               a job file makes no sense; says with line and key all that is wrong
    │   └── SchemaMismatchError        rows do not have the columns of their DataSet; carries the difference
    ├── ClientClosedError              the client was closed before or during the call
    ├── TargetError                    the place that data should go to refuses it: a folder, a disk, a permission
    ├── ExecutorError                  Spark gave up a task: its executor died, or the task broke there
    ├── PullError                      some DataSets of a pull did not arrive; carries the report
    ├── PushError                      some DataSets of a push did not arrive; carries the report
    ├── UnsettledWriteError            whether rows were added is not known, and adding them again may double them
    ├── ExecutionError                 a stream execution ended without its rows in the DataSet; carries the execution
    │   ├── StreamBusyError            none was begun, since another one is active
    │   ├── ExecutionTakenOverError    another one was begun meanwhile, so Domo aborted it
    │   └── CommitTooSoonError         the last commit of the stream was too short a time ago
    └── CallError                      one operation failed; names it, with attempts and elapsed seconds
        ├── TransportError             no complete answer came
        │   ├── ConnectionFailedError  the server was never reached, so it cannot have acted
        │   ├── ConnectionLostError    the connection broke after the request may have been read
        │   └── CallTimeoutError       the answer did not come in time (also a TimeoutError)
        ├── ResponseError              an answer came, and it is not what the operation promises
        │   ├── InvalidResponseError   HTML, half a JSON document, fields of the wrong type
        │   │   └── UnreadableRowError  a row of an export is not what the schema says; names row, column and value
        │   └── IncompleteDataError    fewer or other rows than the DataSet has
        └── StatusError                Domo answered with an error status
            ├── BadRequestError        400 and other 4xx: the request itself is wrong
            │   └── QueryError         the SQL was refused
            ├── AuthenticationError    401 (and 406 for CSV): the token was refused
            │   ├── InvalidCredentialsError  the token endpoint refused the client id or secret
            │   └── InvalidScopeError        the token endpoint refused the scopes asked for
            ├── PermissionDeniedError  403: the user behind the client may not do this
            │   ├── InsufficientScopeError   the token lacks the scope of this operation
            │   └── BlockedError             the network allow-list turned this address away
            ├── NotFoundError          404
            ├── ConflictError          409
            ├── RateLimitError         429; `retry_after` says how long to wait
            └── ServerError            5xx: not the caller's fault
                └── MaintenanceError   Domo shows its maintenance page

What a name says is what failed; `retryable` says whether waiting can cure it. Every error pickles, and none of them
ever holds a token, a secret, a query string or a request body.
"""

from __future__ import annotations

from domo_async.errors.base import (
    DomoError,
)
from domo_async.errors.calls import (
    CallError,
    CallTimeoutError,
    ConnectionFailedError,
    ConnectionLostError,
    IncompleteDataError,
    InvalidResponseError,
    ResponseError,
    TransportError,
    UnreadableRowError,
)
from domo_async.errors.executions import (
    CommitTooSoonError,
    ExecutionError,
    ExecutionTakenOverError,
    StreamBusyError,
    UnsettledWriteError,
)
from domo_async.errors.jobs import (
    ExecutorError,
    PullError,
    PushError,
    TargetError,
)
from domo_async.errors.statuses import (
    AuthenticationError,
    BadRequestError,
    BlockedError,
    ConflictError,
    InsufficientScopeError,
    InvalidCredentialsError,
    InvalidScopeError,
    MaintenanceError,
    NotFoundError,
    PermissionDeniedError,
    QueryError,
    RateLimitError,
    ServerError,
    StatusError,
)
from domo_async.errors.usage import (
    AmbiguousNameError,
    ClientClosedError,
    ConfigurationError,
    ForeignOriginError,
    InvalidArgumentError,
    InvalidDataError,
    JobFileError,
    MissingCredentialsError,
    MissingExtraError,
    SchemaMismatchError,
)

__all__ = [
    "AmbiguousNameError",
    "AuthenticationError",
    "BadRequestError",
    "BlockedError",
    "CallError",
    "CallTimeoutError",
    "ClientClosedError",
    "CommitTooSoonError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "DomoError",
    "ExecutionError",
    "ExecutionTakenOverError",
    "ExecutorError",
    "ForeignOriginError",
    "IncompleteDataError",
    "InsufficientScopeError",
    "InvalidArgumentError",
    "InvalidCredentialsError",
    "InvalidDataError",
    "InvalidResponseError",
    "InvalidScopeError",
    "JobFileError",
    "MaintenanceError",
    "MissingCredentialsError",
    "MissingExtraError",
    "NotFoundError",
    "PermissionDeniedError",
    "PullError",
    "PushError",
    "QueryError",
    "RateLimitError",
    "ResponseError",
    "SchemaMismatchError",
    "ServerError",
    "StatusError",
    "StreamBusyError",
    "TargetError",
    "TransportError",
    "UnreadableRowError",
    "UnsettledWriteError",
]

for _name in __all__:
    globals()[_name].__module__ = __name__  # the place that tracebacks and pickles shall name
