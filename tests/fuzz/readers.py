"""Coverage-guided fuzzing of what reads foreign text: `python -m tests.fuzz.readers TARGET --seconds 900`.

It needs atheris, which lives in an environment of its own: `make fuzz-readers SECONDS=3600` makes it, and gives each
target an equal share. The corpus of a target is in `.fuzz/TARGET/corpus` and grows from run to run; it begins with the
golden files. An input that breaks a promise (`targets`) is kept in `.fuzz/TARGET/found`, one for each place in the
code, and the run goes on. `python -m tests.fuzz.readers TARGET FILE` tries one again, without atheris.
"""

import argparse
import hashlib
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

HOME = Path(".fuzz")
NAMES = ("replies", "json", "frames", "requests")
_LONGEST, _PATIENCE, _MEMORY = 4096, 20, 2048
"""Bytes of an input, seconds and MiB for one."""


class Findings:
    """Runs a target and keeps what breaks it, once for each place."""

    def __init__(self, run: Callable[[bytes], None], folder: Path) -> None:
        self._run, self._folder = run, folder
        self.executions = 0
        self.places: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> None:
        self.executions += 1
        try:
            self._run(data)
        except Exception as problem:  # noqa: BLE001 # whatever is raised is what is looked for
            self._keep(data, problem)

    def _keep(self, data: bytes, problem: Exception) -> None:
        frames = traceback.extract_tb(problem.__traceback__)
        place = next((f for f in reversed(frames) if "/toolbridge/" in f.filename), frames[-1])
        kind = str(problem).split(":")[0][:40] if isinstance(problem, AssertionError) else ""
        said = hashlib.sha256(kind.encode()).hexdigest()[:4]
        key = f"{type(problem).__name__}-{Path(place.filename).stem}-{place.lineno}-{said}"
        self.places[key] = self.places.get(key, 0) + 1
        path = self._folder / key
        if path.exists() and path.stat().st_size <= len(data):
            return
        path.write_bytes(data)
        if self.places[key] == 1:
            _say(f"found {key}: {type(problem).__name__}: {str(problem)[:500]}\n  {data!r}"[:1500])


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _seeded(folder: Path, seeds: Iterable[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


def _dictionary(path: Path, words: Iterable[bytes]) -> None:
    lines = ["".join(f"\\x{byte:02x}" for byte in word) for word in dict.fromkeys(words) if word]
    path.write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target. It ends the process, as libFuzzer does."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["toolbridge"]):
        targets = import_module("tests.fuzz.targets")
    target = targets.TARGETS[name]
    home = HOME / name
    corpus = home / "corpus"
    _seeded(corpus, target.seeds())
    _dictionary(home / "words", targets.words())
    findings = Findings(target.run, home / "found")
    began = time.monotonic()

    def run(data: bytes) -> None:
        findings(data)
        if findings.executions % 20_000 == 0:
            rate = findings.executions / (time.monotonic() - began)
            _say(f"{name}: {findings.executions} executions, {rate:.0f}/s, {len(findings.places)} places found")

    options = [
        f"-max_total_time={seconds}",
        f"-max_len={_LONGEST}",
        f"-timeout={_PATIENCE}",
        f"-rss_limit_mb={_MEMORY}",
    ]
    options += [
        f"-dict={home / 'words'}",
        f"-artifact_prefix={home / 'found'}/",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], run)
    atheris.Fuzz()


def main() -> int:
    """Fuzz, or try a file again."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("target", choices=(*NAMES, "all"))
    words.add_argument("file", nargs="?", type=Path)
    words.add_argument("--seconds", type=int, default=60)
    asked = words.parse_args()
    if asked.file is not None:
        import_module("tests.fuzz.targets").TARGETS[asked.target].run(asked.file.read_bytes())
        return 0
    if asked.target != "all":
        fuzz(asked.target, asked.seconds)
        return 0
    share = str(max(1, asked.seconds // len(NAMES)))
    for name in NAMES:
        subprocess.run([sys.executable, "-m", "tests.fuzz.readers", name, "--seconds", share], check=False)
        corpus = len(list((HOME / name / "corpus").iterdir()))
        _say(f"{name}: corpus of {corpus} inputs, {len(list((HOME / name / 'found').iterdir()))} found so far")
    return int(any(any((HOME / name / "found").iterdir()) for name in NAMES))


if __name__ == "__main__":
    sys.exit(main())
