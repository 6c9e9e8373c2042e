"""The names that `toolbridge` promises: each is there, each is named in `__all__`, and nothing else is public."""

import inspect
import typing
from types import ModuleType
from typing import get_args

import pytest

import toolbridge
from toolbridge import errors, events, messages

PROMISED = {
    "ReplyParser": ("dialect", "tools", "reasoning", "release"),
    "parse_reply": ("text", "dialect", "tools", "reasoning"),
    "collect": ("events",),
    "tool_prompt": ("tools", "dialect"),
    "read_request": ("body", "source"),
    "write_request": ("request", "target"),
    "inject_tools": ("request", "dialect"),
    "translate_request": ("body", "source", "target"),
    "translate_reply": ("body", "source", "target"),
    "StreamTranslator": ("source", "target", "parser", "model", "request"),
    "capabilities": ("model",),
    "find_dialect": ("name_or_model",),
    "dialect_names": (),
    "create_app": ("settings",),
    "Settings": (),
    "BadSettings": (),
}
"""Each function and class, with the parameters that callers may name; others may stand after or between them."""

WORDS = {
    "events": {kind.__name__ for kind in get_args(events.Event)} | {"Event", "Reply", "ToolCall", "Usage"},
    "messages": {"ChatRequest", "Image", "Message", "Tool", "ToolChoice"},
    "errors": {name for name, kind in vars(errors).items() if isinstance(kind, type)},
}


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_name_takes_what_it_promised(name: str) -> None:
    parameters = [each for each in inspect.signature(getattr(toolbridge, name)).parameters if each in PROMISED[name]]
    assert parameters == list(PROMISED[name])


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module in (events, messages, errors) for name in sorted(WORDS[module.__name__[11:]])],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_words_are_public(module: ModuleType, name: str) -> None:
    assert getattr(toolbridge, name) is getattr(module, name)


def test_all_lists_every_promised_name_and_each_once() -> None:
    assert len(toolbridge.__all__) == len(set(toolbridge.__all__))
    assert set(PROMISED).union(*WORDS.values()) <= set(toolbridge.__all__)


@pytest.mark.parametrize("name", getattr(toolbridge, "__all__", ()))
def test_a_listed_name_is_there_and_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(getattr(toolbridge, name)) or name == "Event"


def test_nothing_unlisted_is_public() -> None:
    public = {
        name
        for name, value in vars(toolbridge).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public - set(typing.__all__) <= set(toolbridge.__all__)


@pytest.mark.parametrize("name", ["no_such_name", "createApp"])
def test_an_unknown_name_is_an_attribute_error_that_names_it(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(toolbridge, name)
