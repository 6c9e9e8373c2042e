"""Requests drawn at random, of what a wire can carry."""

from typing import Any

from hypothesis import strategies as st

from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.wire.codec import json_text

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=8)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = st.dictionaries(WORDS, JSON, max_size=3).map(json_text)
IMAGES = st.sampled_from([Image("iVBORw0KGgo="), Image("/9j/4AAQ")])
SCHEMAS = st.dictionaries(WORDS, st.sampled_from([{"type": "string"}, {"type": "integer"}]), max_size=2).map(
    lambda properties: {"type": "object", "properties": properties}
)
TOOLS = st.lists(
    st.builds(Tool, WORDS, TEXT, SCHEMAS, st.none() | st.booleans()), max_size=3, unique_by=lambda tool: tool.name
)
FORMATS = st.none() | st.just("json") | SCHEMAS
SAMPLING: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1),
    "top_k": st.integers(0, 99),
    "min_p": st.floats(0, 1),
    "seed": st.integers(),
    "stop": st.lists(WORDS, min_size=1, max_size=3),
    "max_tokens": st.integers(0, 9999),
    "presence_penalty": st.floats(-2, 2),
    "frequency_penalty": st.floats(-2, 2),
    "repeat_penalty": st.floats(0, 2),
    "logprobs": st.booleans(),
    "top_logprobs": st.integers(0, 20),
}
EXTRA = st.dictionaries(st.sampled_from(["x_one", "x_two"]), JSON, max_size=2)


@st.composite
def ollama_requests(draw: st.DrawFn) -> ChatRequest:
    images = st.lists(IMAGES.map(lambda image: Image(image.data)), max_size=2).map(tuple)
    call = st.builds(ToolCall, WORDS, ARGUMENTS, st.none() | WORDS)
    message = st.one_of(
        st.builds(Message, st.sampled_from(["system", "user"]), TEXT, images, extra=EXTRA),
        st.builds(
            Message, st.just("assistant"), TEXT, images, TEXT, st.lists(call, max_size=2).map(tuple), extra=EXTRA
        ),
        st.builds(Message, st.just("tool"), TEXT, images, tool_call_id=st.none() | WORDS, tool_name=st.none() | WORDS),
    )
    options = draw(st.none() | st.just({"num_ctx": 4096, "mirostat": None}))
    return ChatRequest(
        model=draw(WORDS),
        messages=tuple(draw(st.lists(message, max_size=4))),
        tools=tuple(draw(TOOLS)),
        stream=draw(st.booleans()),
        sampling=draw(st.fixed_dictionaries({}, optional=SAMPLING)),
        format=draw(FORMATS),
        think=draw(st.sampled_from([None, True, False, "low", "medium", "high", "max"])),
        source="ollama",
        extra=draw(EXTRA) | ({"options": options} if options else {}),
    )


@st.composite
def openai_requests(draw: st.DrawFn) -> ChatRequest:
    images = st.lists(IMAGES.map(lambda image: Image(image.data, "image/png")), max_size=2).map(tuple)
    messages: list[Message] = [draw(st.builds(Message, st.sampled_from(["system", "user"]), TEXT, images, extra=EXTRA))]
    number = 0
    for text in draw(st.lists(TEXT, max_size=3)):
        calls = [
            ToolCall(draw(WORDS), draw(ARGUMENTS), f"call_{number + place}") for place in range(draw(st.integers(0, 2)))
        ]
        number += len(calls)
        messages.append(Message("assistant", text, reasoning=draw(TEXT), tool_calls=tuple(calls)))
        messages += [Message("tool", draw(TEXT), tool_call_id=call.id, tool_name=call.name) for call in calls]
    tools = draw(TOOLS)
    choices = [ToolChoice()]
    if tools:
        choices += [ToolChoice("none"), ToolChoice("required"), ToolChoice("required", tools[0].name)]
    stream = draw(st.booleans())
    return ChatRequest(
        model=draw(WORDS),
        messages=tuple(messages),
        tools=tuple(tools),
        tool_choice=draw(st.sampled_from(choices)),
        parallel=draw(st.booleans()) if tools else True,
        stream=stream,
        include_usage=stream,
        sampling=draw(st.fixed_dictionaries({}, optional=SAMPLING)),
        think=draw(st.sampled_from([None, False, "minimal", "low", "medium", "high", "xhigh", "max"])),
        source="openai",
        extra=draw(EXTRA),
    )
