"""The expressions that functions put together from names and markers: `python -m tests.computed_patterns`.

A process of its own, in which every function is at work for the first time: it asks in each notation, with tools, a
history and results, reads a reply in it, and prints as JSON what expressions were made, and by which function. A place
that makes expressions and is not reached here fails `tests/test_patterns.py`.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from tests.pattern_sites import modules

MADE: dict[tuple[str, str, int], str] = {}
"""By function, pattern and flags: the function of `re` that it was given to."""
_COMPREHENSION = re.compile(r"\.<(?:locals|\w+comp|genexpr|lambda)>")


def watch() -> None:
    """Take down every expression from here on."""
    engine: Any = re
    compiled = engine._compile

    def taken(pattern: Any, flags: Any) -> Any:
        found = compiled(pattern, flags)
        method, caller = sys._getframe(1), sys._getframe(2)
        module = caller.f_globals.get("__name__", "")
        if module.startswith("toolbridge") or module == "fnmatch":
            where = _COMPREHENSION.sub("", f"{module}.{caller.f_code.co_qualname}")
            text = found.pattern if isinstance(found.pattern, str) else found.pattern.decode("latin-1")
            MADE.setdefault((where, text, found.flags), method.f_code.co_name)
        return found

    engine._compile = taken


def tools() -> list[dict[str, Any]]:
    """Tools with names of every kind, so many as agents bring."""
    names = ["get_weather", "list files", "a.b-c_d", "Größe", *(f"mcp__server-{n}__do_it_{n}" for n in range(30))]
    kinds: list[dict[str, Any]] = [
        {"type": "string", "enum": ["new_york", "{a}", "(b"]},
        {"type": ["integer", "null"]},
        {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "uint64"}}}},
    ]
    parameters = {"type": "object", "properties": {f"p{n}": kind for n, kind in enumerate(kinds)} | {"city": {}}}
    about = "Tells  \n\n\n- the <weather>\r\n## of {a} city\n\n    code"
    return [
        {"type": "function", "function": {"name": name, "description": about, "parameters": parameters}}
        for name in names
    ]


def work() -> None:
    """Ask and read in every notation; decide by names; talk to the scripted model."""
    from toolbridge.cli import checkup  # noqa: PLC0415  loaded while it is watched
    from toolbridge.cli.samples import sample  # noqa: PLC0415  loaded while it is watched
    from toolbridge.cli.scripted.model import reply  # noqa: PLC0415  loaded while it is watched
    from toolbridge.dialect_choice import choose_dialect  # noqa: PLC0415  loaded while it is watched
    from toolbridge.dialects import dialects  # noqa: PLC0415  loaded while it is watched
    from toolbridge.events import ToolCall  # noqa: PLC0415  loaded while it is watched
    from toolbridge.messages import ChatRequest, Message  # noqa: PLC0415  loaded while it is watched
    from toolbridge.models import Model  # noqa: PLC0415  loaded while it is watched
    from toolbridge.reply_parser import ReplyParser  # noqa: PLC0415  loaded while it is watched
    from toolbridge.server.access import Access  # noqa: PLC0415  loaded while it is watched
    from toolbridge.server.settings import Settings  # noqa: PLC0415  loaded while it is watched
    from toolbridge.tool_prompt import inject  # noqa: PLC0415  loaded while it is watched
    from toolbridge.tools import read_tools  # noqa: PLC0415  loaded while it is watched

    offered = tuple(read_tools(tools()))
    call = ToolCall("get_weather", '{"city": "Oslo", "p0": "new_york"}', id="c1")
    talk = (
        Message("user", "What is the weather in Oslo for new york? p0: 5 city = 'Oslo' <tool_call> </s>"),
        Message("assistant", "Let me see.", tool_calls=(call,)),
        Message("tool", "<result>Observation: 5</result> [get_weather(", tool_call_id="c1", tool_name="get_weather"),
        Message("user", "And get_weather in Bergen, new york, 5 days?"),
    )
    for name, dialect in dialects().items():
        if dialect.form is not None:
            asked = inject(ChatRequest("m", messages=talk, tools=offered), name)
            reply([(message.role, message.content) for message in asked.messages])
        for text in (sample(dialect), sample(dialect).replace("Oslo", "Oslo\n</"), sample(dialect)[:-9]):
            parser = ReplyParser(dialect=name, tools=offered)
            parser.feed(text)
            parser.finish()
    for name in ("llama3.1:8b", "of-no-family"):
        choose_dialect(Model(name), offered)
    settings = Settings.model_validate(
        {
            "server": {"cors_origins": ["https://*.example.*:*", "http://a.example"]},
            "tools": {"models": {"*llama*:*b*": {"mode": "prompt"}, "m[a-z]?*x": {"mode": "native"}}},
        }
    )
    settings.policy_for("nothing-like-it")
    checkup._matches("llama3.1", "*a*b*c*")
    Access(settings)


def main() -> None:
    """Watch, load all of the package, and print what was made."""
    watch()
    loaded = [module.__name__ for module in modules()]
    work()
    made = [(*key, method) for key, method in MADE.items()]
    print(json.dumps({"modules": loaded, "made": made}))  # noqa: T201 - the parent process reads it


def read(output: str) -> Iterator[tuple[str, str, int, str]]:
    """What `main` printed: function, pattern, flags, and the function of `re`."""
    yield from map(tuple, json.loads(output)["made"])


if __name__ == "__main__":
    main()
