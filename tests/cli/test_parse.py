"""`toolbridge parse`, as a process: text in by the pipe, events out while it comes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

import pytest

from toolbridge.cli.parse import _texts

CALL = '<tool_calls>\n<invoke name="now">\n<parameter name="zone">CET</parameter>\n</invoke>\n</tool_calls>'
TOOL = {"type": "function", "function": {"name": "now", "parameters": {"properties": {"zone": {"type": "string"}}}}}
COMMAND = [sys.executable, "-m", "toolbridge", "parse"]
SECONDS = 30


def parse(text: str | bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return subprocess.run([*COMMAND, *options], input=data, capture_output=True, check=False, timeout=SECONDS)


def events(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def tools(tmp_path: Path) -> str:
    file = tmp_path / "tools.json"
    file.write_text(json.dumps([TOOL]), encoding="utf-8")
    return str(file)


def test_events_come_as_lines_of_json() -> None:
    first, start, *pieces, end = events(parse(f"Checking.\n\n{CALL}"))
    assert first == {"type": "ContentDelta", "text": "Checking."}
    assert (start["type"], start["index"], start["name"]) == ("ToolCallStart", 0, "now")
    assert json.loads("".join(piece["json"] for piece in pieces)) == {"zone": "CET"}
    assert end == {"type": "ToolCallEnd", "index": 0, "outcome": "complete", "tolerances": {}}


def test_events_come_before_the_text_has_ended() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        stdin.write("Räksmörgås".encode()[:-1])
        stdin.flush()
        assert json.loads(stdout.readline()) == {"type": "ContentDelta", "text": "Räksmörgå"}
        stdin.write(b"s")
        stdin.close()
        assert json.loads(stdout.readline()) == {"type": "ContentDelta", "text": "s"}
    assert process.returncode == 0


def test_offered_tools_decide_what_is_a_call(tools: str) -> None:
    fenced = '```json\n{"name": "now", "arguments": {"zone": "CET"}}\n```'
    assert [event["type"] for event in events(parse(fenced, "--dialect", "json", "--tools", tools))] == [
        "ToolCallStart",
        "ToolCallArgsDelta",
        "ToolCallEnd",
    ]
    other = fenced.replace("now", "rm")
    assert "".join(event["text"] for event in events(parse(other, "--dialect", "json", "--tools", tools))) == other


def test_the_file_may_be_a_whole_request(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"model": "m", "tools": [TOOL]}), encoding="utf-8")
    assert events(parse(CALL, "--tools", str(body)))[0]["name"] == "now"


def test_reasoning_release_and_cause_are_the_parsers_own() -> None:
    assert events(parse("It is", "--reasoning", "open"))[0] == {"type": "ReasoningDelta", "text": "It is"}
    cut = f"<think>{CALL[:60]}"
    assert {event["type"] for event in events(parse(CALL[:60], "--release", "whole", "--cause", "cut"))} == {
        "ContentDelta"
    }
    assert events(parse(cut, "--reasoning", "off"))[0] == {"type": "ContentDelta", "text": "<think>"}
    assert events(parse(CALL[:60], "--cause", "length"))[-1]["outcome"] == "truncated"


def test_the_ledger_counts_every_character_on_standard_error() -> None:
    text = f"Checking.\n\n{CALL}\n"
    done = parse(text, "--ledger")
    assert sum(json.loads(done.stderr).values()) == len(text)
    assert parse(text).stderr == b""


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert events(parse(b"a\xffb")) == [{"type": "ContentDelta", "text": "a�b"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ('[{"nme": "now"}]', "tools[0]: the tool has no function"),
        ('{"name": "now"}', "tools must be a list"),
        (b"\xff", "is not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        (None, "does not exist"),
    ],
)
def test_a_bad_file_of_tools_is_said_to_be_bad(tmp_path: Path, content: str | bytes | None, message: str) -> None:
    file = tmp_path / "tools.json"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    done = parse("hi", "--tools", str(file))
    assert (done.returncode, done.stdout) == (2, b"")
    assert message in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_dialect_that_nobody_knows_is_named_with_its_neighbours() -> None:
    done = parse("hi", "--dialect", "hermse")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "did you mean hermes" in done.stderr.decode()


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        stdin, stdout, stderr = (cast("IO[bytes]", one) for one in (process.stdin, process.stdout, process.stderr))
        stdout.close()
        stdin.write(b"hi")
        stdin.close()
        assert stderr.read() == b""
    assert process.returncode == 0


def test_a_character_that_comes_in_two_pieces_is_one() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source:
        texts = _texts(source)
        os.write(writing, "å".encode()[:1])
        assert next(texts) == ""
        os.write(writing, "å".encode()[1:])
        assert next(texts) == "å"
        os.write(writing, b"\xe2")
        os.close(writing)
        assert list(texts) == ["", "\ufffd"]
