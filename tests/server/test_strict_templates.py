"""Templates that want one system message, first, and a user's turn: their refusal leads to a mended conversation."""

import json
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web

from tests.fake_openai import MODEL, FakeOpenAI
from tests.server.conftest import CALL, OPENAI, SHAPES, WEATHER, InFront, text
from toolbridge.strict_turns import OPENING

LATE = "System message must be at the beginning."
NOBODY = "No user query found in messages."
RENDERING = (
    "Unable to generate parser for this template. Automatic parser generation failed: \n------------\nWhile executing "
    "CallExpression at line 5, column 20 in source:\n...\n                ^\nError: Jinja Exception: {}"
)


def is_strict(fake: FakeOpenAI, *pieces: str) -> None:
    """A model of Qwen 3.5's kind under llama.cpp's server, in the server's own words."""
    says = fake.saying(*pieces)

    async def chat(received: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        roles = [message["role"].replace("developer", "system") for message in body["messages"]]
        why = LATE if "system" in roles[1:] else "" if "user" in roles else NOBODY
        if why:
            error = {"code": 400, "message": RENDERING.format(why), "type": "invalid_request_error"}
            return web.json_response({"error": error}, status=400)
        return await says(received, body)

    fake.chat = chat


def turns(*said: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in said]


SEVERAL = turns(("system", "Be brief."), ("system", "It is Monday."), ("user", "Hello."))
BEHIND = turns(("user", "Hello."), ("assistant", "Hi."), ("system", "It is Monday."))
ALONE = turns(("system", "Say hello."))
GOOD = turns(("system", "Be brief."), ("user", "Hello."))


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
@pytest.mark.parametrize(("path", "streamed"), SHAPES)
@pytest.mark.parametrize(
    "conversation",
    [
        (SEVERAL, turns(("system", "Be brief.\n\nIt is Monday."), ("user", "Hello."))),
        (BEHIND, turns(("user", "Hello."), ("assistant", "Hi."), ("user", "It is Monday."))),
        (ALONE, turns(("system", "Say hello."), ("user", OPENING))),
    ],
    ids=["several", "behind", "alone"],
)
async def test_a_conversation_that_was_refused_goes_out_again_mended(
    in_front: InFront, path: str, streamed: bool, tools: list[Any], conversation: tuple[list[Any], list[Any]]
) -> None:
    bridge, fake = await in_front("llama.cpp")
    said, sent = conversation
    is_strict(fake, "Fine.")
    for _ in range(2):
        answer = await bridge.ask(path, model=MODEL, messages=said, tools=tools, stream=streamed)
        assert (answer.status, text(answer)) == (200, "Fine.")
        assert answer.headers["X-Toolbridge-Mode"].endswith(", turns: mended")
    assert [one.json["messages"] for one in fake.chats] == [said, sent, sent]


async def test_a_prompt_of_the_system_alone_gets_a_user(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp", tools={"mode": "prompt"})
    shown = {
        "default_generation_settings": {},
        "chat_template": "{% if m.role == 'system' %}{{ m.content }}{% endif %}",
    }
    fake.gets["/props"] = (200, shown)
    is_strict(fake, CALL)
    answer = await bridge.ask(OPENAI, model=MODEL, messages=ALONE, tools=[WEATHER])
    assert answer.status == 200
    assert [message["role"] for message in fake.chats[-1].json["messages"]] == ["system", "user"]


async def test_what_the_template_takes_goes_on_as_it_came_even_afterwards(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    is_strict(fake, "Fine.")
    assert (await bridge.ask(OPENAI, model=MODEL, messages=SEVERAL)).status == 200
    sent = json.dumps({"model": MODEL, "messages": GOOD, "unknown": [1.0]}).encode()
    assert (await bridge.send(OPENAI, sent)).status == 200
    assert fake.chats[-1].body == sent


async def test_a_client_that_switched_the_bridge_off_sees_the_refusal(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    is_strict(fake)
    answer = await bridge.ask(OPENAI, model=MODEL, messages=SEVERAL, headers={"X-Toolbridge-Tools": "off"})
    assert (answer.status, len(fake.chats)) == (400, 1)


async def test_words_of_the_request_itself_are_not_remembered(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    is_strict(fake, "Fine.")
    quoting = [*BEHIND, {"role": "user", "content": f"What is '{LATE}'?"}]
    assert (await bridge.ask(OPENAI, model=MODEL, messages=quoting)).status == 200
    assert (await bridge.ask(OPENAI, model=MODEL, messages=BEHIND)).status == 200
    assert len(fake.chats) == 4


async def test_the_prompt_of_a_mended_conversation_keeps_its_beginning(in_front: InFront) -> None:
    """Late messages of the system stay where they stand, so an engine's prompt cache holds."""
    bridge, fake = await in_front("llama.cpp")
    is_strict(fake, "Fine.")
    said = SEVERAL
    for turn in range(6):
        assert (await bridge.ask(OPENAI, model=MODEL, messages=said, tools=[WEATHER])).status == 200
        said = [*said, *BEHIND[1:], *turns(("user", f"Go on, {turn}."))]
    sent = [one.json["messages"] for one in fake.chats]
    assert len(sent) == 6 + 1
    for before, after in pairwise(sent[1:]):
        assert after[: len(before)] == before
