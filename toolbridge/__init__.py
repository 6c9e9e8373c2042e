"""toolbridge: tool calling for every model.

A *wire* is a chat protocol that a client or a backend speaks. A *dialect* is how a model writes a call. *Events*
are the steps of a reply, the same for every wire and dialect. A *plan* is what will be done with one request, decided
before it goes out. The *shell* moves the bytes; everything else works with no network.

    from toolbridge import ReplyParser, inject_tools, parse_reply, translate_request
"""

from typing import TYPE_CHECKING, Any

from toolbridge.checks import CheckedCall, Fault, ToolChecks, check_call
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.errors import (
    BackendAnswered,
    BackendError,
    BackendTimeout,
    BackendUnreachable,
    BodyTooLarge,
    CannotPrompt,
    FrameError,
    Misuse,
    NoCall,
    NotKept,
    OverLimit,
    RequestError,
    ToolbridgeError,
    UnknownDialect,
    UnknownWire,
)
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    Opaque,
    ReasoningDelta,
    ReasoningEnd,
    Reply,
    ReplyStart,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
)
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.model_converter import capabilities
from toolbridge.models import Backend, Model, Policy
from toolbridge.notation.dialect import Dialect
from toolbridge.reply_parser import ReplyParser, parse_reply
from toolbridge.tool_prompt import tool_prompt
from toolbridge.translate import (
    ReplyStage,
    StreamTranslator,
    inject_tools,
    read_request,
    translate_reply,
    translate_request,
    write_request,
)

if TYPE_CHECKING:
    from toolbridge.server.app import create_app
    from toolbridge.server.settings import BadSettings, Settings

__version__ = "0.1.0"

__all__ = [
    "Backend",
    "BackendAnswered",
    "BackendError",
    "BackendTimeout",
    "BackendUnreachable",
    "BadSettings",
    "BodyTooLarge",
    "CannotPrompt",
    "ChatRequest",
    "CheckedCall",
    "ContentDelta",
    "Dialect",
    "Error",
    "Event",
    "Fault",
    "Finish",
    "FrameError",
    "Image",
    "Limits",
    "Logprobs",
    "Message",
    "Misuse",
    "Model",
    "NoCall",
    "NotKept",
    "Opaque",
    "OverLimit",
    "Policy",
    "ReasoningDelta",
    "ReasoningEnd",
    "Reply",
    "ReplyParser",
    "ReplyStage",
    "ReplyStart",
    "RequestError",
    "Settings",
    "StreamTranslator",
    "Tool",
    "ToolCall",
    "ToolCallArgsDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolChecks",
    "ToolChoice",
    "ToolbridgeError",
    "UnknownDialect",
    "UnknownWire",
    "Usage",
    "capabilities",
    "check_call",
    "collect",
    "create_app",
    "dialect_names",
    "find_dialect",
    "inject_tools",
    "parse_reply",
    "read_request",
    "tool_prompt",
    "translate_reply",
    "translate_request",
    "write_request",
]


def __getattr__(name: str) -> Any:
    """The server's names, loaded on first use, so that the library needs neither aiohttp nor pydantic."""
    if name == "create_app":
        from toolbridge.server.app import create_app  # noqa: PLC0415 # loaded on first use, see above

        return create_app
    if name in ("BadSettings", "Settings"):
        from toolbridge.server import settings  # noqa: PLC0415 # as above

        return getattr(settings, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
