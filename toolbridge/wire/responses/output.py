"""The items of a reply, and the events by which each opens, grows and closes.

    message      output_item.added, content_part.added, output_text.delta …, output_text.done, content_part.done, …
    reasoning    output_item.added, reasoning_summary_part.added, reasoning_summary_text.delta …, … .done, … .done, …
    call         output_item.added, function_call_arguments.delta …, function_call_arguments.done, …
    freeform     output_item.added, custom_tool_call_input.delta …, custom_tool_call_input.done, …

Each item ends with output_item.done. A call that was cut or broken has the status `incomplete`, and no
`arguments.done` or `input.done`, as some clients run a call when that event comes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from toolbridge.events import ToolCallStart
from toolbridge.messages import Tool
from toolbridge.wire.codec import Verbatim, json_text, one_line
from toolbridge.wire.freeform import InputText
from toolbridge.wire.responses import tool_search
from toolbridge.wire.responses.compaction import sealed

Step = tuple[str, Mapping[str, Any]]
"""An event: its type without `response.`, and its fields without type and number."""


class Item:
    """An item that is being written. `place` is its index in the output, `DELTA` the event of a piece of its text."""

    DELTA: str
    PREFIX: str

    def __init__(self, response_id: str, place: int) -> None:
        self.id = f"{self.PREFIX}_{response_id.removeprefix('resp_')}_{place}"
        self.place = place
        self.pieces: list[str] = []
        self.head = b""
        """The beginning of the event of a piece, up to the text; the writer makes it."""

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    @property
    def where(self) -> dict[str, Any]:
        """The fields by which clients find the item of a piece."""
        return {"item_id": self.id, "output_index": self.place}

    def opening(self) -> Iterator[Step]:
        """The events before its first piece."""
        yield "output_item.added", {"output_index": self.place, "item": self.body("in_progress")}

    def piece(self) -> Step:
        """The event of a piece of its text, without the text."""
        return self.DELTA, self.where

    def closing(self, status: str) -> Iterator[Step]:
        """The events behind its last piece; `status` is completed or incomplete."""
        yield "output_item.done", {"output_index": self.place, "item": self.body(status)}

    def body(self, status: str) -> dict[str, Any]:
        """The item in this state: in_progress, completed or incomplete."""
        raise NotImplementedError


class MessageItem(Item):
    """The answer's text."""

    DELTA = "output_text.delta"
    PREFIX = "msg"

    @property
    def where(self) -> dict[str, Any]:
        """The fields by which clients find the item of a piece."""
        return super().where | {"content_index": 0}

    def opening(self) -> Iterator[Step]:
        """The events before its first piece."""
        yield from super().opening()
        yield "content_part.added", self.where | {"part": _part("")}

    def piece(self) -> Step:
        """The event of a piece of its text, without the text."""
        return self.DELTA, self.where | {"logprobs": []}

    def closing(self, status: str) -> Iterator[Step]:
        """The events behind its last piece."""
        text = _once(self.text)
        yield "output_text.done", self.where | {"text": text, "logprobs": []}
        yield "content_part.done", self.where | {"part": _part(text)}
        yield from super().closing(status)

    def body(self, status: str) -> dict[str, Any]:
        """The item in this state."""
        content = [] if status == "in_progress" else [_part(_once(self.text))]
        return {"id": self.id, "type": "message", "status": status, "role": "assistant", "content": content}


class ReasoningItem(Item):
    """The thoughts of the model. They are written as a summary, as clients show summaries and send them back.

    openai-js throws if a piece comes before `reasoning_summary_part.added`, which Ollama does not send.
    """

    DELTA = "reasoning_summary_text.delta"
    PREFIX = "rs"

    sealed = False
    """Whether the client asked for `encrypted_content`: some clients keep only thoughts that have it."""

    @property
    def where(self) -> dict[str, Any]:
        """The fields by which clients find the item of a piece."""
        return super().where | {"summary_index": 0}

    def opening(self) -> Iterator[Step]:
        """The events before its first piece."""
        yield from super().opening()
        yield "reasoning_summary_part.added", self.where | {"part": _summary("")}

    def closing(self, status: str) -> Iterator[Step]:
        """The events behind its last piece."""
        text = _once(self.text)
        yield "reasoning_summary_text.done", self.where | {"text": text}
        yield "reasoning_summary_part.done", self.where | {"part": _summary(text)}
        yield from super().closing(status)

    def body(self, status: str) -> dict[str, Any]:
        """The item in this state."""
        begun: dict[str, Any] = {"id": self.id, "type": "reasoning", "summary": []}
        if status == "in_progress":
            return begun
        text = _once(self.text)
        return begun | {"summary": [_summary(text)]} | ({"encrypted_content": text} if self.sealed else {})


class CallItem(Item):
    """A call of a tool."""

    DELTA = "function_call_arguments.delta"
    PREFIX = "fc"

    def __init__(self, response_id: str, place: int, start: ToolCallStart, tool: Tool | None = None) -> None:
        super().__init__(response_id, place)
        self._call = _named(start, tool)

    def closing(self, status: str) -> Iterator[Step]:
        """The events behind its last piece."""
        if status == "completed":
            yield "function_call_arguments.done", self.where | {"name": self._call["name"], "arguments": self.text}
        yield from super().closing(status)

    def body(self, status: str) -> dict[str, Any]:
        """The item in this state."""
        return {"id": self.id, "type": "function_call", "status": status, **self._call, "arguments": self.text}


class FreeformItem(Item):
    """A call of a freeform tool, whose text grows piece by piece."""

    DELTA = "custom_tool_call_input.delta"
    PREFIX = "ctc"

    def __init__(self, response_id: str, place: int, start: ToolCallStart, tool: Tool | None = None) -> None:
        super().__init__(response_id, place)
        self._call = _named(start, tool)
        self._input = InputText()

    def read(self, piece: str) -> str:
        """The text that a piece of the call's arguments adds."""
        return self._input.feed(piece)

    def rest(self) -> str:
        """The text that is known only once the arguments are whole."""
        return self._input.finish()

    def closing(self, status: str) -> Iterator[Step]:
        """The events behind its last piece."""
        if status == "completed":
            yield "custom_tool_call_input.done", self.where | {"input": _once(self.text)}
        yield from super().closing(status)

    def body(self, status: str) -> dict[str, Any]:
        """The item in this state."""
        return {"id": self.id, "type": "custom_tool_call", "status": status, **self._call, "input": _once(self.text)}


class SearchItem(Item):
    """A call of Codex's tool search. Its arguments are an object, so it has no pieces: clients get it whole."""

    DELTA = ""
    PREFIX = "tsc"

    def __init__(self, response_id: str, place: int, start: ToolCallStart, _tool: Tool | None = None) -> None:
        super().__init__(response_id, place)
        self._call = {"call_id": start.id, "execution": "client"}

    def body(self, status: str) -> dict[str, Any]:
        """The item in this state."""
        arguments: Verbatim | dict[str, Any] = one_line(self.text) if status == "completed" else {}
        return {"id": self.id, "type": tool_search.CALL, "status": status, **self._call, "arguments": arguments}


class CompactionItem(Item):
    """A summary that takes the place of a conversation. It has no pieces: clients get it whole."""

    DELTA = ""
    PREFIX = "cmp"

    def body(self, status: str) -> dict[str, Any]:
        """The item in this state."""
        content = "" if status == "in_progress" else sealed(self.text)
        return {"id": self.id, "type": "compaction", "encrypted_content": content}


def _named(start: ToolCallStart, tool: Tool | None) -> dict[str, Any]:
    """The fields that name a call, as the client named the tool."""
    if tool is None or tool.within is None:
        return {"call_id": start.id, "name": start.name}
    namespace, name = tool.within
    return {"call_id": start.id, "namespace": namespace, "name": name}


def _part(text: str | Verbatim) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _summary(text: str | Verbatim) -> dict[str, Any]:
    return {"type": "summary_text", "text": text}


def _once(text: str) -> Verbatim:
    """Text that stands in several events, encoded once."""
    return Verbatim(json_text(text))
