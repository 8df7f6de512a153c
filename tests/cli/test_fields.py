"""Files of --from-json: what methods of the SDK take, and nothing that could be a slip of the pen."""

from __future__ import annotations

import json

import pytest

from domo_async.api.groups import Groups
from domo_async.api.pages import Pages
from domo_async.api.users import Users
from domo_async.cli.fields import arguments
from domo_async.cli.input import read_json
from domo_async.cli.misuse import Misuse
from domo_async.cli.terminal import Terminal
from domo_async.errors import InvalidArgumentError
from domo_async.models import PageOwner, Visibility


@pytest.fixture
def read(tmp_path):
    def read(method, document, **options):
        path = tmp_path / "fields.json"
        path.write_text(json.dumps(document))
        return arguments(method, options, source=str(path), terminal=Terminal())

    return read


@pytest.mark.parametrize("spelling", ["employee_number", "employeeNumber"])
def test_names_of_the_sdk_and_of_domo(read, spelling):
    assert read(Users.update, {spelling: 7}) == {"employee_number": 7}


def test_values_become_what_the_method_takes(read):
    document = {"visibility": {"userIds": [1]}, "owners": [{"id": 5, "displayName": "Ana"}], "cardIds": [3]}
    assert read(Pages.update, document) == {
        "visibility": Visibility(user_ids=[1]),
        "owners": [PageOwner(id=5, display_name="Ana")],
        "card_ids": [3],
    }


def test_options_go_before_the_file(read):
    assert read(Groups.create, {"name": "file", "active": True}, name="option", default=None) == {
        "name": "option",
        "active": True,
    }


def test_null_empties_what_can_be_empty_and_is_mentioned_elsewhere(read, capsys):
    assert read(Users.update, {"title": None, "name": None, "phone": "1"}) == {"title": None, "phone": "1"}
    assert capsys.readouterr().err == "Not set, since it cannot be: name (null)\n"


def test_what_only_domo_sets_is_left_out_and_mentioned(read, capsys):
    assert read(Groups.update, {"id": 3, "creatorId": "5", "name": "x"}) == {"name": "x"}
    assert capsys.readouterr().err == "Not set, since it cannot be: id, creatorId\n"


@pytest.mark.parametrize(
    ("method", "document", "problem"),
    [
        (Users.update, {"nmae": "x"}, "'nmae' is unknown; did you mean 'name'?"),
        (Users.update, {"quux": "x"}, "'quux' is unknown"),
        (Users.update, {"name": 5}, "name: Input should be a valid string"),
        (Groups.update, {"active": "perhaps"}, "active: Input should be a valid boolean"),
        (
            Pages.update,
            {"visibility": {"user_ids": [1, "x"]}},
            "visibility.user_ids.1: Input should be a valid integer",
        ),
        (Pages.update, {"owners": [{"id": 1, "nickname": "x"}]}, "owners: 'nickname' is unknown"),
        (Pages.update, {"visibility": {"user_ids": "x"}}, "visibility.user_ids: Input should be a valid list"),
        (Pages.update, [], "expected a JSON object"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(read, method, document, problem):
    with pytest.raises(InvalidArgumentError) as caught:
        read(method, document)
    assert f"fields.json: {problem}" in caught.value.message


@pytest.mark.parametrize(
    ("method", "problem"), [(Groups.create, "--name is missing"), (Groups.update, "nothing to change")]
)
def test_nothing_is_too_little(read, method, problem):
    with pytest.raises(Misuse, match=problem):
        read(method, {})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "line 1, column 2"),
        (b"", "line 1, column 1"),
        (b'{"a": 1, "a": 2}', "'a' is there twice"),
        (b'{"a": NaN}', "NaN is no value"),
        (b"[" * 100_000, "nested too deeply"),
        ('"ä"'.encode("latin-1"), "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (None, "No such file"),
    ],
)
def test_what_is_no_json_is_one_sentence(tmp_path, content, problem):
    path = tmp_path / "document.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidArgumentError, match=problem) as caught:
        read_json(str(path))
    assert caught.value.__context__ is None, "the contents may be secret"


def test_a_byte_order_mark_is_no_part_of_the_document(tmp_path):
    (tmp_path / "document.json").write_text('{"a": 1}', encoding="utf-8-sig")
    assert read_json(str(tmp_path / "document.json")) == {"a": 1}
