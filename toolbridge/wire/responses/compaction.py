"""Compaction: a model writes a summary, which takes the place of a long conversation.

    asked     {"input": [… the conversation …, {"type": "compaction_trigger"}]}, or the conversation at `/compact`
    answered  {"type": "compaction", "encrypted_content": "toolbridge:…"}, one item in place of a message
    later     the item comes back in `input`, and is a message with the summary for the model

Codex asks so for providers that it takes to be OpenAI's, and then has no other way to shorten a conversation. OpenAI
seals the content of the item. Here it is the summary itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from toolbridge.errors import RequestError
from toolbridge.messages import Message
from toolbridge.wire.fields import Fields

PATH = "/v1/responses/compact"
OBJECT = "response.compaction"
KIND = "compaction"
KINDS = (KIND, "compaction_summary", "context_compaction")
"""The types of an item with a summary, the older ones last."""
TRIGGER = "compaction_trigger"
KEPT = "compacts"
"""The field of `ChatRequest.extra` by which the writer knows that a summary is asked for. It holds the user's own
messages, which stand before the summary in the answer at `/compact`, or None."""
_SEAL = "toolbridge:"
"""The beginning of the content that was written here. Only OpenAI's servers can read the content that they wrote."""
_ASK = (
    "Summarise this conversation for a model that continues the work and that sees nothing of the conversation except "
    "the summary and the messages of the user. Name the goals and limits that the user set, what was done and decided, "
    "the files, commands and results that matter, and the steps that remain. Write the summary only, and call no tool."
)
_BEFORE = "This is a summary of the conversation so far:\n\n"


def at_path(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body that was sent to `/v1/responses/compact`, as a body of `/v1/responses`."""
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) and given else given
    if isinstance(items, list) or (items is None and body.get("previous_response_id")):
        items = [*(items or ()), {"type": TRIGGER}]
    return {**body, "input": items, "stream": False, "store": False, "object": OBJECT}


def is_asked(body: Fields) -> bool:
    """Whether the last item of the input asks for a summary."""
    items = body.values.get("input")
    last = items[-1] if isinstance(items, list) and items else None
    return isinstance(last, Mapping) and last.get("type") == TRIGGER


def kept(body: Fields) -> list[Any] | None:
    """The value of `KEPT` for a body that asks for a summary."""
    if body.values.get("object") != OBJECT:
        return None
    return [item for item in body.items("input") if isinstance(item, Mapping) and item.get("role") == "user"]


def asking(messages: list[Message]) -> list[Message]:
    """The conversation and the question for a summary. Some templates refuse two turns of the user in a row."""
    if messages and messages[-1].role == "user":
        last = messages[-1]
        return [*messages[:-1], replace(last, content=f"{last.content}\n\n{_ASK}".lstrip())]
    return [*messages, Message("user", _ASK)]


def sealed(summary: str) -> str:
    """The content of an item with this summary."""
    return _SEAL + summary


def read_summary(item: Fields) -> Message:
    """The message of an item with a summary. Raises `RequestError` if another server wrote the item."""
    content = item.text("encrypted_content") or ""
    if not content.startswith(_SEAL):
        raise RequestError(
            f"{item.path}: only the server that wrote this {KIND} can read it; begin a new conversation here"
        )
    return Message("user", _BEFORE + content.removeprefix(_SEAL))
