"""A real Ollama with the scripted model, which thinks before it calls a tool, and a template that says so."""

from tests.engines.known.ollama_bare import scripted_ollama

ENGINE = scripted_ollama("Ollama, template with thinking", "thinking")
