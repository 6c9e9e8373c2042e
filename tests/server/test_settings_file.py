"""Mistakes in settings that would leave the bridge open: each is an error with the name that was meant."""

import os

import pytest

from tests.server.test_settings import told
from toolbridge.server.settings import Settings, load_settings
from toolbridge.server.settings_file import Known, joined, placed, places, unknown


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TOOLBRIDGE_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("API_KEYS", "SECURITY_API_KEYS"),
        ("API_KEY", "SECURITY_API_KEYS or TOOLBRIDGE_BACKENDS_API_KEY"),
        ("SECURITY_API_KEY", "SECURITY_API_KEYS"),
        ("SECURITY__API_KEYS", "SECURITY_API_KEYS"),
        ("SECURITY_APIKEYS", "SECURITY_API_KEYS"),
        ("SECURITY_KEYS", "SECURITY_API_KEYS"),
        ("KEYS", "SECURITY_API_KEYS"),
        ("KEY", "SECURITY_API_KEYS or TOOLBRIDGE_BACKENDS_API_KEY"),
        ("AUTH_API_KEYS", "SECURITY_API_KEYS"),
        ("BACKEND_API_KEY", "BACKENDS_API_KEY"),
        ("TIMEOUT_IDLE", "TIMEOUTS_IDLE"),
        ("IDLE", "TIMEOUTS_IDLE"),
        ("LOG_IDLE", "TIMEOUTS_IDLE"),
        ("BACKEND_URL", "BACKENDS_URL"),
        ("ALLOWED_HOSTS", "SERVER_ALLOWED_HOSTS"),
        ("TOOLS_MODEL", "TOOLS_MODELS"),
        ("LOGLEVEL", "LOG_LEVEL"),
    ],
)
def test_no_variable_of_ours_is_ignored(variable: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in the name of a setting that locks the bridge would leave it open without a word."""
    monkeypatch.setenv(f"TOOLBRIDGE_{variable}", "3")
    start = f"TOOLBRIDGE_{variable} is no setting; did you mean TOOLBRIDGE_{meant}"
    assert told(load_settings).startswith(start)
    monkeypatch.setenv(f"TOOLBRIDGE_{variable}", "")
    assert told(load_settings).startswith(start)


def test_a_name_like_none_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLBRIDGE_PASSWORD", "hunter2")
    assert told(load_settings) == "TOOLBRIDGE_PASSWORD is no setting"


@pytest.mark.parametrize("value", [",", " ", " , "])
@pytest.mark.parametrize("variable", ["TOOLBRIDGE_SECURITY_API_KEYS", "TOOLBRIDGE_SECURITY_MANAGE"])
def test_a_list_of_keys_without_a_key_is_a_mistake(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    assert f"({variable}) holds no key, and would let everybody in" in told(load_settings)


def test_a_table_in_a_variable_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLBRIDGE_SECURITY", '{"api_key": "hunter2"}')
    assert told(load_settings) == (
        "security.api_key (TOOLBRIDGE_SECURITY) is no setting; did you mean security.api_keys?"
    )


@pytest.mark.parametrize(
    ("text", "managers", "word"),
    [("none", (), "none"), ("ALL", (), "all"), (" a , b", ("a", "b"), None), ("nobody", ("nobody",), None)],
)
def test_who_may_manage_is_a_word_or_keys(
    text: str, managers: tuple[str, ...], word: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLBRIDGE_SECURITY_MANAGE", text)
    security = load_settings().security
    assert (security.managers, security.manage if word else None) == (managers, word)
    assert "nobody" not in repr(security)


@pytest.mark.parametrize("name", ["http://llm.lan", "llm.lan/x", "a b", "", "*x", "x.*", "münchen.example"])
def test_an_allowed_host_is_a_name(name: str) -> None:
    assert "server.allowed_hosts" in told(lambda: Settings(server={"allowed_hosts": [name]}))


# Sections, one over the other.


def test_later_sections_win_name_by_name() -> None:
    file = {"timeouts": {"idle": 1, "body": 2}, "log": "console"}
    flags = {"timeouts": {"idle": 3}, "server": {"port": 0}}
    both = {"timeouts": {"idle": 3, "body": 2}, "log": "console", "server": {"port": 0}}
    assert joined(file, flags) == both
    assert file["timeouts"] == {"idle": 1, "body": 2}


def test_a_flag_stands_where_its_setting_does_and_none_is_not_given() -> None:
    given = {"backend": "http://h", "port": None, "timeouts.idle": 3}
    assert placed(given) == {"backends": {"url": "http://h"}, "timeouts": {"idle": 3}}


def test_every_section_and_setting_has_a_place() -> None:
    assert list(places({"timeouts": {"idle": 3}, "log": "x"})) == [("timeouts",), ("timeouts", "idle"), ("log",)]


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        (("timeouts", "idel"), "timeouts.idle"),
        (("timeout",), "timeouts"),
        (("log", "idle"), "timeouts.idle"),
        (("tools", "models", "q*", "mod"), "tools.models.q*.mode"),
    ],
)
def test_an_unknown_setting_is_told_with_the_one_that_was_meant(place: tuple[str, ...], meant: str) -> None:
    known = Known({"timeouts": ("idle", "body"), "log": ("level",), "tools": ("models",)}, ("mode",))
    assert unknown(place, known) == f"is no setting; did you mean {meant}?"
