"""The newest forms of Codex over real sockets: tools in an item, in namespaces, and the exec tool of its code mode."""

import json
from typing import Any

import openai
import pytest

from tests.fake_openai import MODEL, FakeOpenAI
from tests.server.conftest import InFront, OfOpenAI
from tests.server.test_responses import told

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAMESPACE = {
    "type": "namespace",
    "name": "mcp__weather",
    "description": "Weather of cities.",
    "tools": [{"type": "function", "name": "now", "description": "Current.", "strict": False, "parameters": CITY}],
}
EXEC = {
    "type": "namespace",
    "name": "functions",
    "description": "",
    "tools": [{"type": "custom", "name": "exec", "description": "Runs JavaScript.", "format": {"type": "text"}}],
}
CODE = 'await tools.shell({"cmd": "ls \\"a b\\""})\n'
ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "How is Oslo?"}]}
WAYS = ("native", "prompt")


def body(*items: Any, streamed: bool = False, **fields: Any) -> bytes:
    """A body as Codex sends it to models that use the lite form: tools and instructions are items."""
    tools = {"type": "additional_tools", "role": "developer", "tools": [NAMESPACE, EXEC]}
    instructions = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]}
    lite = {
        "model": MODEL,
        "input": [tools, instructions, ASKED, *items],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "medium", "context": "all_turns"},
        "store": False,
        "stream": streamed,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "c",
        "client_metadata": {"session_id": "s"},
    }
    return json.dumps(lite | fields).encode()


def says(fake: FakeOpenAI, way: str, name: str, parameter: str, value: str) -> None:
    if way == "native":
        fake.calls(name, {parameter: value})
    else:
        inner = f'<invoke name="{name}">\n<parameter name="{parameter}">{value}</parameter>\n</invoke>'
        fake.says("<tool_calls>\n", inner[:30], inner[30:], "\n</tool_calls>")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("way", WAYS)
async def test_a_call_comes_back_with_its_namespace(in_front: InFront, way: str, streamed: bool) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": way, "dialect": "xml"})
    says(fake, way, "mcp__weather__now", "city", "Oslo")
    response = told(await bridge.send("/v1/responses", body(streamed=streamed)), streamed=streamed)
    (item,) = response.output
    assert (item["type"], item["namespace"], item["name"]) == ("function_call", "mcp__weather", "now")
    assert json.loads(item["arguments"]) == {"city": "Oslo"}
    sent = fake.chats[0].json
    if way == "native":
        names = [tool["function"]["name"] for tool in sent["tools"]]
        assert names == ["mcp__weather__now", "functions__exec"]
    else:
        assert "mcp__weather__now" in sent["messages"][0]["content"]
    assert "Weather of cities." in json.dumps(sent)
    assert response.response["tools"][0]["tools"][0]["name"] == "now"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("way", WAYS)
async def test_code_comes_back_as_a_text_with_its_namespace(in_front: InFront, way: str, streamed: bool) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": way, "dialect": "xml"})
    says(fake, way, "functions__exec", "input", CODE)
    response = told(await bridge.send("/v1/responses", body(streamed=streamed)), streamed=streamed)
    (item,) = response.output
    assert (item["type"], item["namespace"], item["name"]) == ("custom_tool_call", "functions", "exec")
    assert item["input"] == CODE


async def test_the_second_turn_has_the_names_that_the_model_saw(in_front: InFront) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": "native"})
    fake.says("It rains.")
    call = {"type": "function_call", "call_id": "c1", "namespace": "mcp__weather", "name": "now", "arguments": "{}"}
    code = {"type": "custom_tool_call", "call_id": "c2", "namespace": "functions", "name": "exec", "input": CODE}
    outputs = [
        {"type": "function_call_output", "call_id": "c1", "output": "Rain."},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "a b"}]},
    ]
    answer = await bridge.send("/v1/responses", body(call, code, *outputs))
    assert answer.status == 200, answer.body
    messages = fake.chats[0].json["messages"]
    assert [call["function"]["name"] for call in messages[2]["tool_calls"]] == ["mcp__weather__now", "functions__exec"]
    assert [message["content"] for message in messages[3:]] == ["Rain.", "a b"]


async def test_items_that_say_nothing_to_a_model_are_left_out(in_front: InFront) -> None:
    bridge, fake = await in_front("vllm")
    fake.says("Yes.")
    past = [
        {"type": "web_search_call", "id": "w", "status": "completed", "action": {"type": "search", "query": "x"}},
        {"type": "mcp_list_tools", "id": "m", "server_label": "x", "tools": []},
    ]
    answer = await bridge.send("/v1/responses", body(*past, ASKED))
    assert answer.status == 200, answer.body
    assert [message["role"] for message in fake.chats[0].json["messages"]] == ["system", "user", "user"]


async def test_the_package_reads_such_a_call(in_front: InFront, of_openai: OfOpenAI) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": "native"})
    fake.calls("mcp__weather__now", {"city": "Oslo"})
    client: Any = await of_openai(bridge)
    choice = {"type": "function", "name": "now"}
    async with client.responses.stream(model=MODEL, input="How?", tools=[NAMESPACE], tool_choice=choice) as stream:
        response = await stream.get_final_response()
    (item,) = response.output
    assert (item.namespace, item.name, item.arguments) == ("mcp__weather", "now", '{"city": "Oslo"}')
    named = {"type": "function", "function": {"name": "mcp__weather__now"}}
    assert fake.chats[0].json["tool_choice"] == named


# Compaction.


SUMMARY = "The user asked for Oslo. Rain, 7 C. Next: Bergen."


@pytest.mark.parametrize("way", WAYS)
async def test_a_long_conversation_becomes_a_summary(in_front: InFront, way: str) -> None:
    """Codex asks by an item at the end of the input, and expects one item of type compaction."""
    bridge, fake = await in_front("vllm", tools={"mode": way})
    fake.says(SUMMARY[:9], SUMMARY[9:], reasoning="Short.")
    call = {"type": "function_call", "call_id": "c1", "namespace": "mcp__weather", "name": "now", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c1", "output": "Rain, 7 C."}
    asked = body(call, output, {"type": "compaction_trigger"}, streamed=True)
    response = told(await bridge.send("/v1/responses", asked), streamed=True)
    (item,) = response.output
    assert item["type"] == "compaction"
    sent = fake.chats[0].json
    assert "tools" not in sent
    assert "Rain, 7 C." in json.dumps(sent)
    assert "Summarise this conversation" in sent["messages"][-1]["content"]
    fake.says("Bergen.")
    answer = await bridge.send("/v1/responses", body(item, ASKED))
    assert answer.status == 200, answer.body
    assert SUMMARY in json.dumps(fake.chats[1].json)


async def test_the_package_asks_for_a_summary(in_front: InFront, of_openai: OfOpenAI) -> None:
    bridge, fake = await in_front("vllm")
    fake.says(SUMMARY)
    client: Any = await of_openai(bridge)
    items = [ASKED, {"role": "assistant", "content": "Rain."}]
    compacted = await client.responses.compact(model=MODEL, input=items, instructions="Be brief.")
    assert compacted.object == "response.compaction"
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    assert compacted.usage.input_tokens >= 0
    fake.says("Bergen.")
    again = [item.model_dump(exclude_none=True, warnings=False) for item in compacted.output]
    response = await client.responses.create(model=MODEL, input=[*again, {"role": "user", "content": "And now?"}])
    assert response.output_text == "Bergen."
    assert SUMMARY in json.dumps(fake.chats[1].json)


async def test_no_summary_is_an_error(in_front: InFront, of_openai: OfOpenAI) -> None:
    bridge, fake = await in_front("vllm")
    fake.says()
    client: Any = (await of_openai(bridge)).with_options(max_retries=0)
    with pytest.raises(openai.InternalServerError, match="the model wrote no summary"):
        await client.responses.compact(model=MODEL, input="hi")
    with pytest.raises(openai.BadRequestError, match="input is required"):
        await client.responses.compact(model=MODEL)


# Tool search.


@pytest.mark.parametrize("way", WAYS)
async def test_a_tool_that_was_searched_for_can_be_called(in_front: InFront, way: str) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": way, "dialect": "xml"})
    query = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    search = {"type": "tool_search", "execution": "client", "description": "Finds tools.", "parameters": query}
    says(fake, way, "tool_search", "query", "weather")
    first = told(await bridge.send("/v1/responses", body(tools=[search], input=[ASKED])), streamed=False)
    (call,) = first.output
    assert (call["type"], call["arguments"]) == ("tool_search_call", {"query": "weather"})
    found = {"type": "tool_search_output", "call_id": call["call_id"], "execution": "client", "tools": [NAMESPACE]}
    says(fake, way, "mcp__weather__now", "city", "Oslo")
    second = told(await bridge.send("/v1/responses", body(tools=[search], input=[ASKED, call, found])), streamed=False)
    (item,) = second.output
    assert (item["namespace"], item["name"]) == ("mcp__weather", "now")
    if way == "prompt":
        before, after = (one.json["messages"] for one in fake.chats)
        assert after[0] == before[0]
        assert "mcp__weather__now" in after[-1]["content"]
