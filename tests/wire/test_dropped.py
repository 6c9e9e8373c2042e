"""A request that needs a tool of the vendor's servers is refused; such tools are named in words that are safe."""

import pytest

from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest, Tool, ToolChoice
from toolbridge.translate import translate_request
from toolbridge.wire.dropped import named, refuse_dropped

SEARCH = "web_search_20250305"


def request(*names: str, choice: ToolChoice | None = None, dropped: tuple[str, ...] = (SEARCH,)) -> ChatRequest:
    return ChatRequest("m", tools=tuple(map(Tool, names)), tool_choice=choice or ToolChoice(), dropped=dropped)


@pytest.mark.parametrize(
    "fine",
    [
        request(dropped=()),
        request("f"),
        request("f", choice=ToolChoice("required")),
        request("f", choice=ToolChoice("required", "f")),
        request(choice=ToolChoice("none")),
        request(SEARCH, choice=ToolChoice("required", SEARCH)),
    ],
)
def test_a_request_that_does_not_need_them_passes(fine: ChatRequest) -> None:
    refuse_dropped(fine)


def test_a_request_with_nothing_else_is_refused() -> None:
    for choice in (ToolChoice(), ToolChoice("required")):
        with pytest.raises(RequestError, match=rf"^tools: {SEARCH} runs only on the servers of its vendor"):
            refuse_dropped(request(choice=choice))


def test_a_request_that_demands_their_call_is_refused() -> None:
    with pytest.raises(RequestError, match=rf"^tool_choice: {SEARCH} runs only on the servers"):
        refuse_dropped(request("f", choice=ToolChoice("required", SEARCH)))


def test_the_library_refuses_it_too() -> None:
    search = {"type": SEARCH, "name": "web_search"}
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "tools": [search]}
    with pytest.raises(RequestError, match="this bridge cannot run it"):
        translate_request(body, "anthropic", "openai")


def test_they_are_named_in_a_few_printable_words() -> None:
    assert named(("a", "b_1")) == "a, b_1"
    assert named(("a\r\nX: y, é",)) == "a??X: y? ?"
    assert named(("x" * 99,)) == "x" * 64
    assert named(tuple("abcdefghij")) == "a, b, c, d, e, f, g, h and 2 more"
