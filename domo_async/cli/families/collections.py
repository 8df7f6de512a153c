"""``domo-async pages collections``: cards that a page shows together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domo_async.cli.actions import arguments, delete, list_things, show_thing
from domo_async.cli.commands import Family
from domo_async.cli.options import FromJsonOption, JsonOption, YesOption, positive
from domo_async.cli.sheets import Heading
from domo_async.cli.views import View
from domo_async.errors import NotFoundError

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.models import Collection

__all__ = ["collections"]

collections: Family = Family("Cards that a page shows together under a title.")

COLLECTION: View[Collection] = View(
    "collection",
    "collections",
    columns={
        Heading("Title"): lambda collection: collection.title,
        Heading("Id", "id"): lambda collection: collection.id,
        Heading("Cards", "count"): lambda collection: len(collection.card_ids),
        Heading("Description", room=80): lambda collection: collection.description,
    },
    facts=lambda collection: (
        ("Title", collection.title or ""),
        ("Id", collection.id),
        ("Description", collection.description or None),
        ("Cards", ", ".join(map(str, collection.card_ids)) or None),
    ),
    name=lambda collection: collection.title,
    identity=lambda collection: collection.id,
)

PageId = Annotated[
    int, typer.Argument(help="Id of the page, a number.", metavar="PAGE", show_default=False, parser=positive)
]
CollectionId = Annotated[
    int, typer.Argument(help="Id of the collection, a number.", metavar="ID", show_default=False, parser=positive)
]
TitleOption = Annotated[str | None, typer.Option(help="Its title.", metavar="TEXT")]
DescriptionOption = Annotated[str | None, typer.Option(help="What it is about.", metavar="TEXT")]
CardOption = Annotated[
    list[int] | None,
    typer.Option(help="Id of a card that is on the page; may be repeated.", metavar="ID", parser=positive),
]


@collections.command("list")
def list_(context: typer.Context, page_id: PageId, *, as_json: JsonOption = False) -> None:
    """List the collections of a page; with --json as one array.

    Example: domo-async pages collections list 640011223
    """
    list_things(context, COLLECTION, lambda domo: domo.pages.list_collections(page_id), as_json=as_json)


@collections.command()
def create(
    context: typer.Context,
    page_id: PageId,
    *,
    title: TitleOption = None,
    description: DescriptionOption = None,
    card: CardOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a collection on a page, and show it.

    Example: domo-async pages collections create 640011223 --title "North coast" --card 1200345
    """
    from domo_async.api.pages import Pages
    from domo_async.models import Collection

    options = {"title": title, "description": description, "card_ids": card or None}
    fields = arguments(context, Pages.create_collection, options, source=from_json)
    title = fields["title"]

    async def make(domo: AsyncDomo) -> Collection:
        made = await domo.pages.create_collection(page_id, **fields)
        if made is not None:
            return made
        # Where Domo answers without a body, the newest collection of this title is it.
        there = await domo.pages.list_collections(page_id)
        return next(each for each in (*reversed(there), Collection(title=title)) if each.title == title)

    show_thing(context, COLLECTION, make, as_json=as_json)


@collections.command()
def update(
    context: typer.Context,
    page_id: PageId,
    collection_id: CollectionId,
    *,
    title: TitleOption = None,
    description: DescriptionOption = None,
    card: CardOption = None,
    from_json: FromJsonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a collection, and show it. Cards that are not named leave it once one is.

    Example: domo-async pages collections update 640011223 88 --title "South coast"
    """
    from domo_async.api.pages import Pages

    options = {"title": title, "description": description, "card_ids": card or None}
    fields = arguments(context, Pages.update_collection, options, source=from_json)

    async def change(domo: AsyncDomo) -> Collection:
        changed = await domo.pages.update_collection(page_id, collection_id, **fields)
        return changed or await _get(domo, page_id, collection_id)

    show_thing(context, COLLECTION, change, as_json=as_json)


@collections.command("delete")
def delete_(
    context: typer.Context,
    page_id: PageId,
    collection_id: CollectionId,
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a collection. Its cards stay on the page.

    Example: domo-async pages collections delete 640011223 88
    """
    delete(
        context,
        COLLECTION,
        collection_id,
        lambda domo: _get(domo, page_id, collection_id),
        lambda domo: domo.pages.delete_collection(page_id, collection_id),
        yes=yes,
        as_json=as_json,
    )


async def _get(domo: AsyncDomo, page_id: int, collection_id: int) -> Collection:
    for collection in await domo.pages.list_collections(page_id):
        if str(collection.id) == str(collection_id):
            return collection
    raise NotFoundError(
        f"page {page_id} has no collection {collection_id}", status=404, operation="pages.list_collections"
    )
