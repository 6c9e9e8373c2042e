"""The differences between servers, as a table with a row for each server that is known by name.

Servers that speak the same wire still differ in small things: the field of reasoning, the ways to constrain JSON, the
answer to an unknown field. Code asks a row and never compares names. `server/recognition.py` recognises servers;
docs/backends.md shows the table to operators.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

WireName = Literal["ollama", "openai", "anthropic"]
ServerName = Literal[
    "ollama",
    "llama.cpp",
    "vllm",
    "sglang",
    "lmstudio",
    "mlx-lm",
    "transformers",
    "openrouter",
    "openai",
    "unknown",
]

_LLAMA_CPP = {name: name for name in ("top_k", "min_p", "repeat_penalty", "repeat_last_n", "typical_p")}
_VLLM = {"top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repetition_penalty"}

_TRANSFORMERS_FIELDS = frozenset(
    {
        "chat_template_kwargs",
        "frequency_penalty",
        "generation_config",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "prompt",
        "reasoning_effort",
        "response_format",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
    }
)
"""The fields of OpenAI's own package. transformers serve answers 422 to a body with any other field."""


@dataclass(frozen=True, slots=True)
class SchemaForm:
    """The schemas of tools that a server takes, if it makes a grammar of them (`schema.projected`)."""

    repetitions: int
    """The most repetitions that a bound may ask for (`maxLength`), multiplied by those of the lists around it."""
    most: int
    """Characters of the constraints of all tools together."""


_GBNF = SchemaForm(repetitions=500, most=64 * 1024)
"""The schemas of which llama.cpp makes a grammar in its own notation, GBNF. It refuses some bounds near 2,000, and some
97 KB of tools; patterns with look-ahead and unknown types, too."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of a server. The defaults are those of an unknown server of OpenAI's wire.

    Every form of a reply is read from every server. `reasoning`, `schema`, `done` and `usage` are there for the page
    that operators read, and for the tests, which pose as the server.
    """

    title: str
    """Its name in messages and logs."""
    wire: WireName = "openai"
    reasoning: str = "reasoning_content"
    """The field of a reply in which it sends reasoning apart from the text; the reader knows all these fields."""
    history: str | None = None
    """The field in which it reads the reasoning of past turns; empty if it reads none, None if this is unknown."""
    thinks: Literal["effort", "template", "object"] = "effort"
    """The field that asks it to think: `reasoning_effort`, `chat_template_kwargs`, or an object `reasoning`."""
    separates: Literal["always", "listed", "unsaid"] = "unsaid"
    """Whether it takes reasoning out of the text: always, for models that it lists as thinking, or unknown."""
    json_object: bool = True
    """Whether it takes `json_object` as `response_format`; else it gets the schema of any object."""
    schema: Literal["enforced", "ignored", "unsaid"] = "unsaid"
    """Whether it enforces or ignores a schema in `response_format`, or unknown."""
    schemas: SchemaForm | None = None
    """The schemas of tools that it takes; None if it takes every schema, or answers for itself."""
    fields: frozenset[str] | None = None
    """The fields that it takes, if any other field is an error; None if it ignores unknown fields."""
    sampling: Mapping[str, str] = field(default_factory=dict)
    """Its names for sampling fields beyond OpenAI's own, by our names."""
    newer_max: bool = False
    """Whether the length of a reply must be called `max_completion_tokens`."""
    obeys: bool | None = None
    """Whether it obeys `tool_choice` required or named; None if this is unknown."""
    freeform: bool = False
    """Whether it takes tools of type `custom`. llama.cpp and vLLM refuse a request with such a tool."""
    rejects: bool = False
    """Whether it parses calls itself, and ends a reply with an error where its parser or its grammar fails."""
    choices: bool = True
    """Whether it takes `n` over 1. An unknown server gets such a request, too: its own answer decides."""
    suffix: bool = False
    """Whether `/v1/completions` takes a `suffix`."""
    done: bool = True
    """Whether its streams end with `[DONE]`."""
    repeats: bool = False
    """Whether the role stands in every piece of its streams; openai-python makes `assistantassistant` of that."""
    usage: Literal["asked", "always"] = "asked"
    """Whether a stream has the number of tokens always, or only if the request asks for it."""
    describes: tuple[str, ...] = ()
    """Paths that tell more of its models than `/v1/models`: `/props` of a single model, the others of all models."""
    lists: bool = True
    """Whether every model that it serves stands in `/v1/models`."""
    loaded: Literal["all", "said", "none"] = "all"
    """The listed models that are in memory: all, those marked in the list, or none, as other servers run them."""
    ready: str = "/v1/models"
    """The path that answers 200 once it takes requests."""
    native_routes: bool = False
    """Whether it has Ollama's own routes. They describe, load and unload a model, and a request can set the window of a
    model."""
    counts_tokens: bool = False
    """Whether it has a route that counts the tokens of a prompt without a reply."""
    key_headers: tuple[str, ...] = ("Authorization",)
    """The headers in which it looks for a key."""
    fixed_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that every request must have, with the values for clients that send none. Anthropic's own server wants to
    be told a version; its first version is good for all requests."""


TRAITS: Mapping[ServerName, Traits] = {
    "ollama": Traits(
        "Ollama",
        wire="ollama",
        reasoning="thinking",
        history="thinking",
        separates="listed",
        schema="enforced",
        obeys=False,
        rejects=True,
        choices=False,
        suffix=True,
        done=False,
        usage="always",
        loaded="said",
        ready="/api/version",
        native_routes=True,
    ),
    "llama.cpp": Traits(
        "llama.cpp",
        history="reasoning_content",
        thinks="template",
        separates="always",
        schema="enforced",
        schemas=_GBNF,
        obeys=True,
        rejects=True,
        sampling=_LLAMA_CPP,
        describes=("/props",),
        loaded="said",
        ready="/health",
    ),
    "vllm": Traits(
        "vLLM",
        reasoning="reasoning",
        history="reasoning",
        thinks="template",
        schema="enforced",
        sampling=_VLLM,
        obeys=True,
        ready="/health",
    ),
    "sglang": Traits(
        "SGLang",
        history="reasoning_content",
        thinks="template",
        schema="enforced",
        sampling=_VLLM,
        obeys=True,
        ready="/health",
    ),
    "lmstudio": Traits(
        "LM Studio",
        history="",
        json_object=False,
        schema="enforced",
        # Its engine for GGUF files is llama.cpp's.
        schemas=_GBNF,
        sampling={"top_k": "top_k", "repeat_penalty": "repeat_penalty"},
        # Its MLX engine ignores `required`, and LM Studio refuses a named tool.
        obeys=False,
        choices=False,
        describes=("/api/v0/models", "/api/v1/models"),
        loaded="said",
    ),
    "mlx-lm": Traits(
        "mlx-lm",
        reasoning="reasoning",
        history="reasoning_content",
        thinks="template",
        separates="always",
        schema="ignored",
        sampling=_VLLM,
        obeys=False,
        choices=False,
        repeats=True,
        # It lists the models in the machine's cache, and also serves models by their path.
        lists=False,
        loaded="none",
        ready="/health",
    ),
    "transformers": Traits(
        "transformers serve",
        history="",
        thinks="template",
        schema="ignored",
        fields=_TRANSFORMERS_FIELDS,
        obeys=False,
        choices=False,
        done=False,
        usage="always",
        # It lists the models in the machine's cache; without a cache it answers a plain 500.
        lists=False,
        loaded="none",
        ready="/health",
    ),
    "openrouter": Traits(
        "OpenRouter",
        reasoning="reasoning",
        history="reasoning",
        thinks="object",
        separates="always",
        schema="enforced",
        sampling=_VLLM,
        obeys=True,
        loaded="none",
    ),
    "openai": Traits(
        "OpenAI",
        history="",
        separates="always",
        schema="enforced",
        newer_max=True,
        obeys=True,
        freeform=True,
        suffix=True,
        loaded="none",
    ),
    "unknown": Traits("a server of OpenAI's wire"),
}
"""The traits of each server, by the name that the setting `backends.server` takes."""

MESSAGES = Traits(
    "a server of Anthropic's wire",
    wire="anthropic",
    reasoning="thinking",
    history="thinking",
    separates="always",
    obeys=True,
    choices=False,
    done=False,
    usage="always",
    loaded="none",
    counts_tokens=True,
    key_headers=("Authorization", "x-api-key"),
    fixed_headers={"anthropic-version": "2023-06-01"},
)
"""The traits of every server of Anthropic's wire. It is used only if a setting names this wire: servers that speak it
beside another wire can do more by the other."""

_BY_WIRE: Mapping[WireName, Traits] = {"anthropic": MESSAGES}
"""The traits for wires whose servers do not differ."""
_PRESUMED: Mapping[WireName, ServerName] = {"ollama": "ollama", "openai": "unknown"}
"""The server whose traits a backend has until it is recognised."""


def servers_differ(wire: WireName) -> bool:
    """Whether several servers speak this wire, each in its own way. Every server of Ollama's wire counts as Ollama."""
    return sum(traits.wire == wire for traits in TRAITS.values()) > 1


def presumed_wire(client: str) -> WireName:
    """The wire that a backend which nobody recognises is taken to speak, by the wire of the client that asks."""
    return next((wire for wire in get_args(WireName) if wire == client), "openai")


def traits_of(wire: WireName, server: ServerName | None) -> Traits:
    """The traits of a backend that speaks this wire; `server` is None until it is recognised."""
    return _BY_WIRE.get(wire) or TRAITS[server or _PRESUMED[wire]]
