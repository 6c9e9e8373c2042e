"""What is looked at on a real Ollama alone.

told          `/api/tags` and `/api/show` say of each model what Ollama says of it
no_thinking   a model that cannot think: a wish for thinking is an error on Ollama's wire and a hint on the others
one_load      a chat with many tools, and the title that a client asks for behind it: the model is loaded once
broken_off    the process that runs the model dies in mid-answer: the client of each wire is told
"""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
import ollama

from tests.engines.engine import Stand
from tests.engines.score import Score
from tests.engines.talk import MOST, SCHEMA

TURNS = 2
"""How often the chat and the title are asked for."""
MANY, LONG = 16, 400
"""Tools whose prompt does not fit into Ollama's own window beside a reply, and does into the next larger one."""
ROUTES: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "ollama": ("/api/chat", {"options": {"num_predict": MOST}}, {"think": True}),
    "openai": ("/v1/chat/completions", {"max_tokens": MOST}, {"reasoning_effort": "low"}),
    "anthropic": ("/v1/messages", {"max_tokens": MOST}, {"thinking": {"type": "adaptive"}}),
    "responses": ("/v1/responses", {"max_output_tokens": MOST}, {"reasoning": {"effort": "low"}}),
}
"""By wire: the path, the limit of the reply, and the wish for thinking."""
BROKEN = ('{"error":', "event: error", '"type":"response.failed"', 'data: {"error":')
"""How the wires tell of an error in mid-stream."""
ENDLESS = 100_000
"""Tokens of a reply that is not to end by itself."""
BEGUN = 1000
"""Characters of a stream after which the reply has surely begun."""
PATIENCE = 120
"""Seconds for an answer."""


def told(stand: Stand, score: Score) -> Score:
    """Add to the score what the lists of models say."""
    bridge, backend = (ollama.Client(host=each).list().model_dump() for each in (stand.bridge, stand.backend))
    score.count("tags", [] if bridge == backend else [f"{bridge} instead of {backend}"])
    bridge, backend = (
        ollama.Client(host=each).show(stand.model).model_dump() for each in (stand.bridge, stand.backend)
    )
    both = {"capabilities": None}
    score.count("show beside the backend's", [] if bridge | both == backend | both else [f"{bridge} is not {backend}"])
    return score


def no_thinking(stand: Stand) -> Score:
    """A wish for thinking that the model cannot meet."""
    score = Score()
    if not stand.engine.is_ollama or "thinking" in (
        ollama.Client(host=stand.backend).show(stand.model).capabilities or ()
    ):
        return score
    for wire, (_, _, wish) in ROUTES.items():
        status, said = _ask(stand, wire, "Say hello.", wish)
        right = (status, "does not support thinking" in said) == ((400, True) if wire == "ollama" else (200, False))
        score.count(wire, [] if right else [f"{status}: {said[:500]}"])
    return score


def one_load(stand: Stand) -> Score:
    """The window that the tools need is kept for the requests without tools."""
    score = Score()
    if not (stand.engine.is_ollama and stand.engine.scripted):
        return score
    client = ollama.Client(host=stand.bridge, headers={"X-Toolbridge-Tools": "prompt"})
    tools = [
        {"type": "function", "function": {"name": f"get_{number}", "description": "x" * LONG, "parameters": SCHEMA}}
        for number in range(MANY)
    ]
    before = len(stand.loaded())
    for _ in range(TURNS):
        client.chat(stand.model, [{"role": "user", "content": "Say hello."}], tools=tools)
        client.chat(stand.model, [{"role": "user", "content": "Write a title: hello."}])
    loads = len(stand.loaded()) - before
    score.count("turns", [] if loads <= 1 else [f"the model was loaded {loads} times"])
    window = ollama.Client(host=stand.bridge).ps().models[0].context_length or 0
    score.count("window", [] if window > 4096 else [f"the window has {window} tokens"])
    return score


def broken_off(stand: Stand) -> Score:
    """The end of the process that runs the model, in the midst of a reply that would not end by itself."""
    score = Score()
    for wire in ROUTES if stand.engine.is_ollama and stand.engine.scripted else ():
        path, _, _ = ROUTES[wire]
        body = _body(stand, wire, "Talk for ever.") | {"stream": True, "max_tokens": ENDLESS}
        said, runs = "", True
        # Behind the line with the error, Ollama's wire breaks off.
        with (
            suppress(httpx.TransportError),
            httpx.stream("POST", stand.bridge + path, json=body, timeout=PATIENCE, trust_env=False) as answer,
        ):
            for piece in answer.iter_text():
                said += piece
                if runs and len(said) > BEGUN:
                    os.kill(stand.loaded()[-1], signal.SIGKILL)
                    runs = False
        score.count(wire, [] if any(sign in said for sign in BROKEN) else [f"it ends with {said[-300:]!r}"])
    return score


def _body(stand: Stand, wire: str, text: str) -> dict[str, Any]:
    turns = [{"role": "user", "content": text}]
    return {"model": stand.model, "stream": False, "input" if wire == "responses" else "messages": turns}


def _ask(stand: Stand, wire: str, text: str, more: dict[str, Any]) -> tuple[int, str]:
    """The status and the text of an answer that is not streamed."""
    path, limit, _ = ROUTES[wire]
    body = _body(stand, wire, text) | limit | more
    answer = httpx.post(stand.bridge + path, json=body, timeout=PATIENCE, trust_env=False)
    return answer.status_code, answer.text
