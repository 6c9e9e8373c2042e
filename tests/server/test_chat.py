from tests.fake_ollama import FakeOllama
from tests.server.conftest import WEATHER, Bridge, CALL

async def test_a(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("Looking. ", *CALL)
    answer = await bridge.ask(tools=[WEATHER], stream=True)
    print(answer.status, answer.headers, answer.body.decode())
    print(backend.chats[0].body.decode()[:3000])
    answer = await bridge.ask("/v1/chat/completions", tools=[WEATHER], stream=True)
    print(answer.status, answer.headers, answer.body.decode())
    answer = await bridge.ask("/v1/chat/completions", tools=[WEATHER])
    print(answer.status, answer.headers, answer.body.decode())
    answer = await bridge.ask(tools=[WEATHER])
    print(answer.status, answer.headers, answer.body.decode())
    for l in bridge.log: print(l)
