"""What an operator sets: every setting with its default, and where its value may come from.

A setting is `section.name`. It is a key of the TOML file (`[timeouts]`, `idle = 300`), an environment variable
(`TOOLBRIDGE_TIMEOUTS_IDLE=300`) and sometimes a flag. Flags win over the environment, the environment over the file,
the file over the defaults. `load_settings` joins the four; `Settings(...)` in code reads neither file nor environment.

An unknown key is an error that names the nearest known one, and so is an unknown variable that begins with
`TOOLBRIDGE_`: a setting that is silently ignored looks like a setting that does not work.
"""

import re
import ssl
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self
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
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from toolbridge.dialect_choice import find_dialect
from toolbridge.errors import UnknownDialect
from toolbridge.limits import MIB, Limits
from toolbridge.models import Backend, Check, Mode, Policy, full_name
from toolbridge.server.settings_file import (
    FLAGS,
    PREFIX,
    SHORT,
    BadSettings,
    Known,
    Place,
    joined,
    placed,
    places,
    problems,
    read_file,
    read_variables,
    strange_variables,
    unknown,
)
from toolbridge.traits import TRAITS, ServerName, WireName

__all__ = [
    "FLAGS",
    "SHORT",
    "BackendSettings",
    "BadSettings",
    "ErrorSettings",
    "LogSettings",
    "ModelSettings",
    "ResponseSettings",
    "SecuritySettings",
    "ServerSettings",
    "Settings",
    "TimeoutSettings",
    "ToolSettings",
    "load_settings",
]


def _split(value: Any) -> Any:
    """The parts of a comma list, as variables hold it, without empty ones and without blanks around them."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


_API = re.compile(
    r"(?:/v1(?:/(?:chat/completions|completions|responses|messages|models|embeddings))?|/api/(?:chat|generate|tags)"
    r"|/chat/completions)/*\Z"
)
"""The end of an address that is the path of an API, such as clients want it. `/api` alone may be where a server stands:
OpenRouter's address is https://openrouter.ai/api."""
_OLLAMA_PORT = 11434


def _read_url(url: str) -> str:
    """An http(s) URL without a slash at its end. `host:port` means plain http, as in OLLAMA_HOST."""
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
    if found := _API.search(parts.path):
        raise ValueError(_without(url, found[0]))
    if port == _OLLAMA_PORT and parts.path.rstrip("/") == "/api":
        raise ValueError(_without(url, parts.path))
    return url.rstrip("/")


def _without(url: str, path: str) -> str:
    """What to set in place of an address that ends with the path of an API."""
    base = url.removesuffix(path)
    return f"must not end with {path}: the bridge adds the path of each API itself; set it to {base}"


def _certificates(path: str) -> str:
    """A file of PEM certificates."""
    try:
        ssl.create_default_context().load_verify_locations(path)
    except ssl.SSLError:
        raise ValueError(f"must be a file of PEM certificates, which {path} is not") from None
    except OSError as problem:
        raise ValueError(f"cannot be read: {path}: {problem.strerror}") from None
    return path


def _promptable(name: str) -> str:
    try:
        if find_dialect(name).form is None:
            raise ValueError(f"{name!r} is read but cannot be asked for; leave it out to have one chosen")
    except UnknownDialect as problem:
        raise ValueError(problem.message) from None
    return name


def _not_empty(key: SecretStr) -> SecretStr:
    if not key.get_secret_value().strip():
        raise ValueError("must not be empty: everybody could show such a key")
    return key


def _split_keys(value: Any) -> Any:
    """A comma list of keys. Raises `ValueError` for an empty list, which would open a bridge meant to be locked."""
    keys = _split(value)
    if isinstance(value, str) and not keys:
        raise ValueError("holds no key, and would let everybody in; leave it out if that is meant")
    return keys


def _words_or_keys(value: Any) -> Any:
    """`all`, `none`, or keys."""
    word = _lower(value)
    return word if word in ("all", "none") else _split_keys(value)


def _host_name(name: str) -> str:
    """A host's name as it stands in a Host header, without its port."""
    name = name.strip().lower().strip("[]").rstrip(".")
    if name != "*" and not re.fullmatch(r"(?:\*\.)?[a-z0-9_.:-]+", name):
        raise ValueError("must be a name like llm.example.com, *.example.com or *, without http:// and a path")
    return re.sub(r":\d{1,5}$", "", name) if name.count(":") == 1 else name


def _at_least_one(limits: Limits) -> Limits:
    for name in Limits.__slots__:
        if (value := getattr(limits, name)) < 1:
            raise PydanticCustomError("limit", "must be at least 1, not {value}", {"name": name, "value": value})
    return limits


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Commas = Annotated[tuple[Annotated[str, StringConstraints(min_length=1)], ...], NoDecode, BeforeValidator(_split)]
Dialect = Annotated[str, AfterValidator(_promptable)] | None


_MOST_WORKERS = 256
"""A larger number is a slip of the keyboard."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the bridge listens, and which web pages may talk to it."""

    host: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 3100
    """0 takes any free port."""
    cors_origins: Commas = ()
    """Origins that are let in beside those of this machine; `*` for all."""
    allowed_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(_host_name)], ...], NoDecode, BeforeValidator(_split)
    ] = ()
    """Names by which clients may ask, beside addresses and the machine's own; `*.lan.example` for all names below."""
    workers: Annotated[int, Field(ge=1, le=_MOST_WORKERS)] = 1
    """Processes that share the port."""
    grace: Seconds = 10
    """Seconds that running answers have once the bridge is told to stop; 0 ends them at once."""
    ping: Seconds = 15
    """Seconds of silence after which a client of a stream of server-sent events gets a ping; 0 sends no pings."""
    ollama_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] = "0.12.0"
    """The answer to `/api/version` in front of a backend without it. VS Code wants 0.6.4 or later, in numbers."""


class BackendSettings(_Section):
    """The server with the models."""

    url: Annotated[str, AfterValidator(_read_url)] = "http://127.0.0.1:11434"
    name: str = ""
    """The name that errors use for it; empty for its host and port."""
    wire: Literal["auto", WireName] = "auto"
    """The wire that it speaks; `auto` finds out."""
    server: Literal["auto", ServerName] = "auto"
    """The program that it is, as `traits.TRAITS` calls it; `auto` finds out."""
    api_key: SecretStr | None = None
    """The key that is sent as a bearer token, in place of a client's own key."""
    ca: Annotated[str, AfterValidator(_certificates)] | None = None
    """A file with the certificate of the authority that signed the backend's; for authorities of one's own."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.server != "auto" and self.wire not in ("auto", TRAITS[self.server].wire):
            raise ValueError(f"server {self.server!r} does not speak the wire {self.wire!r}; leave one of the two out")
        return self


class TimeoutSettings(_Section):
    """Seconds of waiting, for the backend and for clients; 0 waits for ever."""

    connect: Seconds = 5
    headers: Seconds = 600
    """Seconds until the answer begins; a model may have to be loaded first."""
    idle: Seconds = 300
    """Seconds between two pieces of an answer; a long prompt is read in silence."""
    total: Seconds = 0
    """Seconds for the whole answer."""
    body: Seconds = 300
    """Seconds for a client's whole body. A body that is handed on as it comes may take longer, if it comes steadily."""
    write: Seconds = 300
    """Seconds that a client may take nothing of its answer."""


class ErrorSettings(_Section):
    """How clients learn what went wrong."""

    midstream: Literal["error", "note"] = "error"
    """On Ollama's wire, once an answer has begun: `error` writes a line with the error; `note` writes a sentence
    that the user sees and the end of the answer, for clients that show no error at that point."""


class ModelSettings(_Section):
    """Settings that are different for some models; None for a setting that is not."""

    mode: Mode | None = None
    dialect: Dialect = None
    rescue: bool | None = None
    coerce: bool | None = None
    check: Check | None = None


class ToolSettings(_Section):
    """How models get their tools; see docs/routing.md."""

    mode: Mode = "auto"
    dialect: Dialect = None
    """The notation to ask for; None to choose a notation for each model."""
    rescue: bool = True
    """Whether calls are read that a backend with tools of its own leaks as text."""
    widen: bool = True
    """Whether a prompt with tools that may not fit an Ollama backend's window asks for a larger one (`num_ctx`)."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 2
    """How often a model is asked for a call that its client demands, before the client gets an error."""
    coerce: bool = True
    """Whether values and names in calls are changed that do not fit their tool and can be meant in one way only."""
    check: Check = "note"
    """What happens to calls that do not fit the schema of their tool; `note` counts and logs them."""
    header: bool = True
    """Whether a client may choose the mode with `X-Toolbridge-Tools`."""
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    """Settings by a pattern of the model's name (`qwen3*`, `*:1b`), in the file's order; the first match counts."""


class ResponseSettings(_Section):
    """The responses that are kept in memory, for clients of `/v1/responses` that refer to them."""

    memory: Annotated[int, Field(ge=0)] = 16 * MIB
    """Bytes of all responses; 0 keeps no response."""
    age: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 24 * 3600
    """Seconds for which a response is kept at most."""


class SecuritySettings(_Section):
    """The keys that clients must show."""

    api_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_not_empty)], ...],
        NoDecode,
        BeforeValidator(_split_keys),
    ] = ()
    """Keys of which a client must show one; without keys, every client is let in."""
    manage: Annotated[
        Literal["all", "none"] | tuple[Annotated[SecretStr, AfterValidator(_not_empty)], ...],
        NoDecode,
        BeforeValidator(_words_or_keys),
    ] = "all"
    """The clients that may change the backend and its models: `all`, `none`, or those that show one of these keys."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in plain text."""
        return tuple(key.get_secret_value() for key in self.api_keys)

    @property
    def managers(self) -> tuple[str, ...]:
        """The keys that may manage, in plain text."""
        return () if isinstance(self.manage, str) else tuple(key.get_secret_value() for key in self.manage)


class LogSettings(_Section):
    """The log on standard error."""

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
    errors: ErrorSettings = Field(default_factory=ErrorSettings)
    tools: ToolSettings = Field(default_factory=ToolSettings)
    responses: ResponseSettings = Field(default_factory=ResponseSettings)
    security: SecuritySettings = Field(default_factory=SecuritySettings)
    log: LogSettings = Field(default_factory=LogSettings)

    def __init__(
        self, *, backend: str | None = None, host: str | None = None, port: int | None = None, **sections: Any
    ) -> None:
        short = placed({"backend": backend, "host": host, "port": port})
        try:
            super().__init__(**joined(sections, short))
        except ValidationError as problem:
            raise BadSettings(problems(problem, _known())) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the arguments: `load_settings` reads the environment, and its errors can name the variable."""
        _ = settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def backend(self) -> Backend:
        """The backend as far as it is set. A wire of `auto` counts as Ollama's until the backend is recognised."""
        own = self.backends
        server = None if own.server == "auto" else own.server
        wire = own.wire if own.wire != "auto" else TRAITS[server or "ollama"].wire
        return Backend(
            url=own.url,
            name=own.name or urlsplit(own.url).netloc,
            wire=wire,
            api_key=own.api_key.get_secret_value() if own.api_key is not None else None,
            server=server,
            ca=own.ca,
        )

    def policy_for(self, model: str, asked: Mode | None = None) -> Policy:
        """The policy for a model of this name; `asked` is the mode that the client's header asks for.

        A pattern is matched without regard to case, and with the name as it came as well as with its full name.
        """
        own = self.tools
        name = model.lower()
        names = (name, full_name(name))
        rules = (
            rule for pattern, rule in own.models.items() if any(fnmatchcase(one, pattern.lower()) for one in names)
        )
        rule = next(rules, None) or ModelSettings()
        mode = rule.mode or own.mode
        return Policy(
            mode=asked if asked is not None and own.header else mode,
            dialect=rule.dialect or own.dialect,
            rescue=own.rescue if rule.rescue is None else rule.rescue,
            widens=own.widen,
            coerces=own.coerce if rule.coerce is None else rule.coerce,
            check=rule.check or own.check,
        )


def load_settings(config: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings from flags, environment, file and defaults.

    `flags` are named as in `FLAGS`, or `section.name` for any setting; a value of None counts as not given. Raises
    `BadSettings` with everything that is wrong in any of the four.
    """
    file = read_file(config) if config is not None else {}
    variables, names = read_variables(Settings, _known())
    given = placed(flags or {})
    origins = dict.fromkeys(places(file), f"in {config}") | names
    origins |= dict.fromkeys(places(given), "given as a flag")
    sections = joined(file, variables, given)
    # The short forms are for the constructor and not for the file, where `port` stands in [server].
    strange: list[tuple[Place, str]] = strange_variables(_known())
    strange += [((name,), unknown((name,), _known())) for name in sections if name not in Settings.model_fields]
    try:
        settings = Settings(**{name: values for name, values in sections.items() if name in Settings.model_fields})
    except BadSettings as problem:
        raise BadSettings([*strange, *problem.problems], origins) from None
    if strange:
        raise BadSettings(strange, origins)
    return settings


def _known() -> Known:
    sections = {
        name: tuple(Limits.__slots__ if info.annotation is Limits else getattr(info.annotation, "model_fields", ()))
        for name, info in Settings.model_fields.items()
    }
    return Known(sections, tuple(ModelSettings.model_fields))
