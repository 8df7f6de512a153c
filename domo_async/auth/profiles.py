"""Credentials under a name, so that nobody has to type or export them: what ``domo-async login`` keeps."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, SecretStr, ValidationError

from domo_async.auth.credentials import ClientCredentials
from domo_async.auth.file_lock import FileLock
from domo_async.auth.private_folder import NotPrivateError, PrivateFolder
from domo_async.auth.system_keyring import read_secret, remove_secret, store_secret
from domo_async.errors import ConfigurationError, InvalidArgumentError, MissingCredentialsError

__all__ = ["DEFAULT_PROFILE", "Keeper", "Profile", "Profiles", "config_folder"]

DEFAULT_PROFILE: Final = "default"
_FILE: Final = "profiles.json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_PATIENCE: Final = 5.0
_PAUSE: Final = 0.05

Keeper = Literal["keyring", "file"]
"""Where the secret of a profile is: in the keyring of the system, or in the file with everything else."""


class _Entry(BaseModel):
    client_id: str
    api_url: str
    scopes: tuple[str, ...] | None = None
    kept_in: Keeper = "file"
    client_secret: SecretStr | None = None


class _Document(BaseModel):
    version: Literal[1] = 1
    profiles: dict[str, _Entry] = {}


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile, without its secret.

    Attributes:
        name: Its name.
        client_id: Client id.
        api_url: The API that the credentials were tried with.
        scopes: Scopes to ask for, None for all that the client has.
        kept_in: Where the secret is.
    """

    name: str
    client_id: str
    api_url: str
    scopes: tuple[str, ...] | None = None
    kept_in: Keeper = field(default="file")


def config_folder() -> Path:
    """Where profiles are: DOMO_CONFIG_DIR, else the place for settings on this system."""
    if chosen := os.environ.get("DOMO_CONFIG_DIR"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "domo-async"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "domo-async"


class Profiles:
    """All profiles of a user. Methods block, on a disk and perhaps on a keyring that asks for its password.

    A file holds them, mode 0600, in a folder that nobody else may write to. The secrets are in the keyring of the
    system, or in that file too, **in clear text**; each profile says which.

    Args:
        folder: The folder; see `config_folder`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = PrivateFolder(folder or config_folder())

    @property
    def path(self) -> Path:
        """The file."""
        return self._folder.path / _FILE

    def all(self) -> list[Profile]:
        """Every profile, by name.

        Raises:
            ConfigurationError: The file cannot be read, or others may read or change it.
        """
        return [_profile(name, entry) for name, entry in sorted(self._read().profiles.items())]

    def get(self, name: str) -> Profile:
        """One profile.

        Raises:
            MissingCredentialsError: There is none of that name.
            ConfigurationError: The file cannot be read, or others may read or change it.
        """
        return _profile(name, self._entry(name))

    def credentials(self, name: str) -> ClientCredentials:
        """Client id and secret of a profile.

        Raises:
            MissingCredentialsError: There is none of that name, or its secret is gone.
            ConfigurationError: The file or the keyring cannot be read.
        """
        entry = self._entry(name)
        secret = entry.client_secret if entry.kept_in == "file" else read_secret(name)
        if secret is None:
            raise MissingCredentialsError(
                f"The secret of the profile {name!r} is not in its place any more", hint=f"domo-async login {name}"
            )
        return ClientCredentials(entry.client_id, secret)

    def save(self, profile: Profile, secret: SecretStr) -> None:
        """Keep a profile, in the place of the one that has its name.

        Raises:
            InvalidArgumentError: The name is none.
            ConfigurationError: The file cannot be written, or the keyring does not work.
        """
        if not _NAME.fullmatch(profile.name):
            raise InvalidArgumentError(
                f"profile: {profile.name!r} is no name", hint="Use up to 64 letters, digits, dots, hyphens, underscores"
            )
        with self._changing() as document:
            before = document.profiles.get(profile.name)
            if profile.kept_in == "keyring":
                store_secret(profile.name, secret)
            elif before is not None and before.kept_in == "keyring":
                remove_secret(profile.name)
            document.profiles[profile.name] = _Entry(
                client_id=profile.client_id,
                api_url=profile.api_url,
                scopes=profile.scopes,
                kept_in=profile.kept_in,
                client_secret=secret if profile.kept_in == "file" else None,
            )

    def remove(self, name: str) -> Profile:
        """Forget a profile and its secret.

        Raises:
            MissingCredentialsError: There is none of that name.
            ConfigurationError: The file cannot be written, or the keyring does not work.
        """
        profile = self.get(name)
        with self._changing() as document:
            if profile.kept_in == "keyring":
                remove_secret(name)
            document.profiles.pop(name, None)
        return profile

    def _entry(self, name: str) -> _Entry:
        profiles = self._read().profiles
        if name not in profiles:
            known = ", ".join(sorted(profiles))
            raise MissingCredentialsError(
                f"There is no profile {name!r}",
                hint=f"Known: {known}" if known else "`domo-async login` makes one",
            )
        return profiles[name]

    def _read(self) -> _Document:
        try:
            document = _parsed(self._folder.read(_FILE))
        except NotPrivateError as error:
            problem = str(error)
        except OSError as error:
            problem = f"{self.path}: {error.strerror}"
        else:
            if document is not None:
                return document
            problem = f"{self.path} holds something else"
        raise ConfigurationError(f"Profiles cannot be read: {problem}")

    @contextmanager
    def _changing(self) -> Generator[_Document]:
        lock = FileLock(self._folder, f"{_FILE}.lock")
        try:
            until = time.monotonic() + _PATIENCE
            while not lock.try_acquire():
                if time.monotonic() > until:
                    raise ConfigurationError(f"Another process has been changing {self.path} for a long time")
                time.sleep(_PAUSE)
            document = self._read()
            yield document
            self._folder.replace(_FILE, _written(document))
        except NotPrivateError as error:
            raise ConfigurationError(f"Profiles cannot be kept: {error}") from None
        except OSError as error:
            raise ConfigurationError(f"Profiles cannot be kept: {self.path}: {error.strerror}") from None
        finally:
            lock.release()

    def __repr__(self) -> str:
        return f"<Profiles {self.path}>"


def _profile(name: str, entry: _Entry) -> Profile:
    return Profile(name, entry.client_id, entry.api_url, entry.scopes, entry.kept_in)


def _parsed(content: bytes | None) -> _Document | None:
    """The document in a file; None if it is something else. Errors would quote it."""
    if content is None:
        return _Document()
    try:
        return _Document.model_validate_json(content)
    except ValidationError:
        return None


def _written(document: _Document) -> bytes:
    whole = document.model_dump(mode="json", exclude_none=True)
    for name, entry in document.profiles.items():
        if entry.client_secret is not None:
            whole["profiles"][name]["client_secret"] = entry.client_secret.get_secret_value()
    return json.dumps(whole, indent=2).encode()
