"""Which DataSet a person means: an id is taken as it is, a name is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.cli.actions import ask_domo
from domo_async.cli.options import DATASET_ID
from domo_async.errors import AmbiguousNameError, InvalidArgumentError

if TYPE_CHECKING:
    import typer

    from domo_async.client import AsyncDomo

__all__ = ["dataset_meant"]


def dataset_meant(context: typer.Context, id_or_name: str) -> str:
    """The id of a DataSet. Domo is asked only for what cannot be an id.

    Args:
        context: Of the command.
        id_or_name: Id of the DataSet, or its exact name.

    Raises:
        AmbiguousNameError: Several DataSets have this name; which one is meant is not for us to guess.
        InvalidArgumentError: None has it.
    """
    if DATASET_ID.fullmatch(id_or_name):
        return id_or_name

    async def look(domo: AsyncDomo) -> list[str]:
        return [one.id async for one in domo.datasets.list(name_like=id_or_name) if one.name == id_or_name]

    match ask_domo(context, look):
        case [only]:
            return only
        case []:
            raise InvalidArgumentError(
                f"No DataSet has the id or the exact name {id_or_name!r}",
                hint="`domo-async datasets list --name-like TEXT` finds it",
            )
        case several:
            raise AmbiguousNameError(
                f"{len(several)} DataSets are called {id_or_name!r}: {', '.join(several)}",
                ids=tuple(several),
                hint="Name the one you mean by its id",
            )
