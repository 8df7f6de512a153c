"""On which line each key of a TOML document stands.

`tomllib` does not tell, and neither does tomlkit, which keeps every space but counts no lines. So this goes over a text
that `tomllib` has read already: what is a key, a string or a comment is all that it has to know.
"""

from __future__ import annotations

import re
import tomllib
from typing import Final

__all__ = ["Place", "key_lines"]

Place = tuple[str | int, ...]
"""Keys, and indices of arrays, from the top of the document."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
_STRING: Final = re.compile(r'"""(?:[^\\]|\\.)*?"""+' r"|'''.*?'''+" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL)
_SCALAR: Final = re.compile(r"[^,\]}\n#]+")


def key_lines(text: str) -> dict[Place, int]:
    """The lines of all keys and of all items of arrays, from 1.

    Args:
        text: A document that `tomllib` can read.
    """
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Place, int] = {}
        self._tables: dict[Place, int] = {}

    def run(self) -> dict[Place, int]:
        table: Place = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self._lines

    def _header(self) -> Place:
        is_array = self._text.startswith("[[", self._at)
        line = self._line()
        self._at += 2 if is_array else 1
        self._skip(_SPACE)
        keys = self._keys()
        self._at += 2 if is_array else 1
        place: Place = ()
        for number, key in enumerate(keys, 1):
            place = (*place, key)
            self._lines.setdefault(place, line)
            if is_array and number == len(keys):
                self._tables[place] = self._tables.get(place, 0) + 1
            if place in self._tables:
                place = (*place, self._tables[place] - 1)
                self._lines.setdefault(place, line)
        return place

    def _pair(self, table: Place) -> None:
        line = self._line()
        place = table
        for key in self._keys():
            place = (*place, key)
            self._lines.setdefault(place, line)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(place)

    def _value(self, place: Place) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._items(place)
        elif opening == "{":
            self._inline_table(place)
        else:
            self._skip(_STRING if opening in "\"'" else _SCALAR)

    def _items(self, place: Place) -> None:
        self._at += 1
        number = 0
        self._skip(_BLANK)
        while self._text[self._at] != "]":
            self._lines[*place, number] = self._line()
            self._value((*place, number))
            number += 1
            self._skip_comma()
        self._at += 1

    def _inline_table(self, place: Place) -> None:
        self._at += 1
        self._skip(_BLANK)
        while self._text[self._at] != "}":
            self._pair(place)
            self._skip_comma()
        self._at += 1

    def _skip_comma(self) -> None:
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            start = self._at
            self._skip(_KEY)
            word = self._text[start : self._at]
            keys += tomllib.loads(f"{word} = 0") if word[:1] in ('"', "'") else [word]
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return keys
            self._at += 1
            self._skip(_SPACE)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if (match := pattern.match(self._text, self._at)) is not None:
            self._at = match.end()

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
