"""Embeddings between `/v1/embeddings` and Ollama's two routes."""

import base64
import json
import struct
from typing import Any

import pytest

from toolbridge.errors import BackendError, RequestError
from toolbridge.wire.ollama.embeddings import EmbedRequest, read_embed, read_embedding

TWO = EmbedRequest("m", ("a", "b"))


def reply(*vectors: Any, **fields: Any) -> bytes:
    data = [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    return json.dumps({"data": data} | fields).encode()


@pytest.mark.parametrize(("body", "inputs"), [("a", ("a",)), (["a", ""], ("a", "")), ("", ()), (None, ()), ([], ())])
def test_one_text_or_several(body: Any, inputs: tuple[str, ...]) -> None:
    assert read_embed({"model": "m", "input": body}).inputs == inputs


def test_names_match_in_any_case_and_unknown_ones_are_nothing() -> None:
    assert read_embed({"Model": "m", "INPUT": "a", "truncate": None, "x": 1}) == EmbedRequest("m", ("a",))
    assert read_embedding({"MODEL": "m", "Prompt": "a"}) == EmbedRequest("m", ("a",), single=True)


@pytest.mark.parametrize("value", [7, [7], [["a"]], {"a": 1}, True])
def test_another_input_is_an_error(value: Any) -> None:
    with pytest.raises(RequestError, match="invalid input type"):
        read_embed({"model": "m", "input": value})


@pytest.mark.parametrize("read", [read_embed, read_embedding])
def test_a_model_is_required(read: Any) -> None:
    with pytest.raises(RequestError, match="model is required"):
        read({"input": "a", "prompt": "a"})


def test_vectors_are_cut_before_they_are_normalised() -> None:
    asked = EmbedRequest("m", ("a",), dimensions=2)
    assert asked.read_reply(reply([3, 4, 12]))["embeddings"] == [[0.6, 0.8]]
    assert asked.read_reply(reply([0, 0, 1]))["embeddings"] == [[0, 0]]


def test_base64_is_read_though_nobody_asked_for_it() -> None:
    packed = base64.b64encode(struct.pack("<2f", 3, 4)).decode()
    assert EmbedRequest("m", ("a",), single=True).read_reply(reply(packed)) == {"embedding": [3, 4]}


def test_counts_are_told_where_there_are_some() -> None:
    answer = TWO.read_reply(reply([1], [1], usage={"prompt_tokens": 8}))
    assert answer == {"model": "m", "embeddings": [[1], [1]], "prompt_eval_count": 8}
    assert "prompt_eval_count" not in TWO.read_reply(reply([1], [1], usage=None))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"what?", "not JSON"),
        (b"[]", "no list of embeddings"),
        (b'{"error":{"message":"no model"}}', "no list of embeddings: no model"),
        (reply([1]), "1 embeddings for 2 texts"),
        (reply([1], ["x"]), "no list of numbers"),
        (reply([1], "!!!!"), "no base64 of floats"),
        (reply([1], base64.b64encode(b"abc").decode()), "no base64 of floats"),
    ],
)
def test_an_answer_that_cannot_be_used_is_the_backends_error(body: bytes, message: str) -> None:
    with pytest.raises(BackendError, match=message):
        TWO.read_reply(body)
