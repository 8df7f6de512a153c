"""The keyring of the operating system, for client secrets. Needs the extra ``keyring``."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from domo_async.errors import ConfigurationError
from domo_async.models.extras import require

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["keyring_name", "read_secret", "remove_secret", "store_secret"]

_SERVICE: Final = "domo_async"
_GOOD_ENOUGH: Final = 1.0  # below that the keyring package itself does not recommend a backend


def keyring_name() -> str | None:
    """What the keyring of this system is called; None if there is none, or its package is not installed."""
    if importlib.util.find_spec("keyring") is None:
        return None
    backend = _backend()
    try:
        usable = float(backend.priority) >= _GOOD_ENOUGH
    except Exception:  # noqa: BLE001 - a backend says so by raising whatever it likes
        return None
    return str(backend.name) if usable else None


def read_secret(profile: str) -> SecretStr | None:
    """The secret of a profile, None if the keyring has none.

    Raises:
        ConfigurationError: The keyring is locked, or does not work.
    """
    try:
        secret = _backend().get_password(_SERVICE, profile)
    except Exception as error:  # noqa: BLE001 - backends raise what the system below them raises
        problem = type(error).__name__
    else:
        return None if secret is None else SecretStr(secret)
    raise _broken(problem)


def store_secret(profile: str, secret: SecretStr) -> None:
    """Keep the secret of a profile, and see that it is there.

    Raises:
        ConfigurationError: The keyring is locked, or does not work.
    """
    try:
        _backend().set_password(_SERVICE, profile, secret.get_secret_value())
    except Exception as error:  # noqa: BLE001 - as above
        problem = type(error).__name__
    else:
        if read_secret(profile) == secret:
            return
        problem = "what was stored is not there"
    raise _broken(problem)


def remove_secret(profile: str) -> None:
    """Forget the secret of a profile, if the keyring has one.

    Raises:
        ConfigurationError: The keyring is locked, or does not work.
    """
    if read_secret(profile) is None:
        return
    try:
        _backend().delete_password(_SERVICE, profile)
    except Exception as error:  # noqa: BLE001 - as above
        problem = type(error).__name__
    else:
        return
    raise _broken(problem)


def _backend() -> KeyringBackend:
    require("keyring", feature="A profile in the system keyring")
    import keyring

    return keyring.get_keyring()


def _broken(problem: str) -> ConfigurationError:
    # Without the words of the exception, which nobody here knows.
    return ConfigurationError(f"The system keyring does not work: {problem}", hint="Unlock it, or log in with --file")
