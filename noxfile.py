"""The one entry for people and for CI: ``nox -s lint types tests docs``; ``nox -l`` lists everything."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
OLDEST = PYTHONS[0]
TUTORIAL = Path("docs/pages/tutorial.md")
WORKFLOWS = sorted(Path(".github/workflows").glob("*.yml"))
PROGRAMS = (
    "tests/cli/test_demo.py",
    "tests/integrations/test_pytest_plugin.py",
    "tests/integrations/test_service_load.py",
    "tests/jobs/test_kills.py",
    "tests/jobs/test_push_kills.py",
)
"""Whole programs under way for seconds: too slow for every run of the suite."""
APART = (*PROGRAMS, "tests/benchmarks", "tests/contract/test_specification.py", "tests/typing")
"""What the sessions programs, contract and types run instead of tests."""

TOUCHING = ("auth", "http", "transport", "models", "tabular", "api", "cli")
"""Folders of tests that meet the libraries which we depend on."""


def group(name: str) -> list[str]:
    """Requirements of a dependency group."""
    return list(nox.project.dependency_groups(PROJECT, name))


def install_wheel(session: nox.Session, extras: str) -> None:
    """Build the wheel and install that, so that the tests run against what users get."""
    wheels = Path(session.create_tmp()) / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    session.install("build")
    session.run_install("python", "-m", "build", "--wheel", f"--outdir={wheels}", silent=True)
    (wheel,) = wheels.glob("*.whl")
    session.install(f"domo-async[{extras}] @ {wheel.resolve().as_uri()}", "--reinstall-package=domo-async")
    session.env["PYTHONSAFEPATH"] = "1"  # else the current folder comes first, and with it the source tree
    session.run("python", "-c", "import domo_async, sys; sys.exit('site-packages' not in domo_async.__file__)")


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """Style, format, the direction of imports, and the workflows of GitHub."""
    session.install(*group("lint"), "-e", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("check-jsonschema", "--builtin-schema=vendor.github-workflows", *map(str, WORKFLOWS))
    session.run("zizmor", "--offline", "--quiet", *map(str, WORKFLOWS))


@nox.session(python=OLDEST)
def types(session: nox.Session) -> None:
    """Two type checkers, both strict, and whether every public thing has a type that is written down."""
    session.install(*group("types"), "-e", ".[all,spark]")
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--pythonplatform=Windows")  # nothing runs there, so at least read what would
    session.run("pyright", "--verifytypes", "domo_async", "--ignoreexternal")
    session.run("pytest", "tests/typing")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The test suite against the built wheel."""
    install_wheel(session, "all")
    session.install(*group("test"))
    # Most tests wait for a socket or a process, so there are more workers than cores.
    apart = [f"--ignore={path}" for path in APART]
    session.run("pytest", "--numprocesses=4", "--dist=worksteal", *apart, *session.posargs)


@nox.session(python=OLDEST)
def programs(session: nox.Session) -> None:
    """The demo, killed jobs, a service under load and somebody else's project, with the built wheel."""
    install_wheel(session, "all")
    session.install(*group("test"))
    session.run("pytest", *PROGRAMS, "--numprocesses=2", *session.posargs)


@nox.session(python=OLDEST)
def contract(session: nox.Session) -> None:
    """The emulator as other people's tools see it, and every contender of the benchmarks on every workload."""
    session.install(*group("test"), "-e", ".[all]")
    session.run("pytest", "tests/contract", "tests/benchmarks", "--numprocesses=2", *session.posargs)


@nox.session(python=OLDEST)
def coverage(session: nox.Session) -> None:
    """The test suite with branch coverage."""
    session.install(*group("test"), "coverage[toml]", "-e", ".[all]")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "report")


@nox.session(python=OLDEST)
def httpx2(session: nox.Session) -> None:
    """The same suite on httpx2, the maintained fork, through its process-wide alias."""
    session.install(*group("test"), "httpx2", "-e", ".[all]")
    aliased = "import sys, httpx2; httpx2.alias_httpx(); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    # The alias has imported anyio by the time that pytest comes to its plugins, which says so.
    quiet = "-Wignore:Module already imported:pytest.PytestAssertRewriteWarning"
    folders = [f"tests/{name}" for name in ("auth", "http", "transport", "api")]
    session.run("python", "-c", aliased, quiet, *folders, *session.posargs)


@nox.session(python=OLDEST, venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """The oldest releases that pyproject.toml allows, against all that touches them."""
    session.install("--resolution=lowest-direct", *group("test"), "-e", ".[all]")
    session.run("pytest", *(f"tests/{name}" for name in TOUCHING), "--numprocesses=4", *session.posargs)


@nox.session(python=PYTHONS[-1], venv_backend="uv")
def newest(session: nox.Session) -> None:
    """What is about to be released, of all that we depend on, against all that touches it."""
    session.install("--upgrade", "--prerelease=allow", *group("test"), "-e", ".[all]")
    session.run("pytest", *(f"tests/{name}" for name in TOUCHING), "--numprocesses=4", *session.posargs)


@nox.session(python=OLDEST)
def core(session: nox.Session) -> None:
    """What works without any extra: only the core dependencies are installed."""
    install_wheel(session, "")
    session.install(*group("test"))
    session.run("pytest", "tests/auth", "tests/http", "tests/models", "--numprocesses=4", *session.posargs)


@nox.session(python=OLDEST)
def spark(session: nox.Session) -> None:
    """Reading, writing and pulling on a real cluster of two executors; needs Java 17, and takes about four minutes."""
    session.install(*group("test"), "pyspark[connect]", "-e", ".[emulator,spark]")
    session.run("pytest", "tests/integrations/spark", *session.posargs)


@nox.session(python=OLDEST)
def spark_oldest(session: nox.Session) -> None:
    """The same with the oldest PySpark that is allowed; not part of the gate."""
    session.install(*group("test"), "pyspark[connect]==4.0.0", "-e", ".[emulator,spark]")
    # That release leaves its own sockets to the garbage collector.
    quiet = ("-Wignore::ResourceWarning", "-Wignore::pytest.PytestUnraisableExceptionWarning")
    session.run("pytest", "tests/integrations/spark", *quiet, *session.posargs)


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """The documentation site: its links, and how it looks. Its code blocks run in the test suite."""
    session.install(*group("docs"), *group("test"), "-e", ".[all]")
    with session.chdir("docs"):
        session.run("zensical", "build", "--strict", "--clean")
    session.run("pytest", "tests/docs/test_site.py", env={"SITE": "docs/.site"})


@nox.session(python=OLDEST)
def tutorial(session: nox.Session) -> None:
    """The tutorial, followed to the letter in an environment that holds only what it installs."""
    (extras,) = re.findall(
        r"^pip install 'domo-async\[([\w,]+)\]'$", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE
    )
    install_wheel(session, extras)
    session.run("python", "tests/docs/tutorial.py")


@nox.session(python=OLDEST)
def bench(session: nox.Session) -> None:
    """Compare with httpx and aiohttp by hand and with pydomo, in one run; takes the arguments of tests/benchmarks."""
    session.install(*group("test"), "-e", ".[all]")
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session(python=OLDEST)
def fuzz(session: nox.Session) -> None:
    """Let Schemathesis drive the emulator for five minutes, or for as many seconds as an argument says."""
    session.install(*group("test"), "-e", ".[all]")
    session.run("python", "-m", "tests.contract.strangers", *session.posargs)


@nox.session(python=OLDEST)
def build(session: nox.Session) -> None:
    """Wheel and sdist, checked as PyPI will check them."""
    shutil.rmtree("dist", ignore_errors=True)
    session.install("build", "check-wheel-contents", "twine")
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    session.run("check-wheel-contents", "dist")
