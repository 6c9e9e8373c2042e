"""Which prompt makes a small model call tools: `python -m benchmarks.prompts`, or `make try-prompts`.

The bench asks a real model, at temperature 0, and counts what it calls. Without `--backend` it starts llama.cpp's
server itself, with SmolLM2-135M-Instruct. The requests go out as the library writes them, and the replies are read by
the library's reader. Raw replies stay in `.prompts/`, with the table (`table.md`) and the picture (`rates.svg`).
"""

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.prompts.cases import QUICK, SETS, Case, read_cases
from benchmarks.prompts.engine import NAME
from benchmarks.prompts.report import Row, plot, table
from benchmarks.prompts.score import Outcome, judge
from benchmarks.prompts.variants import VARIANTS
from toolbridge.reply_parser import ReplyParser
from toolbridge.tool_prompt import Variant, inject
from toolbridge.translate import copied_examples
from toolbridge.translate.whole import write_request

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / ".prompts"
MANY = (1, 4, 12, 36)
PATIENCE = 60
"""Seconds until the server must answer."""
LONGEST = 96
"""Tokens of a reply."""
NOTATIONS = ("hermes", "json", "xml", "qwen3-coder")

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Run:
    """One variant in one notation with one number of tools, and its requests."""

    variant: str
    dialect: str
    tools: int
    cases: dict[str, list[Case]]

    @property
    def name(self) -> str:
        return f"{self.variant}-{self.dialect}-{self.tools}"


class Model:
    """A model behind OpenAI's wire."""

    def __init__(self, session: ClientSession, url: str, name: str) -> None:
        self._session, self._url, self.name = session, url.rstrip("/"), name

    async def ask(self, case: Case, dialect: str, variant: Variant, many: int) -> Outcome:
        """Send one request and judge the reply."""
        request = case.request(self.name, many)
        sampling = {"temperature": 0.0, "max_tokens": LONGEST}
        asked = inject(replace(request, sampling=sampling), dialect, variant=variant)
        copies = copied_examples(request, variant=variant)
        body = write_request(asked, "openai") | {"cache_prompt": True}
        begun = time.perf_counter()
        async with self._session.post(f"{self._url}/v1/chat/completions", json=body) as answer:
            answer.raise_for_status()
            reply: dict[str, Any] = await answer.json()
        took = time.perf_counter() - begun
        parser = ReplyParser(dialect, request.tools, release="whole", copies=copies)
        return judge(case, parser, copies, reply, took)


@contextmanager
def engine(threads: int, weights: str) -> Iterator[str]:
    """llama.cpp's server on the loopback interface: its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.prompts.engine", str(port), str(threads), *filter(None, [weights])]
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "engine.log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()


async def wait_for(session: ClientSession, url: str) -> None:
    """Wait until the server has loaded its model."""
    for _ in range(PATIENCE * 5):
        try:
            async with session.get(f"{url}/v1/models") as answer:
                if answer.ok:
                    return
        except ClientError:
            pass
        await asyncio.sleep(0.2)
    raise SystemExit(f"no server answers at {url}; {KEPT.name}/engine.log may say why")


async def measure(runs: Sequence[Run], url: str, name: str) -> list[Row]:
    """The outcomes of all runs, one request at a time."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    async with ClientSession(timeout=ClientTimeout(total=600)) as session:
        await wait_for(session, url)
        model = Model(session, url, name)
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("", total=sum(len(cases) for run in runs for cases in run.cases.values()))
            rows = []
            for run in runs:
                progress.update(task, description=run.name)
                outcomes = await _outcomes(model, run, lambda: progress.advance(task))
                rows.append(Row(run.variant, run.dialect, run.tools, outcomes))
                progress.console.print(table(rows[-1:]).splitlines()[-1], soft_wrap=True, markup=False)
    return rows


async def _outcomes(model: Model, run: Run, advance: Any) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {name: [] for name in run.cases}
    with (KEPT / f"{run.name}.jsonl").open("w", encoding="utf-8") as kept:
        # Requests with the same tools follow each other, so that the server's cache holds their prompt.
        order = sorted((case.group, at, name) for name, cases in run.cases.items() for at, case in enumerate(cases))
        for _, at, name in order:
            outcome = await model.ask(run.cases[name][at], run.dialect, VARIANTS[run.variant], run.tools)
            found[name].append(outcome)
            kept.write(json.dumps(outcome.as_json(), ensure_ascii=False) + "\n")
            advance()
    return found


def _words(written: str) -> list[str]:
    return [word for word in written.split(",") if word]


def asked() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", help="the server to ask, on OpenAI's wire; none: llama.cpp's is started")
    parser.add_argument("--model", default=NAME, help="its name for the model")
    parser.add_argument("--weights", default="", help="a GGUF file for the server that is started")
    parser.add_argument(
        "--threads", type=int, default=1, help="threads of that server: more are slower where others use the machine"
    )
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK} requests of a set, with 4 tools")
    parser.add_argument("--sets", type=_words, default=None, help="the sets of requests; quick: like")
    parser.add_argument("--tools", type=_words, default=None, help="how many tools are offered")
    parser.add_argument("--notations", type=_words, default=list(NOTATIONS), help="the notations that are asked for")
    parser.add_argument("--variants", type=_words, default=list(VARIANTS), help="the ways of asking")
    parser.add_argument("--held-out", action="store_true", help="the second set of requests, for a report")
    return parser.parse_args()


def runs_of(arguments: argparse.Namespace) -> list[Run]:
    """Every variant in every notation with every number of tools."""
    cases = read_cases("held_out.txt" if arguments.held_out else "requests.txt")
    sets = arguments.sets or (["like"] if arguments.quick else SETS)
    chosen = {name: cases[name][: QUICK if arguments.quick else None] for name in sets}
    many = [int(word) for word in arguments.tools or ([4] if arguments.quick else MANY)]
    return [
        Run(variant, dialect, tools, chosen)
        for variant in arguments.variants
        for dialect in arguments.notations
        for tools in many
    ]


def main() -> None:
    """Measure, and write the table and the picture."""
    arguments = asked()
    runs = runs_of(arguments)
    if arguments.backend:
        rows = asyncio.run(measure(runs, arguments.backend, arguments.model))
    else:
        with engine(arguments.threads, arguments.weights) as url:
            rows = asyncio.run(measure(runs, url, arguments.model))
    (KEPT / "table.md").write_text(table(rows), encoding="utf-8")
    (KEPT / "rates.svg").write_text(plot(rows, f"Right replies of {arguments.model}"), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
