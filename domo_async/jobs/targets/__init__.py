"""Where a job can put what it pulls."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domo_async.errors import InvalidArgumentError, MissingExtraError
from domo_async.jobs.targets.duckdb_file import DuckDBTarget
from domo_async.jobs.targets.folder import FolderTarget
from domo_async.jobs.targets.protocol import Contents, NameRefusedError, StagedFile, Target
from domo_async.tabular.extras import require
from domo_async.tabular.file_format import can_be_named

if TYPE_CHECKING:
    from domo_async.jobs.targets.stores import ObjectStore

__all__ = ["Contents", "NameRefusedError", "StagedFile", "Target", "is_database", "place_for", "target_for"]

_DATABASES = (".duckdb", ".ddb")


def target_for(
    to: str | os.PathLike[str] | Target, *, filesystem: object = None, scratch: Path | None = None
) -> Target:
    """The target that an address means.

    Args:
        to: A folder; a file that ends in ``.duckdb``; a URI that pyarrow or fsspec knows; or a target of your own.
        filesystem: A file system of pyarrow or fsspec, in which `to` is a path.
        scratch: Where to make files that are to be uploaded, None for the system's temporary folder.

    Raises:
        InvalidArgumentError: The address means nothing.
        MissingExtraError: What it needs is not installed.
    """
    if not isinstance(to, str | bytes | os.PathLike) and callable(getattr(to, "commit", None)):
        return to
    path = os.fspath(to) if isinstance(to, str | os.PathLike) else ""
    if not can_be_named(path):
        raise InvalidArgumentError(f"to={to!r} cannot be the name of a folder or file")
    if isinstance(path, str) and filesystem is None and is_database(path):
        return DuckDBTarget(Path(path))
    place = place_for(to, filesystem=filesystem)
    if isinstance(place, Path):
        return FolderTarget(place)
    from domo_async.jobs.targets.objects import ObjectTarget

    return ObjectTarget(place, scratch=scratch)


def is_database(address: str) -> bool:
    """Whether an address means a DuckDB database."""
    return "://" not in address and address.lower().endswith(_DATABASES)


def place_for(to: object, *, filesystem: object = None) -> Path | ObjectStore:
    """The folder that an address means, or the object store.

    Args:
        to: A folder, or a URI that pyarrow or fsspec knows.
        filesystem: A file system of pyarrow or fsspec, in which `to` is a path.

    Raises:
        InvalidArgumentError: The address means nothing.
        MissingExtraError: What it needs is not installed.
    """
    path = os.fspath(to) if isinstance(to, str | os.PathLike) else ""
    if not isinstance(path, str) or not path:
        raise InvalidArgumentError(f"to={to!r} is no place")
    if filesystem is not None:
        return _in_filesystem(filesystem, path)
    if "://" not in path:
        return Path(path)
    place = without_secrets(path)
    pafs = require("pyarrow.fs", feature="Pulling to a URI")
    try:
        found, root = pafs.FileSystem.from_uri(path)
    except require("pyarrow", feature="Pulling to a URI").ArrowInvalid as error:
        if "nrecognized filesystem" not in str(error):
            raise InvalidArgumentError(f"to={place!r} is no address that pyarrow understands") from error
        return _by_fsspec(path, place)
    except (OSError, NotImplementedError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidArgumentError(f"to={place!r} cannot be opened: {words}") from error
    return _in_filesystem(found, root, place=place)


def _by_fsspec(uri: str, place: str) -> Path | ObjectStore:
    try:
        fsspec = importlib.import_module("fsspec.core")
    except ImportError as error:
        raise MissingExtraError(f"Pulling to {place}", extra="fsspec") from error
    try:
        found, root = fsspec.url_to_fs(uri)
    except (ImportError, ValueError) as error:
        raise InvalidArgumentError(f"to={place!r} cannot be opened: {error}") from error
    return _in_filesystem(found, root, place=place)


def _in_filesystem(filesystem: object, root: str, *, place: str | None = None) -> Path | ObjectStore:
    place = place or without_secrets(root)
    kind = getattr(filesystem, "type_name", None)
    protocol = getattr(filesystem, "protocol", None)
    if kind == "local" or protocol == "file" or (isinstance(protocol, tuple | list) and "file" in protocol):
        return Path(root)
    if not root.strip("/"):
        raise InvalidArgumentError(f"to={place!r} names no bucket")
    if isinstance(kind, str):
        from domo_async.jobs.targets.arrow_store import ArrowStore

        return ArrowStore(filesystem, root, place=place)
    if protocol is not None and hasattr(filesystem, "put_file"):
        from domo_async.jobs.targets.fsspec_store import FsspecStore

        return FsspecStore(filesystem, root, place=place)
    raise InvalidArgumentError(f"filesystem={type(filesystem).__name__} is neither one of pyarrow nor of fsspec")


def without_secrets(address: str) -> str:
    """An address without passwords, keys and queries."""
    if "://" not in address:
        return address
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    # Azure writes the name of the container there.
    netloc = host if ":" in user else f"{user}{at}{host}"
    return f"{parts.scheme}://{netloc}{parts.path}"
