"""What is looked at on an engine behind the bridge: each check gives a count for its column of the table, or faults.

A scripted model says known words, so its replies are compared with them. Of a trained model only those things are
looked at that hold whatever it writes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product

import anthropic
import ollama
import openai

from tests.engines.demands import demands
from tests.engines.engine import Engine
from tests.engines.talk import CITIES, MOST, QUESTION, TALKS, Reply, Talk
from toolbridge import parse_reply

GREETING = "Hello. Ask me about the weather."
ANSWER = "It is 9 degrees in Oslo and 24 in Rome."
MARKUP = re.compile(r"<\|im_(?:start|end)\|>|</?(?:think|tool_calls?|invoke|function)\b")
WHOLE = ("stop", "tool_calls", "end_turn", "tool_use", "completed")
"""Reasons of replies that ended by themselves, in the words of the four wires."""
CUT = ("length", "max_tokens", "incomplete")
LONG = 20
"""Characters from which on a text that comes twice is no accident."""


@dataclass
class Score:
    """How often a check was made, and what was wrong."""

    made: int = 0
    faults: list[str] = field(default_factory=list)

    def count(self, name: str, problems: list[str]) -> None:
        """Count a check, with what was wrong."""
        self.made += 1
        self.faults += [f"{name}: {problem}" for problem in problems]

    def judge(self, name: str, ask: Callable[[], Reply], faults_of: Callable[[Reply], list[str]]) -> None:
        """Count a reply, or the error that came instead."""
        try:
            reply = ask()
        except (ollama.ResponseError, openai.OpenAIError, anthropic.AnthropicError) as error:
            self.count(name, [f"{type(error).__name__}: {error}"])
        else:
            self.count(name, faults_of(reply))

    @property
    def cell(self) -> str:
        """The count, for a table."""
        return f"{len(self.faults)} faults" if self.faults else str(self.made or "-")


def talks(bridge: str, model: str, mode: str) -> Iterator[tuple[str, Talk, bool]]:
    """Each wire, streamed and not."""
    for name, stream in product(TALKS, (True, False)):
        yield f"{name}, {mode}, {'streamed' if stream else 'whole'}", TALKS[name](bridge, model, mode), stream


def prompted(engine: Engine, bridge: str, model: str) -> Score:
    """The tool in the prompt."""
    return _called(engine, bridge, model, "prompt")


def native(engine: Engine, bridge: str, model: str) -> Score:
    """The tool in the field of the wire; an engine that knows no tools drops it, and the call comes as text."""
    return _called(engine, bridge, model, "native")


def _called(engine: Engine, bridge: str, model: str, mode: str) -> Score:
    score = Score()
    for name, talk, stream in talks(bridge, model, mode):
        score.judge(name, partial(talk.ask, QUESTION, stream=stream), _calls_made if engine.scripted else sound)
    return score


def second_turn(engine: Engine, bridge: str, model: str) -> Score:
    """The results of calls, which the model answers."""
    score = Score()
    calls = tuple((f"call_{number}", "get_weather", {"city": city}) for number, city in enumerate(CITIES))
    past = Reply("Let me look.", "", calls, "tool_calls", 1)
    faults_of = partial(_says, ANSWER) if engine.scripted else sound
    for mode in ("prompt", "native"):
        for name, talk, stream in talks(bridge, model, mode):
            score.judge(name, partial(talk.tell, QUESTION, past, stream=stream), faults_of)
    return score


def without_tools(engine: Engine, bridge: str, model: str) -> Score:
    """A question of another kind, with tools on offer: the answer is text."""
    score = Score()
    faults_of = partial(_says, GREETING) if engine.scripted else sound
    for name, talk, stream in talks(bridge, model, "auto"):
        score.judge(name, partial(talk.ask, "Say hello.", stream=stream), faults_of)
    return score


def rejected(engine: Engine, bridge: str, model: str) -> Score:
    """A call in a notation that the engine's own grammar does not know: the bridge asks for the calls in a prompt."""
    score = Score()
    for name, stream in product(TALKS, (True, False)) if engine.rejects else ():
        talk = TALKS[name](bridge, model, "auto", key=f"{name}-{stream}")
        ask = partial(talk.ask, f"{QUESTION} Use another notation.", stream=stream)
        score.judge(f"{name}, {'streamed' if stream else 'whole'}", ask, _calls_made)
    return score


def odd_turns(engine: Engine, bridge: str, model: str) -> Score:
    """A message of the system behind the first turns, which strict templates refuse."""
    score = Score()
    if not engine.scripted:
        return score
    for name, talk, stream in talks(bridge, model, "auto"):
        ask = partial(talk.follow, [("user", "Hello."), ("system", "Be brief."), ("user", QUESTION)], stream=stream)
        score.judge(name, ask, _calls_made)
    return score


def forced(engine: Engine, bridge: str, model: str) -> Score:
    """Calls that the client demands, of any tool and of a named tool, with a schema that kills llama.cpp's grammar.

    A scripted model cannot write another call than that of its script.
    """
    score = Score()
    if engine.scripted:
        return score
    for name, ask, faults_of in demands(bridge, model):
        score.judge(name, ask, faults_of)
    return score


def listed(_engine: Engine, bridge: str, model: str) -> Score:
    """`/api/tags` and `/api/show`, as Ollama's own client reads them."""
    score = Score()
    can = ollama.Client(host=bridge).show(model).capabilities or []
    score.count("show", [] if "tools" in can and "completion" in can else [f"{model} is shown with {can}"])
    return score


CHECKS: Mapping[str, Callable[[Engine, str, str], Score]] = {
    "listed": listed,
    "prompted": prompted,
    "native": native,
    "with results": second_turn,
    "text": without_tools,
    "rejected": rejected,
    "odd turns": odd_turns,
    "forced": forced,
}
"""The checks by the heads of their columns."""


def _says(text: str, reply: Reply) -> list[str]:
    """What is wrong with a reply that should be this text."""
    return [] if reply.text == text else [f"it says {reply.text!r}"]


def _calls_made(reply: Reply) -> list[str]:
    """What is wrong with a reply that should make both calls of the script."""
    problems = sound(reply)
    made = [(name, given) for _, name, given in reply.calls]
    if made != [("get_weather", {"city": city}) for city in CITIES]:
        problems.append(f"the calls are {made}, beside {reply.text!r}")
    return problems


def sound(reply: Reply) -> list[str]:
    """What is wrong with a reply, whatever the model wanted to say."""
    problems, text = [], reply.text.strip()
    if reply.reason not in WHOLE + CUT:
        problems.append(f"it ends with {reply.reason!r}")
    if not 0 < reply.tokens <= MOST:
        problems.append(f"it is said to have {reply.tokens} tokens")
    if MARKUP.search(text) or parse_reply(text, "auto", [{"name": "get_weather", "input_schema": {}}]).tool_calls:
        problems.append(f"markup is left in {text!r}")
    half = len(text) // 2
    if half > LONG and text[:half].strip() == text[half:].strip():
        problems.append(f"it comes twice: {text!r}")
    if any(not isinstance(given, dict) for _, _, given in reply.calls):
        problems.append(f"arguments are no object in {reply.calls}")
    identifiers = [name for name, _, _ in reply.calls if name]
    if len(identifiers) != len(set(identifiers)):
        problems.append(f"two calls have one identifier: {identifiers}")
    return problems
