"""What differs between servers: one table, a row for each that is known by name.

They all speak one of two wires and then differ in small things: where they put reasoning, what constrains JSON, whether
a field that they do not know is an error. Code asks a row and never a name. How a server is recognised stands in
`server/recognition.py`; docs/backends.md shows the table to operators.
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
"""It checks a body against the fields of OpenAI's own package and answers 422 to every other one."""


@dataclass(frozen=True, slots=True)
class Traits:
    """One server. Defaults are those of a server that speaks OpenAI's wire and of which nothing else is known.

    Every form of a reply is read from every server: `reasoning`, `schema`, `done` and `usage` are there for operators,
    who read of them, and for the tests, which pose as the server.
    """

    title: str
    """Its name in messages and logs."""
    wire: WireName = "openai"
    reasoning: str = "reasoning_content"
    """The field of a reply in which it sends reasoning, where it separates it; the reader takes all of them."""
    history: str | None = None
    """The field in which it reads the reasoning of past turns; empty where it reads none, None where nobody knows."""
    thinks: Literal["effort", "template", "object"] = "effort"
    """How thinking is asked for: `reasoning_effort`, `chat_template_kwargs`, or an object `reasoning`."""
    separates: Literal["always", "listed", "unsaid"] = "unsaid"
    """Whether it takes reasoning out of the text: always, for models that it lists as thinking, or nobody knows."""
    json_object: bool = True
    """Whether `response_format` may be `json_object`; one that refuses it gets the schema of any object."""
    schema: Literal["enforced", "ignored", "unsaid"] = "unsaid"
    """What becomes of `response_format` with a schema."""
    fields: frozenset[str] | None = None
    """The fields that it takes, where another one is an error; None where it ignores what it does not know."""
    sampling: Mapping[str, str] = field(default_factory=dict)
    """Sampling beyond OpenAI's own: our name and its."""
    newer_max: bool = False
    """Whether the length of a reply must be called `max_completion_tokens`."""
    obeys: bool = True
    """Whether it holds to `tool_choice` required or named."""
    choices: bool = True
    """Whether it takes `n` over 1; of one that nobody knows it is for the server itself to say."""
    suffix: bool = False
    """Whether `/v1/completions` takes a `suffix`."""
    done: bool = True
    """Whether its streams end with `[DONE]`."""
    repeats: bool = False
    """Whether the role stands in every piece of its streams, of which openai-python makes `assistantassistant`."""
    usage: Literal["asked", "always"] = "asked"
    """Whether it counts tokens in a stream only for who asks."""
    describes: tuple[str, ...] = ()
    """Where it says more of its models than in `/v1/models`: one path for all of them, `/props` for one at a time."""
    lists: bool = True
    """Whether every model that it serves stands in `/v1/models`."""
    loaded: Literal["all", "said", "none"] = "all"
    """Which listed models are in memory: all, those it says, or none as they are somebody else's."""
    ready: str = "/v1/models"
    """The path that tells whether it can be asked."""
    native_routes: bool = False
    """Whether it has Ollama's own routes: it describes, loads and unloads a model, and gives it the window that a
    request wants."""
    counts_tokens: bool = False
    """Whether it counts the tokens of a prompt that it is not to answer."""
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
        ready="/health",
    ),
    "sglang": Traits(
        "SGLang",
        history="reasoning_content",
        thinks="template",
        schema="enforced",
        sampling=_VLLM,
        ready="/health",
    ),
    "lmstudio": Traits(
        "LM Studio",
        history="",
        json_object=False,
        schema="enforced",
        sampling={"top_k": "top_k", "repeat_penalty": "repeat_penalty"},
        # Its MLX engine does not, and a named tool is refused.
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
        # Every model of the machine's cache, and others by their path.
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
        # The list is that of the cache, and a plain 500 without one.
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
        loaded="none",
    ),
    "openai": Traits(
        "OpenAI",
        history="",
        separates="always",
        schema="enforced",
        newer_max=True,
        suffix=True,
        loaded="none",
    ),
    "unknown": Traits("a server of OpenAI's wire"),
}
"""By the name that `backends.server` takes."""

MESSAGES = Traits(
    "a server of Anthropic's wire",
    wire="anthropic",
    reasoning="thinking",
    history="thinking",
    separates="always",
    choices=False,
    done=False,
    usage="always",
    loaded="none",
    counts_tokens=True,
    key_headers=("Authorization", "x-api-key"),
    fixed_headers={"anthropic-version": "2023-06-01"},
)
"""What is known of a server that is said to speak `/v1/messages`: it is not looked for, as the others speak more."""

_WHATEVER_SERVER: Mapping[WireName, Traits] = {"anthropic": MESSAGES}
"""Wires whose servers do not differ."""
_PRESUMED: Mapping[WireName, ServerName] = {"ollama": "ollama", "openai": "unknown"}
"""The server that a backend counts as while nobody knows which one it is."""


def servers_differ(wire: WireName) -> bool:
    """Whether several servers speak this wire, each in its own way. Every server of Ollama's wire counts as Ollama."""
    return sum(traits.wire == wire for traits in TRAITS.values()) > 1


def presumed_wire(client: str) -> WireName:
    """The wire that a backend which nobody recognises is taken to speak, by the wire of the client that asks."""
    return next((wire for wire in get_args(WireName) if wire == client), "openai")


def traits_of(wire: WireName, server: ServerName | None) -> Traits:
    """The traits of a backend that speaks this wire; `server` is None while it is not known."""
    return _WHATEVER_SERVER.get(wire) or TRAITS[server or _PRESUMED[wire]]
