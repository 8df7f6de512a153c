"""``domo-async datasets create``, ``update``, ``rename``, ``delete``."""

from __future__ import annotations

from typing import Annotated

import typer

from domo_async.cli.actions import arguments, delete, show_thing
from domo_async.cli.dataset_names import dataset_meant
from domo_async.cli.families.dataset_views import DATASET
from domo_async.cli.options import (
    DataSetArgument,
    FromJsonOption,
    JsonOption,
    SchemaFileOption,
    SchemaOption,
    YesOption,
    positive,
)

__all__ = ["create", "delete_dataset", "rename", "update"]

NameOption = Annotated[str | None, typer.Option(help="Its name.", metavar="TEXT")]
DescriptionOption = Annotated[str | None, typer.Option(help="What it is about.", metavar="TEXT")]


def create(
    context: typer.Context,
    *,
    name: NameOption = None,
    schema: SchemaOption = None,
    schema_file: SchemaFileOption = None,
    description: DescriptionOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a DataSet without rows, and show it. For large or growing data create a stream instead.

    Example: domo-async datasets create --name Sales --schema customer:STRING,amount:LONG
    """
    from domo_async.api.datasets import DataSets
    from domo_async.cli.schemas import schema_in, wanted_schema

    options = {"name": name, "schema": wanted_schema(schema, schema_file), "description": description}
    fields = arguments(context, DataSets.create, options, source=from_json, readers={"schema": schema_in})
    show_thing(context, DATASET, lambda domo: domo.datasets.create(**fields), as_json=as_json)


def update(
    context: typer.Context,
    dataset: DataSetArgument,
    *,
    name: NameOption = None,
    description: DescriptionOption = None,
    pdp: Annotated[bool | None, typer.Option("--pdp/--no-pdp", help="Whether its PDP policies count.")] = None,
    owner: Annotated[
        int | None, typer.Option(help="Id of the user who shall own it.", metavar="ID", parser=positive)
    ] = None,
    schema: SchemaOption = None,
    schema_file: SchemaFileOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change some attributes of a DataSet, and show it.

    Example: domo-async datasets update 4405ff58-1957-45f0-82bd-914d989a3ea3 --description "All of 2026" --pdp
    """
    from domo_async.api.datasets import DataSets
    from domo_async.cli.schemas import schema_in, wanted_schema

    options = {
        "name": name,
        "description": description,
        "pdp_enabled": pdp,
        "owner": owner,
        "schema": wanted_schema(schema, schema_file),
    }
    fields = arguments(context, DataSets.update, options, source=from_json, readers={"schema": schema_in})
    dataset_id = dataset_meant(context, dataset)
    show_thing(context, DATASET, lambda domo: domo.datasets.update(dataset_id, **fields), as_json=as_json)


def rename(
    context: typer.Context,
    dataset: DataSetArgument,
    name: Annotated[str, typer.Argument(help="Its new name.", metavar="NAME", show_default=False)],
    *,
    as_json: JsonOption = False,
) -> None:
    """Give a DataSet another name, and show it.

    Example: domo-async datasets rename 4405ff58-1957-45f0-82bd-914d989a3ea3 "Sales 2026"
    """
    dataset_id = dataset_meant(context, dataset)
    show_thing(context, DATASET, lambda domo: domo.datasets.rename(dataset_id, name), as_json=as_json)


def delete_dataset(
    context: typer.Context, dataset: DataSetArgument, *, yes: YesOption = False, as_json: JsonOption = False
) -> None:
    """Delete a DataSet and its rows for good. Its stream, if it has one, stays behind.

    Example: domo-async datasets delete 4405ff58-1957-45f0-82bd-914d989a3ea3
    """
    dataset_id = dataset_meant(context, dataset)
    delete(
        context,
        DATASET,
        dataset_id,
        lambda domo: domo.datasets.get(dataset_id),
        lambda domo: domo.datasets.delete(dataset_id),
        yes=yes,
        as_json=as_json,
    )
