"""A model that says what it is told to, as data for the files that real engines load.

    vocabulary(more)     the words, and which word follows which
    TEMPLATES            chat templates: one shows the tools, the other does not

The model is a llama of one layer with no training behind it. Its embedding is one-hot, attention and feed-forward are
zero, and its last matrix is a table of which token follows which; so the next token depends on the one before it alone,
at any temperature. Every piece of a script is a token of its own, a few characters long, that stands nowhere else in
the vocabulary. The chat template reads the last message and ends the prompt with the token that begins the script which
fits. `write_safetensors.py` and `write_gguf.py` write the files, each in an environment that has the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SCRIPTS = {
    "plain": "Hello. Ask me about the weather.",
    "xml": (
        "Let me look.\n\n<tool_calls>\n"
        '<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n'
        '<invoke name="get_weather">\n<parameter name="city">Rome</parameter>\n</invoke>\n'
        "</tool_calls>"
    ),
    "hermes": (
        "<think>\nTwo cities.\n</think>\n\nLet me see.\n\n"
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>\n'
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>'
    ),
    "rejected": (
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>"
    ),
    "answer": "It is 9 degrees in Oslo and 24 in Rome.",
    "endless": "Round and round goes the wheel; ",
}
"""What the model can say, and under which name the template asks for it."""
REPEATED = ("endless",)
"""Scripts that begin again where they end."""

_CHOICE = """\
{%- set last = messages[-1] %}
{%- if last.role == 'tool' or '<tool_results>' in last.content or '<tool_response' in last.content %}<|answer|>
{%- elif 'for ever' in last.content %}<|endless|>
{%- elif 'weather' not in last.content %}<|plain|>
{%- elif messages[0].role == 'system' and '<tool_calls>' in messages[0].content %}<|xml|>
{%- elif tools and 'another notation' in last.content %}<|rejected|>
{%- else %}<|hermes|>
{%- endif %}"""

_STRICT = """\
{%- set users = messages | selectattr('role', 'equalto', 'user') | list %}
{%- if not users %}{{ raise_exception('No user query found in messages.') }}{% endif %}
{%- for message in messages %}
{%- if message.role == 'system' and not loop.first %}
{{- raise_exception('System message must be at the beginning.') }}
{%- endif %}{% endfor %}
"""

TEMPLATES = {
    # The templates of many models show no tools.
    "bare": "{%- for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}\n" + _CHOICE,
    # As Qwen 3 has it, in short. llama.cpp's server derives a parser and a grammar of calls from such a template.
    "tools": """\
{%- if tools %}<|system|># Tools
<tools>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools>
For each function call, return a json object within <tool_call></tool_call> tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>{% endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}<|tool|><tool_response>
{{ message.content }}
</tool_response>
{%- else %}<|{{ message.role }}|>{{ message.content }}
{%- for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}{% endif %}{% endfor %}
{%- if add_generation_prompt %}
"""
    + _CHOICE
    + "{% endif %}",
}
TEMPLATES["strict"] = _STRICT + TEMPLATES["tools"]
# Ollama takes a model for one that thinks if its template holds both marks.
TEMPLATES["thinking"] = TEMPLATES["tools"] + "{#- <think></think> #}"
"""Chat templates by name. Each ends the prompt with the token that begins a script."""

END, UNKNOWN = "<|end|>", "<|unknown|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>", "<|tool|>")
SHORTEST, LONGEST = 3, 32
"""Characters of a piece."""
ROUND = 64
"""The size of the vocabulary is a multiple of this number, as it is the width of the model, too."""
SURE = 40.0
"""By how much the token that follows leads all others."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of the model: the special words come first, then the `more` words, then the pieces of the scripts."""

    words: tuple[str, ...]
    special: frozenset[str]
    follows: tuple[tuple[int, int], ...]
    """Pairs of the position of a word and the position of the word that comes behind it."""
    end: int


def vocabulary(more: Sequence[str] = ()) -> Vocabulary:
    """The vocabulary of all scripts; an engine's own kind of tokenizer may need `more` words."""
    special = [UNKNOWN, END, *(f"<|{name}|>" for name in SCRIPTS), *ROLES]
    words, said = [*special, *more], []
    for name, text in SCRIPTS.items():
        pieces = cut(text, frozenset(words))
        words += pieces
        said.append([f"<|{name}|>", *pieces, pieces[0] if name in REPEATED else END])
    words += [f"<|unused{number}|>" for number in range(-len(words) % ROUND)]
    at = {word: position for position, word in enumerate(words)}
    follows = tuple((at[this], at[following]) for one in said for this, following in pairwise(one))
    return Vocabulary(tuple(words), frozenset(special), follows, at[END])


def cut(text: str, taken: frozenset[str]) -> list[str]:
    """The text in short pieces, each unlike the others and none of them taken; empty if there is no way to cut it."""
    for size in range(SHORTEST, min(LONGEST, len(text)) + 1):
        piece, rest = text[:size], text[size:]
        if piece in taken:
            continue
        pieces = cut(rest, taken | {piece})
        if pieces or not rest:
            return [piece, *pieces]
    return []
