"""The command line: `toolbridge …` and `python -m toolbridge …`, a file per command.

A command is the `command` of its module, and the module is loaded when the command is asked for: `toolbridge --version`
loads neither aiohttp nor pydantic.
"""

from collections.abc import Mapping
from importlib import import_module

import click

from toolbridge import __version__

_COMMANDS: Mapping[str, str] = {
    "serve": "Run the bridge in front of a backend.",
    "demo": "Show a tool conversation with a scripted model; nothing else is needed.",
    "parse": "Read a model's text on stdin, write its events as NDJSON.",
    "doctor": "Check a backend: its models, and which way their tools would go.",
    "dialects": "List the notations in which models write calls, with samples.",
}

_EPILOG = """\b
Examples:
  toolbridge demo
      what the bridge does, live, with a scripted model
  toolbridge serve
      in front of the Ollama on this machine; then, for any client of Ollama:
      OLLAMA_HOST=http://127.0.0.1:3100 ollama run gemma3
      and for any of OpenAI's: OPENAI_BASE_URL=http://127.0.0.1:3100/v1
  toolbridge serve --backend http://gpu.lan:11434 --host 0.0.0.0
      in front of another machine, for the whole network
  toolbridge parse --dialect auto <reply.txt
      what the bridge would read out of a reply
  toolbridge doctor --backend http://gpu.lan:11434
      whether all is well there, and what the bridge would do for each model

`toolbridge COMMAND --help` says more about each.
"""


class _Lazy(click.Group):
    """Knows its commands by name, and loads a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        found = import_module(f"{__name__}.{cmd_name}").command
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, without loading any command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="toolbridge", message="%(prog)s %(version)s")
def main() -> None:
    """Tool calling for every model.

    toolbridge stands in front of an LLM server and is an Ollama server to its clients. It writes the tools that a
    client offers into the prompt, reads the model's calls out of the text that streams back, and hands them to the
    client as if the backend had made them.
    """
