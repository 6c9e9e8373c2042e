"""A real Ollama with the scripted model and a template that shows tools: llama.cpp's server parses the calls."""

from tests.engines.known.ollama_bare import scripted_ollama

ENGINE = scripted_ollama("Ollama, template with tools", "tools")
