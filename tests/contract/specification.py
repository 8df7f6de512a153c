"""The description of Domo's API in tests/contract/openapi, put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

__all__ = ["FAMILIES", "METHODS", "specification"]

_FOLDER = Path(__file__).with_name("openapi")
METHODS = {"get", "post", "put", "patch", "delete"}
FAMILIES = sorted(file.stem for file in _FOLDER.glob("*.yaml") if file.stem != "shared")
"""Files that describe paths."""


def specification(*families: str) -> dict[str, Any]:
    """One OpenAPI document made of all files.

    Args:
        families: Files whose paths are in it; all of them if none is named.
    """
    whole: dict[str, Any] = {"paths": {}, "components": {}}
    for file in sorted(_FOLDER.glob("*.yaml")):
        part = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if not families or file.stem in families:
            _add(whole["paths"], part.get("paths", {}), file.name)
        for kind, members in part.get("components", {}).items():
            _add(whole["components"].setdefault(kind, {}), members, file.name)
        whole |= {key: value for key, value in part.items() if key not in whole and not key.startswith("x-")}
    return whole


def _add(whole: dict[str, Any], part: dict[str, Any], file: str) -> None:
    if twice := sorted(whole.keys() & part.keys()):
        msg = f"{file} describes {twice[0]} once more"
        raise ValueError(msg)
    whole.update(part)
