"""Replies of an OpenAI-compatible backend into events.

`Finish` waits for `[DONE]` or the end of the bytes, as usage comes after the finish reason (llama.cpp, vLLM, OpenAI).
`[DONE]` may be missing behind a finish reason (transformers serve does not send it). A stream without a finish reason
is an error, never a stop, also if it ends with `[DONE]`: gateways write `[DONE]` behind a reply that broke off. A
completion in one piece needs no finish reason to be whole.
"""

from collections.abc import Mapping
from typing import Any

from toolbridge.errors import FrameError, shown
from toolbridge.events import Error, Finish, Opaque, ReplyStart, Usage
from toolbridge.frames import Frame, SseFrames, WholeFrame
from toolbridge.limits import Limits
from toolbridge.wire.base import Ids
from toolbridge.wire.codec import exact, json_text
from toolbridge.wire.failures import read_error_value
from toolbridge.wire.openai.fragments import Fragments
from toolbridge.wire.reply_fields import mapping_of, seconds_of, text_of, usage_of
from toolbridge.wire.reply_reader import ReplyReader

CONSTANT = ("system_fingerprint", "service_tier")
"""Fields that stand in every chunk of a reply, and so in `ReplyStart.extra`."""
_COMMON = {"id", "object", "created", "model", "choices", "error", *CONSTANT}
_REASONS = {"function_call": "tool_calls", "eos": "stop", "end_turn": "stop", "max_tokens": "length"}
"""Our words for deprecated reasons, and for reasons that other servers made up."""
_TIMINGS = {"prompt_ms": "prompt_eval_duration", "predicted_ms": "eval_duration"}
_LONGEST = 1e12
_GIVEN_UP = frozenset({"abort", "error"})
"""Finish reasons of replies that are not whole: vLLM and SGLang dropped the request (`abort`), a provider of
OpenRouter's failed (`error`)."""


class OpenAIReader(ReplyReader):
    """Reads the chunks of a stream, or one completion."""

    def __init__(self, *, stream: bool, limits: Limits, ids: Ids) -> None:
        self._calls = Fragments(limits, ids)
        super().__init__(SseFrames, stream=stream, limits=limits, open_calls=self._calls)
        self._begun = False
        self._reason = ""
        self._usage: Usage | None = None
        self._extra: dict[str, Any] = {}

    def _take(self, frame: Frame) -> None:
        if frame.data.startswith(b"[DONE]"):
            if self._begun and not self._reason:
                self._close()
            else:
                self._done()
            return
        body = self._object(frame)
        error = body.get("error")
        if error or frame.event == "error" or body.get("object") == "error":
            self._end(read_error_value(error or body))
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
        self._emit(
            ReplyStart(
                id=text_of(body.get("id")),
                model=text_of(body.get("model")),
                created=seconds_of(body.get("created")),
                extra={name: body[name] for name in CONSTANT if body.get(name) is not None},
            )
        )

    def _take_choice(self, choices: list[Any], frame: Frame) -> bool:
        """Read the first choice, as no more are asked for; whether it was a whole message."""
        choice = choices[0]
        if type(choice) is not dict:
            raise FrameError("the backend sent a choice that is no object")
        if choice.get("index"):
            return False
        delta = choice.get("delta") or choice.get("message")
        if type(delta) is dict:
            if reasoning := delta.get("reasoning") or delta.get("reasoning_content") or delta.get("thinking"):
                self._add_reasoning(reasoning)
            if content := delta.get("content") or delta.get("refusal"):
                if type(content) is str and not self._reasoning:
                    self._content.append(content)
                elif isinstance(content, list):
                    self._take_parts(content)
                else:
                    self._add_content(content)
            if delta.get("tool_calls") or delta.get("function_call"):
                self._take_calls(delta, frame)
        if text := choice.get("text"):
            # A choice of `/v1/completions` has a text in place of a message.
            self._add_content(text)
        if logprobs := choice.get("logprobs"):
            # The log probabilities of `/v1/completions` stand in columns: no event has a place for them.
            tokens = mapping_of(logprobs).get("content")
            if not tokens or not self._take_tokens(tokens):
                self._emit(Opaque("openai", json_text({"logprobs": logprobs})))
        if reason := choice.get("finish_reason"):
            if not isinstance(reason, str):
                raise FrameError("the backend sent a finish reason that is no text")
            self._reason = reason
            self.closing = True
        return choice.get("message") is not None or (self._reason != "" and isinstance(self._framer, WholeFrame))

    def _take_parts(self, parts: list[Any]) -> None:
        """Read content in parts (Mistral). Reasoning is a part of its own, with parts in it."""
        for part in parts:
            if not isinstance(part, Mapping):
                continue
            if thought := part.get("thinking"):
                self._add_reasoning(thought if isinstance(thought, str) else _texts(thought))
            elif text := part.get("text"):
                self._add_content(text)

    def _take_calls(self, delta: Mapping[str, Any], frame: Frame) -> None:
        fragments = _fragments(delta)
        if not isinstance(fragments, list) or not all(isinstance(fragment, dict) for fragment in fragments):
            raise FrameError("the backend sent tool_calls that are no list of objects")
        exact_fragments: Any = None
        for number, fragment in enumerate(fragments):
            function = fragment.get("function")
            arguments = function.get("arguments") if isinstance(function, Mapping) else None
            if isinstance(arguments, Mapping):
                # An object in place of its text is read again with all its digits.
                if exact_fragments is None:
                    choice = exact(frame)["choices"][0]
                    exact_fragments = _fragments(choice.get("delta") or choice["message"])
                arguments = json_text(exact_fragments[number]["function"]["arguments"])
            elif arguments is not None and not isinstance(arguments, str):
                raise FrameError("the backend sent arguments that are no text")
            self._emit_all(self._calls.take(fragment, arguments or ""))

    def _take_usage(self, usage: Any) -> None:
        counts = mapping_of(usage)
        counted = usage_of(counts.get("prompt_tokens"), counts.get("completion_tokens"))
        if counted is not None:
            self._usage = counted
            self._extra["usage"] = usage

    def _done(self) -> None:
        if not self._begun:
            self._end(Error("the backend ended its reply before it began"))
            return
        if self._reason in _GIVEN_UP:
            self._end(Error(f"the backend gave its reply up: its finish reason is {shown(self._reason)}"))
            return
        reason = _REASONS.get(self._reason, self._reason) or "stop"
        self._end(Finish(reason, self._usage, self._extra | _durations(self._extra.get("timings"))))

    def _close(self) -> None:
        if self._reason:
            self._done()
            return
        self._end(Error("the backend's reply broke off: it ended without a finish reason"))


def _fragments(delta: Mapping[str, Any]) -> Any:
    """The entries of a delta's calls; the deprecated `function_call` is call 0, and the only call."""
    return delta.get("tool_calls") or [{"index": 0, "function": delta.get("function_call")}]


def _texts(parts: Any) -> str:
    found = (part.get("text") for part in parts if isinstance(part, Mapping)) if isinstance(parts, list) else ()
    return "".join(text for text in found if isinstance(text, str))


def _durations(timings: Any) -> dict[str, int]:
    """The times that llama.cpp measured, in milliseconds, as Ollama's fields, in nanoseconds."""
    if not isinstance(timings, Mapping):
        return {}
    took = {ours: timings.get(theirs) for theirs, ours in _TIMINGS.items()}
    known = {name: int(ms * 1e6) for name, ms in took.items() if isinstance(ms, int | float) and 0 < ms < _LONGEST}
    return known | ({"total_duration": sum(known.values())} if known else {})
