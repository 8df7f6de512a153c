"""``domo-async datasets``: find DataSets, look at them, ask them in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from domo_async.cli.actions import ask_domo, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.dataset_names import dataset_meant
from domo_async.cli.families.dataset_changes import create, delete_dataset, rename, update
from domo_async.cli.families.dataset_rows import export, import_rows
from domo_async.cli.families.dataset_views import DATASET, SUMMARY
from domo_async.cli.input import STDIN, read_text
from domo_async.cli.invocation import Invocation
from domo_async.cli.options import DataSetArgument, JsonOption, LimitOption
from domo_async.cli.tables import query_table

if TYPE_CHECKING:
    from domo_async.api.datasets import DataSetSort

__all__ = ["datasets"]

datasets: Family = Family("DataSets: find them, ask them, fill them.")


def _orders() -> list[str]:
    from domo_async.api.datasets import DataSetSort

    return [*get_args(DataSetSort)]


def _order(name: str) -> str:
    if name not in (orders := _orders()):
        raise typer.BadParameter(f"{name!r} is none of {', '.join(orders)}")
    return name


@datasets.command("list")
def list_(
    context: typer.Context,
    *,
    name_like: Annotated[str | None, typer.Option(help="Only names that contain this.", metavar="TEXT")] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            help="Order, such as name, lastUpdated or cardCountAscending; a wrong one names all.",
            metavar="ORDER",
            parser=_order,
            autocompletion=_orders,
        ),
    ] = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """List DataSets; with --json as one array.

    Example: domo-async datasets list --name-like sales --sort name
    """
    list_things(
        context,
        SUMMARY,
        lambda domo: domo.datasets.list(name_like=name_like, sort=cast("DataSetSort | None", sort), limit=limit),
        as_json=as_json,
    )


@datasets.command()
def show(context: typer.Context, dataset: DataSetArgument, *, as_json: JsonOption = False) -> None:
    """Show one DataSet with its columns; with --json as one object.

    Example: domo-async datasets show 4405ff58-1957-45f0-82bd-914d989a3ea3
    """
    dataset_id = dataset_meant(context, dataset)
    show_thing(context, DATASET, lambda domo: domo.datasets.get(dataset_id), as_json=as_json)


@datasets.command()
def query(
    context: typer.Context,
    dataset: DataSetArgument,
    sql: Annotated[
        str, typer.Argument(help="A SELECT; the DataSet is called `table`. - reads standard input.", metavar="SQL")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Run SQL over one DataSet; with --json as an object of columns (names) and rows (arrays).

    Example: domo-async datasets query 4405ff58-1957-45f0-82bd-914d989a3ea3 "SELECT COUNT(*) FROM table"

    Example: domo-async datasets query Sales "SELECT * FROM table LIMIT 10"
    """
    text = read_text(sql) if sql == STDIN else sql
    dataset_id = dataset_meant(context, dataset)
    result = ask_domo(context, lambda domo: domo.datasets.query(dataset_id, text))
    terminal = Invocation.of(context).terminal
    if as_json:
        # Rows as objects would lose columns: two columns of a query may have the same name.
        terminal.show_json({"columns": result.columns, "rows": result.rows})
    else:
        terminal.show(query_table(result.columns, result.rows))


datasets.command()(export)
datasets.command("import")(import_rows)
datasets.command()(create)
datasets.command()(update)
datasets.command()(rename)
datasets.command("delete")(delete_dataset)
