"""The usages in `public_api.py` type-check; they are never run."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.timeout(300)  # the first run of a checker reads all of the libraries below
@pytest.mark.parametrize("checker", [["mypy", "--strict"], ["pyright", "--warnings"]], ids=["mypy", "pyright"])
def test_the_public_api_type_checks(checker):
    pytest.importorskip(checker[0])
    done = subprocess.run(
        [sys.executable, "-m", *checker, str(HERE / "public_api.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
