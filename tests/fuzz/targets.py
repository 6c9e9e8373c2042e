"""What is fuzzed, and what must hold: each target takes bytes, and raises where a promise is broken.

    replies     every reader of replies, with tools: no exception, a ledger that balances, the same reading however cut
    json        the transcoder of arguments: valid JSON out, unchanged where it was valid, the same however cut
    frames      a backend's bytes through the whole translation, between all wires: an end, and no exception
    requests    a client's bytes: read, asked for in a prompt and written for every wire, or `RequestError`

The first bytes choose what is read how; the rest is what is read. Nothing here needs atheris, so what it found can be
tried with any Python: `python -m tests.fuzz.readers TARGET FILE`.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from tests.replies import TOOLS, Parsing
from tests.wires import CLIENTS, NAMES
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.errors import RequestError
from toolbridge.events import Error, Finish
from toolbridge.json_text import BadJson, JsonText
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.reply_parser import ReplyParser
from toolbridge.translate import StreamTranslator, inject_tools, read_request, write_request
from toolbridge.wire import BackendWire, wire
from toolbridge.wire.request_json import read_json

_GOLDEN = Path(__file__).resolve().parent.parent / "golden"
DIALECTS = tuple(dialect_names())
_PROMPTABLE = tuple(name for name in DIALECTS if name != "auto" and find_dialect(name).form is not None)
_RELEASES, _CAUSES = ("early", "whole"), ("stop", "length", "cut")
_REASONING = ("auto", "open", "off")
_SOURCES = NAMES + CLIENTS
_LIMITS = Limits(frame=20_000, call=5_000, fence=2_000)
"""Small ones, so that inputs of a few kilobytes reach them."""
_WIRES = {name: wire(name) for name in _SOURCES}
"""Loaded here, as atheris has to see them being loaded."""


class Choices:
    """Bytes that choose."""

    def __init__(self, data: bytes, head: int) -> None:
        self._head = iter(data[:head].ljust(head, b"\0"))
        self.rest = data[head:]

    def of(self, things: Any) -> Any:
        """One of these."""
        return things[next(self._head) % len(things)]

    def place(self, size: int) -> int:
        """A place in something of this size."""
        return (next(self._head) * 256 + next(self._head)) % (size + 1)


def replies(data: bytes) -> None:
    """A reply, whole and cut in two."""
    choices = Choices(data, 7)
    options = {"release": choices.of(_RELEASES), "reasoning": choices.of(_REASONING), "limits": _LIMITS}
    options["parallel"] = choices.of((True, False))
    parsing = Parsing(choices.of(DIALECTS), TOOLS, choices.of(_CAUSES), options)
    text = choices.rest.decode("utf-8", "replace")
    at = choices.place(len(text))
    whole = parsing.read([text])
    pieces = parsing.read([text[:at], text[at:]])
    assert pieces == whole, f"cut at {at}: {pieces} is not {whole}"


def _transcoded(pieces: list[str]) -> tuple[str, int, bool] | int:
    """What came out, how much was read and whether the value ended; or where it is bad."""
    text, out, read = JsonText(), "", 0
    for piece in pieces:
        try:
            end = text.feed(piece, 0, len(piece))
        except BadJson as bad:
            return read + bad.pos
        out += text.taken()
        read += end
        if text.ended:
            break
    return out, read, text.ended


def transcoded(data: bytes) -> None:
    """JSON text, whole and cut in two."""
    choices = Choices(data, 2)
    text = choices.rest.decode("utf-8", "replace").lstrip()
    at = choices.place(len(text))
    if not text:
        return
    whole = _transcoded([text])
    pieces = _transcoded([text[:at], text[at:]])
    # How much of what is not whole yet may be read ahead, and text that is bad may be known to be so a little later.
    if isinstance(whole, int) or isinstance(pieces, int):
        assert isinstance(whole, int) == isinstance(pieces, int), f"cut at {at}: {pieces} is not {whole}"
    elif whole[2] or pieces[2]:
        assert pieces == whole, f"cut at {at}: {pieces} is not {whole}"
    try:
        right, end = _STRICT.raw_decode(text)
    except (ValueError, RecursionError):
        right, end = _NONE, 0
    if not isinstance(whole, int) and whole[2]:
        said = _STRICT.decode(whole[0])
        # `00` begins with a valid `0`, and is read further.
        if right is not _NONE and end == whole[1]:
            assert whole[0] == text[:end], f"{whole[0]!r} is not what it was"
            assert said == right, f"{said!r} is not {right!r}"
    elif right is not _NONE and isinstance(right, dict | list | str) and _depth(text[:end]) <= _LIMITS.depth:
        assert isinstance(whole, int) is False or _bare(text[:end]), f"valid JSON is refused: {whole}"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_STRICT = json.JSONDecoder(parse_constant=_refuse)
_NONE = object()


def _depth(text: str) -> int:
    """An upper bound of how deep it is."""
    return text.count("{") + text.count("[")


def _bare(text: str) -> bool:
    """Whether it holds a number that is longer than what is read."""
    run = 0
    for char in text:
        run = run + 1 if char.isalnum() or char in "+-.$_" else 0
        if run > 1000:
            return True
    return False


def frames(data: bytes) -> None:
    """A backend's bytes, cut in two, from any wire to any."""
    choices = Choices(data, 8)
    source, target = choices.of(NAMES), choices.of(_SOURCES)
    sent, asked, keeps = choices.of((True, False)), choices.of((True, False)), choices.of((True, False))
    dialect = choices.of((None, "auto", "xml", "hermes"))
    numbers = count()
    translator = StreamTranslator(
        source,
        target,
        parser=ReplyParser(dialect, TOOLS, limits=_LIMITS) if dialect else None,
        request=ChatRequest("m", stream=asked, include_usage=True, source=target),
        stream=sent,
        keeps_frames=keeps,
        limits=_LIMITS,
        clock=lambda: 0.0,
        ids=lambda: f"call_{next(numbers)}",
    )
    body = choices.rest
    at = choices.place(len(body))
    out = translator.feed(body[:at]) + translator.feed(body[at:]) + translator.finish()
    assert isinstance(translator.end, Finish | Error), translator.end
    assert not translator.feed(body)
    if isinstance(translator.end, Finish):
        _reads_back(target, out, streamed=asked)


def _reads_back(target: str, out: bytes, *, streamed: bool) -> None:
    """What a client of this wire gets is a reply of this wire, in the form that the client asked for."""
    if not streamed:
        json.loads(out)
    spoken = wire(target)
    if isinstance(spoken, BackendWire):
        reader = spoken.reader(stream=streamed, limits=Limits(), ids=lambda: "call_again")
        events = [*reader.feed(out), *reader.finish()]
        assert reader.as_asked
        assert isinstance(events[-1], Finish), events[-1]


def requests(data: bytes) -> None:
    """A client's bytes, for every wire that clients speak."""
    choices = Choices(data, 2)
    source, dialect = choices.of(_SOURCES), choices.of(_PROMPTABLE)
    try:
        asked = read_request(read_json(choices.rest), source)
    except RequestError:
        return
    for target in NAMES:
        for folded in (None, False, True):
            with contextlib.suppress(RequestError):
                given = asked if folded is None else inject_tools(asked, dialect, folded=folded)
                json.dumps(write_request(given, target), default=str)


class Target(NamedTuple):
    """What is run, and what it begins with."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def _records(folder: str) -> Iterator[tuple[str, Any]]:
    for path in sorted((_GOLDEN / folder).rglob("*.json")):
        yield path.parent.name, json.loads(path.read_text(encoding="utf-8"))


def _replies_seeds() -> Iterator[bytes]:
    for folder, record in _records("dialects"):
        options = record.get("options", {})
        name = options.get("dialect", folder)
        head = (_RELEASES.index(options.get("release", "early")), _REASONING.index(options.get("reasoning", "auto")), 0)
        yield bytes([*head, DIALECTS.index(name), 0, 0, 9]) + record["text"].encode("utf-8", "replace")


def _json_seeds() -> Iterator[bytes]:
    for _, record in _records("dialects"):
        for call in record.get("expected", {}).get("calls", ()):
            yield b"\0\5" + json.dumps(call["arguments"], ensure_ascii=False).encode()
    for text in ("{'a': 'it\\'s', b: [1, 2, ], }", '["\\ud83d\\ude00", "\\x41", True, .5, 007, NaN]', '{"a": "x\ny"}'):
        yield b"\0\5" + text.encode()


def _frames_seeds() -> Iterator[bytes]:
    for folder in ("wires", "responses"):
        for _, record in _records(folder):
            said = record.get("response") if isinstance(record, dict) else None
            if not isinstance(said, dict) or record.get("api") not in NAMES:
                continue
            whole, chunks = said.get("body"), said.get("chunks") or ()
            source = NAMES.index(record["api"])
            for target in range(len(_SOURCES)):
                if chunks:
                    yield bytes([source, target, 0, 0, target % 2, 1, 0, 9]) + b"".join(
                        _framed(chunks, said.get("framing", ""))
                    )
                elif whole:
                    yield bytes([source, target, 1, 1, 0, 1, 0, 9]) + json.dumps(whole).encode()


def _framed(chunks: Any, framing: str) -> Iterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, str):
            yield chunk.encode() + b"\n\n"
        elif framing == "sse-events":
            yield f"event: {chunk.get('event')}\ndata: {json.dumps(chunk.get('data'))}\n\n".encode()
        elif framing == "sse":
            yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
        else:
            yield json.dumps(chunk).encode() + b"\n"
    if framing == "sse":
        yield b"data: [DONE]\n\n"


def _requests_seeds() -> Iterator[bytes]:
    routes = {"/api/chat": 0, "/v1/chat/completions": 1, "/v1/messages": 2, "/api/generate": 3, "/v1/responses": 4}
    for _, record in (*_records("wires"), *_records("responses")):
        asked = record.get("request") if isinstance(record, dict) else None
        if isinstance(asked, dict) and asked.get("path") in routes and asked.get("body"):
            for dialect in range(0, len(_PROMPTABLE), 5):
                yield bytes([routes[asked["path"]], dialect]) + json.dumps(asked["body"]).encode()


TARGETS: Mapping[str, Target] = {
    "replies": Target(replies, _replies_seeds),
    "json": Target(transcoded, _json_seeds),
    "frames": Target(frames, _frames_seeds),
    "requests": Target(requests, _requests_seeds),
}


def words() -> Iterator[bytes]:
    """What inputs are likely to hold: the openers of all notations, and words of all wires."""
    for name in DIALECTS:
        dialect = find_dialect(name)
        for opener in dialect.openers:
            yield opener.literal.encode()
            yield from (token.encode() for token in opener.then)
        yield from (closer.encode() for closer in dialect.closers)
    yield from (
        b"get_weather",
        b"now",
        b"city",
        b"days",
        b'"name"',
        b'"arguments"',
        b'"parameters"',
        b"<think>",
        b"</think>",
    )
    yield from (
        b"```json",
        b"```",
        b"\\u00",
        b"\\ud83d",
        b"\\x",
        b"null",
        b"true",
        b"None",
        b"'",
        b'"',
        b"\\\\",
        b": ",
        b", ",
    )
    yield from (
        b"data: ",
        b"event: ",
        b"[DONE]",
        b'"done":true',
        b'"choices"',
        b'"delta"',
        b'"content"',
        b'"tool_calls"',
    )
    yield from (
        b'"finish_reason"',
        b'"type"',
        b'"function"',
        b'"messages"',
        b'"tools"',
        b'"role"',
        b'"$ref"',
        b'"anyOf"',
    )
