"""Golden exchanges of the routes beside the chats: prompts that are no conversation, and embeddings."""

import math

import pytest

from tests.wire.exchanges import NOW, events_of, on_the_wire, pieces, recorded
from toolbridge.events import ContentDelta, Finish, Reply, ReplyStart, Usage, collect
from toolbridge.wire import wire
from toolbridge.wire.ollama.embeddings import read_embed, read_embedding
from toolbridge.wire.request_json import read_json


@pytest.mark.parametrize("size", [1, 7, 11, 1 << 20])
def test_the_stream_of_a_prompt_is_read_in_pieces_of_any_size(size: int) -> None:
    data = on_the_wire(recorded("openai_completions_stream")["response"])
    assert collect(events_of("openai", pieces(data, size))) == Reply(" two,", finish_reason="stop")


def test_a_generated_text_is_written_as_ollama_writes_it() -> None:
    """But for the tokens of the conversation, in numbers that only Ollama knows, and the times of its clock."""
    record = recorded("ollama_generate_stream")
    request = wire("ollama.generate").read_request(record["request"]["body"])
    assert (request.model, request.stream, [one.content for one in request.messages]) == (
        "qwen3:8b",
        True,
        ["One, two,"],
    )
    out = wire("ollama.generate").writer(request=request, clock=lambda: NOW, ids=str)
    lines = record["response"]["chunks"]
    times = {name: lines[-1][name] for name in lines[-1] if name.endswith("_duration")}
    texts = [ContentDelta(line["response"]) for line in lines[:-1]]
    data = out.feed([ReplyStart(), *texts, Finish("length", Usage(26, 12), times)]) + out.finish()
    written = [read_json(line) for line in data.splitlines()]
    assert [list(line) for line in written] == [[name for name in line if name != "context"] for line in lines]
    assert [line | {"created_at": ""} for line in written] == [
        {name: value for name, value in line.items() if name != "context"} | {"created_at": ""} for line in lines
    ]


def test_embeddings_of_openais_wire_are_those_of_ollamas_routes() -> None:
    answer = on_the_wire(recorded("openai_embeddings_base64")["response"])
    numbers = [0.5, -0.25, 1.0]
    older = read_embedding(recorded("ollama_embeddings_legacy")["request"]["body"])
    assert older.read_reply(answer) == {"embedding": numbers}
    newer = read_embed(recorded("ollama_embed")["request"]["body"] | {"input": "a"})
    body = newer.read_reply(answer)
    length = math.sqrt(sum(number * number for number in numbers))
    assert body["embeddings"] == [[pytest.approx(number / length) for number in numbers]]
    assert (body["model"], body["prompt_eval_count"]) == ("all-minilm", 3)
    assert body.keys() <= recorded("ollama_embed")["response"]["body"].keys()
