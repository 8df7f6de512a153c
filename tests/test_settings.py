"""Where configuration comes from: the argument, else the variable, else the file."""

import pytest

from domo_async import AsyncDomo, ClientCredentials
from domo_async.errors import ConfigurationError, InvalidArgumentError, MissingCredentialsError
from domo_async.settings import DomoSettings

WHERE = r"https://developer\.domo\.com/manage-clients"


@pytest.fixture
def dotenv(tmp_path):
    """Writes the file .env of the current folder, which the tests have to themselves."""
    return (tmp_path / ".env").write_text


def set_all(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"DOMO_{name.upper()}", value)


def test_nothing_is_set_by_default():
    settings = DomoSettings.load()

    assert (settings.client_id, settings.client_secret, settings.scopes) == (None, None, None)
    assert settings.api_url == "https://api.domo.com"


def test_variables_are_read(monkeypatch):
    set_all(monkeypatch, client_id="id", client_secret="s", scopes="data", api_url="https://proxy.example")
    settings = DomoSettings.load()

    assert settings.credentials == ClientCredentials("id", "s")
    assert (settings.scopes, settings.api_url) == (("data",), "https://proxy.example")


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("data", ("data",)),
        ("data user", ("data", "user")),
        ("data,user", ("data", "user")),
        (" data ,  user ", ("data", "user")),
        ("data\tuser\n", ("data", "user")),
        ("", None),
    ],
)
def test_scopes_are_separated_by_blanks_or_commas(monkeypatch, text, scopes):
    set_all(monkeypatch, scopes=text)

    assert DomoSettings.load().scopes == scopes


@pytest.mark.parametrize("text", [",", "  ", " , "])
def test_scopes_of_nothing_ask_for_all(monkeypatch, text):
    set_all(monkeypatch, client_id="id", client_secret="s", scopes=text)

    assert not DomoSettings.load().scopes
    assert AsyncDomo().api_url == "https://api.domo.com"


def test_an_empty_variable_counts_as_none(monkeypatch, dotenv):
    set_all(monkeypatch, client_id="", api_url="")
    dotenv("DOMO_CLIENT_ID=from-file\n")

    assert DomoSettings.load().client_id == "from-file"
    assert DomoSettings.load().api_url == "https://api.domo.com"


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
def test_the_file_is_read(dotenv, mark):
    dotenv(f"{mark}DOMO_CLIENT_ID=id\n# a comment\nexport DOMO_CLIENT_SECRET='s p'\nOTHER=1\nDOMO_UNKNOWN=2\n", "utf-8")

    assert DomoSettings.load().credentials == ClientCredentials("id", "s p")


def test_a_variable_counts_more_than_the_file(monkeypatch, dotenv):
    dotenv("DOMO_CLIENT_ID=from-file\nDOMO_CLIENT_SECRET=from-file\n")
    set_all(monkeypatch, client_id="from-environment")

    assert DomoSettings.load().credentials == ClientCredentials("from-environment", "from-file")


def test_an_argument_counts_more_than_a_variable(monkeypatch, dotenv):
    dotenv("DOMO_API_URL=https://file.example\n")
    set_all(monkeypatch, client_id="id", client_secret="s", api_url="https://environment.example")

    assert AsyncDomo().api_url == "https://environment.example"
    assert AsyncDomo(api_url="https://argument.example").api_url == "https://argument.example"
    monkeypatch.delenv("DOMO_API_URL")
    assert AsyncDomo().api_url == "https://file.example"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "DOMO_CLIENT_ID"),
        ({"client_secret": "s"}, "DOMO_CLIENT_ID"),
        ({"client_id": "id"}, "DOMO_CLIENT_SECRET"),
        ({"client_id": "id", "client_secret": " "}, "DOMO_CLIENT_SECRET"),
    ],
)
@pytest.mark.parametrize("way", ["arguments", "variables", "file"])
def test_what_is_missing_is_named_with_its_variable_and_where_to_get_it(monkeypatch, dotenv, given, missing, way):
    arguments = {}
    if way == "arguments":
        arguments = given
    elif way == "variables":
        set_all(monkeypatch, **given)
    else:
        dotenv("".join(f"DOMO_{name.upper()}={value}\n" for name, value in given.items()))

    with pytest.raises(MissingCredentialsError, match=f"set {missing}.*{WHERE}"):
        AsyncDomo(**arguments)


def test_one_may_come_from_an_argument_and_the_other_from_a_variable(monkeypatch):
    set_all(monkeypatch, client_secret="s")

    assert AsyncDomo(client_id="id").api_url == "https://api.domo.com"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.domo.com", "plain http to api.domo.com"),
        ("http://192.0.2.10", "plain http"),
        ("http://127.0.0.1.example.com", "plain http"),
        ("https://api.domo.com/v1", "has a path"),
        ("https://api.domo.com/?a=1", "has a path"),
        ("https://api.domo.com#v1", "has a path"),
        ("https://id:secret@api.domo.com", "contains credentials"),
        ("https://id@api.domo.com", "contains credentials"),
        ("api.domo.com", "needs a scheme and a host"),
        ("ftp://api.domo.com", "needs a scheme and a host"),
        ("https://", "needs a scheme and a host"),
        ("https://api.domo.com:port", "not a URL"),
        ("https://[::1", "not a URL"),
        ("", "needs a scheme and a host"),
    ],
)
@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_wrong_url_is_refused_at_once(monkeypatch, url, words, way):
    if way == "variable" and url:
        set_all(monkeypatch, api_url=url)

    with pytest.raises(ConfigurationError, match=words):
        AsyncDomo("id", "s", api_url=url if way == "argument" or not url else None)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.domo.com/", "https://api.domo.com"),
        (" HTTPS://API.Domo.com:443 ", "https://api.domo.com"),
        ("https://proxy.example:8443", "https://proxy.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_url_may_be_written_in_several_ways(url, origin):
    assert AsyncDomo("id", "s", api_url=url).api_url == origin


@pytest.mark.parametrize("scopes", ["da\\ta", 'data us"er'])
def test_a_scope_that_is_no_word_is_refused_at_once(monkeypatch, scopes):
    set_all(monkeypatch, client_id="id", client_secret="s", scopes=scopes)

    with pytest.raises(InvalidArgumentError, match="is not a scope"):
        AsyncDomo()


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"DOMO_CLIENT_ID=\xff\xfe\n")

    with pytest.raises(ConfigurationError, match=r"The file \.env cannot be read: UnicodeDecodeError") as caught:
        AsyncDomo("id", "s")
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_folder_called_dotenv_is_none(tmp_path):
    (tmp_path / ".env").mkdir()

    assert DomoSettings.load().client_id is None


@pytest.mark.anyio
async def test_current_credentials_are_read_anew(monkeypatch, dotenv):
    dotenv("DOMO_CLIENT_ID=id\nDOMO_CLIENT_SECRET=old\n")
    assert await DomoSettings.current_credentials() == ClientCredentials("id", "old")

    dotenv("DOMO_CLIENT_ID=id\nDOMO_CLIENT_SECRET=new\n")
    assert await DomoSettings.current_credentials() == ClientCredentials("id", "new")
