"""What a strict client hears of `/v1/responses`: every rule of the event sequence is checked while it is read."""

import json
from dataclasses import dataclass, field
from typing import Any

from toolbridge.frames import SseFrames

_DELTAS = {
    "response.output_text.delta": "message",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.function_call_arguments.delta": "function_call",
    "response.custom_tool_call_input.delta": "custom_tool_call",
}
_TEXTS = {
    "response.output_text.done": "text",
    "response.reasoning_summary_text.done": "text",
    "response.custom_tool_call_input.done": "input",
}
_PARTS = {
    "response.content_part.added": "message",
    "response.reasoning_summary_part.added": "reasoning",
}
_ENDS = ("response.completed", "response.incomplete", "response.failed")


@dataclass
class One:
    """An item on its way."""

    added: dict[str, Any]
    pieces: list[str] = field(default_factory=list)
    parts: int = 0
    text_at_end: str | None = None
    """The text in the event that ended it."""
    done: dict[str, Any] | None = None


@dataclass
class Heard:
    """A response. `output` are the items of its last event."""

    status: str
    response: dict[str, Any]
    error: dict[str, Any] | None = None
    items: list[One] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    """The types of all events."""

    @property
    def output(self) -> list[dict[str, Any]]:
        return list(self.response["output"])

    @property
    def text(self) -> str:
        return "".join(part["text"] for item in self._of("message") for part in item["content"])

    @property
    def reasoning(self) -> str:
        return "".join(part["text"] for item in self._of("reasoning") for part in item["summary"])

    @property
    def calls(self) -> list[tuple[str, str, str]]:
        """Id, name and arguments of the calls that may be run."""
        done = [item for item in self._of("function_call") if item["status"] == "completed"]
        return [(item["call_id"], item["name"], item["arguments"]) for item in done]

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.output if item["type"] == kind]


def events_of(data: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each named as its data says."""
    frames = SseFrames(1 << 30)
    events = []
    for frame in [*frames.feed(data), *frames.finish()]:
        event = json.loads(frame.data)
        assert frame.event == event["type"]
        events.append(event)
    return events


def heard(data: bytes) -> Heard:
    """A whole stream."""
    events = events_of(data)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    end = events[-1]
    assert end["type"] in _ENDS
    assert not set(kinds[:-1]) & set(_ENDS)
    error = None
    if end["type"] == "response.failed":
        assert kinds[-2] == "error"
        error = events[-2]
    assert kinds.count("error") == (error is not None)
    head = {name: events[0]["response"][name] for name in ("id", "created_at", "model", "object")}
    for event in (events[0], events[1], end):
        assert head.items() <= event["response"].items()
        assert event["response"]["status"] == ("in_progress" if event is not end else end["type"].partition(".")[2])
    items: dict[int, One] = {}
    for event in events[2 : -2 if error else -1]:
        _hear(event, items)
    assert list(items) == list(range(len(items)))
    if error is None:
        assert all(item.done for item in items.values())
    assert end["response"]["output"] == [item.done for item in items.values() if item.done]
    assert len({item.added["id"] for item in items.values()}) == len(items)
    return Heard(end["response"]["status"], end["response"], error, list(items.values()), kinds)


def _hear(event: dict[str, Any], items: dict[int, One]) -> None:
    kind, place = event["type"], event["output_index"]
    if kind == "response.output_item.added":
        assert place not in items
        items[place] = One(event["item"])
        return
    item = items[place]
    assert item.done is None, "nothing is said of an item that is done"
    assert event.get("item_id", item.added["id"]) == item.added["id"]
    if kind in _PARTS:
        assert item.added["type"] == _PARTS[kind]
        assert item.parts == 0
        item.parts = 1
    elif kind in _DELTAS:
        assert item.added["type"] == _DELTAS[kind]
        assert item.parts or kind.startswith(("response.function_call", "response.custom_tool_call"))
        assert item.text_at_end is None
        assert event["delta"]
        item.pieces.append(event["delta"])
    elif kind in _TEXTS or kind == "response.function_call_arguments.done":
        assert item.text_at_end is None
        item.text_at_end = event[_TEXTS.get(kind, "arguments")]
        assert item.text_at_end == "".join(item.pieces)
    elif kind in ("response.content_part.done", "response.reasoning_summary_part.done"):
        assert event["part"]["text"] == item.text_at_end
    else:
        assert kind == "response.output_item.done"
        _done(item, event["item"])


def _done(item: One, done: dict[str, Any]) -> None:
    same = ("id", "type", "call_id", "name")
    assert [done.get(name) for name in same] == [item.added.get(name) for name in same]
    text = "".join(item.pieces)
    match done["type"]:
        case "function_call":
            assert done["arguments"] == text
            assert (done["status"] == "completed") == (item.text_at_end is not None)
            assert done["status"] in ("completed", "incomplete")
        case "custom_tool_call":
            assert done["input"] == text
            assert (done["status"] == "completed") == (item.text_at_end is not None)
        case "tool_search_call":
            assert (item.added["arguments"], text) == ({}, "")
        case "compaction":
            assert (item.added["encrypted_content"], text) == ("", "")
            assert done["encrypted_content"]
        case "message":
            assert [part["text"] for part in done["content"]] == [text]
        case _:
            assert [part["text"] for part in done["summary"]] == [text]
    item.done = done
