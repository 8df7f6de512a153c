"""Profiles: for one user, whole or not at all, in the keyring or in a file, and never with another API."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading

import pytest
from pydantic import SecretStr

from domo_async import AsyncDomo, ClientCredentials
from domo_async.auth.profiles import Profile, Profiles, config_folder
from domo_async.auth.system_keyring import keyring_name
from domo_async.emulator import Emulator
from domo_async.errors import (
    ConfigurationError,
    InvalidArgumentError,
    MissingCredentialsError,
    MissingExtraError,
)
from domo_async.settings import DomoSettings

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")

SECRET = SecretStr("s3cr3t-of-the-profile")
WORK = Profile("work", "work-id", "https://api.domo.com", ("data",))


@pytest.fixture(autouse=True)
def config(monkeypatch, tmp_path):
    monkeypatch.setenv("DOMO_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def shelf(config):
    return Profiles()


@pytest.fixture
def ring():
    """A keyring that this process has to itself."""
    pytest.importorskip("keyring")
    from tests.auth.ring import Ring, keyring_of_this_process

    with keyring_of_this_process(Ring()) as ring:
        yield ring


def test_what_is_kept_is_found(shelf):
    assert shelf.all() == []
    shelf.save(WORK, SECRET)
    shelf.save(Profile("a", "other", "https://api.domo.com"), SecretStr("other"))

    assert [profile.name for profile in shelf.all()] == ["a", "work"]
    assert shelf.get("work") == WORK
    assert shelf.credentials("work") == ClientCredentials("work-id", SECRET)
    assert shelf.remove("work") == WORK
    assert [profile.name for profile in shelf.all()] == ["a"]


@posix
def test_nobody_else_can_read_it_and_the_secret_shows_nowhere(shelf, config):
    shelf.save(WORK, SECRET)

    assert stat.S_IMODE(config.stat().st_mode) == 0o700
    assert stat.S_IMODE(shelf.path.stat().st_mode) == 0o600
    for shown in (shelf, shelf.get("work"), shelf.all(), shelf._read(), shelf.credentials("work")):
        assert SECRET.get_secret_value() not in repr(shown)


def test_a_secret_in_the_keyring_is_not_in_the_file(shelf, ring):
    assert keyring_name() == "test ring"
    shelf.save(Profile("work", "work-id", "https://api.domo.com", kept_in="keyring"), SECRET)

    assert SECRET.get_secret_value() not in shelf.path.read_text()
    assert ring.secrets == {("domo_async", "work"): SECRET.get_secret_value()}
    assert shelf.credentials("work") == ClientCredentials("work-id", SECRET)
    shelf.remove("work")
    assert ring.secrets == {}


def test_a_profile_that_moves_to_the_file_leaves_nothing_in_the_keyring(shelf, ring):
    shelf.save(Profile("work", "work-id", "https://api.domo.com", kept_in="keyring"), SECRET)
    shelf.save(WORK, SecretStr("newer"))

    assert ring.secrets == {}
    assert shelf.credentials("work") == ClientCredentials("work-id", "newer")


def test_a_keyring_that_does_not_work_is_said_so_without_its_words(shelf, ring):
    in_ring = Profile("work", "work-id", "https://api.domo.com", kept_in="keyring")
    shelf.save(in_ring, SECRET)
    ring.trouble = RuntimeError(f"locked: {SECRET.get_secret_value()}")

    for step in (
        lambda: shelf.credentials("work"),
        lambda: shelf.save(in_ring, SECRET),
        lambda: shelf.remove("work"),
    ):
        with pytest.raises(ConfigurationError, match="keyring does not work: RuntimeError") as caught:
            step()
        assert SECRET.get_secret_value() not in str(caught.value)
    ring.trouble = None
    assert shelf.get("work") == in_ring, "nothing was changed"


def test_a_secret_that_the_keyring_lost_is_asked_for_again(shelf, ring):
    shelf.save(Profile("work", "work-id", "https://api.domo.com", kept_in="keyring"), SECRET)
    ring.secrets.clear()

    with pytest.raises(MissingCredentialsError, match="domo-async login work"):
        shelf.credentials("work")


def test_without_the_package_the_extra_is_named(shelf, ring, monkeypatch):
    shelf.save(Profile("work", "work-id", "https://api.domo.com", kept_in="keyring"), SECRET)
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(MissingExtraError, match=r"domo-async\[keyring\]"):
        shelf.credentials("work")


def test_a_keyring_that_nobody_recommends_counts_as_none(ring):
    ring.priority = 0.5
    assert keyring_name() is None


def test_an_unknown_profile_is_told_what_is_known(shelf):
    with pytest.raises(MissingCredentialsError, match="login"):
        shelf.get("work")
    shelf.save(WORK, SECRET)
    with pytest.raises(MissingCredentialsError, match="Known: work"):
        shelf.credentials("home")


@pytest.mark.parametrize("name", ["", "a/b", "../x", "-x", "a b", "x" * 65, "é", "a\n"])
def test_a_name_that_is_none_is_refused(shelf, name):
    with pytest.raises(InvalidArgumentError, match="name"):
        shelf.save(Profile(name, "id", "https://api.domo.com"), SECRET)
    assert not shelf.path.exists()


@posix
def test_a_file_that_others_may_read_is_refused(shelf):
    shelf.save(WORK, SECRET)
    shelf.path.chmod(0o644)

    for step in (shelf.all, lambda: shelf.save(WORK, SECRET), lambda: shelf.credentials("work")):
        with pytest.raises(ConfigurationError, match="chmod 600"):
            step()


@posix
def test_a_folder_that_others_may_write_to_is_refused(shelf, config):
    config.mkdir()
    config.chmod(0o777)

    with pytest.raises(ConfigurationError, match="chmod 700"):
        shelf.save(WORK, SECRET)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1, "profiles": {"x": 5}}'])
def test_a_file_that_holds_something_else_is_not_quoted_and_not_overwritten(shelf, content):
    shelf.save(WORK, SECRET)
    shelf.path.write_bytes(content)

    for step in (shelf.all, lambda: shelf.save(WORK, SECRET)):
        with pytest.raises(ConfigurationError, match="holds something else"):
            step()
    assert shelf.path.read_bytes() == content


def test_two_that_log_in_at_once_are_both_kept(config):
    threads = [
        threading.Thread(target=Profiles().save, args=(Profile(f"p{number}", "id", "https://api.domo.com"), SECRET))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(Profiles().all()) == 12


def test_where_profiles_are(monkeypatch, tmp_path):
    assert config_folder() == tmp_path / "config"
    monkeypatch.delenv("DOMO_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "xdg"))
    assert config_folder() == tmp_path / "xdg" / "domo-async"


# Which credentials count


def domo(**options):
    client = AsyncDomo(**options)
    return client.api_url, client.auth._scopes


@pytest.fixture
def variables(monkeypatch):
    def set_all(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"DOMO_{name.upper()}", value)

    return set_all


def test_a_profile_goes_before_a_dotenv_file_and_after_variables(shelf, variables, tmp_path):
    (tmp_path / ".env").write_text("DOMO_CLIENT_ID=dotenv\nDOMO_CLIENT_SECRET=d\nDOMO_API_URL=https://dotenv.example\n")
    shelf.save(WORK, SECRET)
    assert DomoSettings.of().credentials == ClientCredentials("dotenv", "d")

    variables(profile="work")
    found = DomoSettings.of()
    assert (found.credentials, found.api_url) == (ClientCredentials("work-id", SECRET), "https://api.domo.com")

    variables(client_id="variable", client_secret="v")
    assert DomoSettings.of().credentials == ClientCredentials("variable", "v")
    assert DomoSettings.of("work").credentials == ClientCredentials("work-id", SECRET), "an argument goes before all"


def test_half_a_pair_of_variables_is_not_filled_up_from_a_profile(shelf, variables):
    shelf.save(WORK, SECRET)
    variables(profile="work", client_id="variable")

    with pytest.raises(MissingCredentialsError, match="DOMO_CLIENT_SECRET"):
        AsyncDomo()


def test_scopes_of_the_profile_count_unless_a_variable_or_an_argument_says_others(shelf, variables):
    shelf.save(WORK, SECRET)
    assert domo(profile="work") == ("https://api.domo.com", ("data",))
    variables(profile="work")
    assert domo()[1] == ("data",)
    variables(scopes="user")
    assert domo()[1] == ("user",)
    assert domo(scopes=["audit"])[1] == ("audit",)


def test_a_secret_goes_to_no_other_api_than_its_own(shelf, variables):
    shelf.save(WORK, SECRET)
    with pytest.raises(ConfigurationError, match=r"was made for https://api\.domo\.com"):
        AsyncDomo(profile="work", api_url="http://127.0.0.1:8000")
    variables(profile="work", api_url="http://127.0.0.1:8000")
    with pytest.raises(ConfigurationError, match="DOMO_API_URL"):
        AsyncDomo()
    variables(api_url="https://api.domo.com:443/")
    assert domo()[0] == "https://api.domo.com"


def test_credentials_and_a_profile_are_one_too_many(shelf, variables):
    shelf.save(WORK, SECRET)
    for given in ({"client_id": "id"}, {"client_secret": "s"}):
        with pytest.raises(ConfigurationError, match="together"):
            AsyncDomo(profile="work", **given)
    variables(profile="nobody")
    assert domo(client_id="id", client_secret="s")[0] == "https://api.domo.com", "arguments need no profile"


def test_a_profile_may_be_named_in_a_dotenv_file(shelf, tmp_path):
    shelf.save(WORK, SECRET)
    (tmp_path / ".env").write_text("DOMO_PROFILE=work\n")

    assert DomoSettings.of().credentials == ClientCredentials("work-id", SECRET)


@pytest.mark.anyio
async def test_a_profile_that_is_logged_in_anew_is_seen_without_a_restart(shelf):
    with Emulator() as emulator:
        connection = emulator.connection

        def log_in():
            shelf.save(
                Profile("work", connection["client_id"], emulator.url), SecretStr(emulator.connection["client_secret"])
            )

        log_in()
        async with AsyncDomo(profile="work") as client:
            await client.datasets.list()
            emulator.rotate_secret(connection["client_id"])
            log_in()
            emulator.revoke_tokens()
            await client.datasets.list()
        assert emulator.grants == 2


def test_settings_show_no_secret_of_a_profile(shelf):
    shelf.save(WORK, SECRET)
    settings = DomoSettings.of("work")

    for shown in (repr(settings), settings.model_dump_json()):
        assert SECRET.get_secret_value() not in shown


def test_the_file_says_what_it_holds(shelf):
    shelf.save(WORK, SECRET)
    assert json.loads(shelf.path.read_text()) == {
        "version": 1,
        "profiles": {
            "work": {
                "client_id": "work-id",
                "api_url": "https://api.domo.com",
                "scopes": ["data"],
                "kept_in": "file",
                "client_secret": SECRET.get_secret_value(),
            }
        },
    }
