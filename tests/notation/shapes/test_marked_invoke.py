"""Elements with a token in their tags: the same grammar for each token, with or without a blank behind it."""

from itertools import product

import pytest

from tests.replies import Parsing, chunks, read
from toolbridge.notation.shapes.marked_invoke import MarkedInvoke

FAMILIES = (("deepseek-v3.2", "｜DSML｜"), ("gigachat-3.5", "｜GCML｜"))


@pytest.mark.parametrize(("family", "gap"), tuple(product(FAMILIES, ("", " "))))
def test_a_block_is_read_whatever_the_token_and_the_gap(family: tuple[str, str], gap: str) -> None:
    name, token = family
    mark = token + gap
    text = (
        f'So:\n<{mark}tool_calls>\n<{mark}invoke name="get_weather">\n'
        f'<{mark}parameter name="city">Oslo</{mark}parameter>'
        f'\n</{mark}invoke>\n<{mark}invoke name="now"/>\n</{mark}tool_calls>\nDone.'
    )
    whole = read(text, name)
    assert whole.calls == [("get_weather", '{"city":"Oslo"}'), ("now", "{}")]
    assert (whole.content, whole.tolerances) == ("So:\nDone.", {})
    for size in (1, 2, 5):
        assert Parsing(name).read(chunks(text, size)) == whole


def test_it_begins_at_its_token_and_one_of_its_names() -> None:
    (opener,) = MarkedInvoke("｜X｜", ("calls", "call")).openers
    assert opener.literal == "<｜X｜"
    assert opener.then == ("invoke", "calls>", "call>", " invoke", " calls>", " call>")


@pytest.mark.parametrize("text", ["<｜GCML｜", "<｜GCML｜ invok", "<｜GCML｜x>", "<｜GCML｜tool_calls> no"])
def test_a_token_that_begins_no_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        assert Parsing("gigachat-3.5").read(chunks(text, size)).content == text
