"""``domo-async streams``: the way in for large data."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from domo_async.cli.actions import arguments, delete, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.families.executions import executions, run_stream
from domo_async.cli.families.stream_views import STREAM
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import (
    FromJsonOption,
    JsonOption,
    LimitOption,
    SchemaFileOption,
    SchemaOption,
    YesOption,
    dataset_id,
    positive,
)

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.models import Stream

__all__ = ["streams"]

streams: Family = Family("Streams and their executions: the way in for large data.")

StreamId = Annotated[
    int, typer.Argument(help="Id of the stream, a number.", metavar="ID", show_default=False, parser=positive)
]
MethodOption = Annotated[
    Literal["replace", "append", "upsert"] | None,
    typer.Option(
        help="What each execution does to the rows that are there.",
        metavar="replace|append|upsert",
        case_sensitive=False,
    ),
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(help="For upsert: a column that makes two rows the same; may be repeated.", metavar="COLUMN"),
]


@streams.command("list")
def list_(
    context: typer.Context,
    *,
    dataset: Annotated[
        str | None, typer.Option(help="Only the stream of this DataSet.", metavar="ID", parser=dataset_id)
    ] = None,
    owner: Annotated[
        int | None, typer.Option(help="Only streams of DataSets that this user owns.", metavar="ID", parser=positive)
    ] = None,
    name: Annotated[str | None, typer.Option(help="Only streams of DataSets of this name.", metavar="TEXT")] = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the streams; with --json as one array.

    Example: domo-async streams list --owner 412200871
    """
    given = sum(option is not None for option in (dataset, owner, name))
    if given > 1 or (given and limit is not None):
        raise Misuse("--dataset, --owner, --name and --limit exclude each other")

    def ask(domo: AsyncDomo) -> AsyncIterable[Stream]:
        if given:
            return domo.streams.search(dataset_id=dataset, owner_id=owner, name=name)
        return domo.streams.list(fields="all", limit=limit)

    list_things(context, STREAM, ask, as_json=as_json)


@streams.command()
def show(context: typer.Context, stream_id: StreamId, *, as_json: JsonOption = False) -> None:
    """Show one stream with its newest execution; with --json as one object.

    Example: domo-async streams show 42
    """
    show_thing(context, STREAM, lambda domo: domo.streams.get(stream_id), as_json=as_json)


@streams.command()
def create(
    context: typer.Context,
    *,
    name: Annotated[str | None, typer.Option(help="Name of the DataSet.", metavar="TEXT")] = None,
    schema: SchemaOption = None,
    schema_file: SchemaFileOption = None,
    method: MethodOption = None,
    key: KeyOption = None,
    description: Annotated[str | None, typer.Option(help="Description of the DataSet.", metavar="TEXT")] = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a stream with the DataSet that belongs to it, and show it.

    Example: domo-async streams create --name Sales --schema customer:STRING,amount:LONG --method append
    """
    from domo_async.api.streams import Streams
    from domo_async.cli.schemas import schema_in, wanted_schema

    options = {
        "name": name,
        "schema": wanted_schema(schema, schema_file),
        "update_method": method and method.upper(),
        "key_columns": key or None,
        "description": description,
    }
    fields = arguments(context, Streams.create, options, source=from_json, readers={"schema": schema_in})
    show_thing(context, STREAM, lambda domo: domo.streams.create(**fields), as_json=as_json)


@streams.command()
def update(
    context: typer.Context,
    stream_id: StreamId,
    *,
    method: Annotated[
        Literal["replace", "append", "upsert"],
        typer.Option(help="What executions from now on do.", metavar="replace|append|upsert", case_sensitive=False),
    ],
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what executions from now on do to the rows that are there, and show the stream.

    Example: domo-async streams update 42 --method upsert --key customer
    """
    from domo_async.models import UpdateMethod

    show_thing(
        context,
        STREAM,
        lambda domo: domo.streams.update(stream_id, update_method=UpdateMethod(method.upper()), key_columns=key or ()),
        as_json=as_json,
    )


@streams.command("delete")
def delete_(
    context: typer.Context, stream_id: StreamId, *, yes: YesOption = False, as_json: JsonOption = False
) -> None:
    """Delete a stream for good. Its DataSet stays, and never gets another one.

    Example: domo-async streams delete 42
    """
    delete(
        context,
        STREAM,
        stream_id,
        lambda domo: domo.streams.get(stream_id),
        lambda domo: domo.streams.delete(stream_id),
        yes=yes,
        as_json=as_json,
    )


streams.command("run")(run_stream)
streams.add("executions", executions)
