r"""`gigachat`: GigaChat 3 and 3.1; `gigachat-3.5`: GigaChat 3.5.

    function call<|role_sep|>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}<|message_sep|>

    <|function_call|>{"name": "get_weather", "arguments": {"city": "Oslo"}}<|message_sep|>

    <｜GCML｜tool_calls><｜GCML｜invoke name="get_weather">
    <｜GCML｜parameter name="city" string="true">Oslo</｜GCML｜parameter>
    </｜GCML｜invoke></｜GCML｜tool_calls>

GigaChat 3 writes the first form, in which a call is a message of its own: `<|message_sep|>` ends the message before it
as well. A server that hides special tokens leaves only `function call` of the opener. GigaChat 3.1 writes the second
form, and 3.5 the last form, a copy of DeepSeek's DSML.
"""

from itertools import product

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.marked_invoke import MarkedInvoke

_MESSAGE_END = "<|message_sep|>"
_ROLE, _TOKEN, _WORDS = "function call<|role_sep|>", "<|function_call|>", "function call"
_GCML = MarkedInvoke("｜GCML｜", ("tool_calls", "function_calls"))
_OPENERS = (_ROLE, _TOKEN, *map("".join, product((_MESSAGE_END,), ("", "\n", "\n\n"), (_ROLE, _TOKEN))))


DIALECTS = (
    Dialect(
        name="gigachat",
        read=json_block(_MESSAGE_END, "</s>"),
        openers=tuple(Opener(literal, ("{", "[")) for literal in _OPENERS),
        asked_openers=(Opener(_WORDS, ("{",), line_start=True),),
        closers=(_MESSAGE_END,),
        templates=(
            Template((_ROLE,)),
            Template(("'function call'", "<|role_sep|>")),
            Template((_TOKEN, "<|role_sep|>")),
        ),
        models=r"gigachat-?3(?:\.1)?(?![.\d])",
        unpromptable="its markers are special tokens",
        sample=f'{_ROLE}\n{{"name": "get_weather", "arguments": {{"city": "Oslo"}}}}{_MESSAGE_END}',
    ),
    Dialect(
        name="gigachat-3.5",
        read=_GCML.read,
        openers=_GCML.openers,
        closers=_GCML.closers,
        templates=(Template((_GCML.token,)),),
        models=r"gigachat-?3\.?5(?!\d)",
        unpromptable="its markers are special tokens",
        sample=(
            '<｜GCML｜tool_calls><｜GCML｜invoke name="get_weather">\n'
            '<｜GCML｜parameter name="city" string="true">Oslo</｜GCML｜parameter>\n'
            "</｜GCML｜invoke></｜GCML｜tool_calls>"
        ),
    ),
)
