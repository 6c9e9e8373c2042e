"""Who answers, and what the operator wants of it: a model, its backend, and the policy for its tools."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["auto", "native", "prompt", "off"]
MODES: tuple[Mode, ...] = ("auto", "native", "prompt", "off")


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its backend describes it; None or empty where the backend does not say.

    `parameters` counts in billions. `capabilities` are the backend's own words (`None`: it cannot say).
    `system` is the Modelfile's SYSTEM text.
    """

    name: str
    architecture: str = ""
    family: str = ""
    parameters: float | None = None
    context_length: int | None = None
    capabilities: frozenset[str] | None = None
    template: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """A server with models. `name` is what errors call it, `wire` what it speaks."""

    url: str
    name: str = "backend"
    wire: Literal["ollama", "openai"] = "ollama"
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decided about tools: the mode, a notation to ask for, and whether leaked calls are read.

    `refused` holds the models whose backend answered "does not support tools"; `folded` those whose template refused
    a system message.
    """

    mode: Mode = "auto"
    dialect: str | None = None
    rescue: bool = True
    refused: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
