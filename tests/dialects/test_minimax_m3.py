"""MiniMax M3: elements named after the arguments, and what is forgiven in them."""

import json
from typing import Any

import pytest

from tests.replies import Parsing, chunks, tool
from toolbridge.events import ToolCallArgsDelta

TOKEN = "]<]minimax[>["
TEXT = {"type": "string"}
TOOLS = [
    tool(
        "save",
        {
            "text": TEXT,
            "n": {"type": "integer"},
            "tags": {"type": "array", "items": TEXT},
            "opt": {
                "type": "object",
                "properties": {"opt": {"type": "object", "properties": {"n": {"type": "number"}}}},
            },
            "invoke_id": TEXT,
        },
    )
]


def element(name: str, *inside: str) -> str:
    return f"{TOKEN}<{name}>{''.join(inside)}{TOKEN}</{name}>"


def arguments(*body: str) -> Any:
    """The arguments of a call with these elements, however it is cut."""
    text = f'{TOKEN}<tool_call>{TOKEN}<invoke name="save">{"".join(body)}{TOKEN}</invoke>{TOKEN}</tool_call>'
    parsing = Parsing("minimax-m3", TOOLS)
    whole = parsing.read([text])
    for size in (1, 2, 3, 7):
        assert parsing.read(chunks(text, size)) == whole
    assert whole.content == ""
    ((name, found),) = whole.calls
    assert name == "save"
    return json.loads(found)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (element("text", "a"), {"text": "a"}),
        (f"{TOKEN}<text/>{TOKEN}<n/>", {"text": "", "n": ""}),
        (element("opt", element("opt", element("n", "1"))), {"opt": {"opt": {"n": 1}}}),
        (element("opt", "\n", element("opt", "\n"), "\n"), {"opt": {"opt": {}}}),
        (element("opt", '{"opt": {"n": 1}}'), {"opt": {"opt": {"n": 1}}}),
        (element("tags", '["a", "b"]'), {"tags": ["a", "b"]}),
        (element("tags", element("item"), f"{TOKEN}<item/>"), {"tags": ["", ""]}),
        (element("invoke_id", "7"), {"invoke_id": "7"}),
        (element("free", "7"), {"free": "7"}),
        (element("free", element("a", "7")), {"free": {"a": "7"}}),
        (element("n", f"1{TOKEN}"), {"n": f"1{TOKEN}"}),
        (element("n", element("a", "1")), {"n": "<a>1</a>"}),
        # Missing and superfluous close tags.
        (f"{TOKEN}<tags>{TOKEN}<item>a{TOKEN}</tags>", {"tags": ["a"]}),
        (f"{TOKEN}<tags>{TOKEN}<item>a{TOKEN}</item>", {"tags": ["a"]}),
        (f"{TOKEN}<n>1{element('text', 'a')}", {"n": 1, "text": "a"}),
        (element("tags", element("item", "a"), f"{TOKEN}</b>"), {"tags": ["a"]}),
        (element("text", "a") + f"{TOKEN}</text>{TOKEN}</text>", {"text": "a"}),
    ],
)
def test_elements_become_an_object(body: str, wanted: Any) -> None:
    assert arguments(body) == wanted


def test_text_is_on_its_way_while_it_is_written() -> None:
    parser = Parsing("minimax-m3", TOOLS).parser()
    parser.feed(f'{TOKEN}<tool_call>{TOKEN}<invoke name="save">{TOKEN}<text>')
    for _ in range(100):
        assert parser.feed('a "b" ') == [ToolCallArgsDelta(0, 'a \\"b\\" ')]


@pytest.mark.parametrize("depth", [40, 60])
def test_elements_that_lie_too_deep_break_the_call(depth: int) -> None:
    text = f'{TOKEN}<invoke name="save">' + f"{TOKEN}<opt>" * depth + f"{TOKEN}</opt>" * depth + f"{TOKEN}</invoke>"
    found = Parsing("minimax-m3", TOOLS).read([text])
    assert bool(found.calls) == (depth == 40)
    assert bool(found.incomplete) == (depth == 60)


@pytest.mark.parametrize("text", [TOKEN, f"{TOKEN}<invoke", f"{TOKEN}<tool_call>so", f'{TOKEN}<invoke name="save">so'])
def test_what_never_becomes_a_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        assert Parsing("minimax-m3", TOOLS).read(chunks(text, size)).content == text
