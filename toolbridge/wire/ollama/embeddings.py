"""`/api/embed` and the older `/api/embeddings`, for a backend that has `/v1/embeddings`.

The newer route takes one or several texts; its vectors are cut to `dimensions` and then have length 1. The older route
takes a single text and answers with the vector as the model made it.
"""

import base64
import binascii
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolbridge.errors import BackendError, FrameError, RequestError
from toolbridge.wire.codec import loads
from toolbridge.wire.failures import read_error_value
from toolbridge.wire.fields import Fields, read_model

_EMBED = ("model", "input", "truncate", "dimensions", "options", "keep_alive")
_EMBEDDING = ("model", "prompt", "options", "keep_alive")

Vector = list[float]


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """Texts to embed; without `inputs` it is a request to load the model. `single` marks the older route."""

    model: str
    inputs: tuple[str, ...]
    dimensions: int | None = None
    single: bool = False

    def write_request(self) -> dict[str, Any]:
        """The body for `/v1/embeddings`. It names no dimensions, as few servers can cut vectors; they are cut here."""
        return {"model": self.model, "input": list(self.inputs), "encoding_format": "float"}

    def read_reply(self, body: bytes) -> dict[str, Any]:
        """The answer of `/v1/embeddings` as an answer of Ollama's. Raises `BackendError`."""
        try:
            answer = loads(body)
        except FrameError as problem:
            raise BackendError(problem.message) from None
        if not isinstance(answer, Mapping) or not isinstance(answer.get("data"), list):
            error = answer.get("error") if isinstance(answer, Mapping) else None
            message = f": {read_error_value(error).message}" if error else ""
            raise BackendError(f"the backend answers /v1/embeddings with what is no list of embeddings{message}")
        entries = [entry for entry in answer["data"] if isinstance(entry, Mapping)]
        entries.sort(key=lambda entry: index if isinstance(index := entry.get("index"), int) else 0)
        vectors = [_vector(entry.get("embedding")) for entry in entries]
        if len(vectors) != len(self.inputs):
            raise BackendError(f"the backend answers {len(vectors)} embeddings for {len(self.inputs)} texts")
        usage = answer.get("usage")
        counted = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
        return self.write_reply(vectors, counted if isinstance(counted, int) else None)

    def write_reply(self, vectors: Sequence[Vector], prompt_tokens: int | None) -> dict[str, Any]:
        """The answer with these vectors, one for each input."""
        if self.single:
            return {"embedding": vectors[0] if vectors else []}
        out: dict[str, Any] = {"model": self.model}
        out["embeddings"] = [_normal(vector[: self.dimensions]) for vector in vectors]
        return out | ({"prompt_eval_count": prompt_tokens} if prompt_tokens else {})


def read_embed(body: Mapping[str, Any]) -> EmbedRequest:
    """A body of `/api/embed`. Raises `RequestError`."""
    fields = Fields.of(body, "", _EMBED)
    value = fields.values.get("input")
    if value is not None and not isinstance(value, str | list):
        raise RequestError("invalid input type")
    texts = [value] if isinstance(value, str) and value else value or []
    if not all(isinstance(text, str) for text in texts):
        raise RequestError("invalid input type")
    dimensions = fields.integer("dimensions")
    return EmbedRequest(read_model(fields), tuple(texts), dimensions if dimensions and dimensions > 0 else None)


def read_embedding(body: Mapping[str, Any]) -> EmbedRequest:
    """A body of `/api/embeddings`. Raises `RequestError`."""
    fields = Fields.of(body, "", _EMBEDDING)
    prompt = fields.text("prompt")
    return EmbedRequest(read_model(fields), (prompt,) if prompt else (), single=True)


def _vector(value: Any) -> Vector:
    """A list of numbers, or the base64 of 32-bit floats, which some servers send although the body asks for floats."""
    if isinstance(value, str):
        try:
            data = base64.b64decode(value, validate=True)
            return list(struct.unpack(f"<{len(data) // 4}f", data))
        except (binascii.Error, ValueError, struct.error):
            raise BackendError("the backend sent an embedding that is no base64 of floats") from None
    if not isinstance(value, list) or not all(isinstance(number, int | float) for number in value):
        raise BackendError("the backend sent an embedding that is no list of numbers")
    return value


def _normal(vector: Vector) -> Vector:
    length = math.sqrt(math.fsum(number * number for number in vector))
    return [number / length for number in vector] if length else vector
