"""``domo-async pages``: pages and the tree that they form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import arguments, ask_domo, delete, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.families.collections import collections
from domo_async.cli.invocation import Invocation
from domo_async.cli.options import FromJsonOption, JsonOption, LimitOption, YesOption, positive
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.views import View, as_document
from domo_async.errors import NotFoundError

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.models import Page, PageNode

__all__ = ["pages"]

pages: Family = Family("Pages, the tree that they form, and their collections.")


def _facts(page: Page) -> Iterable[tuple[str, object]]:
    owners = ", ".join(owner.display_name or str(owner.id) for owner in page.owners) or page.owner_id
    shared = page.visibility
    return (
        ("Name", page.name or ""),
        ("Id", page.id),
        ("Below", page.parent_id or None),
        ("Owners", owners),
        ("Locked", page.locked),
        ("Cards", _listed(page.card_ids)),
        ("Collections", _listed(page.collection_ids)),
        ("Users", _listed(shared.user_ids) if shared else None),
        ("Groups", _listed(shared.group_ids) if shared else None),
    )


def _listed(ids: Iterable[int]) -> str | None:
    return ", ".join(map(str, ids)) or None


PAGE: View[Page] = View(
    "page", "pages", columns={}, facts=_facts, name=lambda page: page.name, identity=lambda page: page.id
)
NODE: View[PageNode] = View(
    "page",
    "pages",
    columns={
        Heading("Name"): lambda node: node.name,
        Heading("Id", "id"): lambda node: node.id,
        Heading("Below it", "count"): lambda node: sum(1 for _ in node.walk()) - 1,
    },
    facts=lambda node: (("Name", node.name), ("Id", node.id)),
    name=lambda node: node.name,
    identity=lambda node: node.id,
)

PageId = Annotated[
    int, typer.Argument(help="Id of the page, a number.", metavar="ID", show_default=False, parser=positive)
]
NameOption = Annotated[str | None, typer.Option(help="Its name.", metavar="TEXT")]
LockedOption = Annotated[
    bool | None, typer.Option("--locked/--unlocked", help="Whether only its owners may change it.")
]
CardOption = Annotated[
    list[int] | None, typer.Option(help="Id of a card to show; may be repeated.", metavar="ID", parser=positive)
]


@pages.command("list")
def list_(context: typer.Context, *, limit: LimitOption = None, as_json: JsonOption = False) -> None:
    """List the pages at the top; with --json as one array, each with the pages below it.

    Example: domo-async pages list
    """
    list_things(context, NODE, lambda domo: domo.pages.list(limit=limit), as_json=as_json)


@pages.command()
def tree(
    context: typer.Context,
    page_id: Annotated[
        int | None, typer.Argument(help="Begin at this page.", metavar="ID", show_default=False, parser=positive)
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show all pages as the tree that they form; with --json as one array.

    Example: domo-async pages tree
    """

    async def roots(domo: AsyncDomo) -> list[PageNode]:
        found = await domo.pages.tree()
        if page_id is None:
            return [*found.roots]
        node = found.find(page_id)
        if node is None:
            raise NotFoundError(f"no page has the id {page_id}", status=404, operation="pages.tree")
        return [node]

    terminal = Invocation.of(context).terminal
    nodes = ask_domo(context, roots)
    if as_json:
        terminal.show_json([as_document(node) for node in nodes])
    elif nodes:
        rows = [(f"{'  ' * depth}{node.name or ''}", node.id) for depth, node in _walk(nodes)]
        terminal.show(Sheet([Heading("Name"), Heading("Id", "id")], rows))
    else:
        terminal.say("No pages.")


def _walk(roots: Iterable[PageNode]) -> Iterable[tuple[int, PageNode]]:
    """All pages with how deep they are, each before those below it."""
    stack = [(0, root) for root in reversed([*roots])]
    while stack:
        depth, node = stack.pop()
        yield depth, node
        stack.extend((depth + 1, child) for child in reversed(node.children))


@pages.command()
def show(context: typer.Context, page_id: PageId, *, as_json: JsonOption = False) -> None:
    """Show one page; with --json as one object.

    Example: domo-async pages show 640011223
    """
    show_thing(context, PAGE, lambda domo: domo.pages.get(page_id), as_json=as_json)


@pages.command()
def create(
    context: typer.Context,
    *,
    name: NameOption = None,
    parent: Annotated[
        int | None, typer.Option(help="Id of the page that it goes under.", metavar="ID", parser=positive)
    ] = None,
    locked: LockedOption = None,
    card: CardOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a page, and show it.

    Example: domo-async pages create --name Tides --parent 640011223
    """
    from domo_async.api.pages import Pages

    options = {"name": name, "parent_id": parent, "locked": locked, "card_ids": card or None}
    fields = arguments(context, Pages.create, options, source=from_json)
    show_thing(context, PAGE, lambda domo: domo.pages.create(**fields), as_json=as_json)


@pages.command()
def update(
    context: typer.Context,
    page_id: PageId,
    *,
    name: NameOption = None,
    parent: Annotated[
        int | None, typer.Option(min=0, help="Id of the page to move it under, 0 for the top.", metavar="ID")
    ] = None,
    owner: Annotated[
        int | None, typer.Option(help="Id of the user who shall own it.", metavar="ID", parser=positive)
    ] = None,
    locked: LockedOption = None,
    card: CardOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a page, and show it. Cards that are not named disappear from it once one is.

    Example: domo-async pages update 640011223 --name "High tides" --parent 0
    """
    from domo_async.api.pages import Pages

    options = {"name": name, "parent_id": parent, "owner_id": owner, "locked": locked, "card_ids": card or None}
    fields = arguments(context, Pages.update, options, source=from_json)

    async def change(domo: AsyncDomo) -> Page:
        return await domo.pages.update(page_id, **fields) or await domo.pages.get(page_id)

    show_thing(context, PAGE, change, as_json=as_json)


@pages.command("delete")
def delete_(context: typer.Context, page_id: PageId, *, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Delete a page for good. The pages below it are not deleted.

    Example: domo-async pages delete 640011223
    """
    delete(
        context,
        PAGE,
        page_id,
        lambda domo: domo.pages.get(page_id),
        lambda domo: domo.pages.delete(page_id),
        yes=yes,
        as_json=as_json,
    )


pages.add("collections", collections)
