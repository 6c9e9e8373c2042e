"""How often a check was made on an engine, and what was wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field

import anthropic
import ollama
import openai

from tests.engines.talk import Reply


@dataclass
class Score:
    """How often a check was made, and what was wrong."""

    made: int = 0
    faults: list[str] = field(default_factory=list)

    def count(self, name: str, problems: list[str]) -> None:
        """Count a check, with what was wrong."""
        self.made += 1
        self.faults += [f"{name}: {problem}" for problem in problems]

    def judge(self, name: str, ask: Callable[[], Reply], faults_of: Callable[[Reply], list[str]]) -> None:
        """Count a reply, or the error that came instead."""
        try:
            reply = ask()
        except (ollama.ResponseError, openai.OpenAIError, anthropic.AnthropicError) as error:
            self.count(name, [f"{type(error).__name__}: {error}"])
        else:
            self.count(name, faults_of(reply))

    @property
    def cell(self) -> str:
        """The count, for a table."""
        return f"{len(self.faults)} faults" if self.faults else str(self.made or "-")
