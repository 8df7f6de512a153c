"""File names: safe everywhere, and one per DataSet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domo_async.jobs.file_names import FileNames, safe_name
from domo_async.jobs.recipe import Recipe
from domo_async.jobs.targets.layout import file_names, stem_of
from domo_async.tabular.file_format import FILE_FORMATS, FileFormat

DEVICES = [
    "CON",
    "PRN",
    "AUX",
    "NUL",
    "CONIN$",
    "CONOUT$",
    *(f"{p}{d}" for p in ("COM", "LPT") for d in "0123456789¹²³"),
]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Sales", "Sales"),
        ("Sales: EU/US 50%?", "Sales_ EU_US 50%_"),
        ('a<b>c"d|e*f\\g\0h\ni', "a_b_c_d_e_f_g_h_i"),
        ("  trailing dots... ", "trailing dots"),
        (".hidden", "_hidden"),
        ("..", "_"),
        ("../../etc/passwd", "_._.._etc_passwd"),
        ("con", "_con"),
        ("Con.2024", "_Con.2024"),
        ("COM¹ .x", "_COM¹ .x"),
        ("console", "console"),
        ("COM12", "COM12"),
        ("e\u0301", "é"),
        ("売上", "売上"),
        ("", ""),
        ("...", "_"),
        (" ", ""),
    ],
)
def test_stems(name: str, stem: str) -> None:
    assert safe_name(name) == stem


@pytest.mark.parametrize("device", DEVICES)
def test_devices_of_windows(device: str) -> None:
    """No suffix makes them harmless, so they get a mark in front."""
    assert safe_name(device.lower()).startswith("_")
    assert safe_name(f"{device}.txt").startswith("_")


@given(st.text())
def test_any_text_is_safe(name: str) -> None:
    stem = safe_name(name)
    assert len(stem.encode()) <= 181
    assert not set(stem) & set('<>:"/\\|?*\0\n\r\t')
    assert stem == stem.rstrip(" .")
    assert not stem.startswith(".")
    assert stem.partition(".")[0].strip().upper() not in DEVICES


@given(
    st.lists(st.tuples(st.sampled_from(["a", "A", "a-11111111", "ß", "SS", "", ".", "x" * 300]), st.uuids().map(str)))
)
def test_names_are_unique_without_regard_to_case(datasets: list[tuple[str, str]]) -> None:
    datasets = [(name, f"{number}{dataset_id}") for number, (name, dataset_id) in enumerate(datasets)]
    names = FileNames()
    taken = {dataset_id: names.take(name, dataset_id) for name, dataset_id in datasets}
    assert len({name.casefold() for name in taken.values()}) == len(taken)
    assert all(len(name.encode()) <= 240 for name in taken.values())


def test_the_second_of_equal_names_gets_its_id() -> None:
    names = FileNames()
    assert names.take("Sales", "1b6e2a33-0001") == "Sales"
    assert names.take("sales", "2c7f3b44-0002") == "sales-2c7f3b44"
    assert names.take("SALES", "2c7f3b44-0003") == "SALES-2c7f3b44-0003"
    assert names.take("SALES-2c7f3b44-0004", "other") == "SALES-2c7f3b44-0004"
    assert names.take("SALES", "2c7f3b44-0004") == "SALES-2c7f3b44-0004-2"
    assert names.take("SALES", "2c7f3b44-0004") == "SALES-2c7f3b44-0004-2"
    assert names.take(None, "3d-4") == "3d-4"


def test_a_name_is_kept_from_job_to_job() -> None:
    """Whoever else is called the same meanwhile, and whoever comes first."""
    names = FileNames()
    names.hold("Sales", "2")
    names.hold("Stock", "3")
    assert names.take("Sales", "1") == "Sales-1"
    assert names.take("Sales", "2") == "Sales"
    assert names.take("Stores", "3") == "Stores"
    assert names.take("Stock", "4") == "Stock-4", "the old name is taken as long as the old file is there"


@given(st.sampled_from(["Sales", "Sales.csv", "a.parquet.b", "x"]), st.sampled_from(FILE_FORMATS), st.booleans())
def test_a_file_tells_what_its_dataset_is_called(stem: str, kind: FileFormat, divided: bool) -> None:
    recipe = Recipe(format=kind, rows_per_file=5 if divided else None)
    assert {stem_of(name) for name in file_names(stem, recipe, 3)} == {stem}
