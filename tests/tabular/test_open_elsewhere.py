"""Files that another program has open for a moment, as Windows reports them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from domo_async.errors import TargetError
from domo_async.tabular.open_elsewhere import remove_file, replace_file
from domo_async.tabular.replacement import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable


class InUseError(PermissionError):
    """What Windows says of a file that is open elsewhere."""

    winerror: int = 32


class Elsewhere:
    """Another program, which lets go of a file after some attempts to take it away."""

    def __init__(self, refusals: float, error: type[PermissionError] = InUseError) -> None:
        self.refusals = refusals
        self.error = error
        self.attempts = 0
        self.slept = 0.0

    def guarding(self, method: Callable[..., object]) -> Callable[..., object]:
        def guarded(*args: object, **kwargs: object) -> object:
            self.attempts += 1
            if self.attempts <= self.refusals:
                raise self.error(13, "The process cannot access the file")
            return method(*args, **kwargs)

        return guarded

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    program = Elsewhere(0)
    monkeypatch.setattr(Path, "replace", program.guarding(Path.replace))
    monkeypatch.setattr(Path, "unlink", program.guarding(Path.unlink))
    monkeypatch.setattr(time, "sleep", program.sleep)
    return program


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new"
    path.write_bytes(b"new")
    return path


@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_a_file_that_is_read_is_replaced_when_the_reader_is_done(
    elsewhere: Elsewhere, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    monkeypatch.setattr(InUseError, "winerror", winerror)
    elsewhere.refusals = 5
    (tmp_path / "old").write_bytes(b"old")
    replace_file(new, tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"new"
    assert elsewhere.attempts == 6
    assert not new.exists()


def test_a_file_that_is_read_is_removed_when_the_reader_is_done(elsewhere: Elsewhere, new: Path) -> None:
    elsewhere.refusals = 2
    remove_file(new)
    assert not new.exists()
    remove_file(new)  # which is fine, too


def test_who_keeps_a_file_open_is_waited_for_two_seconds(elsewhere: Elsewhere, new: Path, tmp_path: Path) -> None:
    elsewhere.refusals = float("inf")
    with pytest.raises(PermissionError):
        replace_file(new, tmp_path / "old")
    assert elsewhere.slept == pytest.approx(2.0)


def test_a_permission_that_is_missing_is_not_waited_for(elsewhere: Elsewhere, new: Path, tmp_path: Path) -> None:
    """Elsewhere than on Windows that is what the error means."""
    elsewhere.refusals, elsewhere.error = 1, PermissionError
    with pytest.raises(PermissionError):
        replace_file(new, tmp_path / "old")
    assert elsewhere.attempts == 1
    assert elsewhere.slept == 0


def test_a_download_replaces_a_file_that_is_read(elsewhere: Elsewhere, tmp_path: Path) -> None:
    elsewhere.refusals = 3
    replacement = Replacement(tmp_path / "sales.csv")
    replacement.create()
    replacement.path.write_bytes(b"rows")
    assert replacement.commit() == 4
    assert (tmp_path / "sales.csv").read_bytes() == b"rows"


def test_a_download_that_may_not_replace_a_file_leaves_it_alone(elsewhere: Elsewhere, tmp_path: Path) -> None:
    target = tmp_path / "sales.csv"
    target.write_bytes(b"old")
    replacement = Replacement(target)
    replacement.create()
    elsewhere.refusals = float("inf")
    with pytest.raises(TargetError, match="cannot access"):
        replacement.commit()
    elsewhere.refusals = 0
    replacement.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv"]
    assert target.read_bytes() == b"old"
