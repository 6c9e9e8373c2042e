"""A model, its backend, and the operator's policy for tools."""

from dataclasses import dataclass, fields
from typing import Literal

from toolbridge.traits import ServerName, Traits, WireName, traits_of

Mode = Literal["auto", "native", "prompt", "off"]
Check = Literal["off", "note"]
MODES: tuple[Mode, ...] = ("auto", "native", "prompt", "off")


_LATEST = ":latest"


def full_name(name: str) -> str:
    """A model's name with its tag, as Ollama writes it: a name without a tag means `latest`.

    A colon before the last slash belongs to a registry's host and port, and is no tag.
    """
    return name if ":" in name.rpartition("/")[2] else name + _LATEST


def short_name(name: str) -> str:
    """A model's name without the tag `latest`, which Ollama's clients put behind names that have no tag elsewhere."""
    return name.removesuffix(_LATEST)


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its backend describes it. A field is None or empty if the backend does not tell it.

    `parameters` counts in billions. `capabilities` are the backend's own words, None if it lists no capabilities.
    `system` is the Modelfile's SYSTEM text, `window` the length of context that the Modelfile sets. `parser` names the
    code with which the engine itself reads the model's replies for calls, whether tools were sent or not, as Ollama's
    `PARSER` does.
    """

    name: str
    architecture: str = ""
    family: str = ""
    parameters: float | None = None
    context_length: int | None = None
    capabilities: frozenset[str] | None = None
    template: str = ""
    system: str = ""
    window: int | None = None
    parser: str = ""


@dataclass(frozen=True, slots=True)
class Learnt:
    """Facts about a model that error answers taught.

    It refuses tools, a system message, a wish for thinking; its engine rejects the calls that the model writes; or its
    template refuses system messages behind the first, and a conversation without a user. Of forced calls: the backend
    obeyed `tool_choice`, or did not; or it refuses to be held to a schema.
    """

    refuses_tools: bool = False
    no_system: bool = False
    no_thinking: bool = False
    rejects_calls: bool = False
    strict_turns: bool = False
    obeys: bool = False
    disobeys: bool = False
    no_constraint: bool = False

    def __or__(self, other: "Learnt") -> "Learnt":
        return Learnt(*(getattr(self, one.name) or getattr(other, one.name) for one in fields(self)))


NOTHING_LEARNT = Learnt()


@dataclass(frozen=True, slots=True)
class Backend:
    """A server with models. `name` is its name in errors, `wire` the protocol it speaks, `server` the program it is."""

    url: str
    name: str = "backend"
    wire: WireName = "ollama"
    api_key: str | None = None
    server: ServerName | None = None
    ca: str | None = None
    """A file with the certificates of authorities that are trusted beside those of the system."""

    @property
    def traits(self) -> Traits:
        """The traits of the server, or those presumed until it is recognised."""
        return traits_of(self.wire, self.server)


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's settings for tools: the mode, the notation to ask for, and whether leaked calls are read.

    With `widens`, a prompt that may not fit an Ollama backend's window asks for a larger window. With `coerces`, values
    and names in calls that can be meant in one way only are changed to it. `check` says what happens to a call that
    does not fit the schema of its tool. With a `loop_guard`, a model is told of a call that it repeats, and stopped
    once it has made the call so often (`loops`). With `repairs`, broken turns are mended (`mended_history`).
    With `zero_shot`, a prompt shows no example. A conversation of more than so many tokens `reminds` of the form of a
    call at its end; 0 never does.
    """

    mode: Mode = "auto"
    dialect: str | None = None
    rescue: bool = True
    widens: bool = True
    coerces: bool = True
    check: Check = "note"
    loop_guard: int = 0
    repairs: bool = False
    zero_shot: bool = False
    reminds: int = 0
