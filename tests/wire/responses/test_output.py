"""The items of a reply: the events that open and close each, and its states."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from toolbridge.events import ToolCallStart
from toolbridge.wire.codec import json_text
from toolbridge.wire.responses.output import CallItem, Item, MessageItem, ReasoningItem, Step

ID = "resp_7"


def call() -> CallItem:
    return CallItem(ID, 2, ToolCallStart(5, "call_5", "f"))


def names(steps: Iterable[Step]) -> list[str]:
    return [name for name, _ in steps]


def plain(value: Any) -> Any:
    """A value as a client reads it."""
    return json.loads(json_text(value))


def fields(steps: Iterable[Step], name: str) -> Any:
    return plain(dict(steps)[name])


@pytest.mark.parametrize(
    ("item", "item_id", "where"),
    [
        (MessageItem(ID, 0), "msg_7_0", {"content_index": 0}),
        (ReasoningItem(ID, 1), "rs_7_1", {"summary_index": 0}),
        (call(), "fc_7_2", {}),
    ],
)
def test_an_item_is_found_by_its_id_and_place(item: Item, item_id: str, where: dict[str, int]) -> None:
    assert item.id == item_id
    assert item.where == {"item_id": item_id, "output_index": item.place} | where
    name, beside = item.piece()
    assert name.endswith(".delta")
    assert item.where.items() <= beside.items()


def test_a_message_opens_with_an_empty_part_and_closes_with_its_text() -> None:
    item = MessageItem(ID, 0)
    assert names(item.opening()) == ["output_item.added", "content_part.added"]
    assert fields(item.opening(), "output_item.added")["item"]["content"] == []
    assert fields(item.opening(), "content_part.added")["part"]["text"] == ""
    item.pieces += ["H", 'i "you"']
    assert item.text == 'Hi "you"'
    closing = list(item.closing("incomplete"))
    assert names(closing) == ["output_text.done", "content_part.done", "output_item.done"]
    assert fields(closing, "output_text.done")["text"] == item.text
    assert fields(closing, "content_part.done")["part"] == {
        "type": "output_text",
        "text": item.text,
        "annotations": [],
        "logprobs": [],
    }
    done = fields(closing, "output_item.done")["item"]
    assert (done["status"], done["role"], [part["text"] for part in done["content"]]) == (
        "incomplete",
        "assistant",
        [item.text],
    )


def test_thoughts_are_a_summary_of_one_part() -> None:
    item = ReasoningItem(ID, 0)
    assert names(item.opening()) == ["output_item.added", "reasoning_summary_part.added"]
    item.pieces.append("Hm.")
    closing = list(item.closing("completed"))
    assert names(closing) == [
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    summary = {"type": "summary_text", "text": "Hm."}
    assert plain(item.body("in_progress")) == {"id": item.id, "type": "reasoning", "summary": []}
    assert plain(item.body("completed")) == {"id": item.id, "type": "reasoning", "summary": [summary]}


def test_sealed_thoughts_hold_their_text_once_more() -> None:
    item = ReasoningItem(ID, 0)
    item.sealed = True
    item.pieces.append("Hm.")
    assert "encrypted_content" not in item.body("in_progress")
    assert plain(item.body("completed"))["encrypted_content"] == "Hm."


@pytest.mark.parametrize("status", ["completed", "incomplete"])
def test_only_a_whole_call_has_the_event_by_which_clients_run_it(status: str) -> None:
    item = call()
    assert names(item.opening()) == ["output_item.added"]
    item.pieces += ['{"a":', "1}"]
    closing = list(item.closing(status))
    done = ["function_call_arguments.done"] if status == "completed" else []
    assert names(closing) == [*done, "output_item.done"]
    if done:
        assert fields(closing, done[0]) == item.where | {"name": "f", "arguments": '{"a":1}'}
    assert fields(closing, "output_item.done") == {
        "output_index": 2,
        "item": {
            "id": "fc_7_2",
            "type": "function_call",
            "status": status,
            "call_id": "call_5",
            "name": "f",
            "arguments": '{"a":1}',
        },
    }
