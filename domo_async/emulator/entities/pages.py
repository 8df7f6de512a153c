"""Pages, the tree that they form, and their collections."""

from __future__ import annotations

from domo_async.emulator.entities.shelf import Document, Shelf

__all__ = ["PageBook"]


class PageBook:
    """The pages of an instance."""

    def __init__(self) -> None:
        self.pages: Shelf[Document] = Shelf(640_011_000)
        self.collections: Shelf[Document] = Shelf(77_001)

    def add(self, page: Document) -> Document:
        """Take in a page; it gets its id."""
        number = self.pages.number()
        return self.pages.put(number, {"id": number, **page})

    def tree(self) -> list[Document]:
        """The pages at the top, each with those below it."""
        nodes: dict[int, Document] = {
            page["id"]: {"id": page["id"], "name": page["name"], "children": []} for page in self.pages.all()
        }
        top: list[Document] = []
        for page in self.pages.all():
            parent = nodes.get(page.get("parentId", 0))
            (top if parent is None else parent["children"]).append(nodes[page["id"]])
        return top

    def is_below(self, page_id: int, ancestor_id: int) -> bool:
        """Whether a page is another one, or below it."""
        page = self.pages.get(page_id)
        while page is not None:
            if page["id"] == ancestor_id:
                return True
            page = self.pages.get(page.get("parentId", 0))
        return False

    def delete(self, page: Document) -> None:
        """Delete a page with its collections. The pages below it move to the top."""
        for child in self.pages.all():
            if child.get("parentId") == page["id"]:
                del child["parentId"]
        for number in page["collectionIds"]:
            self.collections.remove(number)
        self.pages.remove(page["id"])

    def on_pages(self, card_id: int) -> list[int]:
        """Ids of the pages that show a card."""
        return [
            page["id"]
            for page in self.pages.all()
            if card_id in page["cardIds"]
            or any(
                card_id in collection["cardIds"]
                for number in page["collectionIds"]
                if (collection := self.collections.get(number)) is not None
            )
        ]
