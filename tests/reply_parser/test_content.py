"""Text without a call: it leaves at once, except a tail that may still become something else."""

import pytest

from tests.replies import Parsing, chunks, read
from toolbridge.events import ContentDelta

Steps = list[tuple[str, str]]

STEPS: list[tuple[str, Steps]] = [
    ("plain text leaves at once", [("Hello", "Hello"), (", you", ", you"), (".", ".")]),
    ("blanks at the end wait for what follows", [("Hello ", "Hello"), ("\n", ""), ("you", " \nyou")]),
    ("half an opener waits with the blank before it", [("Hello <tool_", "Hello"), ("box> and", " <tool_box> and")]),
    ("it goes once it can be none", [("<", ""), ("t", ""), ("oo", ""), ("x", "<toox")]),
    ("a lone < waits for one character", [("a <", "a"), (" b", " < b"), ("<", ""), ("1", "<1")]),
    ("a < with what follows never waits", [("a < b <z", "a < b <z")]),
    ("an opener waits for its first token", [("<tool_calls>", ""), ("\n", ""), ("x", "<tool_calls>\nx")]),
    ("what follows tells at once", [("See <invoke", "See"), (" name", ""), ('="now"> so', ' <invoke name="now"> so')]),
    ("no more than 64 blanks wait", [("x", "x"), (" " * 70, " " * 6), ("y", " " * 64 + "y")]),
    ("a tool's name in an element waits", [("<no", ""), ("w", ""), ("here", "<nowhere")]),
    ("it is not waited for in the middle of a line", [("a <now", "a <now"), ("/>", "/>")]),
    ("a tick waits for the end of its run", [("a `", "a"), ("b` c", " `b` c"), (" ``", ""), ("d", " ``d")]),
    ("text in a code span leaves", [("`a", "`a"), (" <b", " <b"), ("`", ""), (" c", "` c")]),
    (
        "an opener in an open code span waits for the line",
        [("`<tool_call>", "`"), ("x", ""), ("`", "<tool_call>x"), (".", "`.")],
    ),
    ("an end-of-turn token waits", [("Hi</s", "Hi"), (">", ""), (" ", ""), ("there", "</s> there")]),
    (
        "JSON at the beginning waits until it is none",
        [("{", ""), ('"na', ""), ('me": "x"', '{"name": "x"'), ("}", "}")],
    ),
    ("behind the first text it does not", [("x", "x"), ("{", "{"), ('"name"', '"name"')]),
    ("a bracket that is no list of calls goes on", [("[", ""), ("1", "[1"), (", 2].", ", 2].")]),
]


@pytest.mark.parametrize(("name", "steps"), STEPS, ids=[name for name, _ in STEPS])
def test_text_leaves_as_early_as_it_can(name: str, steps: Steps) -> None:
    parser = Parsing().parser()
    for piece, out in steps:
        assert parser.feed(piece) == ([ContentDelta(out)] if out else []), (name, piece)


@pytest.mark.parametrize("release", ["early", "whole"])
@pytest.mark.parametrize("dialect", ["xml", "hermes", "json", "auto"])
@pytest.mark.parametrize(
    "text",
    [
        "Hello, you!\n\nHow are you?  \n",
        "\n\n  indented\n",
        "1 < 2 && 3 > 2; a<b>c</b> <!-- so --> <br/>\n",
        "# Code\n\n```python\nif a < b:\n    print('`x`')\n```\n\nand `inline` or ``two `ticks` ``\n",
        "```\nnever closed\n",
        "~~~\n<x>\n~~~\n",
        '{"answer": [1, 2, {"x": null}]}',
        "[a link](https://example.org) and [x]",
        "é 😀 \u2028 \u200d \x00 \x7f\n",
        "The markers are <tool_calls>, <invoke ...>, <tool_call> and </tool_call>.",
        "Result: 7\nObservation: none\n<tool_results> <|im_start|> [INST]",
        "a" * 5000,
        " " * 500,
        "",
    ],
)
def test_a_reply_without_a_call_comes_back_as_it_is(text: str, dialect: str, release: str) -> None:
    parsing = Parsing(dialect, options={"release": release})
    for size in (1, 4, 64, len(text) + 1):
        back = parsing.read(chunks(text, size))
        assert back.content == text
        assert set(back.ledger) <= {"content"}


def test_empty_pieces_change_nothing() -> None:
    pieces = ["", "Hi ", "", "<tool_", "", "call>", "", '{"name": "now"}', ""]
    assert Parsing("hermes").read(pieces) == Parsing("hermes").read(["".join(pieces)])


def test_blanks_before_a_call_are_dropped_up_to_what_is_held() -> None:
    back = read("x" + "\n" * 100 + "<now/>")
    assert back.content == "x" + "\n" * 36
    assert back.ledger["discarded:blank around markup"] == 64


@pytest.mark.parametrize("between", ["", " ", "\n", "\n\n"])
def test_blanks_behind_the_last_call_are_dropped_and_those_before_more_text_kept(between: str) -> None:
    assert read("<now/>" + between).content == ""
    assert read("<now/>" + between + "So.").content == between + "So."
    assert read("<now/>" + between + "<now/>").content == ""
