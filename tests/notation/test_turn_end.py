"""End-of-turn tokens in the middle of a call: where they end it, and where they are text."""

import pytest

from tests.replies import Parsing, chunks, cut
from toolbridge.notation.turn_end import behind_tokens, ends_turn
from toolbridge.scanner import Scanner


def told(pieces: list[str], most: int = 100) -> bool:
    """The answer for a text in these pieces, once enough pieces have come."""
    scanner = Scanner()
    asked = ends_turn(scanner, most)
    try:
        next(asked)
        for piece in pieces:
            scanner.feed(piece)
            next(asked)
        scanner.finish()
        next(asked)
    except StopIteration as answer:
        return bool(answer.value)
    raise AssertionError(pieces)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("<|im_end|>", True),
        (" \n<|im_end|>\n", True),
        ("<|im_end|> <|endoftext|>", True),
        ("</s>", True),
        ("", False),
        (" \n", False),
        ("<|im_e", False),
        ("<|im_end|> more", False),
        ("more", False),
        ("<|im_end|><|im_start|>", False),
        ("<|im_end|>" * 20, False),
    ],
)
def test_only_tokens_with_nothing_behind_them_end_the_turn(text: str, ends: bool) -> None:
    assert told([text]) is ends
    assert told(list(text)) is ends


def test_tokens_at_the_beginning_can_be_left_out() -> None:
    assert behind_tokens("<|im_end|> </s>\nx") == "x"
    assert behind_tokens("x<|im_end|>") == "x<|im_end|>"
    assert behind_tokens("<|im_en") == "<|im_en"


CALLS = {
    "qwen3-coder": "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>",
    "seed-oss": "<seed:tool_call><function=get_weather><parameter=city>Oslo</parameter>",
    "xml": '<tool_calls><invoke name="get_weather"><parameter name="city">Oslo</parameter>',
    "minimax-m2": '<minimax:tool_call><invoke name="get_weather"><parameter name="city">Oslo</parameter>',
    "minicpm5": '<function name="get_weather"><param name="city">Oslo</param>',
    "glm": "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Oslo</arg_value>",
    "hunyuan": "<tool_calls><tool_call>get_weather<tool_sep><arg_key>city</arg_key><arg_value>Oslo</arg_value>",
    "deepseek-v3.2": (
        '<｜DSML｜tool_calls><｜DSML｜invoke name="get_weather">'
        '<｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>'
    ),
}
every_notation = pytest.mark.parametrize("dialect", CALLS)


@every_notation
@pytest.mark.parametrize("release", ["early", "whole"])
def test_a_call_without_its_close_tag_is_complete_before_one(dialect: str, release: str) -> None:
    text = CALLS[dialect] + "\n<|im_end|>\n"
    parsing = Parsing(dialect, cause="length", options={"release": release})
    whole = parsing.read([text])
    assert whole.calls == [("get_weather", '{"city":"Oslo"}')]
    assert whole.tolerances == {"missing close tag": 1}
    assert whole.content == ""
    assert "discarded:end-of-turn token" in whole.ledger
    for place in range(1, len(text)):
        assert parsing.read(cut(text, [place])) == whole


@every_notation
def test_before_more_text_it_belongs_to_the_value(dialect: str) -> None:
    text = CALLS[dialect] + "<|im_end|> and more"
    whole = Parsing(dialect).read([text])
    assert whole.incomplete == [("get_weather", "truncated")]
    assert Parsing(dialect).read(chunks(text, 1)) == whole
