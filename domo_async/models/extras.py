"""The optional packages, imported when they are needed and not before."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from domo_async.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["require"]

_EXTRAS = {
    "duckdb": "duckdb",
    "keyring": "keyring",
    "pandas": "pandas",
    "polars": "polars",
    "pyarrow": "arrow",
    "redis": "redis",
}


def require(module: str, *, feature: str) -> ModuleType:
    """Import an optional module, or say which extra brings it.

    Args:
        module: Full name of the module, such as ``pyarrow.parquet``.
        feature: What the caller is about to do, as the subject of a sentence: ``Writing a Parquet file``.

    Raises:
        MissingExtraError: The package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(feature, extra=_EXTRAS[module.partition(".")[0]]) from error
