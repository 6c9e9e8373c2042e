"""The library of the `llm` command, with its plugin for Ollama: a chain of prompts that runs the tools by itself."""

# /// script
# dependencies = ["llm", "llm-ollama"]
# ///

import os
from pathlib import Path

from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

os.environ |= {"OLLAMA_HOST": BRIDGE, "LLM_USER_PATH": str(Path.cwd() / "kept")}

import llm

for streamed in (False, True):
    judge(llm.get_model(f"ollama/{MODEL}").chain(QUESTION, tools=[get_weather], stream=streamed).text())
