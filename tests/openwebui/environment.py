"""The environment of Open WebUI and of Playwright, made once in `.venv-openwebui/`, and Open WebUI as a process."""

import re
import subprocess
import venv
from collections.abc import Sequence
from importlib.metadata import Distribution
from pathlib import Path

from tests.demo_process import ROOT
from tests.engines.engine import CannotInstall

HOME = ROOT / ".venv-openwebui"
PYTHON = HOME / "bin" / "python"
VERSION = "0.12.4"
UNUSED = (
    "accelerate",
    "colbert-ai",
    "faster-whisper",
    "opencv-python-headless",
    "rapidocr",
    "sentence-transformers",
    "transformers",
)
"""Packages for voices and for search in documents. They want torch, which takes gigabytes with CUDA."""
PATIENCE = 900
"""Seconds for an installation."""
SETTINGS = {
    "WEBUI_AUTH": "False",
    "WEBUI_SECRET_KEY": "tests",
    "OFFLINE_MODE": "True",
    "HF_HUB_OFFLINE": "1",
    "ENABLE_VERSION_UPDATE_CHECK": "False",
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    # The models of this engine come from a server; the others would be loaded with torch.
    "RAG_EMBEDDING_ENGINE": "openai",
}


def install() -> None:
    """Make the environment if it is not there. Raises `CannotInstall`."""
    ready = HOME / ".ready"
    if ready.exists() and ready.read_text(encoding="utf-8") == VERSION:
        return
    venv.create(HOME, with_pip=True, clear=True)
    _run([str(PYTHON), "-m", "pip", "install", "--quiet", "uv"])
    uv = [str(HOME / "bin" / "uv"), "pip", "install", "--quiet", "--no-cache", "--python", str(PYTHON)]
    _run([*uv, "--no-deps", f"open-webui=={VERSION}"])
    _run([*uv, "playwright", *_needed()])
    ready.write_text(VERSION, encoding="utf-8")


def _needed() -> list[str]:
    """The requirements of Open WebUI but for those that are not used here."""
    (folder,) = HOME.glob("lib/python*/site-packages/open_webui-*.dist-info")
    stated = Distribution.at(folder).requires or ()
    needed = [one for one in stated if "extra ==" not in one]
    return [one for one in needed if re.split(r"[\[=<>~! ]", one)[0].lower() not in UNUSED]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    if done.returncode:
        raise CannotInstall(done.stderr.strip())


def connections(wire: str, bridge: str) -> dict[str, str]:
    """The settings for a connection to the bridge, of Ollama's kind or of OpenAI's."""
    is_ollama = wire == "ollama"
    return {
        "ENABLE_OLLAMA_API": str(is_ollama),
        "ENABLE_OPENAI_API": str(not is_ollama),
        "OLLAMA_BASE_URL": bridge,
        "OPENAI_API_BASE_URL": f"{bridge}/v1",
        "OPENAI_API_KEY": "any",
    }


def serve(port: int) -> Sequence[str]:
    """The command that serves Open WebUI on loopback."""
    return [str(HOME / "bin" / "open-webui"), "serve", "--host", "127.0.0.1", "--port", str(port)]


def around(data: Path, wire: str, bridge: str) -> dict[str, str]:
    """The variables of its process; `data` is the folder for all that it keeps."""
    return SETTINGS | connections(wire, bridge) | {"DATA_DIR": str(data), "HOME": str(data)}
