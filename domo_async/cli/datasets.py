"""``domo-async datasets``: look at DataSets and ask them."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from domo_async.api.datasets import DataSetSort
from domo_async.cli.invocation import Invocation
from domo_async.cli.running import run
from domo_async.cli.tables import cell, dataset_details, dataset_table, plain_table, query_table
from domo_async.models import DataSet, DataSetSummary, QueryResponse

__all__ = ["app"]

app = typer.Typer(help="List DataSets, look at them, ask them in SQL.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON with the field names of the Python models.")]
IdArgument = Annotated[str, typer.Argument(help="Id of the DataSet.", metavar="ID", show_default=False)]


@app.command("list")
def list_(
    context: typer.Context,
    *,
    name_like: Annotated[str | None, typer.Option(help="Only names that contain this.", metavar="TEXT")] = None,
    sort: Annotated[
        DataSetSort | None, typer.Option(help=f"One of {', '.join(get_args(DataSetSort))}.", metavar="ORDER")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Stop after so many.", metavar="N")] = None,
    as_json: JsonOption = False,
) -> None:
    """List DataSets; with --json as one array.

    Example: domo-async datasets list --name-like sales --sort name
    """
    invocation = Invocation.of(context)
    terminal = invocation.terminal

    async def fetch() -> list[DataSetSummary]:
        async with invocation.client() as domo:
            return await domo.datasets.list(name_like=name_like, sort=sort, limit=limit).collect()

    found = run(fetch)
    if as_json:
        terminal.show_json([dataset.model_dump(mode="json") for dataset in found])
    elif found:
        terminal.show(dataset_table(found, width=terminal.out.width))
    else:
        terminal.say("No DataSets.")


@app.command()
def show(context: typer.Context, dataset_id: IdArgument, *, as_json: JsonOption = False) -> None:
    """Show one DataSet with its columns; with --json as one object.

    Example: domo-async datasets show 4405ff58-1957-45f0-82bd-914d989a3ea3
    """
    invocation = Invocation.of(context)
    terminal = invocation.terminal

    async def fetch() -> DataSet:
        async with invocation.client() as domo:
            return await domo.datasets.get(dataset_id)

    dataset = run(fetch)
    if as_json:
        terminal.show_json(dataset.model_dump(mode="json"))
        return
    terminal.show(dataset_details(dataset))
    if dataset.schema is not None and dataset.schema.columns:
        table = plain_table()
        for heading in ("Column", "Type"):
            table.add_column(heading, overflow="fold")
        for column in dataset.schema.columns:
            table.add_row(cell(column.name), cell(column.type))
        terminal.show("")
        terminal.show(table)


@app.command()
def query(
    context: typer.Context,
    dataset_id: IdArgument,
    sql: Annotated[str, typer.Argument(help="A SELECT; the DataSet is called `table`.", metavar="SQL")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Run SQL over one DataSet; with --json as an object of columns (names) and rows (arrays).

    Example: domo-async datasets query 4405ff58-1957-45f0-82bd-914d989a3ea3 "SELECT COUNT(*) FROM table"
    """
    invocation = Invocation.of(context)
    terminal = invocation.terminal

    async def fetch() -> QueryResponse:
        async with invocation.client() as domo:
            return await domo.datasets.query(dataset_id, sql)

    result = run(fetch)
    if as_json:
        # Rows as objects would lose columns: two columns of a query may have the same name.
        terminal.show_json({"columns": result.columns, "rows": result.rows})
    else:
        terminal.show(query_table(result.columns, result.rows))
