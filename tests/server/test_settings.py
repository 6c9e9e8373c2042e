"""Settings: where a value comes from, what it may be, and what an operator reads when it may not."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from toolbridge.errors import ToolbridgeError
from toolbridge.limits import Limits
from toolbridge.models import Backend, Mode, Policy
from toolbridge.server.settings import FLAGS, SHORT, BadSettings, Settings, TimeoutSettings, load_settings

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TOOLBRIDGE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        path = tmp_path / "toolbridge.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def told(load: Callable[[], object]) -> str:
    with pytest.raises(BadSettings) as caught:
        load()
    return caught.value.message


# Defaults and what they become.

DEFAULTS: dict[str, dict[str, Any]] = {
    "server": {
        "host": "127.0.0.1",
        "port": 3100,
        "cors_origins": (),
        "allowed_hosts": (),
        "workers": 1,
        "grace": 10,
        "ping": 15,
        "ollama_version": "0.12.0",
    },
    "backends": {
        "url": "http://127.0.0.1:11434",
        "name": "",
        "wire": "auto",
        "server": "auto",
        "api_key": None,
        "ca": None,
    },
    "timeouts": {"connect": 5, "headers": 600, "idle": 300, "total": 0, "body": 300, "write": 300},
    "limits": {
        "body": 64 << 20,
        "frame": 32 << 20,
        "call": 16 << 20,
        "depth": 256,
        "lookahead": 1024,
        "fence": 64 << 10,
        "ratio": 100,
        "values": 200_000,
        "turns": 10_000,
        "tools": 1_000,
        "visits": 200_000,
        "prompt": 2 << 20,
        "text": 16 << 20,
    },
    "errors": {"midstream": "error"},
    "tools": {
        "mode": "auto",
        "dialect": None,
        "rescue": True,
        "widen": True,
        "attempts": 2,
        "coerce": True,
        "check": "note",
        "loop_guard": 0,
        "repair_history": False,
        "zero_shot": False,
        "remind": 0,
        "header": True,
        "models": {},
    },
    "responses": {"memory": 16 << 20, "age": 86400},
    "security": {"api_keys": (), "manage": "all"},
    "log": {"format": "auto", "level": "info"},
}


def test_these_are_all_the_settings_and_their_defaults() -> None:
    assert Settings().model_dump() == DEFAULTS
    assert load_settings() == Settings()


def test_the_limits_are_the_cores_own() -> None:
    assert Settings().limits == Limits()
    assert Settings(limits={"fence": 5}).limits == Limits(fence=5)


def test_the_backend_is_called_by_its_host_and_port_until_it_has_a_name() -> None:
    assert Settings().backend == Backend("http://127.0.0.1:11434", "127.0.0.1:11434", "ollama", None)
    named = Settings(backends={"url": "https://gpu.lan/llm/", "name": "gpu", "wire": "openai", "api_key": "sk-1"})
    assert named.backend == Backend("https://gpu.lan/llm", "gpu", "openai", "sk-1")


def test_a_server_that_is_named_brings_its_wire() -> None:
    made = Settings(backends={"server": "llama.cpp"}).backend
    assert (made.wire, made.server, made.traits.title) == ("openai", "llama.cpp", "llama.cpp")
    with pytest.raises(BadSettings, match="server 'vllm' does not speak the wire 'ollama'"):
        Settings(backends={"server": "vllm", "wire": "ollama"})


@pytest.mark.parametrize("version", ["", "0.12", "dev", "0.12.0-rc1"])
def test_the_version_that_clients_are_told_is_one_that_they_can_compare(version: str) -> None:
    with pytest.raises(BadSettings, match=r"server\.ollama_version"):
        Settings(server={"ollama_version": version})


def test_in_code_the_short_forms_stand_beside_whole_sections() -> None:
    made = Settings(backend="http://gpu:1", host="::1", port=0, backends={"name": "gpu"}, timeouts={"idle": 1})
    assert (made.backend.url, made.backend.name) == ("http://gpu:1", "gpu")
    assert (made.server.host, made.server.port, made.timeouts.idle) == ("::1", 0, 1)
    assert Settings(timeouts=TimeoutSettings(idle=7)).timeouts.idle == 7


def test_in_code_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLBRIDGE_SERVER_PORT", "1")
    monkeypatch.setenv("TOOLBRIDGE_PORT", "2")
    assert Settings().server.port == 3100


def test_settings_are_frozen() -> None:
    made = Settings()
    with pytest.raises(ValidationError):
        made.server = made.server
    with pytest.raises(ValidationError):
        made.timeouts.idle = 3


def test_keys_do_not_show_where_settings_are_printed() -> None:
    made = Settings(backends={"api_key": "sk-one"}, security={"api_keys": ["sk-two"]})
    assert "sk-" not in repr(made) + str(made)
    assert made.security.keys == ("sk-two",)


# Where a value comes from.


def value_of(settings: Settings, section: str, name: str) -> Any:
    return getattr(getattr(settings, section), name)


def test_flags_win_over_the_environment_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write("[timeouts]\nconnect = 1\nheaders = 1\nidle = 1")
    monkeypatch.setenv("TOOLBRIDGE_TIMEOUTS_HEADERS", "2")
    monkeypatch.setenv("TOOLBRIDGE_TIMEOUTS_IDLE", "2")
    found = load_settings(config, {"timeouts.idle": 3}).timeouts
    assert (found.connect, found.headers, found.idle, found.total) == (1, 2, 3, 0)


@pytest.mark.parametrize(
    ("variable", "text", "place", "value"),
    [
        ("TOOLBRIDGE_TIMEOUTS_IDLE", "300.5", ("timeouts", "idle"), 300.5),
        ("TOOLBRIDGE_LIMITS_BODY", "77", ("limits", "body"), 77),
        (
            "TOOLBRIDGE_SERVER_CORS_ORIGINS",
            "https://a.b, app://*,",
            ("server", "cors_origins"),
            ("https://a.b", "app://*"),
        ),
        ("TOOLBRIDGE_TOOLS_MODE", "prompt", ("tools", "mode"), "prompt"),
        ("TOOLBRIDGE_TOOLS_RESCUE", "false", ("tools", "rescue"), False),
        ("TOOLBRIDGE_TOOLS_DIALECT", "json", ("tools", "dialect"), "json"),
        ("TOOLBRIDGE_LOG_LEVEL", "WARNING", ("log", "level"), "warning"),
        ("TOOLBRIDGE_LOG", '{"format": "json"}', ("log", "format"), "json"),
        ("TOOLBRIDGE_BACKEND", "gpu:8080", ("backends", "url"), "http://gpu:8080"),
        ("TOOLBRIDGE_HOST", "0.0.0.0", ("server", "host"), "0.0.0.0"),
        ("TOOLBRIDGE_PORT", "4000", ("server", "port"), 4000),
        ("toolbridge_server_port", "4000", ("server", "port"), 4000),
    ],
)
def test_a_variable_sets(
    variable: str, text: str, place: tuple[str, str], value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)
    assert value_of(load_settings(), *place) == value


def test_every_setting_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting gets a value that it cannot have, and each is named."""
    texts = {("server", "host"): " ", ("backends", "name"): None, ("server", "cors_origins"): None}
    texts |= {("security", "manage"): ","}
    texts |= {("backends", "api_key"): None, ("security", "api_keys"): None, ("tools", "models"): "[]"}
    wanted = set()
    for section, names in DEFAULTS.items():
        for name in names:
            if (text := texts.get((section, name), "ftp://?")) is not None:
                monkeypatch.setenv(f"TOOLBRIDGE_{section}_{name}".upper(), text)
                wanted.add((section, name))
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert {place[:2] for place, _ in caught.value.problems} == wanted


def test_keys_come_from_a_comma_list_or_a_list(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(write('[security]\napi_keys = ["a", "b"]')).security.keys == ("a", "b")
    monkeypatch.setenv("TOOLBRIDGE_SECURITY_API_KEYS", " c , d,")
    assert load_settings().security.keys == ("c", "d")


def test_the_long_form_of_a_variable_wins_over_the_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLBRIDGE_PORT", "1")
    monkeypatch.setenv("TOOLBRIDGE_SERVER_PORT", "2")
    assert load_settings().server.port == 2


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*SHORT, "TOOLBRIDGE_TIMEOUTS_IDLE", "TOOLBRIDGE_SECURITY_API_KEYS", "TOOLBRIDGE_BACKENDS_API_KEY"):
        monkeypatch.setenv(variable, "")
    assert load_settings() == Settings()


def test_what_kubernetes_sets_for_a_service_of_our_name_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLBRIDGE_PORT", "tcp://10.0.0.7:3100")
    monkeypatch.setenv("TOOLBRIDGE_PORT_3100_TCP_ADDR", "10.0.0.7")
    monkeypatch.setenv("TOOLBRIDGE_SERVICE_HOST", "10.0.0.7")
    monkeypatch.setenv("TOOLBRIDGE_SERVICE_PORT", "3100")
    monkeypatch.setenv("TOOLBRIDGE_SERVICE_PORT_HTTP", "3100")
    monkeypatch.setenv("TOOLBRIDGE_PORT_3100_TCP", "tcp://10.0.0.7:3100")
    monkeypatch.setenv("TOOLBRIDGE_WEB_UI_SERVICE_HOST", "10.0.0.8")
    monkeypatch.setenv("TOOLBRIDGE_WEB_UI_PORT", "tcp://10.0.0.8:80")
    monkeypatch.setenv("TOOLBRIDGE_SERVER_PORT", "tcp://10.0.0.9:80")
    assert load_settings() == Settings()


@pytest.mark.parametrize(("flag", "place"), FLAGS.items())
def test_a_flag_sets(flag: str, place: tuple[str, str]) -> None:
    values = {"port": 1, "workers": 2, "backend": "http://b:1", "backend_wire": "openai"}
    values |= {"log_format": "json", "log_level": "debug"}
    assert value_of(load_settings(None, {flag: values.get(flag, "h")}), *place) == values.get(flag, "h")
    assert load_settings(None, {flag: None}) == Settings()


# The tools of single models.

MODELS = """
[tools]
mode = "prompt"
dialect = "xml"

[tools.models."qwen3*"]
mode = "native"

[tools.models."*:latest"]
dialect = "json"
rescue = false

[tools.models."Gemma*"]
mode = "off"
"""


@pytest.mark.parametrize(
    ("model", "policy"),
    [
        ("llama3:8b", Policy("prompt", "xml")),
        ("qwen3:8b", Policy("native", "xml")),
        ("Qwen3", Policy("native", "xml")),
        ("llama3", Policy("prompt", "json", rescue=False)),
        ("llama3:latest", Policy("prompt", "json", rescue=False)),
        ("hf.co:443/user/repo", Policy("prompt", "json", rescue=False)),
        ("gemma3:4b", Policy("off", "xml")),
    ],
)
def test_the_first_pattern_that_matches_a_model_counts(model: str, policy: Policy, write: Write) -> None:
    assert load_settings(write(MODELS)).policy_for(model) == policy


@pytest.mark.parametrize("asked", ["auto", "native", "prompt", "off"])
def test_a_clients_header_comes_before_every_mode_unless_it_is_switched_off(asked: Mode, write: Write) -> None:
    made = load_settings(write(MODELS))
    assert made.policy_for("qwen3:8b", asked).mode == asked
    deaf = load_settings(write(MODELS), {"tools.header": False})
    assert deaf.policy_for("qwen3:8b", asked).mode == "native"


def test_patterns_come_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLBRIDGE_TOOLS_MODELS", '{"q*": {"mode": "off"}}')
    assert load_settings().policy_for("qwen").mode == "off"


# Errors, and their words.


def test_everything_wrong_is_told_at_once_and_where_it_was_set(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write("[timeouts]\nidle = -1")
    monkeypatch.setenv("TOOLBRIDGE_LIMITS_DEPTH", "-1")
    monkeypatch.setenv("TOOLBRIDGE_PORT", "70000")
    assert told(lambda: load_settings(config, {"host": " "})).splitlines() == [
        "server.host (given as a flag) string should have at least 1 character, not ' '",
        "server.port (TOOLBRIDGE_PORT) should be less than or equal to 65535, not '70000'",
        f"timeouts.idle (in {config}) should be greater than or equal to 0, not '-1'",
        "limits.depth (TOOLBRIDGE_LIMITS_DEPTH) must be at least 1, not -1",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[timeouts]\nidel = 3", "timeouts.idel (in {config}) is no setting; did you mean timeouts.idle?"),
        ("[timeout]\nidle = 3", "timeout (in {config}) is no setting; did you mean timeouts?"),
        ("port = 3", "port (in {config}) is no setting; did you mean server.port?"),
        ('backend = "http://h"', "backend (in {config}) is no setting; did you mean backends?"),
        ("[log]\nidle = 3", "log.idle (in {config}) is no setting; did you mean timeouts.idle?"),
        ("[server]\nname = 3", "server.name (in {config}) is no setting; did you mean backends.name?"),
        ('[security]\napi_key = "k"', "security.api_key (in {config}) is no setting; did you mean security.api_keys?"),
        ("[limits]\nbodi = 3", "limits.bodi (in {config}) is no setting; did you mean limits.body?"),
        ("[metrics]\nx = 1", "metrics (in {config}) is no setting"),
        (
            '[tools.models."q*"]\nmod = "off"',
            "tools.models.q*.mod (in {config}) is no setting; did you mean tools.models.q*.mode?",
        ),
        ("timeouts = 3", "timeouts (in {config}) is a table of settings: write [timeouts] and its names below"),
        ("limits = 3", "limits (in {config}) is a table of settings: write [limits] and its names below"),
        (
            '[tools.models]\n"q*" = "off"',
            "tools.models.q* (in {config}) is a table of settings: write [tools.models.q*]",
        ),
        ("[limits]\ncall = 0", "limits.call (in {config}) must be at least 1, not 0"),
        (
            '[tools]\nmode = "nativ"',
            "tools.mode (in {config}) should be 'auto', 'native', 'prompt' or 'off', not 'nativ'",
        ),
        (
            '[tools]\ndialect = "xlm"',
            "tools.dialect (in {config}) no dialect is called 'xlm'; did you mean ",
        ),
        ('[tools]\ndialect = "auto"', "tools.dialect (in {config}) 'auto' is read but cannot be asked for"),
        (
            '[backends]\nwire = "grpc"',
            "backends.wire (in {config}) should be 'auto', 'ollama', 'openai' or 'anthropic', not 'grpc'",
        ),
        ('[security]\napi_keys = [""]', "security.api_keys.0 (in {config}) must not be empty"),
        ("[timeouts]\nidle = inf", "timeouts.idle (in {config}) should be a finite number, not 'inf'"),
        ("[timeouts", "{config} is not TOML: "),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_mend(text: str, message: str, write: Write) -> None:
    config = write(text)
    assert told(lambda: load_settings(config)).startswith(message.format(config=config))


def test_a_variable_that_nobody_knows_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLBRIDGE_TIMEOUTS_IDEL", "3")
    assert told(load_settings) == "TOOLBRIDGE_TIMEOUTS_IDEL is no setting; did you mean TOOLBRIDGE_TIMEOUTS_IDLE?"


@pytest.mark.parametrize("variable", ["TOOLBRIDGE_LOG", "TOOLBRIDGE_TOOLS_MODELS"])
def test_a_variable_for_a_whole_table_is_json(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "debug")
    assert told(load_settings) == f"{variable} must hold a JSON object, as it is a whole table of settings"


def test_a_flag_that_nobody_knows_is_told() -> None:
    assert told(lambda: load_settings(None, {"wrokers": 2})) == "wrokers (given as a flag) is no setting"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert told(lambda: load_settings(missing)) == f"{missing} cannot be read: No such file or directory"


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe")
    assert told(lambda: load_settings(path)) == f"{path} is not UTF-8"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://h",
        "http://",
        "http://h:99999",
        "http://h:0",
        "http://h/?a=b",
        "http://h/#a",
        "http://[::1",
        "//",
        "http://a b",
    ],
)
def test_a_backend_is_an_http_url(url: str) -> None:
    assert told(lambda: Settings(backends={"url": url})).startswith("backends.url ")


@pytest.mark.parametrize(
    "made",
    [
        {"backends": {"url": "http://user:hunter2@gpu"}},
        {"backends": {"url": "http://user:hunter2/@gpu"}},
        {"backends": {"url": "ftp://user:hunter2@gpu"}},
        {"backends": {"api_key": ["hunter2"]}},
        {"backends": {"apikey": "hunter2"}},
        {"security": {"api_keys": {"hunter2": 1}}},
        {"security": {"api_keys": [["hunter2"]]}},
        {"security": "hunter2"},
        {"security": ["hunter2"]},
    ],
)
def test_a_secret_is_in_no_message(made: dict[str, Any]) -> None:
    assert "hunter2" not in told(lambda: Settings(**made))


def test_there_is_one_kind_of_error() -> None:
    with pytest.raises(ToolbridgeError):
        Settings(port=-1)
    with pytest.raises(ValueError, match=r"server\.port should be greater than or equal to 0, not '-1'"):
        Settings(port=-1)
