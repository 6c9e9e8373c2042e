"""Refusals: errors of backends that cannot do something for a model, or cannot read its calls.

A backend may refuse tools, a system message, a wish for thinking, or a schema for the reply.

An error may quote the request that it answers: `time: invalid duration "does not support tools"`. So a client could
teach the bridge a falsehood by putting such words into its request. A lesson for other requests is learnt only from
words that cannot be the client's:

    quotable = RequestWords.of(body, headers)        everything that an error could quote; None if that is too much
    refuses_tools(400, message)                      whether the error refuses tools
    refuses_tools(400, message, quotable)            whether it does so in words that the request does not hold

A match counts as a quotation in these cases: the request holds all of its words; a string of the request ends with its
first words or begins with its last words (`role-tools` in "role-tools is not supported"); a string of several words is
a part of it; the request holds a word of it together with the two words beside it in the error. Words that stand in
every request, such as `system` and `auto`, do not count. A wrong guess costs a second try of the next request, so in
doubt nothing is learnt.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from toolbridge.budget import Budget
from toolbridge.limits import KIB, Limits

MESSAGE_REACH = 16 * 1024
"""Characters of an error message that are looked at. The longest messages are traces of Jinja, some 4 KiB."""
_MOST = Limits(values=8_000, text=128 * KIB)
"""The size of a request up to which its words are collected; nothing is learnt from a larger request. The prompt of an
agent with its tools has some 100 KB."""
_LONGEST = 24
"""A match of more words than this counts as a quotation."""
_CODED = (*(f"{code}{row}" for code in ("\\u00", "\\x", "%") for row in "4567"), "%20", "&#")
"""Codes for letters and blanks inside a string. A backend may decode them before it quotes the string."""
_PLAIN = bytes(code if code == 0 or (code < 0x80 and chr(code).isalnum()) else ord(" ") for code in range(256))
"""A table that keeps letters and digits of ASCII and the zero byte, and turns all other bytes into blanks."""
_EDGE = "|"
"""The mark between two strings of a request."""
_FIELDS = frozenset({"tools", "tool_choice", "functions", "system", "think", "thinking"})
"""Fields of a request that an error may name without quoting the request."""
_COMMON = frozenset({"system", "user", "assistant", "developer", "tool", "function", "auto", "required", "none"})
"""Roles and choices: single words that stand in many requests and in errors too."""

_TOOLS_REFUSED: tuple[tuple[frozenset[int], re.Pattern[str]], ...] = tuple(
    (frozenset(statuses), re.compile(pattern, re.IGNORECASE))
    for statuses, pattern in (
        # Ollama, if the template has no tools: "registry.ollama.ai/library/gemma3:4b does not support tools".
        ({400}, r"does not support tools\b"),
        # vLLM without a parser for tool calls, for the choices `auto` and `required`.
        ({400}, r"tool[ _]choice.{0,40}requires --(?:enable-auto-tool-choice|tool-call-parser)"),
        # llama.cpp's server without its engine for Jinja.
        ({400, 500}, r"\b(?:tools|tool_choice) param requires --jinja"),
        # llama.cpp's server, if it cannot derive a parser of calls from the template (GLM's `_args.items()`, roles that
        # must alternate). It may also fail to render a schema or a conversation, but that says nothing of the model.
        # Where the words come twice, only the text behind the last place counts, so that no text is searched twice.
        (
            {400, 500},
            (
                r"generate parser for this template"
                r"(?!(?s:.){0,2000}?(?:generate parser for this|json schema|no user query|system message))"
            ),
        ),
        # OpenRouter, if no provider of the model has tools.
        ({400, 404}, r"no endpoints found that support (?:tool use|the provided 'tool_choice')"),
        # transformers serve, which refuses every unknown field.
        ({400, 422}, r"unexpected fields in the request:[^}]{0,200}'tools'"),
        # Hosted servers: DeepSeek, Groq, Mistral, Together and others.
        ({400, 422, 501}, r"does(?: not|n't) support (?:tool|function)[ -]?(?:use|call)"),
        (
            {400, 422, 501},
            r"(?:\btools|(?:tool|function)[ -](?:use|call(?:ing|s)?))`? (?:is|are) not (?:supported|enabled)",
        ),
    )
)
"""Answers that mean: this model cannot be given tools. The tools then go into the prompt; the client sees no error."""

_SYSTEM_REFUSED: tuple[tuple[frozenset[int], re.Pattern[str]], ...] = tuple(
    (frozenset({400, 500}), re.compile(pattern, re.IGNORECASE))
    for pattern in (
        # Gemma 1 and 2, and servers that check the roles before they render.
        r"\bsystem (?:role|message|prompt|instruction)s? (?:is |are )?not (?:supported|enabled|allowed)",
        r"does(?: not|n't) support (?:the )?system (?:role|message|prompt|instruction)",
        # Google's own service, for Gemma 3.
        r"\bdeveloper instruction is not enabled",
        # Gemma, Llama 2, Mistral, Devstral: a system message counts as a turn, or takes the place of a turn.
        r"\broles must alternate\b",
        # Mistral 7B v0.1 and v0.2.
        r"\bonly user and assistant roles are supported",
        # Qwen 3.5, if the client's own system message comes later.
        r"\bsystem message must be (?:at the beginning|the first)",
    )
)
"""Answers that mean: this template takes no system message. Then the prompt is folded into the first user turn."""

_TURNS_REFUSED: tuple[tuple[frozenset[int], re.Pattern[str]], ...] = tuple(
    (frozenset({400, 500}), re.compile(pattern, re.IGNORECASE))
    for pattern in (
        # Qwen 3.5 and later, under llama.cpp, LM Studio and Ollama. llama.cpp names the parser first, as it renders the
        # template to make the parser.
        r"\bsystem message must be (?:at the beginning|the first)",
        r"\bno user query found\b",
    )
)
"""Answers that mean: this template wants its system message first, or a turn of the user (`strict_turns`)."""

_THINKING_REFUSED = ((frozenset({400}), re.compile(r"does not support thinking\b", re.IGNORECASE)),)
"""Ollama's answer if the template has no thinking. Ollama's own `/v1/messages` does not refuse it: the clients of this
route ask every model to think."""

_CALLS_REJECTED: tuple[tuple[frozenset[int], re.Pattern[str]], ...] = tuple(
    (frozenset(statuses), re.compile(pattern))
    for statuses, pattern in (
        # llama.cpp's server: a token does not fit into the grammar that it made of the tools, or its parser fails.
        ({500}, r"\A(?:got exception: )?(Unexpected empty grammar stack\b)"),
        ({500}, r"\A(?:got exception: )?(Failed to parse input at pos\b)"),
        ({500}, r"\AThe model produced output that does not match the expected peg-[a-z]+ format"),
        # llama.cpp's server, if the grammar of the tools is too large for it: 97 KB of schemas.
        ({400, 500}, r"\A(?:got exception: |Failed to initialize samplers: )?(failed to parse grammar\b)"),
        # Ollama's parsers for Qwen3-Coder, Qwen 3.5 and GLM, which read the calls as XML.
        ({500, 502}, r"\A(?:failed to parse XML: )?(XML syntax error on line|expected element type <)"),
        ({500, 502}, r"\A(?:failed to parse XML: )?(EOF\Z)"),
        # Ollama's parser for gpt-oss.
        ({500, 502}, r"\Aerror parsing tool call: raw="),
    )
)
"""Answers that mean: the engine's own parser or grammar failed on what the model wrote. An error in a stream of Ollama
has no status and counts as 502. The model's text may follow, so only the beginning of the message is looked at."""


_CONSTRAINT_REFUSED = (
    (
        frozenset({400, 422, 500, 501}),
        # llama.cpp's server: "JSON schema conversion failed", "Failed to initialize samplers"; llama-cpp-python: "Input
        # should be 'text' or 'json_object'"; DeepSeek: "This response_format type is unavailable now"; Groq: "does not
        # support response format `json_schema`"; vLLM and SGLang: "structured outputs"; Ollama: "invalid format".
        re.compile(
            r"\b(?:response[ _]format|json[ _]schema|grammar|samplers|guided[ _]\w{4,8}|structured[ _]outputs?)\b"
            r"|\binvalid (?:format|schema)\b|\b(?:format|grammar) is not supported\b|'text' or 'json_object'",
            re.IGNORECASE,
        ),
    ),
)
"""Answers that mean: this backend cannot be held to a schema, or not to this one. Then the call is only asked for."""


@dataclass(frozen=True, slots=True)
class RequestWords:
    """The words of a request: `strings` is a set, `apart` a row with marks between strings, `joined` a row without."""

    strings: frozenset[str]
    apart: str
    joined: str

    @classmethod
    def of(cls, body: Mapping[str, Any], beside: Iterable[str] = ()) -> Self | None:
        """The words of a body and of the texts sent `beside` it: headers, a query.

        None if the request is too large, or if it holds letters written as codes.
        """
        budget = Budget(_MOST)
        found = [*beside, *(name for name in body if name not in _FIELDS)]
        places: list[Any] = [list(body.values())]
        while places:
            value = places.pop()
            if isinstance(value, str):
                found.append(value)
            elif isinstance(value, Mapping | list):
                if not budget.affords("values", len(value)):
                    return None
                if isinstance(value, Mapping):
                    found.extend(value)
                places.extend(value.values() if isinstance(value, Mapping) else value)
        if not budget.affords("text", sum(map(len, found))):
            return None
        text = "\0".join(["", *found, ""]).casefold()
        if any(code in text for code in _CODED):
            return None
        apart = _words(text)
        return cls(frozenset(apart.strip(_EDGE + " ").split(f" {_EDGE} ")), apart, apart.replace(f"{_EDGE} ", ""))

    def quoted(self, message: str, begin: int, end: int) -> bool:
        """Whether the words of a message from `begin` to `end` may be a quotation, or part of a quotation."""
        while begin > 0 and message[begin - 1].isalnum():
            begin -= 1
        while end < len(message) and message[end].isalnum():
            end += 1
        own = _words(message[begin:end].casefold()).split()
        before, after = (_words(text.casefold()).split() for text in (message[:begin], message[end:]))
        if len(own) > _LONGEST or " ".join(own) in self.joined:
            return True
        outside = [[*before[-2:], own[0]]] if len(before) > 1 else []
        outside += [[own[-1], *after[:2]]] if len(after) > 1 else []
        return any(f" {' '.join(words)} " in self.joined for words in outside) or self._shares(own)

    def _shares(self, own: list[str]) -> bool:
        """Whether a string of the request ends with the first words, begins with the last, or is a part of them."""
        for number in range(1, len(own)):
            head, tail = " ".join(own[:number]), " ".join(own[number:])
            if head not in _COMMON and f" {head} {_EDGE}" in self.apart:
                return True
            if tail not in _COMMON and f"{_EDGE} {tail} " in self.apart:
                return True
        return any(
            " ".join(own[begin:end]) in self.strings
            for begin in range(len(own))
            for end in range(begin + 2, len(own) + 1)
        )


def refuses_tools(status: int, message: str, quotable: RequestWords | None = None) -> bool:
    """Whether a backend's error answer means that this model cannot be given tools."""
    return _matches(_TOOLS_REFUSED, status, message, quotable)


def refuses_system(status: int, message: str, quotable: RequestWords | None = None) -> bool:
    """Whether a backend's error answer means that the model's template takes no system message."""
    return _matches(_SYSTEM_REFUSED, status, message, quotable)


def refuses_thinking(status: int, message: str, quotable: RequestWords | None = None) -> bool:
    """Whether a backend's error answer means that this model cannot be told to think."""
    return _matches(_THINKING_REFUSED, status, message, quotable)


def refuses_turns(status: int, message: str, quotable: RequestWords | None = None) -> bool:
    """Whether a backend's error answer means that the template wants one system message, first, and a user's turn."""
    return _matches(_TURNS_REFUSED, status, message, quotable)


def refuses_constraint(status: int, message: str, quotable: RequestWords | None = None) -> bool:
    """Whether a backend's error answer means that it cannot be held to a schema while it writes."""
    return _matches(_CONSTRAINT_REFUSED, status, message, quotable)


def rejects_calls(status: int, message: str, quotable: RequestWords | None = None) -> bool:
    """Whether a backend's error means that its own parser or grammar failed on what the model wrote."""
    return _matches(_CALLS_REJECTED, status, message, quotable)


def _matches(
    table: tuple[tuple[frozenset[int], re.Pattern[str]], ...], status: int, message: str, quotable: RequestWords | None
) -> bool:
    text = message[:MESSAGE_REACH]
    found = (pattern.search(text) for statuses, pattern in table if status in statuses)
    # What may be a quotation is the pattern's group, if it has one, and else all that it matches.
    return any(match and not (quotable and quotable.quoted(text, *match.span(match.lastindex or 0))) for match in found)


def _words(text: str) -> str:
    """The words of a text with a blank between them. A character outside ASCII separates words as a blank does."""
    plain = text.encode("utf-8", "replace").translate(_PLAIN).replace(b"\0", f" {_EDGE} ".encode())
    return b" ".join(plain.split()).decode()
