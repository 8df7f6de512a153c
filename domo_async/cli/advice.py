"""What to do about an error, where the error itself does not say."""

from __future__ import annotations

import re
from typing import Final

from domo_async.errors import (
    CallError,
    CallTimeoutError,
    ConnectionFailedError,
    DomoError,
    MaintenanceError,
    MissingCredentialsError,
    NotFoundError,
    RateLimitError,
    ServerError,
)

__all__ = ["advised", "as_typed", "with_options"]

# By the beginning of the operation's name, the longest first.
_LISTINGS: Final = {
    "datasets.policies.": "policies list DATASET",
    "datasets.": "datasets list",
    "streams.": "streams list",
    "users.": "users list",
    "groups.": "groups list",
    "pages.": "pages tree",
    "accounts.": "accounts list",
    "account_types.": "accounts types list",
}

_FOR_PROGRAMS: Final = re.compile(r"pass client_(?:id|secret)= or set (\w+)")

# What errors tell programs to pass, and what a person types instead.
_TYPED: Final = (
    (re.compile(r"evolve=True"), "--evolve"),
    (re.compile(r"missing_columns='null'"), "--missing null"),
    (re.compile(r"update_method='REPLACE'"), "--method replace"),
    (re.compile(r"PushOptions\(into=\.\.\.\)|\binto="), "--into"),
    (re.compile(r"\bstate="), "--state"),
    (re.compile(r"unsettled='(\w+)'"), r"--unsettled \1"),
    (re.compile(r"with streams\.wait, or .* take_over=True"), "or end it with `domo-async streams executions abort`"),
    (re.compile(r"streams\.search\(name=\.\.\.\)"), "`domo-async streams list --name NAME`"),
    (re.compile(r"\bverify=, "), ""),
)


def advised(error: DomoError) -> str:
    """An error as one sentence that ends with what to do, if anything is known to help."""
    if isinstance(error, MissingCredentialsError) and _FOR_PROGRAMS.search(error.message):
        what = _FOR_PROGRAMS.sub(r"set \1, or let `domo-async login` keep both", str(error))
        return f"{what}; `domo-async demo` needs no account"
    advice = _advice(error) if isinstance(error, CallError) and error.hint is None else None
    return f"{error}. {advice}" if advice else as_typed(error)


def as_typed(error: BaseException | None) -> str:
    """An error as one sentence, with options of the command where it names arguments of a function."""
    return with_options(str(error), error.hint if isinstance(error, DomoError) else None)


def with_options(sentence: str, hint: str | None) -> str:
    """A sentence whose hint names options of the command. What Domo said in the rest of it is left alone."""
    if not hint or not sentence.endswith(hint):
        return sentence
    typed = hint
    for pattern, option in _TYPED:
        typed = pattern.sub(option, typed)
    return sentence.removesuffix(hint) + typed


def _advice(error: CallError) -> str | None:
    match error:
        case NotFoundError():
            operation = error.operation or ""
            listing = next((command for start, command in _LISTINGS.items() if operation.startswith(start)), None)
            return f"`domo-async {listing}` shows what these credentials may see" if listing else None
        case ConnectionFailedError():
            return "Check the network, and DOMO_API_URL if it is set"
        case CallTimeoutError():
            return "`domo-async --timeout SECONDS ...` waits longer"
        case RateLimitError() | MaintenanceError() | ServerError():
            return "Try again later"
        case _:
            return None
