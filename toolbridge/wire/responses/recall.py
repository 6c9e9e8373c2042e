"""Earlier responses of a conversation: a body that refers to them gets their items in place of the reference.

    {"previous_response_id": "resp_1", "input": "And Bergen?"}        the items of resp_1 and of those before it, then
                                                                      the new items
    {"input": [{"type": "item_reference", "id": "msg_1_0"}, …]}       the item of that id

The Vercel AI SDK refers to items unless it is told not to, Microsoft's Agent Framework to responses. Who keeps the
items is no matter of this file: it asks a `Memory`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from toolbridge.budget import Budget
from toolbridge.errors import NotKept, OverLimit, shown
from toolbridge.wire.codec import object_of, write_json
from toolbridge.wire.request_json import read_json

_PREVIOUS = "previous_response_id"
_REFERENCE = "item_reference"
_MARKS = (_PREVIOUS.encode(), _REFERENCE.encode())
_ITEMS = "items"
"""The field of a turn as it is kept: an object with the items, so that their values are counted when they are read."""
_SHOWN = 64
"""Characters of an id that an error repeats."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is kept of one request and its response: the new items of the request, and those of the response."""

    items: bytes
    ids: tuple[str, ...] = ()
    """The ids of the response's items, by which clients refer to them."""
    previous: str | None = None
    """The id of the response before."""


class Memory(Protocol):
    """The responses of one client."""

    def turns(self, response_id: str) -> list[Turn] | None:
        """The turns of a conversation up to this response, the oldest first; None if one of them is not kept."""
        ...

    def turn_of(self, item_id: str) -> Turn | None:
        """The turn whose response has this item."""
        ...

    def why(self) -> str:
        """Why a response may not be kept, and what a client can do about it."""
        ...


@dataclass(frozen=True, slots=True)
class Addition:
    """What a request adds to its conversation: its new items, with their references, as a JSON array."""

    items: bytes
    previous: str | None = None
    """The id of the response before."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A body without references."""

    body: dict[str, Any]
    changed: bool = False
    """Whether the body had references."""
    addition: Addition | None = None
    """What is to be kept with the response. OpenAI keeps every response unless `store` is false."""


def may_refer(data: bytes) -> bool:
    """Whether a body may hold a reference: what it stands for may be much larger than the body."""
    return any(mark in data for mark in _MARKS)


def recalled(body: dict[str, Any], memory: Memory, budget: Budget, most: int) -> Recalled:
    """A body with the items that it refers to. Raises `NotKept` for items that are not kept.

    `most` is the greatest number of bytes that a conversation may have.
    """
    given, previous = body.get("input"), body.get(_PREVIOUS)
    new = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not isinstance(new, list) or not (previous is None or isinstance(previous, str)):
        # The reader of the body says what is wrong with it.
        return Recalled(body)
    addition = None if body.get("store") is False else Addition(write_json(new), previous or None)
    past: list[Any] = []
    if previous:
        turns = memory.turns(previous)
        if turns is None:
            raise NotKept(f"Previous response with id {shown(previous[:_SHOWN])} not found. {memory.why()}")
        if sum(len(turn.items) for turn in turns) > most:
            raise OverLimit(f"the conversation has more than {most} bytes (limits.body); begin a new one")
        past = [item for turn in turns for item in read_json(turn.items, budget)[_ITEMS]]
    if not past and not any(map(_is_reference, new)):
        return Recalled(body, addition=addition)
    found = _followed([*past, *new], memory, budget, most)
    return Recalled(body | {"input": found, _PREVIOUS: None}, changed=True, addition=addition)


def _followed(items: Iterable[Any], memory: Memory, budget: Budget, most: int) -> list[Any]:
    """The items, each reference replaced by its item."""
    out: list[Any] = []
    known: dict[str, Any] = {}
    size = 0
    for item in items:
        if not _is_reference(item):
            out.append(item)
            continue
        wanted = item.get("id")
        if not isinstance(wanted, str) or wanted not in known:
            turn = memory.turn_of(wanted) if isinstance(wanted, str) else None
            if turn is None or not isinstance(wanted, str):
                raise NotKept(f"Item with id {shown(str(wanted)[:_SHOWN])} not found. {memory.why()}")
            size += len(turn.items)
            if size > most:
                raise OverLimit(f"the conversation has more than {most} bytes (limits.body); begin a new one")
            own = read_json(turn.items, budget)[_ITEMS]
            known |= {one["id"]: one for one in own if isinstance(one, Mapping) and isinstance(one.get("id"), str)}
        out.append(known[wanted])
    return out


def _is_reference(item: Any) -> bool:
    return isinstance(item, Mapping) and (
        item.get("type") == _REFERENCE or (item.get("type") is None and "id" in item and "role" not in item)
    )


def turn_of(addition: Addition, out: bytes) -> tuple[str, Turn] | None:
    """What to keep of a request and its response, by the id of the response.

    `out` are the last bytes of a stream that the client gets, or the whole body; None if they hold no response that is
    over.
    """
    data = out if out.startswith(b"{") else out.rpartition(b"\ndata: ")[2]
    body = object_of(data)
    response = body if body.get("object") == "response" else body.get("response")
    if not isinstance(response, dict) or response.get("status") not in ("completed", "incomplete"):
        return None
    output = response["output"]
    both = b",".join(filter(None, (addition.items[1:-1], write_json(output)[1:-1])))
    items = b'{"%b":[%b]}' % (_ITEMS.encode(), both)
    return response["id"], Turn(items, tuple(item["id"] for item in output), addition.previous)
