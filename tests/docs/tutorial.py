"""Follow the tutorial to the letter: its blocks are typed into the prompt that it names, and nothing complains.

Run by ``nox -s tutorial`` in an environment that holds what the tutorial installs, and nothing else.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "pages" / "tutorial.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The code blocks of a language, in order."""
    return [code for kind, code in _BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == language]


def typed(code: str) -> str:
    """A block as it is typed into a prompt, where an empty line ends a statement of several lines."""
    lines: list[str] = []
    for line in code.splitlines():
        if not line.strip():
            continue
        if lines and lines[-1].startswith((" ", ")")) and not line.startswith((" ", ")")):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n\n"


def main() -> None:
    """Type everything; complain if Python did."""
    session = "".join(map(typed, blocks("python")))
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "asyncio"],
            input=session,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        written = Path(folder, "flights.parquet").exists()
    print(done.stdout, done.stderr, sep="\n")
    if done.returncode or "Traceback" in done.stderr or "Error" in done.stderr or not written:
        sys.exit("The tutorial does not work as it stands")
    for words in ("Flights 4 rows", "['carrier', 'n'] [['UA', 2]", "['late', '', None, 'on time']"):
        if words not in done.stdout:
            sys.exit(f"The tutorial does not show {words}")


if __name__ == "__main__":
    main()
