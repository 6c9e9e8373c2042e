"""Where settings come from before they are checked, and what errors say about settings that cannot be used.

Sections are plain dictionaries here, by section and name. The sections of the file, of the environment and of the flags
are joined, later ones over earlier ones. The caller says which names there are (`Known`), as `settings` imports this
file.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from toolbridge.errors import ToolbridgeError

PREFIX = "TOOLBRIDGE_"

SHORT = {
    "TOOLBRIDGE_BACKEND": ("backends", "url"),
    "TOOLBRIDGE_HOST": ("server", "host"),
    "TOOLBRIDGE_PORT": ("server", "port"),
}
"""Short forms of variables; where both are set, the long form wins."""

FLAGS = {
    "host": ("server", "host"),
    "port": ("server", "port"),
    "backend": ("backends", "url"),
    "backend_wire": ("backends", "wire"),
    "log_format": ("log", "format"),
    "log_level": ("log", "level"),
    "workers": ("server", "workers"),
}
"""The flags of the command line; `load_settings` also takes `section.name` for every setting."""

_KUBERNETES = re.compile(
    r"(?:\w+_)?SERVICE_(?:HOST|PORT(?:_\w+)?)|(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?"
)
_KUBERNETES_PORT = re.compile(r"(?:tcp|udp|sctp)://")
"""Kubernetes gives every pod such variables. For a service called toolbridge they are `TOOLBRIDGE_SERVICE_HOST` and
`TOOLBRIDGE_PORT=tcp://10.0.0.7:3100`, for toolbridge-server `TOOLBRIDGE_SERVER_PORT`. They are not our settings."""


_NAME_MOST = 128
"""Characters of the longest variable of Kubernetes; the name of a service has 63 at most."""
_ALIKE = 0.8
"""How alike two names must be, as difflib counts, to be taken for one name with a slip in it."""

Place = tuple[str, ...]
"""Where a setting stands: section, name, and the keys within it."""


class BadSettings(ToolbridgeError, ValueError):
    """Settings that cannot be used. The message has a line for each, which says what is wrong and where it was set."""

    kind = "invalid_settings"

    def __init__(self, problems: Iterable[tuple[Place, str]], origins: Mapping[Place, str] | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(_line(place, text, origins or {}) for place, text in self.problems))


def _line(place: Place, text: str, origins: Mapping[Place, str]) -> str:
    origin = origins.get(place[:2]) or origins.get(place[:1], "")
    return f"{'.'.join(place)}{f' ({origin})' if origin else ''} {text}".strip()


Sections = dict[str, Any]


class Known(NamedTuple):
    """The known names: those of each section, and those of the table of one model."""

    sections: Mapping[str, tuple[str, ...]]
    model: tuple[str, ...]


def read_file(config: Path) -> Sections:
    """The sections of a TOML file. Raises `BadSettings`."""
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadSettings([((), f"{config} cannot be read: {problem.strerror or problem}")]) from None
    except UnicodeDecodeError:
        raise BadSettings([((), f"{config} is not UTF-8")]) from None
    except tomllib.TOMLDecodeError as problem:
        raise BadSettings([((), f"{config} is not TOML: {problem}")]) from None


def read_variables(settings: type[BaseSettings], known: Known) -> tuple[Sections, dict[Place, str]]:
    """What the environment sets, with the name of the variable for each setting; `strange_variables` are left out.

    Raises `BadSettings`.
    """
    short: Sections = {}
    names: dict[Place, str] = {}
    for variable, place in SHORT.items():
        value = os.environ.get(variable, "")
        if value and not _is_kubernetes(variable, value):
            short.setdefault(place[0], {})[place[1]] = value
            names[place] = variable
    source = EnvSettingsSource(settings)
    source.env_vars = {name: value for name, value in source.env_vars.items() if not _is_kubernetes(name, value or "")}
    try:
        long = source()
    except SettingsError:
        raise BadSettings([((), text) for text in _not_json(settings)]) from None
    set_here = {name.upper() for name in os.environ}
    for given in tuple(places(long)):
        variable = PREFIX + "_".join(given).upper()
        if variable not in set_here:
            names[given] = PREFIX + given[0].upper()  # the whole table stands there
        elif len(given) == 1 or given[1] in known.sections[given[0]]:
            names[given] = variable
        else:
            del long[given[0]][given[1]]
    return joined(short, long), names


def strange_variables(known: Known) -> list[tuple[Place, str]]:
    """Variables that look like settings and are not: an operator believes that they are heeded."""
    ours = {*SHORT, *(PREFIX + section.upper() for section in known.sections)}
    ours |= {_variable(section, name) for section, own in known.sections.items() for name in own}
    return [
        ((), f"{variable} is no setting{_meant(_near_variables(variable.upper(), known))}")
        for variable, value in sorted(os.environ.items())
        if variable.upper().startswith(PREFIX) and variable.upper() not in ours and not _is_kubernetes(variable, value)
    ]


def _variable(section: str, name: str) -> str:
    return f"{PREFIX}{section}_{name}".upper()


def _is_kubernetes(variable: str, value: str) -> bool:
    rest = variable.upper().removeprefix(PREFIX)
    named = len(rest) <= _NAME_MOST and _KUBERNETES.fullmatch(rest) is not None
    return named or (rest.endswith("PORT") and _KUBERNETES_PORT.match(value) is not None)


def _near_variables(variable: str, known: Known) -> list[str]:
    """Known variables that may have been meant: in the same section, of the same name elsewhere, or spelled alike."""
    rest = re.sub(r"_+", "_", variable.removeprefix(PREFIX)).strip("_").lower()
    section, _, name = rest.partition("_")
    if near := _close(name, known.sections.get(section, ())):
        return [_variable(section, near[0])]
    names = [(place, own) for place, names in known.sections.items() for own in names]
    if like := [name] * (section in known.sections) or _close(rest, tuple(own for _, own in names), 3, _ALIKE):
        found = [_variable(place, own) for place, own in names if own in like]
        # If two may be meant, the variable that locks the bridge comes first.
        if found:
            return sorted(found, key=lambda one: "_SECURITY_" not in one)
    every = {f"{place}_{own}": _variable(place, own) for place, own in names}
    every |= {short.removeprefix(PREFIX).lower(): short for short in SHORT}
    every |= {own: _variable(place, own) for place, own in names if own not in every}
    near = _close(rest, tuple(every))
    if near == ["api_key"]:
        return [every["api_keys"], every["api_key"]]
    return [every[near[0]]] if near else [_variable(place, own) for place, own in names if rest.endswith(f"_{own}")]


def _close(word: str, among: Sequence[str], count: int = 1, cutoff: float = 0.6) -> list[str]:
    return difflib.get_close_matches(word, among, count, cutoff) if word else []


def _meant(near: Sequence[str]) -> str:
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _not_json(settings: type[BaseSettings]) -> Iterator[str]:
    """What is wrong with variables that hold a whole section or table and cannot be read as JSON."""
    tables = {PREFIX + section.upper() for section in settings.model_fields} | {f"{PREFIX}TOOLS_MODELS"}
    for variable in sorted(tables & os.environ.keys()):
        try:
            json.loads(os.environ[variable])
        except ValueError:
            yield f"{variable} must hold a JSON object, as it is a whole table of settings"


def placed(flags: Mapping[str, Any]) -> Sections:
    """Flags, or `section.name` for any setting, as sections; a value of None counts as not given."""
    out: Sections = {}
    for flag, value in flags.items():
        if value is not None:
            section, name = FLAGS.get(flag) or flag.partition(".")[::2]
            out.setdefault(section, {})[name] = value
    return out


def joined(*sources: Sections) -> Sections:
    """Sections joined name by name, later sources over earlier ones."""
    out: Sections = {}
    for source in sources:
        for section, values in source.items():
            known = out.get(section)
            new = dict(values) if isinstance(values, BaseModel | Mapping) else values
            out[section] = {**known, **new} if isinstance(known, dict) and isinstance(new, dict) else new
    return out


def places(sections: Sections) -> Iterator[Place]:
    """The place of every section and setting that is given."""
    for section, values in sections.items():
        yield (section,)
        if isinstance(values, Mapping):
            yield from ((section, name) for name in values)


def problems(error: ValidationError, known: Known) -> Iterator[tuple[Place, str]]:
    """What is wrong, place by place, in words for an operator."""
    for one in error.errors(include_url=False):
        within = [one["ctx"]["name"]] if one["type"] == "limit" else []
        place = tuple(str(part) for part in (*one["loc"], *within))
        yield place, _say(one, place, known)


_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_NO_TABLE = frozenset({"model_type", "dataclass_type"})
_OURS = frozenset({"value_error", "limit"})
_SECRET = frozenset({"api_key", "api_keys", "url"})
"""Names whose values are never shown; a URL may hold a password."""


def _say(error: ErrorDetails, place: Place, known: Known) -> str:
    if error["type"] in _UNKNOWN:
        return unknown(place, known)
    if error["type"] in _NO_TABLE:
        return f"is a table of settings: write [{'.'.join(place)}] and its names below"
    if error["type"] in _OURS:
        return error["msg"].removeprefix("Value error, ")
    text = error["msg"].removeprefix("Input ")
    text = text[:1].lower() + text[1:]
    return text if _SECRET & set(place) else f"{text}, not {str(error['input'])[:60]!r}"


def unknown(place: Place, known: Known) -> str:
    """The words for a setting that does not exist, with those that may have been meant."""
    return f"is no setting{_meant(_nearest(place, known))}"


def _nearest(place: Place, known: Known) -> list[str]:
    """Known settings that may have been meant: in the same section, of the same name elsewhere, or spelled alike."""
    if len(place) > 2:
        beside = [".".join((*place[:-1], name)) for name in known.model]
        return difflib.get_close_matches(".".join(place), beside, 1)
    if len(place) == 2 and (near := _close(place[1], known.sections.get(place[0], ()), 1, _ALIKE)):
        # `security.api_key` is a slip for `security.api_keys`, not for the key of the backend.
        return [f"{place[0]}.{near[0]}"]
    names = {f"{section}.{name}": name for section, own in known.sections.items() for name in own}
    same = [full for full, name in names.items() if name == place[-1]]
    return same or difflib.get_close_matches(".".join(place), names if len(place) > 1 else known.sections, 1)
