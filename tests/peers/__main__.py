"""The reader beside the parsers that packages ship: `python -m tests.peers [PEER …]`.

Each peer has an environment of its own in `.venv-peers/`, made once. It is given the replies of `replies.py` whole, in
every notation that it has a parser for. The table lists where it reads something else than the reader, and the row of
docs/differences.md that says so. A difference without a row is a peer's mistake or ours: somebody has to look at it.

vLLM's parsers are not among the peers. They cannot be had without the engine, whose packages are gigabytes.
"""

import json
import re
import subprocess
import sys
import venv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.peers.replies import TOOLS, Reply, replies
from toolbridge.events import collect
from toolbridge.reply_parser import ReplyParser

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENVIRONMENTS = ROOT / ".venv-peers"
PATIENCE = 300
"""Seconds after which an installation or a peer is ended."""
SHOWN = 60
"""Characters of a text in the table."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Parsers of somebody else: what is installed for them, and the parser for each notation that they have."""

    packages: tuple[str, ...]
    parsers: Mapping[str, str]
    script: str


PEERS = {
    "sglang": Peer(
        ("llm-router-utils", "pydantic", "openai", "orjson", "partial-json-parser"),
        {
            "hermes": "hermes",
            "qwen3-coder": "qwen3_coder",
            "glm": "glm45",
            "deepseek-v3": "deepseekv3",
            "deepseek-v3.1": "deepseekv31",
            "deepseek-v3.2": "deepseekv32",
            "kimi-k2": "kimi_k2",
            "kimi-k3": "kimi_k3",
            "llama3-json": "llama3",
            "mistral-array": "mistral",
            "mistral": "mistral",
            "pythonic": "pythonic",
            "lfm2": "lfm2",
            "minimax-m2": "minimax-m2",
            "minimax-m3": "minimax-m3",
            "step3": "step3",
            "internlm": "interns1",
            "hunyuan": "hunyuan",
            "gemma4": "gemma4",
            "gigachat": "gigachat3",
            "gigachat-3.5": "gigachat35",
            "apertus": "apertus2509",
            "cohere": "cohere_command4",
            "harmony": "gpt-oss",
            "dots": "dots",
            "inkling": "inkling",
            "k2-horizon": "k2_horizon",
            "minicpm5": "minicpm5",
            "muse": "muse",
        },
        "with_sglang.py",
    ),
    "ai-sdk": Peer(
        ("@ai-sdk-tool/parser",),
        {"hermes": "hermesProtocol", "qwen3-coder": "qwen3CoderProtocol", "cline": "morphXmlProtocol"},
        "with_ai_sdk.mjs",
    ),
}


def command(name: str) -> list[str]:
    """The command that runs a peer, whose environment is made if it is not there."""
    peer, folder = PEERS[name], ENVIRONMENTS / name
    ready = folder / ".ready"
    if peer.script.endswith(".mjs"):
        if not ready.exists():
            folder.mkdir(parents=True, exist_ok=True)
            install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), *peer.packages]
            subprocess.run(install, check=True, timeout=PATIENCE)
            ready.touch()
        return ["node", str(HERE / peer.script), str(folder)]
    python = folder / "bin" / "python"
    if not ready.exists():
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts"]
        # The package asks for PyTorch, which its parsers do not use.
        subprocess.run([*install, "--no-deps", peer.packages[0]], check=True, timeout=PATIENCE)
        subprocess.run([*install, *peer.packages[1:]], check=True, timeout=PATIENCE)
        ready.touch()
    return [str(python), str(HERE / peer.script)]


def asked(reply: Reply, parser: str) -> str:
    """The line that a peer is given."""
    tools = [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in TOOLS]
    return json.dumps({"parser": parser, "text": reply.text, "tools": tools})


def theirs(name: str, given: Sequence[Reply]) -> list[dict[str, Any]]:
    """What a peer reads."""
    lines = "\n".join(asked(reply, PEERS[name].parsers[reply.dialect]) for reply in given)
    done = subprocess.run(command(name), input=lines, capture_output=True, text=True, check=False, timeout=PATIENCE)
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(told) != len(given):
        sys.exit(f"{name} answered {len(told)} of {len(given)} replies:\n{done.stderr[-2000:]}")
    return told


def ours(reply: Reply) -> dict[str, Any]:
    """What the reader reads, and whether reasoning is in the reply, which parsers for tools leave where it is."""
    parser = ReplyParser(reply.dialect, TOOLS, release="whole")
    read = collect([*parser.feed(reply.text), *parser.finish("length" if reply.cut else "stop")])
    calls = [[call.name, call.arguments_json] for call in read.tool_calls]
    return {"content": read.content, "calls": calls, "thinks": bool(read.reasoning)}


def plain(told: Mapping[str, Any], *, calls_only: bool) -> Any:
    """What was read without the blanks around texts, which every parser treats in its own way."""
    if "error" in told:
        return told["error"]
    calls = [[name, _value(arguments)] for name, arguments in told["calls"]]
    return calls if calls_only else [" ".join(told["content"].split()), *calls]


def _value(arguments: Any) -> Any:
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def rows() -> dict[str, str]:
    """The number of each row of docs/differences.md, by its title."""
    page = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
    return {title: number for number, title in re.findall(r"^\| (\d+) \| (.+?) \|", page, re.MULTILINE)}


def compare(name: str, given: Iterable[Reply]) -> Table:
    """The replies that a peer reads in another way."""
    numbers = rows()
    mine = [reply for reply in given if reply.dialect in PEERS[name].parsers]
    table = Table("notation", "reply", "the reader", name, "row")
    differ = explained = 0
    for reply, told in zip(mine, theirs(name, mine), strict=True):
        mine_told = ours(reply)
        here, there = (plain(one, calls_only=mine_told["thinks"]) for one in (mine_told, told))
        if here == there:
            continue
        differ += 1
        number = numbers[reply.row] if reply.row else ""
        explained += bool(number)
        table.add_row(reply.dialect, reply.kind, _shown(here), _shown(there), number)
    table.title = (
        f"{name}: {len(mine) - differ} of {len(mine)} alike, {explained} differ by a row, {differ - explained} without"
    )
    return table


def _shown(told: Any) -> str:
    text = json.dumps(told, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def main() -> None:
    """Compare with the peers that are named, or with all."""
    names = sys.argv[1:] or list(PEERS)
    if unknown := set(names) - set(PEERS):
        sys.exit(f"no peer is called {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    for name in names:
        Console(width=200, markup=False).print(compare(name, list(replies())))


main()
