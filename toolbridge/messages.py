"""A conversation in our own types: every wire's requests are read into them and written from them.

Nothing here belongs to a vendor. Fields without a common meaning travel in `extra`, and are written again if source and
target are the same wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from toolbridge.events import ToolCall

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: base64 without a `data:` prefix, with its media type if known, or a URL."""

    data: str = ""
    media_type: str | None = None
    url: str | None = None
    detail: str | None = None
    """How closely the model shall look at the picture: `low`, `high` or `auto` (OpenAI's wire)."""


@dataclass(frozen=True, slots=True)
class Message:
    """A turn, or a tool's result (role `tool`). A result belongs to a call by id, else by name, else by position."""

    role: Role
    content: str = ""
    images: tuple[Image, ...] = ()
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    tool_name: str | None = None
    is_error: bool = False
    loads: tuple[str, ...] = ()
    """Names of deferred tools that this result brings into the conversation."""
    parts: tuple[Mapping[str, Any], ...] = ()
    """Content that is neither text nor picture (sound, files), unchanged: only a server of the same wire reads it."""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Freeform:
    """A freeform tool as its client described it. The grammar of its text is empty if the client gave no grammar."""

    description: str = ""
    syntax: str = ""
    """The language of the grammar: `lark` or `regex`."""
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a client offers. `parameters` is the JSON schema of its arguments, an object; it may be empty."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    strict: bool | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    freeform: Freeform | None = None
    """Set for a tool whose call is one text for the client. For a model the text is the only argument, `input`."""
    deferred: bool = False
    """Whether the tool is offered only since a result brought it into the conversation (`Message.loads`)."""
    searches: bool = False
    """Whether its results bring deferred tools into the conversation, and its calls have a shape of their own."""
    within: tuple[str, str] | None = None
    """The namespace in which the client offers the tool, and the tool's name there; `name` is joined of both."""


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Which tools a reply may call: `auto`, `none`, `required`, or `required` with the only `name` that is allowed."""

    mode: Literal["auto", "none", "required"] = "auto"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request.

    `sampling` holds only the settings that the client sent, under our names: temperature, top_p, top_k, min_p, seed,
    stop (a list), max_tokens, window (tokens of prompt and reply together), presence_penalty, frequency_penalty,
    repeat_penalty, repeat_last_n, typical_p, logprobs, top_logprobs.
    `format` is None, "json" or a JSON schema. `think` is None, a bool or an effort word.
    `source` names the wire that the request came in, and `extra` holds the fields that only this wire has.
    """

    model: str
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = field(default_factory=ToolChoice)
    parallel: bool = True
    stream: bool = False
    include_usage: bool = False
    sampling: Mapping[str, Any] = field(default_factory=dict)
    format: str | Mapping[str, Any] | None = None
    think: bool | str | None = None
    source: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    """The types of offered tools that are not in `tools`, as only servers of the wire's vendor know them (web search).
    A `tool_choice` that names such a tool holds its type."""

    @property
    def has_tool_history(self) -> bool:
        """Whether the conversation holds a past call or a result."""
        return any(message.role == "tool" or message.tool_calls for message in self.messages)
