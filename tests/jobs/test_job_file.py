"""Job files: what they may say, and where they say what is wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domo_async.errors import JobFileError
from domo_async.jobs.job_file import JobFile, read_job_file
from domo_async.jobs.job_file_lines import key_lines

GOOD = """\
profile = "production"

[[step]]
name = "fetch"
action = "pull"
datasets = ["sales*", "4405ff58-1957-45f0-82bd-914d989a3ea3"]
to = "${LAKE}/sales"
rows_per_file = 1_000

[step.options."Orders*"]
columns = ["id", "amount"]

[[step]]
name = "back"
action = "push"
needs = ["fetch"]
source = ["out/*.parquet", "more"]
update_method = "APPEND"
state = "push.json"
options = { "Stock" = { columns = { item = "STRING" }, evolve = true } }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "job.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, **environment: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(JobFileError) as caught:
        read_job_file(path, environment=environment)
    return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]


def test_a_good_file(tmp_path):
    job = read_job_file(write(tmp_path, GOOD), environment={"LAKE": "/data"})
    fetch, back = job.steps
    assert (job.profile, fetch.to, fetch.rows_per_file) == ("production", "/data/sales", 1000)
    assert back.source == [str(tmp_path / "out/*.parquet"), str(tmp_path / "more")], "from the folder of the file"
    assert back.state == str(tmp_path / "push.json")
    assert fetch.dataset_options["Orders*"].columns == ["id", "amount"]
    assert back.push_options["Stock"].schema == {"item": "STRING"}
    assert fetch.selection.named_ids == ("4405ff58-1957-45f0-82bd-914d989a3ea3",)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("rows_per_file", "row_per_file", "8: step[1].row_per_file: there is no such key. Did you mean rows_per_file?"),
        (
            "columns = [",
            "colums = [",
            "11: step[1].options.Orders*.colums: there is no such key. Did you mean",
        ),
        ("1_000", '"many"', "8: step[1].rows_per_file: input should be a valid integer"),
        ('"pull"', '"pul"', "5: step[1].action: 'pul' is none of pull, push. Did you mean pull?"),
        ('action = "pull"\n', "", "3: step[1]: the key 'action' is missing: pull or push"),
        ('name = "back"\n', "", "13: step[2]: the key 'name' is missing"),
        ('"APPEND"', '"append"', "18: step[2].update_method: input should be 'REPLACE', 'APPEND' or 'UPSERT'"),
        ('"fetch"]', '"fetsch"]', "1: step 'back' needs 'fetsch', and no step before it is called that"),
        ("profile =", "profil =", "1: profil: there is no such key. Did you mean profile?"),
        ('"out/*.parquet"', "7", "17: step[2].source[1]: input should be a valid string"),
        (
            "evolve = true",
            "evolv = true",
            "20: step[2].options.Stock.evolv: there is no such key. Did you mean",
        ),
        ("action = ", "action ", "5: Expected '=' after a key in a key/value pair"),
        ("${LAKE}", "${LAKES}", "7: step[1].to: the variable LAKES is not set"),
        ("${LAKE}", "${ }", "7: step[1].to: ${ } is no name of a variable"),
        ('"production"', '"${WHO}"', "1: profile: variables are replaced in source, state, to only"),
        ('"push.json"', '"s3://me:pass@host/x"', "19: step[2].state: an address with a password does not belong"),
        ('datasets = ["sales*", "4405ff58-1957-45f0-82bd-914d989a3ea3"]\n', "", "3: step[1]: say which DataSets"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, before, after, expected):
    assert GOOD.count(before) >= 1
    found = problems(tmp_path, GOOD.replace(before, after, 1), LAKE="/data")
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize("key", ["client_secret", "clientId", "password"])
def test_credentials_are_turned_away(tmp_path, key):
    [problem] = problems(tmp_path, f'{key} = "xyzzy"\n{GOOD}', LAKE="/data")
    assert problem.startswith(f"1: {key}: credentials do not stand in job files")
    assert "xyzzy" not in problem


def test_all_problems_are_told_at_once_and_in_order(tmp_path):
    text = GOOD.replace("rows_per_file", "rows").replace("needs", "need").replace("${LAKE}", "${NONE}")
    assert [int(problem.partition(":")[0]) for problem in problems(tmp_path, text)] == [7, 8, 16]


@pytest.mark.parametrize("content", [b"\xff\xfe", b""])
def test_what_is_no_job_file(tmp_path, content):
    path = tmp_path / "job.toml"
    path.write_bytes(content)
    with pytest.raises(JobFileError, match="job"):
        read_job_file(path)
    with pytest.raises(JobFileError, match="cannot be read"):
        read_job_file(tmp_path / "missing.toml")


def test_two_steps_of_one_name(tmp_path):
    assert "two steps are called 'fetch'" in problems(tmp_path, GOOD.replace('"back"', '"fetch"'), LAKE="/x")[0]


def test_the_lines_of_unusual_documents():
    text = '''\
# [[no]] = "table"
a.b = 1 # c = 2
"x y"."z" = """
[not] = 'a table'
"""
'q' = [ # comment ]
  1,
  { r = "}]", s = [2,
    3] },
]
[t."u.v"]
w = 1979-05-27T07:32:00Z
[[t.list]]
[[t.list]]
k = \'\'\'
\'\'\'
[t.list.deep]
m = "a\\"b" # "
'''
    assert tomllib.loads(text)
    lines = key_lines(text)
    assert lines["a", "b"] == 2
    assert lines["x y", "z"] == 3
    assert lines["q", 0] == 7
    assert lines["q", 1, "s", 1] == 9
    assert lines["t", "u.v", "w"] == 12
    assert lines["t", "list", 1, "k"] == 15
    assert lines["t", "list", 1, "deep", "m"] == 18


KEYS = st.text(min_size=1, max_size=5).filter(lambda text: text.isprintable())
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text(max_size=8).filter(lambda text: text.isprintable() or not text),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {as_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"{as_toml(one)}, # [\n" for one in value) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_every_key_of_any_document_has_its_line(document):
    lines, number, expected = [], 1, {}
    for key, value in document.items():
        expected[key,] = number
        lines.append(f"{quoted(key)} = {as_toml(value)} # x = [")
        number += lines[-1].count("\n") + 1
    text = "\n".join(lines)
    assert tomllib.loads(text) == document
    found = key_lines(text)
    assert {place: line for place, line in found.items() if len(place) == 1} == expected


def test_the_schema_for_editors_is_that_of_this_version():
    path = Path(__file__).parents[2] / "docs" / "pages" / "assets" / "job-file.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == JobFile.model_json_schema()
