"""What the exit code of the command says to the script that ran it."""

from __future__ import annotations

from enum import IntEnum

from domo_async.errors import (
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    DomoError,
    InvalidArgumentError,
    PermissionDeniedError,
    TargetError,
)

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """How a command ended.

    ====  ============  ======================================================================================
    Code  Name          Meaning
    ====  ============  ======================================================================================
    0     OK            All went well.
    1     FAILURE       Domo said no (no such DataSet, refused SQL), or some DataSets of a pull did not arrive.
    2     USAGE         The command line, a setting or the target folder makes no sense.
    3     DENIED        The credentials, the token or the user behind them were refused.
    4     UNAVAILABLE   Nobody answered, or not in time, or Domo is busy: try again later.
    130   INTERRUPTED   Ctrl-C or SIGTERM.
    141   BROKEN_PIPE   Whoever read the output stopped reading, as in ``domo-async datasets list | head -1``.
    ====  ============  ======================================================================================
    """

    OK = 0
    FAILURE = 1
    USAGE = 2
    DENIED = 3
    UNAVAILABLE = 4
    INTERRUPTED = 130  # 128 + SIGINT, as shells count
    BROKEN_PIPE = 141  # 128 + SIGPIPE

    @classmethod
    def of(cls, error: DomoError) -> ExitCode:
        """The code for a command that ended with `error`."""
        if isinstance(error, ConfigurationError | InvalidArgumentError | TargetError):
            return cls.USAGE
        if isinstance(error, AuthenticationError | PermissionDeniedError):
            return cls.DENIED
        if error.retryable or isinstance(error, ClientClosedError):
            return cls.UNAVAILABLE
        return cls.FAILURE
