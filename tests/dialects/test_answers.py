"""Markers around answers: which go, and which are the answer's own."""

import pytest

from tests.replies import Parsing, chunks


@pytest.mark.parametrize(
    ("name", "text", "content"),
    [
        ("ernie", "<response>\nHi.\n</response>\n", "Hi."),
        ("ernie", "<response>Hi.</response>", "Hi."),
        ("ernie", "<response>\r\nHi.\r\n</response>\r\n", "Hi."),
        ("ernie", "\n\n<response>\n\nHi.", "\nHi."),
        ("ernie", "Hi.\n</response>", "Hi."),
        ("ernie", "So: <response>\nHi.", "So: <response>\nHi."),
        ("ernie", "<response>\na </response> b\n</response>", "a </response> b"),
        ("ernie", "Write `</response>` at the end.", "Write `</response>` at the end."),
        ("hunyuan-a13b", "<answer>\nHi.\n</answer><|eos|>", "Hi.\n</answer><|eos|>"),
        ("hunyuan-a13b", "<answer>\nHi.\n</answer></s>", "Hi."),
        ("cohere", "<|START_RESPONSE|>Hi.<|END_RESPONSE|>", "Hi."),
        ("cohere", "<|START_TEXT|>Hi.<|END_TEXT|>\n\nMore.", "Hi.\n\nMore."),
        ("apriel", "[BEGIN FINAL RESPONSE]\nHi.\n[END FINAL RESPONSE]\n", "Hi."),
        ("apriel", "See [BEGIN] and [1].", "See [BEGIN] and [1]."),
        ("solar", "<|content|>Hi.<|end|>", "Hi."),
        ("xml", "<response>\nHi.\n</response>\n", "<response>\nHi.\n</response>\n"),
        ("xml", "<answer>\nHi.\n</answer>\n", "<answer>\nHi.\n</answer>\n"),
        ("cohere", "```\n<|START_RESPONSE|>\n```\n", "```\n<|START_RESPONSE|>\n```\n"),
        ("ernie", "```\n<response>\n```\n", "```\n<response>\n```\n"),
    ],
)
def test_markers_around_an_answer_go_and_those_within_it_stay(name: str, text: str, content: str) -> None:
    parsing = Parsing(name)
    assert parsing.read([text]).content == content
    for size in (1, 2, 3, 5):
        assert parsing.read(chunks(text, size)) == parsing.read([text])


def test_text_between_the_markers_leaves_at_once() -> None:
    parser = Parsing("cohere").parser()
    parser.feed("<|START_RESPONSE|>")
    (delta,) = parser.feed("It is")
    assert delta.text == "It is"  # type: ignore[union-attr] # no other event has come
