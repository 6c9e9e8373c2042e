"""The tail of a reply: tokens of the template, made-up results, another speaker's turn."""

import pytest

from tests.replies import Parsing, chunks, read
from toolbridge.notation.drafts import END_OF_TURN, INVENTED, ORPHAN
from toolbridge.notation.literals import ENDS_OF_TURN, OBSERVATIONS, RESULTS, TURNS


@pytest.mark.parametrize("token", ENDS_OF_TURN)
def test_an_end_of_turn_token_is_dropped_where_nothing_follows(token: str) -> None:
    for text, content in (
        (f"Hi.{token}", "Hi."),
        (f"Hi.\n{token}\n\n", "Hi.\n"),
        (f"Hi.{token}{token}", "Hi."),
        (token, ""),
    ):
        whole = read(text)
        assert whole.content == content
        assert whole.ledger[END_OF_TURN] == len(text) - len(content)
        assert Parsing().read(chunks(text, 1)) == whole


@pytest.mark.parametrize("token", ENDS_OF_TURN)
def test_in_the_middle_of_a_reply_it_is_text(token: str) -> None:
    text = f"Write {token} to end{token[:-1]}"
    for size in (1, 3, len(text)):
        assert Parsing().read(chunks(text, size)).content == text


@pytest.mark.parametrize("begins", [*RESULTS, *TURNS])
def test_behind_a_call_a_made_up_result_ends_the_reply(begins: str) -> None:
    text = f"<now/>\n\n{begins}anything <now/>"
    whole = read(text)
    assert whole.calls == [("now", "{}")]
    assert whole.content == ""
    assert whole.ledger[INVENTED] == len(f"{begins}anything <now/>")
    assert Parsing().read(chunks(text, 1)) == whole


@pytest.mark.parametrize("begins", OBSERVATIONS)
def test_words_for_it_count_directly_behind_a_call_only(begins: str) -> None:
    assert read(f"<now/>\n{begins} 7").content == ""
    assert read(f"<now/>\nSo. {begins} 7").content == f"\nSo. {begins} 7"
    assert read(f"{begins} 7 <now/>").content == f"{begins} 7 <now/>"


@pytest.mark.parametrize("begins", [*RESULTS, *TURNS])
def test_without_a_call_it_is_text_and_so_it_is_in_the_middle_of_a_line(begins: str) -> None:
    for text in (f"{begins}x", f"x\n{begins}x"):
        assert read(text).content == text
    assert read(f"<now/>\nThe tag {begins}x").content == f"\nThe tag {begins}x"


def test_an_end_of_turn_and_another_turn_behind_a_call_are_dropped() -> None:
    text = "<now/><|im_end|>\n<|im_start|>user\nThanks!"
    whole = read(text)
    assert whole.content == ""
    assert {END_OF_TURN, INVENTED} <= whole.ledger.keys()
    assert read("So.<|im_end|>\n<|im_start|>user\nThanks!").content == "So.<|im_end|>\n<|im_start|>user\nThanks!"


def test_the_parser_says_once_the_rest_is_made_up() -> None:
    parser = Parsing().parser()
    parser.feed("<now/>\n<tool_res")
    assert not parser.ended
    parser.feed("ults>")
    assert parser.ended
    assert parser.feed("more") == []
    assert parser.finish() == []
    assert sum(parser.ledger.values()) == len("<now/>\n<tool_results>more")


@pytest.mark.parametrize("closer", ["</tool_calls>", "</function_calls>", "</invoke>", "</tool_call>"])
def test_one_more_close_tag_is_dropped_directly_behind_a_call_only(closer: str) -> None:
    assert read(f"<now/>\n{closer}").ledger[ORPHAN] == len(closer)
    assert read(f"<now/>\n{closer}\n{closer}").content == ""
    assert read(f"<now/>{closer} So.").content == " So."
    assert read(f"<now/> So {closer}").content == f" So {closer}"
    assert read(closer).content == closer


@pytest.mark.parametrize("closer", ["</tool_calls>", "</invoke>", "</tool_call>"])
def test_nor_does_a_part_of_one_leave_text_where_the_reply_ends(closer: str) -> None:
    for end in range(1, len(closer)):
        text = f"<now/>\n{closer[:end]}"
        whole = read(text)
        assert whole.content == ""
        assert Parsing().read(chunks(text, 1)) == whole
