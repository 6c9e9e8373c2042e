"""The golden exchanges, and the ways the tests of all wires run a reader and a writer."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from toolbridge.events import Event, merged
from toolbridge.frames import Frame
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.translate import ReplyStage
from toolbridge.wire import Reader, Writer, backend_wire, wire

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "wires"
CHATS = ("/api/chat", "/v1/chat/completions", "/v1/messages")
"""Paths whose recorded answers are replies."""
NOW = 1787335200.5
"""What the clock of the tests says: 2026-08-21T18:00:00.5Z."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as a client sends it, and the reply as it stands on the wire."""

    name: str
    wire: str
    body: dict[str, Any]
    reply: bytes
    stream: bool


def recorded(name: str) -> dict[str, Any]:
    """One golden file."""
    record: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return record


def exchange(name: str) -> Exchange:
    record = recorded(name)
    response = record["response"]
    return Exchange(name, record["api"], record["request"]["body"], on_the_wire(response), "body" not in response)


def on_the_wire(response: dict[str, Any]) -> bytes:
    if "raw" in response:
        return bytes(response["raw"], "utf-8")
    if "body" in response:
        return json.dumps(response["body"]).encode()
    if response["framing"] == "sse-events":
        pairs = [(item["event"], json.dumps(item["data"], separators=(",", ":"))) for item in response["chunks"]]
        return "".join(f"event: {event}\ndata: {text}\n\n" for event, text in pairs).encode()
    texts = [item if isinstance(item, str) else json.dumps(item) for item in response["chunks"]]
    if response["framing"] == "ndjson":
        return "".join(f"{text}\n" for text in texts).encode()
    return "".join(f"data: {text}\n\n" for text in texts).encode()


EXCHANGES = [
    exchange(path.stem)
    for path in sorted(GOLDEN.glob("*.json"))
    if "response" in (record := recorded(path.stem)) and record["request"]["path"] in CHATS
]


def new_ids() -> Iterator[str]:
    return (f"call_new{number}" for number in count())


def reader(name: str, *, stream: bool = True, limits: Limits | None = None) -> Reader:
    ids = new_ids()
    return backend_wire(name).reader(stream=stream, limits=limits or Limits(), ids=lambda: next(ids))


def writer(name: str, *, stream: bool = True, include_usage: bool = False, model: str = "m") -> Writer:
    ids = new_ids()
    request = ChatRequest(model, stream=stream, include_usage=include_usage, source=name)
    return wire(name).writer(request=request, clock=lambda: NOW, ids=lambda: next(ids))


def rewritten(name: str, frame: Frame, events: Iterable[Event]) -> bytes | None:
    """A frame with other text and calls, as the reader and the wire do it together."""
    source = backend_wire(name)
    assert source.rewrite is not None
    looked_at = reader(name)
    looked_at.read(frame)
    return source.rewrite(frame, looked_at.body, events)


def pieces(data: bytes, size: int) -> Iterable[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def events_of(name: str, parts: Iterable[bytes], *, stream: bool = True, limits: Limits | None = None) -> list[Event]:
    """The merged events of a reply that comes in these parts, with the stage's verdict on why it ended."""
    one, stage = reader(name, stream=stream, limits=limits), ReplyStage()
    events = [event for part in parts for event in stage.feed(one.feed(part))]
    return merged([*events, *stage.feed(one.finish())])


def written(
    name: str, events: Iterable[Event], *, stream: bool = True, include_usage: bool = False, model: str = "m"
) -> bytes:
    """The bytes of a reply of these events."""
    one = writer(name, stream=stream, include_usage=include_usage, model=model)
    return one.feed(events) + one.finish()


def objects(data: bytes) -> list[Any]:
    """What NDJSON or SSE bytes hold; `[DONE]` as text."""
    lines = [line.removeprefix(b"data: ") for line in data.split(b"\n") if line and not line.startswith(b"event: ")]
    return [line.decode() if line == b"[DONE]" else json.loads(line) for line in lines]
