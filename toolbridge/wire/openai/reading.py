"""Replies of an OpenAI-compatible backend into events.

`Finish` waits for `[DONE]` or the end of the bytes, as usage comes after the finish reason (llama.cpp, vLLM, OpenAI).
`[DONE]` may be missing once there was a finish reason; the end of the bytes without one is an error, never a stop.
"""

from collections.abc import Mapping
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.events import Error, Finish, Opaque, ReplyStart, Usage
from toolbridge.frames import Frame, SseFrames
from toolbridge.limits import Limits
from toolbridge.wire import Ids
from toolbridge.wire.codec import exact, json_text
from toolbridge.wire.failures import read_error_value
from toolbridge.wire.openai.fragments import Fragments
from toolbridge.wire.reading import ReplyReader

CONSTANT = ("system_fingerprint", "service_tier")
"""What stands in every chunk of a reply, and so in `ReplyStart.extra`."""
_COMMON = {"id", "object", "created", "model", "choices", "error", *CONSTANT}
_REASONS = {"function_call": "tool_calls", "eos": "stop", "end_turn": "stop", "max_tokens": "length"}
"""Deprecated, and other servers' own, words."""


class OpenAIReader(ReplyReader):
    """Reads SSE chunks, or one completion."""

    def __init__(self, *, stream: bool, limits: Limits, ids: Ids) -> None:
        super().__init__(SseFrames, stream=stream, limits=limits)
        self._calls = Fragments(limits, ids)
        self._begun = False
        self._reason = ""
        self._usage: Usage | None = None
        self._extra: dict[str, Any] = {}

    def _take(self, frame: Frame) -> None:
        if frame.data.startswith(b"[DONE]"):
            self._done()
            return
        body = self._object(frame)
        error = body.get("error")
        if error or frame.event == "error" or body.get("object") == "error":
            self._fail(read_error_value(error or body))
            return
        choices = body.get("choices")
        if usage := body.get("usage"):
            self._take_usage(usage)
        if not isinstance(choices, list):
            return
        if not self._begun:
            self._begin(body)
        whole = bool(choices) and self._take_choice(choices, frame)
        if not choices or self._reason:
            self._extra |= {name: value for name, value in body.items() if name not in _COMMON}
        if whole:
            self._done()

    def _begin(self, body: Mapping[str, Any]) -> None:
        self._begun = True
        created = body.get("created")
        self._emit(
            ReplyStart(
                id=_text(body.get("id")),
                model=_text(body.get("model")),
                created=created if isinstance(created, int | float) else None,
                extra={name: body[name] for name in CONSTANT if body.get(name) is not None},
            )
        )

    def _take_choice(self, choices: list[Any], frame: Frame) -> bool:
        """Read the one choice that was asked for, the first where there are more; whether it was a whole message."""
        choice = choices[0]
        if type(choice) is not dict:
            raise FrameError("the backend sent a choice that is no object")
        if choice.get("index"):
            return False
        delta = choice.get("delta") or choice.get("message")
        if type(delta) is dict:
            if reasoning := delta.get("reasoning") or delta.get("reasoning_content"):
                self._add_reasoning(reasoning)
            if content := delta.get("content") or delta.get("refusal"):
                if type(content) is str and not self._reasoning:
                    self._content.append(content)
                else:
                    self._add_content(content if isinstance(content, str) else _parts(content))
            if delta.get("tool_calls") or delta.get("function_call"):
                self._take_calls(delta, frame)
        if logprobs := choice.get("logprobs"):
            self._emit(Opaque("openai", json_text({"logprobs": logprobs})))
        if reason := choice.get("finish_reason"):
            self._reason = _text(reason) or "stop"
        return choice.get("message") is not None

    def _take_calls(self, delta: Mapping[str, Any], frame: Frame) -> None:
        fragments = _fragments(delta)
        if not isinstance(fragments, list) or not all(isinstance(fragment, dict) for fragment in fragments):
            raise FrameError("the backend sent tool_calls that are no list of objects")
        again: Any = None
        for number, fragment in enumerate(fragments):
            function = fragment.get("function")
            arguments = function.get("arguments") if isinstance(function, Mapping) else None
            if isinstance(arguments, Mapping):
                # An object in place of its text: it is read again with all its digits.
                if again is None:
                    choice = exact(frame)["choices"][0]
                    again = _fragments(choice.get("delta") or choice["message"])
                arguments = json_text(again[number]["function"]["arguments"])
            elif arguments is not None and not isinstance(arguments, str):
                raise FrameError("the backend sent arguments that are no text")
            for event in self._calls.take(fragment, arguments or ""):
                self._emit(event)

    def _take_usage(self, usage: Any) -> None:
        if not isinstance(usage, Mapping):
            return
        prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if type(prompt) is int or type(completion) is int:
            self._usage = Usage(
                prompt if type(prompt) is int else None, completion if type(completion) is int else None
            )
            self._extra["usage"] = usage

    def _done(self) -> None:
        if not self._begun:
            self._fail(Error("the backend ended its reply before it began"))
            return
        reason = _REASONS.get(self._reason, self._reason) or "stop"
        for event in self._calls.finish("truncated" if reason == "length" else "broken"):
            self._emit(event)
        # LM Studio and old llama.cpp say stop after calls; some say tool_calls with none.
        if reason in ("stop", "tool_calls"):
            reason = "tool_calls" if self._calls.complete else "stop"
        self._emit(Finish(reason, self._usage, self._extra))
        self.ended = True

    def _close(self) -> None:
        if self._reason:
            self._done()
            return
        self._fail(Error("the backend's reply broke off: it ended without a finish reason"))

    def _fail(self, error: Error) -> None:
        for event in self._calls.finish("truncated"):
            self._emit(event)
        super()._fail(error)


def _fragments(delta: Mapping[str, Any]) -> Any:
    """The entries of a delta's calls; the deprecated `function_call` is the one call 0."""
    return delta.get("tool_calls") or [{"index": 0, "function": delta.get("function_call")}]


def _parts(content: Any) -> str:
    """Content in parts (Mistral): the texts of them."""
    if not isinstance(content, list):
        raise FrameError("the backend sent content that is no text")
    texts = (part.get("text") for part in content if isinstance(part, Mapping))
    return "".join(text for text in texts if isinstance(text, str))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
