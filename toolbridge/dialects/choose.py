"""Which notation a model should be asked for, and finding one by its name."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolbridge.dialects.base import Dialect
from toolbridge.dialects.signatures import dialects
from toolbridge.errors import UnknownDialect
from toolbridge.messages import Tool
from toolbridge.models import Model

DEFAULT = "xml"
AUTO = "auto"

_FINGERPRINTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    # dialect, what the template holds, what it does not
    ("longcat", ("<longcat_tool_call>",), ("<longcat_arg_key>",)),
    ("mistral", ("[TOOL_CALLS]", "[ARGS]"), ()),
    ("mistral-array", ("[TOOL_CALLS]",), ("[ARGS]",)),
    ("kimi-k2", ("<|tool_call_argument_begin|>",), ()),
    ("deepseek-v3", ("<｜tool▁calls▁begin｜>", "```json"), ()),
    ("deepseek-v3.1", ("<｜tool▁calls▁begin｜>",), ("```json",)),
    ("solar", ("<|tool_call:begin|>",), ()),
    ("cohere", ("<|START_ACTION|>",), ()),
    ("apertus", ("<|tools_prefix|>",), ()),
    ("nemotron-nano", ("<TOOLCALL>",), ()),
    ("functools", ("functools[",), ()),
    ("internlm", ("<|action_start|>",), ()),
    ("granite", ("<|start_of_role|>available_tools",), ()),
    ("apriel", ("<tool_calls>", "<|begin_assistant|>"), ()),
    ("jamba", ("<tool_calls>", "<|bom|>"), ()),
    ("minimax-m1", ("<tool_calls>", "<beginning_of_sentence>"), ()),
    ("hunyuan-a13b", ("<tool_calls>", "<|extra_0|>"), ()),
    ("llama3-function", ("<function=", "</function>"), ("<tool_call>", "<parameter=")),
    ("hermes", ("<tool_call>",), ("<function=", "<arg_key>", "<tool_sep>")),
    ("qwen3-coder", ("<function=", "<parameter="), ("<seed:tool_call>",)),
    ("glm", ("[gMASK]<sop>", "<arg_key>"), ()),
    ("minimax-m2", ("<minimax:tool_call>", "<invoke name="), ()),
    ("olmo3", ("<function_calls>", "<functions>"), ("<invoke",)),
)

_BETTER_IN_JSON = re.compile(r"gemma-?[23]|llama-?2|llama-?3(?!\.)|phi-?3", re.IGNORECASE)
"""Small families that write fenced JSON far better than tags."""
_SMALL = 4.0
"""Billions of parameters up to which an unknown model counts as small."""
_LONG_TEXT = re.compile(r"\b(?:content|code|patch|body|sql|script|text|diff|html|source|markdown)\b", re.IGNORECASE)
_LONG_LENGTH = 500
"""Characters from which a text is a document."""


def dialect_names() -> list[str]:
    """The names of all dialects, `auto` among them: the union of the marked ones."""
    return sorted({*dialects(), AUTO})


def find_dialect(name_or_model: str | Model) -> Dialect:
    """The dialect of this name, or the one that this model should be asked for. Raises `UnknownDialect`."""
    if isinstance(name_or_model, Model):
        return dialects()[choose_dialect(name_or_model, ())[0]]
    found = dialects().get(name_or_model)
    if found is None:
        near = difflib.get_close_matches(name_or_model, dialect_names(), 3, 0.5) or dialect_names()
        raise UnknownDialect(f"no dialect is called {name_or_model!r}; did you mean {', '.join(near)}?")
    return found


def own_dialect(model: Model) -> tuple[str, str]:
    """The notation that the model was trained on, and how that is known; empty where it is not."""
    for name, holds, lacks in _FINGERPRINTS:
        if all(mark in model.template for mark in holds) and not any(mark in model.template for mark in lacks):
            return name, f"the template holds {holds[0]}"
    return "", ""


def choose_dialect(model: Model, tools: Sequence[Tool]) -> tuple[str, str]:
    """The notation to ask this model for with these tools, and why, in a few words."""
    own, why = own_dialect(model)
    if own and dialects()[own].form is not None:
        return own, why
    known = f"{model.family} {model.architecture} {model.name}"
    small = model.parameters is not None and model.parameters <= _SMALL
    if _BETTER_IN_JSON.search(known) or (small and not own):
        if any(takes_long_text(tool) for tool in tools):
            return DEFAULT, "a tool takes long text"
        return "json", "small models write fenced JSON best"
    return DEFAULT, "the default"


def takes_long_text(tool: Tool) -> bool:
    """Whether a parameter holds a document or code, which JSON's escapes make worse."""
    properties = tool.parameters.get("properties")
    if not isinstance(properties, Mapping):
        return False
    return any(_is_long(name, declared) for name, declared in properties.items())


def _is_long(name: str, declared: Any) -> bool:
    if not isinstance(declared, Mapping) or declared.get("type") not in ("string", None):
        return False
    most = declared.get("maxLength")
    if "enum" in declared or (isinstance(most, int) and most <= _LONG_LENGTH):
        return False
    return _LONG_TEXT.search(name.replace("_", " ")) is not None or (isinstance(most, int) and most > _LONG_LENGTH)
