"""Where a value between delimiters ends, also a value that lacks some of its delimiters."""

import json

import pytest

from tests.replies import Parsing, chunks, cut, tool

D = '<|"|>'
OPEN, CLOSE = "<|tool_call>call:save{", "<tool_call|>"
TEXT = {"type": "string"}
TOOLS = [tool("save", {"text": TEXT, "more": TEXT, "n": {"type": "integer"}, "tags": {"type": "array"}})]


def members(body: str) -> dict[str, object]:
    """The members that are read out of a call, however the call is cut."""
    text = OPEN + body + CLOSE
    parsing = Parsing("gemma4", TOOLS)
    whole = parsing.read([text])
    assert parsing.read(chunks(text, 1)) == whole
    for place in range(len(OPEN), len(text)):
        assert parsing.read(cut(text, [place])) == whole, text[:place]
    assert whole.content == ""
    ((_, arguments),) = whole.calls
    found = json.loads(arguments)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\nx\n",
        "a, b: c",
        "},{]}",
        "\"quoted\" and 'quoted'",
        "\\n \\u2603 \\x \\",
        "\u2028 \u0000 🎉 é",
        "<tool_call|>",
        "x}<tool_call|> y",
        "<|tool_call>call:now{}<tool_call|><|tool_call>call:now{}<tool_call|>",
        "<|tool_response><turn|><|channel>thought\n",
        "<|",
        '<|"',
        "n:1,",
        ",more:",
    ],
)
def test_nothing_is_escaped_in_a_text(text: str) -> None:
    assert members(f"text:{D}{text}{D},n:1}}") == {"text": text, "n": 1}
    assert members(f"tags:[{D}{text}{D},{D}{text}{D}]}}") == {"tags": [text, text]}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (f"text:{D}a}}", {"text": "a"}),
        (f"text:{D}a }} }}", {"text": "a } "}),
        (f"text:{D}a", {"text": "a"}),
        (f"n:1,tags:[{D}a{D},{D}b]}}", {"n": 1, "tags": ["a", "b"]}),
        (f"n:1,tags:[{D}a}}", {"n": 1, "tags": ["a"]}),
        (f"text:{D}a,more:{D}b{D}}}", {"text": "a", "more": "b"}),
        (f"text:{D}a,more:{D}{D}}}", {"text": "a", "more": ""}),
        (f"text:{D}a,other:{D}b{D}}}", {"text": 'a,other:"b'}),
        (f"text:a, b{D},n:2}}", {"text": "a, b", "n": 2}),
        (f"text:a{D}}}", {"text": "a"}),
        (f"tags:[a{D},b]}}", {"tags": ["a", "b"]}),
        (f"text:'a'{D}}}", {"text": "a"}),
        (f'text:"a"{D},n:1}}', {"text": "a", "n": 1}),
    ],
)
def test_a_delimiter_may_be_missing_or_too_many(body: str, wanted: dict[str, object]) -> None:
    assert members(body) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"f({D}a{D})", 'f("a")'),
        (f"{D}{D}{D}a{D}{D}{D}.", '"""a""".'),
        (f"[{D}a{D}: 1]", '["a": 1]'),
        (f"{{{D}a{D}: {D}b{D}}}", '{"a": "b"}'),
        (f"{D}a{D}, he said", '"a", he said'),
    ],
)
def test_a_delimiter_with_nothing_structural_behind_it_is_a_quote(text: str, wanted: str) -> None:
    assert members(f"text:{D}{text}{D},n:1}}") == {"text": wanted, "n": 1}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("text:a}", {"text": "a"}),
        ("text: a b \n}", {"text": "a b"}),
        ("text:a, b, c,n:1}", {"text": "a, b, c", "n": 1}),
        ("text:a b, c: d}", {"text": "a b, c: d"}),
        ("text:if (x) { y } else [z],n:1}", {"text": "if (x) { y } else [z]", "n": 1}),
        ("text:{a:1},n:1}", {"text": "{a:1}", "n": 1}),
        ("text:007,more:null}", {"text": "007", "more": "null"}),
        ("text:http://a.b/c?d=e&f=g,n:1}", {"text": "http://a.b/c?d=e&f=g", "n": 1}),
        ("n:1 ,text:a}", {"n": 1, "text": "a"}),
    ],
)
def test_text_without_delimiters_ends_where_a_member_begins(body: str, wanted: dict[str, object]) -> None:
    assert members(body) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ('text:"a"}', "a"),
        ("text:'a'}", "a"),
        ("text:'it's'}", "it's"),
        ('text:"say "hi", you"}', 'say "hi", you'),
        ('text:"a\\"b\\n\\u00e9"}', 'a"b\né'),
        ("text:':\\s*\\w+'}", ":\\s*\\w+"),
        ("text:''}", ""),
        ('text:"a\nb"}', "a\nb"),
    ],
)
def test_quotes_may_stand_for_delimiters(body: str, wanted: str) -> None:
    assert members(body) == {"text": wanted}


def test_a_close_marker_in_a_text_ends_it_only_if_no_delimiter_follows_soon() -> None:
    for size in (1, 50, 5000):
        for words, ends in ((900, False), (2000, True)):
            reply = f"{OPEN}text:{D}a}}{CLOSE}{'w' * words}{D}}}{CLOSE}"
            found = Parsing("gemma4", TOOLS).read(chunks(reply, size))
            ((_, arguments),) = found.calls
            assert (json.loads(arguments) == {"text": "a"}) == ends
            assert bool(found.content) == ends


def test_a_close_marker_that_another_call_follows_at_once_ends_a_text() -> None:
    other = f"<|tool_call>call:save{{text:{D}b{D}}}{CLOSE}"
    for size in (1, 7, 5000):
        found = Parsing("gemma4", TOOLS).read(chunks(f"{OPEN}text:{D}a}}{CLOSE}\n{other}", size))
        assert found.calls == [("save", '{"text":"a"}'), ("save", '{"text":"b"}')]


def test_a_text_full_of_close_markers_is_read_to_its_delimiter() -> None:
    text = f"x {CLOSE}" * 60
    assert members(f"text:{D}{text}{D}}}") == {"text": text}
