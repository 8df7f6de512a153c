"""Where the files of a DataSet stand in a folder or an object store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.tabular.file_format import FILE_FORMATS, suffix_of

if TYPE_CHECKING:
    from domo_async.jobs.recipe import Recipe

__all__ = ["file_names", "stem_of"]


def file_names(stem: str, recipe: Recipe, count: int) -> list[str]:
    """Names of `count` files: ``stem.parquet``, or ``stem/part-00001.parquet`` and so on when rows are divided."""
    if recipe.rows_per_file is None:
        return [f"{stem}{recipe.suffix}"]
    return [f"{stem}/part-{number:05}{recipe.suffix}" for number in range(1, count + 1)]


def stem_of(name: str) -> str:
    """What a DataSet is called whose first file has this name."""
    if "/" in name:
        return name.partition("/")[0]
    suffix = next((one for one in map(suffix_of, FILE_FORMATS) if name.endswith(one)), "")
    return name.removesuffix(suffix)
