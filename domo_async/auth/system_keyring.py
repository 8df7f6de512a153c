"""The keyring of the operating system, for client secrets. Needs the extra ``keyring``."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import SecretStr

from domo_async.errors import ConfigurationError
from domo_async.models.extras import require

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["keyring_name", "read_secret", "remove_secret", "store_secret"]

T = TypeVar("T")
_SERVICE: Final = "domo_async"
_GOOD_ENOUGH: Final = 1.0  # below that the keyring package itself does not recommend a backend


def keyring_name() -> str | None:
    """What the keyring of this system is called; None if there is none, or its package is not installed."""
    if importlib.util.find_spec("keyring") is None:
        return None
    try:
        return _with_keyring(lambda ring: str(ring.name) if float(ring.priority) >= _GOOD_ENOUGH else None)
    except ConfigurationError:
        return None


def read_secret(profile: str) -> SecretStr | None:
    """The secret of a profile, None if the keyring has none.

    Raises:
        ConfigurationError: The keyring is locked, or does not work.
    """

    def read(ring: KeyringBackend) -> SecretStr | None:
        secret = ring.get_password(_SERVICE, profile)
        return None if secret is None else SecretStr(secret)

    return _with_keyring(read)


def store_secret(profile: str, secret: SecretStr) -> None:
    """Keep the secret of a profile, and see that it is there.

    Raises:
        ConfigurationError: The keyring is locked, or does not work.
    """

    def store(ring: KeyringBackend) -> None:
        ring.set_password(_SERVICE, profile, secret.get_secret_value())

    _with_keyring(store)
    if read_secret(profile) != secret:
        raise _broken("what was stored is not there")


def remove_secret(profile: str) -> None:
    """Forget the secret of a profile, if the keyring has one.

    Raises:
        ConfigurationError: The keyring is locked, or does not work.
    """
    if read_secret(profile) is not None:
        _with_keyring(lambda ring: ring.delete_password(_SERVICE, profile))


def _with_keyring(step: Callable[[KeyringBackend], T]) -> T:
    require("keyring", feature="A profile in the system keyring")
    import keyring

    try:
        return step(keyring.get_keyring())
    except Exception as error:  # noqa: BLE001 - backends raise what the system below them raises
        problem = type(error).__name__
    # Out here, and without the words of the exception: nobody knows what is in them.
    raise _broken(problem)


def _broken(problem: str) -> ConfigurationError:
    return ConfigurationError(f"The system keyring does not work: {problem}", hint="Unlock it, or log in with --file")
