"""Bodies that refer to earlier responses, and what is kept of a request and its response."""

import json
from typing import Any

import pytest

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit, RequestError
from toolbridge.limits import Limits
from toolbridge.wire.responses.recall import Addition, Recalled, Turn, may_refer, recalled, turn_of

ASKED = {"role": "user", "content": "How is Oslo?"}
SAID = {"id": "msg_1_0", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Fine."}]}
MORE = {"role": "user", "content": "And Bergen?"}
FIRST = Turn(json.dumps({"items": [ASKED, SAID]}).encode(), ("msg_1_0",))
SECOND = Turn(json.dumps({"items": [MORE]}).encode(), (), "resp_1")
MOST = 1 << 20


class Kept:
    """Two turns of one conversation."""

    def turns(self, response_id: str) -> list[Turn] | None:
        return {"resp_1": [FIRST], "resp_2": [FIRST, SECOND]}.get(response_id)

    def turn_of(self, item_id: str) -> Turn | None:
        return FIRST if item_id == "msg_1_0" else None

    def why(self) -> str:
        return "Nothing else is kept."


def recall(most: int = MOST, budget: Budget | None = None, **body: Any) -> Recalled:
    return recalled({"model": "m"} | body, Kept(), budget or Budget(), most)


def added(found: Recalled) -> tuple[list[Any], str | None]:
    assert found.addition is not None
    return json.loads(found.addition.items), found.addition.previous


def test_a_body_without_references_stays() -> None:
    found = recall(input="hi")
    assert (found.body, found.changed) == ({"model": "m", "input": "hi"}, False)
    assert added(found) == ([{"role": "user", "content": "hi"}], None)


def test_the_items_of_a_conversation_come_first() -> None:
    found = recall(previous_response_id="resp_2", input="And Bodø?")
    new = {"role": "user", "content": "And Bodø?"}
    assert found.body == {"model": "m", "input": [ASKED, SAID, MORE, new], "previous_response_id": None}
    assert (found.changed, added(found)) == (True, ([new], "resp_2"))


def test_a_reference_to_an_item_is_the_item() -> None:
    for reference in ({"type": "item_reference", "id": "msg_1_0"}, {"id": "msg_1_0"}):
        found = recall(input=[ASKED, reference, MORE, reference])
        assert found.body["input"] == [ASKED, SAID, MORE, SAID]
        assert added(found) == ([ASKED, reference, MORE, reference], None)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"previous_response_id": "resp_9", "input": "hi"}, "Previous response with id 'resp_9' not found. Nothing"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "Item with id 'x' not found. Nothing else is kept"),
        ({"input": [{"type": "item_reference", "id": 5}]}, "Item with id '5' not found"),
        ({"previous_response_id": "r" * 9999, "input": "hi"}, "^.{30}r{60,64}'? not found"),
    ],
)
def test_what_is_not_kept_is_refused(body: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        recall(**body)


@pytest.mark.parametrize("body", [{}, {"input": 5}, {"input": "hi", "previous_response_id": 5}])
def test_a_body_that_is_wrong_is_left_to_its_reader(body: dict[str, Any]) -> None:
    found = recall(**body)
    assert (found.body, found.addition) == ({"model": "m"} | body, None)


def test_a_client_may_forbid_to_keep_the_response() -> None:
    found = recall(input="hi", previous_response_id="resp_1", store=False)
    assert (found.addition, found.changed) == (None, True)
    assert recall(input="hi", store=None).addition


def test_a_short_body_cannot_ask_for_endless_work() -> None:
    with pytest.raises(OverLimit, match="the conversation has more than 9 bytes"):
        recall(9, input="hi", previous_response_id="resp_1")
    with pytest.raises(OverLimit, match="the conversation has more than 9 bytes"):
        recall(9, input=[{"type": "item_reference", "id": "msg_1_0"}])
    with pytest.raises(OverLimit, match=r"limits\.values"):
        recall(budget=Budget(Limits(values=5)), input="hi", previous_response_id="resp_1")


def test_only_a_body_that_names_the_fields_may_refer() -> None:
    assert not may_refer(b'{"input":"hi"}')
    assert may_refer(b'{"previous_response_id":"x"}')
    assert may_refer(b'{"input":[{"type":"item_reference"}]}')


RESPONSE = {"id": "resp_2", "object": "response", "status": "completed", "output": [SAID]}


@pytest.mark.parametrize(
    "out",
    [
        json.dumps(RESPONSE).encode(),
        b'event: response.output_item.done\ndata: {"type":"response.output_item.done"}\n\n'
        b"event: response.completed\ndata: " + json.dumps({"response": RESPONSE}).encode() + b"\n\n",
    ],
)
def test_a_response_is_kept_with_what_was_new(out: bytes) -> None:
    addition = recall(input="And Bodø?", previous_response_id="resp_1").addition
    assert addition is not None
    found = turn_of(addition, out)
    assert found is not None
    response_id, turn = found
    assert (response_id, turn.ids, turn.previous) == ("resp_2", ("msg_1_0",), "resp_1")
    assert json.loads(turn.items) == {"items": [{"role": "user", "content": "And Bodø?"}, SAID]}


@pytest.mark.parametrize(
    "out",
    [
        b"",
        b": ping\n\n",
        b'{"error":{"message":"no"}}',
        b'event: x\ndata: {"type":"response.failed","response":{"status":"failed"}}\n\n',
    ],
)
def test_bytes_without_a_response_that_is_over_keep_nothing(out: bytes) -> None:
    assert turn_of(Addition(b"[]"), out) is None
