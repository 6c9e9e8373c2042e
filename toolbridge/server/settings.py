"""What an operator sets: every key with its default, and where its value may come from.

A setting is `section.name`. It is a key of the TOML file (`[timeouts]`, `idle = 300`), an environment variable
(`TOOLBRIDGE_TIMEOUTS_IDLE=300`) and for some a flag. Flags win over the environment, the environment over the file, the
file over the defaults. `load_settings` joins the four; `Settings(...)` in code reads neither file nor environment.

A key that nobody knows is an error that names the nearest one, and so is a variable with the name of a section in it:
a setting that is silently ignored looks like one that does not work. Variables of other sections are not ours.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from toolbridge.dialects.choose import AUTO, find_dialect
from toolbridge.errors import ToolbridgeError, UnknownDialect
from toolbridge.limits import Limits
from toolbridge.models import Backend, Mode, Policy

PREFIX = "TOOLBRIDGE_"

SHORT = {
    "TOOLBRIDGE_BACKEND": ("backends", "url"),
    "TOOLBRIDGE_HOST": ("server", "host"),
    "TOOLBRIDGE_PORT": ("server", "port"),
}
"""Short forms of variables; the long form wins."""

FLAGS = {
    "host": ("server", "host"),
    "port": ("server", "port"),
    "backend": ("backends", "url"),
    "backend_wire": ("backends", "wire"),
    "log_format": ("log", "format"),
    "log_level": ("log", "level"),
}
"""Flags of the command line by their names there; `load_settings` also takes `section.name` for every setting."""

_KUBERNETES = re.compile(r"(?:tcp|udp|sctp)://")
"""For a service called toolbridge Kubernetes gives every pod `TOOLBRIDGE_PORT=tcp://10.0.0.7:3100`: not our setting."""


Place = tuple[str, ...]
"""Where a setting stands: section, name, and what is within."""


class BadSettings(ToolbridgeError, ValueError):
    """Settings that cannot be used. The message has a line for each, which says what is wrong and where it was set."""

    kind = "invalid_settings"

    def __init__(self, problems: Iterable[tuple[Place, str]], origins: Mapping[Place, str] | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(_line(place, text, origins or {}) for place, text in self.problems))


def _line(place: Place, text: str, origins: Mapping[Place, str]) -> str:
    origin = origins.get(place[:2]) or origins.get(place[:1], "")
    return f"{'.'.join(place)}{f' ({origin})' if origin else ''} {text}".strip()


def _split(value: Any) -> Any:
    """A comma list as variables hold it; blanks around and between the commas are nothing."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _read_url(url: str) -> str:
    """An http(s) URL without a slash at its end; `host:port` stands for plain http, as in OLLAMA_HOST."""
    url = url.strip()
    url = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its text may hold a piece of a password
        raise ValueError("must be a URL like http://127.0.0.1:11434") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or re.search(r"[\s\\]", url):
        raise ValueError("must be a URL like http://127.0.0.1:11434")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or a password; put a key into backends.api_key")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or a fragment")
    return url.rstrip("/")


def _promptable(name: str) -> str:
    try:
        if name == AUTO or find_dialect(name).form is None:
            raise ValueError(f"{name!r} is read but cannot be asked for; leave it out to have one chosen")
    except UnknownDialect as problem:
        raise ValueError(problem.message) from None
    return name


def _not_empty(key: SecretStr) -> SecretStr:
    if not key.get_secret_value().strip():
        raise ValueError("must not be empty: everybody could show such a key")
    return key


def _at_least_one(limits: Limits) -> Limits:
    for name in Limits.__slots__:
        if (value := getattr(limits, name)) < 1:
            raise PydanticCustomError("limit", "must be at least 1, not {value}", {"name": name, "value": value})
    return limits


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Commas = Annotated[tuple[Annotated[str, StringConstraints(min_length=1)], ...], NoDecode, BeforeValidator(_split)]
Dialect = Annotated[str, AfterValidator(_promptable)] | None


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the bridge listens, and which web pages may talk to it."""

    host: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 3100
    """0 takes any free port."""
    cors_origins: Commas = ()
    """Origins allowed beside those of this machine, `*` for all."""


class BackendSettings(_Section):
    """The server with the models."""

    url: Annotated[str, AfterValidator(_read_url)] = "http://127.0.0.1:11434"
    name: str = ""
    """What errors call it; empty for its host and port."""
    wire: Literal["auto", "ollama", "openai"] = "auto"
    api_key: SecretStr | None = None
    """Sent as a bearer token in place of whatever the client sent."""


class TimeoutSettings(_Section):
    """Seconds of waiting for the backend; 0 waits for ever."""

    connect: Seconds = 5
    headers: Seconds = 600
    """Until the answer begins; a model may have to be loaded first."""
    idle: Seconds = 300
    """Between two pieces of an answer; a long prompt is read in silence."""
    total: Seconds = 0


class ModelSettings(_Section):
    """What is different for some models; None for what is not."""

    mode: Mode | None = None
    dialect: Dialect = None
    rescue: bool | None = None


class ToolSettings(_Section):
    """How models come by their tools; see docs/routing.md."""

    mode: Mode = "auto"
    dialect: Dialect = None
    """The notation to ask for; None to choose one for each model."""
    rescue: bool = True
    """Whether calls are read that leak as text from a backend with tools of its own."""
    header: bool = True
    """Whether a client may choose the mode with `X-Toolbridge-Tools`."""
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    """By a pattern of the model's name (`qwen3*`, `*:1b`), in the order of the file; the first that matches counts."""


class SecuritySettings(_Section):
    """Who may use the bridge."""

    api_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_not_empty)], ...],
        NoDecode,
        BeforeValidator(_split),
    ] = ()
    """Keys that clients must show; with none, everybody may."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in plain text."""
        return tuple(key.get_secret_value() for key in self.api_keys)


class LogSettings(_Section):
    """What is written to standard error."""

    format: Annotated[Literal["auto", "console", "json"], BeforeValidator(_lower)] = "auto"
    """`auto` is console on a terminal and json elsewhere."""
    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"


class Settings(BaseSettings):
    """All settings, frozen. In code: `Settings(backend="http://127.0.0.1:11434", port=0, timeouts={"idle": 60})`.

    Raises `BadSettings`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    server: ServerSettings = Field(default_factory=ServerSettings)
    backends: BackendSettings = Field(default_factory=BackendSettings)
    timeouts: TimeoutSettings = Field(default_factory=TimeoutSettings)
    limits: Annotated[Limits, AfterValidator(_at_least_one)] = Field(default_factory=Limits)
    tools: ToolSettings = Field(default_factory=ToolSettings)
    security: SecuritySettings = Field(default_factory=SecuritySettings)
    log: LogSettings = Field(default_factory=LogSettings)

    def __init__(
        self, *, backend: str | None = None, host: str | None = None, port: int | None = None, **sections: Any
    ) -> None:
        short = _placed({"backend": backend, "host": host, "port": port})
        try:
            super().__init__(**_joined(sections, short))
        except ValidationError as problem:
            raise BadSettings(_problems(problem)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed: the environment is read in `load_settings`, where errors can name the variable."""
        _ = settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def backend(self) -> Backend:
        """The backend; a wire of `auto` counts as Ollama's until somebody has looked."""
        own = self.backends
        return Backend(
            url=own.url,
            name=own.name or urlsplit(own.url).netloc,
            wire="openai" if own.wire == "openai" else "ollama",
            api_key=own.api_key.get_secret_value() if own.api_key is not None else None,
        )

    def policy_for(self, model: str, asked: Mode | None = None) -> Policy:
        """The policy for a model of this name; `asked` is the mode that the client's header asks for.

        A pattern is matched without regard to case, and a name without a tag as `:latest` too, as Ollama does.
        """
        own = self.tools
        name = model.lower()
        names = (name,) if ":" in name.rpartition("/")[2] else (name, f"{name}:latest")
        rules = (
            rule for pattern, rule in own.models.items() if any(fnmatchcase(one, pattern.lower()) for one in names)
        )
        rule = next(rules, None) or ModelSettings()
        mode = rule.mode or own.mode
        return Policy(
            mode=asked if asked is not None and own.header else mode,
            dialect=rule.dialect or own.dialect,
            rescue=own.rescue if rule.rescue is None else rule.rescue,
        )


def load_settings(config: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Flags over environment over file over defaults.

    `flags` are named as in `FLAGS`, or `section.name` for any setting; a value of None is not given. Raises
    `BadSettings` with everything that is wrong with any of the four.
    """
    file = _read_file(config) if config is not None else {}
    variables, names = _read_variables()
    given = _placed(flags or {})
    origins = dict.fromkeys(_places(file), f"in {config}") | names
    origins |= dict.fromkeys(_places(given), "given as a flag")
    sections = _joined(file, variables, given)
    # The short forms of the constructor are none of the file's: there `port` stands in [server].
    problems = [((name,), _unknown((name,))) for name in sections if name not in Settings.model_fields]
    try:
        settings = Settings(**{name: values for name, values in sections.items() if name in Settings.model_fields})
    except BadSettings as problem:
        raise BadSettings([*problems, *problem.problems], origins) from None
    if problems:
        raise BadSettings(problems, origins)
    return settings


Sections = dict[str, Any]


def _read_file(config: Path) -> Sections:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadSettings([((), f"{config} cannot be read: {problem.strerror or problem}")]) from None
    except UnicodeDecodeError:
        raise BadSettings([((), f"{config} is not UTF-8")]) from None
    except tomllib.TOMLDecodeError as problem:
        raise BadSettings([((), f"{config} is not TOML: {problem}")]) from None


def _read_variables() -> tuple[Sections, dict[Place, str]]:
    """What the environment sets, and the name of the variable for each."""
    short: Sections = {}
    names: dict[Place, str] = {}
    for variable, place in SHORT.items():
        value = os.environ.get(variable, "")
        if value and not _KUBERNETES.match(value):
            short.setdefault(place[0], {})[place[1]] = value
            names[place] = variable
    try:
        long = EnvSettingsSource(Settings)()
    except SettingsError:
        raise BadSettings([((), text) for text in _not_json()]) from None
    names |= {place: PREFIX + "_".join(place).upper() for place in _places(long)}
    return _joined(short, long), names


def _not_json() -> Iterator[str]:
    """Variables that hold a whole section or a table are read as JSON; these cannot be."""
    tables = {PREFIX + section.upper() for section in Settings.model_fields} | {f"{PREFIX}TOOLS_MODELS"}
    for variable in sorted(tables & os.environ.keys()):
        try:
            json.loads(os.environ[variable])
        except ValueError:
            yield f"{variable} must hold a JSON object, as it is a whole table of settings"


def _placed(flags: Mapping[str, Any]) -> Sections:
    out: Sections = {}
    for flag, value in flags.items():
        if value is not None:
            section, name = FLAGS.get(flag) or flag.partition(".")[::2]
            out.setdefault(section, {})[name] = value
    return out


def _joined(*sources: Sections) -> Sections:
    """Sections joined name by name, later sources over earlier ones."""
    out: Sections = {}
    for source in sources:
        for section, values in source.items():
            known = out.get(section)
            new = dict(values) if isinstance(values, BaseModel | Mapping) else values
            out[section] = {**known, **new} if isinstance(known, dict) and isinstance(new, dict) else new
    return out


def _places(sections: Sections) -> Iterator[Place]:
    for section, values in sections.items():
        yield (section,)
        if isinstance(values, Mapping):
            yield from ((section, name) for name in values)


def _problems(error: ValidationError) -> Iterator[tuple[Place, str]]:
    for one in error.errors(include_url=False):
        within = [one["ctx"]["name"]] if one["type"] == "limit" else []
        place = tuple(str(part) for part in (*one["loc"], *within))
        yield place, _say(one, place)


_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_NO_TABLE = frozenset({"model_type", "dataclass_type"})
_OURS = frozenset({"value_error", "limit"})
_SECRET = frozenset({"api_key", "api_keys", "url"})
"""Names whose values are never shown; a URL may hold a password."""


def _say(error: ErrorDetails, place: Place) -> str:
    if error["type"] in _UNKNOWN:
        return _unknown(place)
    if error["type"] in _NO_TABLE:
        return f"is a table of settings: write [{'.'.join(place)}] and its names below"
    if error["type"] in _OURS:
        return error["msg"].removeprefix("Value error, ")
    text = error["msg"].removeprefix("Input ")
    text = text[:1].lower() + text[1:]
    return text if _SECRET & set(place) else f"{text}, not {str(error['input'])[:60]!r}"


def _unknown(place: Place) -> str:
    near = _nearest(place)
    return f"is no setting; did you mean {' or '.join(near)}?" if near else "is no setting"


def _nearest(place: Place) -> list[str]:
    """Known settings that this one may have been meant for: of the same name elsewhere, else spelled like it."""
    if len(place) > 2:
        known = [".".join((*place[:-1], name)) for name in ModelSettings.model_fields]
        return difflib.get_close_matches(".".join(place), known, 1)
    sections = {name: info.annotation for name, info in Settings.model_fields.items()}
    names = {
        f"{section}.{name}": name
        for section, owner in sections.items()
        for name in (Limits.__slots__ if owner is Limits else getattr(owner, "model_fields", ()))
    }
    same = [full for full, name in names.items() if name == place[-1]]
    return same or difflib.get_close_matches(".".join(place), names if len(place) > 1 else sections, 1)
