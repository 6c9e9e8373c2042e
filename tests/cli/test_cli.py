"""The command line as a whole: its commands, and that asking for help loads nothing heavy."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import toolbridge
from toolbridge.cli import main

ROOT = Path(__file__).parents[2]
COMMANDS = ("serve", "demo", "parse", "doctor", "dialects")


def run(*arguments: str) -> str:
    answer = CliRunner().invoke(main, arguments, prog_name="toolbridge")
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_the_version() -> None:
    assert run("--version") == f"toolbridge {toolbridge.__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_teaches_with_examples(flag: str) -> None:
    output = run(flag)
    for word in (*COMMANDS, "Examples:", "OLLAMA_HOST=http://127.0.0.1:3100", "OPENAI_BASE_URL"):
        assert word in output


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_there_and_has_examples(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert "toolbridge " + name in run(name, "--help")


def test_an_unknown_command_is_a_mistake() -> None:
    answer = CliRunner().invoke(main, ["sevre"], prog_name="toolbridge")
    assert answer.exit_code == 2
    assert "No such command" in answer.output


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_python_m_toolbridge_is_the_same_and_loads_nothing_heavy(flag: str) -> None:
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['toolbridge', {flag!r}]\n"
        "try:\n    runpy.run_module('toolbridge', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print({'aiohttp', 'pydantic', 'rich', 'lxml'} & sys.modules.keys())"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("toolbridge 0." if flag == "--version" else "Usage: toolbridge ")
    assert answer.stdout.endswith("set()\n")
