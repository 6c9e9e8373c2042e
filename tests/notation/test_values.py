"""Raw values: where they end, which line breaks are markup, and when their text is on its way."""

import json

import pytest

from tests.replies import Parsing, chunks, cut, read, tool
from toolbridge.events import ToolCallArgsDelta
from toolbridge.limits import Limits
from toolbridge.notation.values import protected

OPEN = '<invoke name="save"><parameter name="text">'
CLOSE = "</parameter></invoke>"
TOOLS = [tool("save", {"text": {"type": "string"}, "n": {"type": "integer"}})]
TYPED = [tool("call", {"s": {"type": "string"}, "i": {"type": "integer"}, "u": {"type": ["string", "integer"]}})]


def value(raw: str) -> str:
    """The value that this raw text is read as, however it is cut."""
    text = OPEN + raw + CLOSE
    parsing = Parsing("xml", TOOLS)
    whole = parsing.read([text])
    assert parsing.read(chunks(text, 1)) == whole
    for place in range(len(OPEN), len(text)):
        assert parsing.read(cut(text, [place])) == whole, text[:place]
    ((name, arguments),) = whole.calls
    assert name == "save"
    found = json.loads(arguments)["text"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("x", "x"),
        ("\nx\n", "x"),
        ("\n\nx\n\n", "\nx\n"),
        ("\nx", "\nx"),
        ("x\n", "x\n"),
        ("\n", "\n"),
        ("\n\n", ""),
        ("\r\nx\r\n", "x"),
        ("\nx\r\n", "x"),
        ("\r\nx\n", "x"),
        ("\r\nx\r", "\r\nx\r"),
        ("\nx\n\r", "\nx\n\r"),
        ("\rx\r", "\rx\r"),
        ("\n\r\n", ""),
        ("  \nx\n  ", "  \nx\n  "),
    ],
)
def test_one_line_break_at_both_ends_is_markup(raw: str, text: str) -> None:
    assert value(raw) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<![CDATA[x]]>", "x"),
        ("\n<![CDATA[\nx\n]]>\n", "\nx\n"),
        ("<![CDATA[]]>", ""),
        ("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"),
        ("<![CDATA[ ]] ]>]]]]>", " ]] ]>]]"),
        ("<![CDATA[</parameter></invoke>]]>", "</parameter></invoke>"),
        ("<![CDATA[x", "<![CDATA[x"),
        ("<![CDATA[x]]>y", "<![CDATA[x]]>y"),
        ("x<![CDATA[y]]>", "x<![CDATA[y]]>"),
        ("\n<![CDATA[x]]>y\n", "<![CDATA[x]]>y"),
        ("<![CDATA[x]]></parameter> y", "<![CDATA[x]]></parameter> y"),
    ],
)
def test_a_value_that_is_wholly_cdata_is_unwrapped(raw: str, text: str) -> None:
    if raw == "<![CDATA[x":
        # CDATA without its end may hold anything, also the close tag.
        assert read(OPEN + raw + CLOSE, tools=TOOLS).incomplete == [("save", "truncated")]
    else:
        assert value(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        "a </parameter> b",
        "</parameter>.</parameter>,",
        "a </parameter>\n\n</par b",
        "a </parameter> </parameter> b",
        "</invoke> is the end",
        "</invoke></tool_calls> is the end",
        '<parameter name="text">x',
        '<parameter name="other">x',
        "<parameter>",
        "<parameter name=n",
        '<parameter name="n" x="y">',
        "<parameters>",
        "</parameter" + " " * 2000 + "b",
        "a </parameter>" + " " * 1100 + "<b>",
        "< << <p <pa </ </p </pa",
    ],
)
def test_a_close_tag_counts_only_where_a_structural_one_follows(raw: str) -> None:
    if len(raw) > 1000:
        text = OPEN + raw + CLOSE
        assert json.loads(read(text, tools=TOOLS).calls[0][1])["text"] == raw
        assert Parsing("xml", TOOLS).read(chunks(text, 7)) == read(text, tools=TOOLS)
    else:
        assert value(raw) == raw


@pytest.mark.parametrize(
    ("body", "arguments", "tolerances"),
    [
        ('x<parameter name="n">2</parameter></invoke>', {"text": "x", "n": 2}, {"missing close tag": 1}),
        ("x<parameter  name = n >2</parameter></invoke>", {"text": "x", "n": 2}, {"missing close tag": 1}),
        ("x</invoke>", {"text": "x"}, {"missing close tag": 1}),
        ("x</invoke>\n</tool_calls>", {"text": "x"}, {"missing close tag": 1}),
        ("\nx\n</invoke>", {"text": "x"}, {"missing close tag": 1}),
        ("x</parameter></parameter></invoke>", {"text": "x"}, {"stray close tag": 1}),
        ("x</parameter> </parameter>\n</parameter></invoke>", {"text": "x"}, {"stray close tag": 2}),
    ],
)
def test_a_missing_or_doubled_close_tag_is_forgiven(
    body: str, arguments: dict[str, object], tolerances: dict[str, int]
) -> None:
    text = OPEN + body
    parsing = Parsing("xml", TOOLS)
    whole = parsing.read([text])
    assert [json.loads(one) for _, one in whole.calls] == [arguments]
    assert whole.tolerances == tolerances
    assert whole.content == ""
    for place in range(1, len(text)):
        assert parsing.read(cut(text, [place])) == whole


STEPS = [
    (OPEN, '{"text":"'),
    ("Os", "Os"),
    ("lo <", "lo "),
    ("b> &", "<b> &"),
    (" </para", " "),
    ("meter", ""),
    ("> or", "</parameter> or"),
    ("\n", ""),
    ('"', '\\n\\"'),
    ("</parameter>", ""),
    ("\n ", ""),
    ("</inv", ""),
    ("oke>", '"}'),
]


def test_a_text_is_on_its_way_while_it_is_written() -> None:
    parser = Parsing("xml", TOOLS).parser()
    for piece, out in STEPS:
        assert "".join(e.json for e in parser.feed(piece) if isinstance(e, ToolCallArgsDelta)) == out, piece


def test_a_text_that_begins_on_a_new_line_waits_until_its_line_breaks_can_be_told() -> None:
    parser = Parsing("xml", TOOLS, options={"limits": Limits(lookahead=100)}).parser()
    parser.feed(OPEN)
    assert parser.feed("\n" + "x" * 100) == []
    assert parser.feed("y") == [ToolCallArgsDelta(0, "x" * 100 + "y")]
    assert parser.feed("z\n") == [ToolCallArgsDelta(0, "z")]
    assert parser.feed(CLOSE)[0] == ToolCallArgsDelta(0, '"}')


def test_beyond_that_a_line_break_at_the_beginning_is_markup_though_none_is_at_the_end() -> None:
    text = "x" * 1100
    for pieces in ([OPEN + "\n" + text + CLOSE], chunks(OPEN + "\n" + text + CLOSE, 9)):
        assert json.loads(Parsing("xml", TOOLS).read(pieces).calls[0][1])["text"] == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("\nx\n", "x"),
        ("\nx", "x"),
        ("x\n", "x\n"),
        ("\n", ""),
        ("\n\n", ""),
        ("\n\nx\n\n", "\nx\n"),
        ("\r\nx\r\n", "x"),
        ("\nx\r", "x\r"),
        ("  x  ", "  x  "),
    ],
)
def test_in_qwens_notation_the_first_line_break_is_markup_by_itself(raw: str, text: str) -> None:
    reply = f"<tool_call>\n<function=save>\n<parameter=text>{raw}</parameter>\n</function>\n</tool_call>"
    parsing = Parsing("qwen3-coder", TOOLS)
    whole = parsing.read([reply])
    assert [json.loads(arguments) for _, arguments in whole.calls] == [{"text": text}]
    for place in range(1, len(reply)):
        assert parsing.read(cut(reply, [place])) == whole


def test_and_text_behind_it_is_on_its_way_at_once() -> None:
    parser = Parsing("qwen3-coder", TOOLS).parser()
    parser.feed("<tool_call>\n<function=save>\n<parameter=text>\n")
    assert parser.feed("def f") == [ToolCallArgsDelta(0, "def f")]
    assert parser.feed("():\n") == [ToolCallArgsDelta(0, "():")]
    assert parser.feed("  x") == [ToolCallArgsDelta(0, "\\n  x")]


def test_a_value_that_is_no_text_leaves_once_it_is_whole() -> None:
    parser = Parsing("xml", TOOLS).parser()
    parser.feed('<invoke name="save"><parameter name="n">')
    assert parser.feed("4") == []
    assert parser.feed("2") == []
    assert parser.feed(CLOSE)[0] == ToolCallArgsDelta(0, "42}")


@pytest.mark.parametrize(
    ("name", "said", "raw", "json"),
    [
        ("s", "true", "7", '"7"'),
        ("s", "false", "7", "7"),
        ("s", "false", "plain", '"plain"'),
        ("i", "true", "7", '"7"'),
        ("i", "false", "7", "7"),
        ("u", "true", "7", '"7"'),
        ("u", "false", "7", "7"),
        ("u", "False", "8", "8"),
        ("u", "TRUE", "null", '"null"'),
        ("more", "false", '{"a": 1}', '{"a": 1}'),
        ("s", "maybe", "7", '"7"'),
        ("i", "maybe", "7", "7"),
    ],
)
def test_the_model_says_whether_a_value_is_text(name: str, said: str, raw: str, json: str) -> None:
    text = f'<｜DSML｜invoke name="call"><｜DSML｜parameter name="{name}" string="{said}">{raw}</｜DSML｜parameter>'
    text += "</｜DSML｜invoke>"
    whole = read(text, "deepseek-v3.2", TYPED)
    assert [arguments.replace(" ", "") for _, arguments in whole.calls] == [f'{{"{name}":{json}}}'.replace(" ", "")]
    assert Parsing("deepseek-v3.2", TYPED).read(chunks(text, 3)) == whole


def test_what_is_said_to_be_text_streams() -> None:
    parser = Parsing("deepseek-v3.2", TYPED).parser()
    parser.feed('<｜DSML｜invoke name="call"><｜DSML｜parameter name="i" string="true">')
    assert parser.feed("one ") == [ToolCallArgsDelta(0, "one ")]
    assert parser.feed("two") == [ToolCallArgsDelta(0, "two")]


MARKUP = ("<x", "</x", "<![CDATA[", "]]>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x", "x"),
        ("\nx", "\n\nx\n"),
        ("\nx\r", "<![CDATA[\nx\r]]>"),
        ("a </x b", "<![CDATA[a </x b]]>"),
        ("a ]]> b", "<![CDATA[a ]]]]><![CDATA[> b]]>"),
    ],
)
def test_a_text_that_would_not_read_back_is_protected(text: str, shown: str) -> None:
    assert protected(text, MARKUP) == shown
