"""How docstrings and signatures are shown on the pages of the reference.

- Literal blocks, which begin with ``::`` for editors, become code.
- Defaults that are private constants are shown by their value.
"""

import re
import textwrap

import griffe

_BLOCK = re.compile(r"^(?P<indent>[ ]*)::\n\n(?P<code>(?:(?P=indent)[ ]+\S.*\n|[ ]*\n)+)", re.MULTILINE)
_CONSTANT = re.compile(r"\b_?[A-Z][A-Z0-9_]+\b")
_LITERAL = re.compile(r"[\d\s.,()*_]+|'[^']*'|\"[^\"]*\"")


def _fenced(block: re.Match[str]) -> str:
    code = textwrap.dedent(block["code"]).strip("\n")
    language = "text" if "──" in code else "python"
    return textwrap.indent(f"```{language}\n{code}\n```\n\n", block["indent"])


def _value(name: str, module: griffe.Module) -> str:
    """What a constant of a module holds, if that is a literal; else its name."""
    try:
        found = str(module[name].value)
    except (AttributeError, KeyError, griffe.AliasResolutionError):
        return name
    return found if _LITERAL.fullmatch(found) else name


class Shown(griffe.Extension):
    """Makes both so, once everything is known."""

    def on_package(self, *, pkg: griffe.Module, **_: object) -> None:
        """Go through a package."""
        self._walk(pkg)

    def _walk(self, obj: griffe.Object) -> None:
        if obj.docstring is not None:
            obj.docstring.value = _BLOCK.sub(_fenced, obj.docstring.value + "\n").rstrip("\n")
        if obj.is_function:
            for parameter in obj.parameters:
                default = str(parameter.default)
                written = _CONSTANT.sub(lambda found, module=obj.module: _value(found[0], module), default)
                if written != default:
                    parameter.default = written
        for member in obj.members.values():
            if not member.is_alias:
                self._walk(member)
