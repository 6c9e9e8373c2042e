"""What is looked at on an engine behind the bridge: each check gives a count for its column of the table, or faults.

A scripted model says known words, so its replies are compared with them. Of a trained model only those things are
looked at that hold whatever it writes.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product

import ollama

from tests.engines import ollama_checks
from tests.engines.demands import demands
from tests.engines.engine import Stand
from tests.engines.score import Score
from tests.engines.talk import CITIES, MOST, QUESTION, TALKS, Reply, Talk
from toolbridge import parse_reply

GREETING = "Hello. Ask me about the weather."
BESIDE = ("Let me look.", "Let me see.", "")
"""What the scripts say beside their calls."""
ANSWER = "It is 9 degrees in Oslo and 24 in Rome."
MARKUP = re.compile(r"<\|im_(?:start|end)\|>|</?(?:think|tool_calls?|invoke|function)\b")
WHOLE = ("stop", "tool_calls", "end_turn", "tool_use", "completed")
"""Reasons of replies that ended by themselves, in the words of the four wires."""
CUT = ("length", "max_tokens", "incomplete")
LONG = 20
"""Characters from which on a text that comes twice is no accident."""


def talks(stand: Stand, mode: str) -> Iterator[tuple[str, Talk, bool]]:
    """Each wire, streamed and not."""
    for name, stream in product(TALKS, (True, False)):
        yield (
            f"{name}, {mode}, {'streamed' if stream else 'whole'}",
            TALKS[name](stand.bridge, stand.model, mode),
            stream,
        )


def modes(stand: Stand) -> Sequence[str]:
    """The ways in which the model can be given tools, as the header `X-Toolbridge-Tools` names them."""
    return ("prompt", "native") if stand.engine.takes_tools else ("prompt",)


def prompted(stand: Stand) -> Score:
    """The tool in the prompt."""
    return _called(stand, "prompt")


def native(stand: Stand) -> Score:
    """The tool in the field of the wire; an engine that knows no tools drops it, and the call comes as text."""
    return _called(stand, "native")


def _called(stand: Stand, mode: str) -> Score:
    score = Score()
    for name, talk, stream in talks(stand, mode) if mode in modes(stand) else ():
        score.judge(name, partial(talk.ask, QUESTION, stream=stream), _calls_made if stand.engine.scripted else sound)
    return score


def second_turn(stand: Stand) -> Score:
    """The results of calls, which the model answers."""
    score = Score()
    calls = tuple((f"call_{number}", "get_weather", {"city": city}) for number, city in enumerate(CITIES))
    past = Reply("Let me look.", "", calls, "tool_calls", 1)
    faults_of = partial(_says, ANSWER) if stand.engine.scripted else sound
    for mode in modes(stand):
        for name, talk, stream in talks(stand, mode):
            score.judge(name, partial(talk.tell, QUESTION, past, stream=stream), faults_of)
    return score


def without_tools(stand: Stand) -> Score:
    """A question of another kind, with tools on offer: the answer is text."""
    score = Score()
    faults_of = partial(_says, GREETING) if stand.engine.scripted else sound
    for name, talk, stream in talks(stand, "auto"):
        score.judge(name, partial(talk.ask, "Say hello.", stream=stream), faults_of)
    return score


def rejected(stand: Stand) -> Score:
    """A call in a notation that the engine's own grammar does not know: the bridge asks for the calls in a prompt."""
    score = Score()
    for name, stream in product(TALKS, (True, False)) if stand.engine.rejects else ():
        talk = TALKS[name](stand.bridge, stand.model, "auto", key=f"{name}-{stream}")
        ask = partial(talk.ask, f"{QUESTION} Use another notation.", stream=stream)
        score.judge(f"{name}, {'streamed' if stream else 'whole'}", ask, _calls_made)
    return score


def odd_turns(stand: Stand) -> Score:
    """A message of the system behind the first turns, which strict templates refuse."""
    score = Score()
    if not stand.engine.scripted:
        return score
    for name, talk, stream in talks(stand, "auto"):
        ask = partial(talk.follow, [("user", "Hello."), ("system", "Be brief."), ("user", QUESTION)], stream=stream)
        score.judge(name, ask, _calls_made)
    return score


def forced(stand: Stand) -> Score:
    """Calls that the client demands, of any tool and of a named tool, with a schema that kills llama.cpp's grammar.

    A scripted model cannot write another call than that of its script.
    """
    score = Score()
    for name, ask, faults_of in () if stand.engine.scripted else demands(stand.bridge, stand.model):
        score.judge(name, ask, faults_of)
    return score


def listed(stand: Stand) -> Score:
    """`/api/tags` and `/api/show`, as Ollama's own client reads them."""
    score = Score()
    can = ollama.Client(host=stand.bridge).show(stand.model).capabilities or []
    score.count("show", [] if "tools" in can and "completion" in can else [f"{stand.model} is shown with {can}"])
    return ollama_checks.told(stand, score) if stand.engine.is_ollama else score


CHECKS: Mapping[str, Callable[[Stand], Score]] = {
    "listed": listed,
    "prompted": prompted,
    "native": native,
    "with results": second_turn,
    "text": without_tools,
    "rejected": rejected,
    "odd turns": odd_turns,
    "no thinking": ollama_checks.no_thinking,
    "one load": ollama_checks.one_load,
    "broken off": ollama_checks.broken_off,
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
    if made != [("get_weather", {"city": city}) for city in CITIES] or reply.text.strip() not in BESIDE:
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
