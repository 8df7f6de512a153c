"""HTML out of values: whatever is not made by `tag` is text, and is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.parts import Life

__all__ = ["Html", "join", "name_of", "tag"]

_VOID = frozenset({"meta", "input", "rect", "path", "line", "circle", "use", "br"})
# What browsers drop or must not see: control characters, and halves of characters.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, *children: str | None, **attributes: str | float | bool | None) -> Html:
    """An element.

    Args:
        name: Its name.
        *children: What is in it: elements, or text, which is escaped. None is left out.
        **attributes: Its attributes. ``class_`` is ``class``, ``aria_label`` is ``aria-label``; True is an attribute
            without a value, and None or False is none.
    """
    words = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{words}/>")
    return Html(f"<{name}{words}>{join(children)}</{name}>")


def join(children: Iterable[str | None]) -> Html:
    """Several of them, one after the other."""
    return Html("".join(_escaped(child) for child in children if child is not None))


def name_of(life: Life) -> Html:
    """The name of a DataSet, whatever it holds: its direction of writing stays within."""
    name = tag("bdi", life.name) if life.name and life.name.strip() else tag("code", life.dataset_id)
    return name if life.step is None else join([tag("span", f"{life.step}: ", class_="faint"), name])


def _escaped(child: str) -> str:
    return child if isinstance(child, Html) else html.escape(_UNSEEN.sub("\ufffd", child))


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    key = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {key}"
    text = value if isinstance(value, str) else f"{value:.4g}" if isinstance(value, float) else str(value)
    return f' {key}="{html.escape(_UNSEEN.sub(chr(0xFFFD), text))}"'
