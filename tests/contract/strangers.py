"""Schemathesis, a fuzzer by other people, drives the emulator through the description in tests/contract/openapi.

``python -m tests.contract.strangers 300`` does so for as many seconds, with other requests each time.
"""

from __future__ import annotations

import json
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import schemathesis
from click.testing import CliRunner
from schemathesis.cli import schemathesis as command_line

from domo_async.emulator import Emulator
from domo_async.emulator.tokens import CUSTOMER
from tests.contract.inhabitants import inhabit, token_for
from tests.contract.specification import METHODS, specification

__all__ = ["Drive", "driven"]

# What the emulator does on purpose: it takes numbers and booleans as text, null for a missing field and keys that it
# does not know, as Domo does; a valid name may be taken, or name nothing; GET shares accounts as Domo's text says; what
# is deleted shows as a stub. And what `nothing_breaks` sees better.
_NOT_CHECKED = (
    "not_a_server_error",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "object_level_authorization",
)
_OPTIONS = (
    "--no-color",
    "--continue-on-failure",
    *("--warnings", "off"),
    *("--exclude-checks", ",".join(_NOT_CHECKED)),
    *("--generation-with-security-parameters", "false"),
)
_DOMAIN = f"{CUSTOMER}.domo.com"


@schemathesis.check
def nothing_breaks(context: object, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """No answer is an error of the server, but the one that is Domo's own: nothing at all for half a chart."""
    domos_own = response.status_code == 500 and not response.content and case.path.startswith("/v1/cards/chart")
    assert response.status_code < 500 or domos_own, response.text


class Drive:
    """An emulator, and Schemathesis for some of its families.

    Args:
        emulator: A running emulator.
        families: Files of the description, none for all.
        folder: Where files may be written.
    """

    def __init__(self, emulator: Emulator, families: Iterable[str], folder: Path) -> None:
        document = specification(*families)
        self.emulator = emulator
        self._document = folder / "openapi.json"
        self._document.write_text(json.dumps(document), encoding="utf-8")
        self._settings = folder / "schemathesis.toml"
        self._settings.write_text("\n".join(_settings(emulator, document["paths"])), encoding="utf-8")

    def __call__(self, *options: str) -> tuple[int, str]:
        """Run Schemathesis: its exit code, and what it wrote."""
        before = ("--config-file", str(self._settings), "run", str(self._document), "--url", self.emulator.url)
        result = CliRunner().invoke(command_line, [*before, *_OPTIONS, *options], catch_exceptions=False)
        return result.exit_code, result.output


@contextmanager
def driven(*families: str) -> Iterator[Drive]:
    """A new emulator to drive."""
    # Schemathesis leaves notes where it is run.
    with tempfile.TemporaryDirectory() as folder, chdir(folder), Emulator(token_lifetime=1e6) as emulator:
        yield Drive(emulator, families, Path(folder))


def _settings(emulator: Emulator, paths: dict[str, dict[str, object]]) -> Iterator[str]:
    """Who calls, and for each operation ids of its own: what one deletes is not what another asks for."""
    token = token_for(emulator)
    secret = f"{emulator.connection['client_id']}:{emulator.connection['client_secret']}"
    session = {
        "header.Origin": f"https://{_DOMAIN}",
        "header.X-DOMO-CustomerDomain": _DOMAIN,
        "header.X-DOMO-Authentication": emulator.people.open_session(27, _DOMAIN),
    }
    yield f'headers = {{ Authorization = "bearer {token}" }}'
    yield from ("[[operations]]", 'include-path = "/oauth/token"')
    yield f'headers = {{ Authorization = "Basic {b64encode(secret.encode()).decode()}" }}'
    yield from ("[[operations]]", 'include-path = ["/api/content/v2/authentication", "/clients"]')
    yield f"parameters = {_table(session)}"
    for path, item in paths.items():
        for method in sorted(METHODS & item.keys()):
            # Schemathesis finds ids at the end of a short path by itself: it makes something, and reads the answer.
            if path.count("{") > 1 or "card_urn" in path or method == "delete":
                yield from ("[[operations]]", f'include-name = "{method.upper()} {path}"')
                yield f"parameters = {_table(inhabit(emulator, token))}"


def _table(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f'"{name}" = "{value}"' for name, value in values.items()) + " }"


def main(seconds: int) -> int:
    """Drive for a while, and print what there is to say."""
    # Its other command, `fuzz`, stumbles over itself after some minutes in version 4.32; this one has all phases too.
    with driven() as drive:
        code, output = drive("--max-time", str(seconds))
    print(output)
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
