"""What can a model do? Only this module decides it, and only this module reads and writes descriptions of models.

A description is the answer of `/api/show`, an entry of `/api/tags` or an entry of `/v1/models`. `capabilities` and
`write_show` give the capabilities that clients see: every model that completes text has tools here, because the bridge
adds them where the model has none. `read_show` turns a description into a `Model`; `shows_tools`, `takes_system` and
`opens_thinking` answer the questions of a plan about a `Model`.

Descriptions come from servers of every age and make: any field may be missing, null or of another type, and no function
here raises for that. A field that cannot be read counts as missing. Templates are searched with patterns of bounded
reach, so that the cost of a hostile template is in proportion to its length.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolbridge.lenient import count, mapping, text
from toolbridge.models import Model

TOOLS = "tools"
COMPLETION = "completion"
EMBEDDING = "embedding"

_COMPLETES = frozenset({COMPLETION, "chat"})
_NEVER_COMPLETES = frozenset({EMBEDDING, "embeddings", "image", "rerank"})
_IMPLIES_COMPLETION = frozenset({TOOLS, "insert", "thinking", "vision"})
"""Words of capabilities: the first of these three sets with a word of a model decides whether it completes. Stubs of
cloud models may list `tools` without `completion`; an embedder that sees pictures lists `embedding` and `vision`."""

_SYNONYMS = {"trained_for_tool_use": TOOLS}
"""LM Studio answers with an object of booleans instead of a list, and with this name."""

_EMBEDDER_FAMILY = re.compile(r"bert|embedding|t5encoder", re.IGNORECASE)
"""Architectures that only embed: bert, nomic-bert, jina-bert-v2, modern-bert, gemma-embedding, t5encoder."""
_EMBEDDER_NAME = re.compile(r"(?<![a-z])embed", re.IGNORECASE)
"""`nomic-embed-text`, `text-embedding-3-small`: the name counts only in an entry that names no family."""
_EMBEDDER_TYPES = frozenset({"embedding", "embeddings"})
"""Values of LM Studio's `type` for embedders; other models have `llm` or `vlm`."""

_SIZE = re.compile(r"(?:(\d{1,3})\s*x\s*)?(\d{1,9}(?:\.\d{1,9})?)\s*([KMBT])", re.IGNORECASE)
_BILLIONS = {"K": 1e-6, "M": 1e-3, "B": 1.0, "T": 1e3}

_MOST_TOKENS = 1 << 40
"""A number above this is not a context length."""

_NUM_CTX = re.compile(r"^num_ctx[ \t]+(\d{1,13})[ \t]*\r?$", re.MULTILINE)

_RENDERER = re.compile(r"^RENDERER\s", re.MULTILINE)
"""Ollama renders a model with this line in its Modelfile by its own code, and does not use the template it shows."""
_PARSER = re.compile(r"^PARSER[ \t]+(\S{1,64})", re.MULTILINE)
_IDLE_PARSER = "passthrough"
"""Ollama's name for a parser that reads nothing."""

_TEMPLATE_TOOLS = re.compile(r"\{[{%][^{}%]{0,400}?\btools\b", re.IGNORECASE)
"""Code of a Jinja or Go template that renders a list of tools: `{% if tools %}`, `{{- range .Tools }}`. Code for past
calls is not enough: DeepSeek's R1 and V3 templates write `message['tool_calls']` and drop the tools themselves."""

_TEMPLATE_SYSTEM = re.compile(r"\bsystem\b", re.IGNORECASE)
_TEMPLATE_ROLE = re.compile(
    r"\{\{(?:-|(?!-))\s*(?!\s|(?:if|else|range|with|end)\b)[^{}]{0,200}?\brole\b",
    re.IGNORECASE,
)
"""Code that writes the name of any role, as in ChatML: `{{ .Role }}`, `{{ '<|im_start|>' + message['role'] }}`."""
_RAISES_ON_SYSTEM = re.compile(r"raise_exception\(\s*['\"]System role not supported", re.IGNORECASE)
"""Code in the templates of Gemma 1 and 2."""

_NO_SYSTEM_ARCHITECTURES = frozenset({"gemma", "gemma2"})
_NO_SYSTEM_NAME = re.compile(r"deepseek-r1|r1-distill|(?:mistral|mixtral).{0,64}?v0\.[12]\b", re.IGNORECASE)
"""R1 and its distills, whose makers advise against a system prompt; Mistral v0.1 and v0.2, which have no such role."""

_OPENS_THINKING_NAME = re.compile(r"deepseek-r1|(?<![a-z0-9])qwq(?![a-z0-9])|minimax-m2", re.IGNORECASE)
"""Families whose template always ends its prompt with `<think>`. The name counts only if no template is known."""
_JINJA_PROMPT = "add_generation_prompt"
_OPEN_TAG = re.compile(r"<think>(?!(?:\\n|[\s'\"~+])*</think>)")
"""The tag that opens reasoning, but not the empty pair that switches it off (`<think>\\n\\n</think>`)."""
_OPEN_AT_END = re.compile(r"<think>(?:\\n|\s)*(?:\{\{-?\s*end\s*-?\}\}\s*)*(?:\{\{-?\s*\.Response\b|\Z)")
"""The same tag at the end of a Go template; such a template does not name the place where the answer begins."""
_THINKING_OFF_BY_DEFAULT = re.compile(
    r"\bset\s+(?:enable_)?thinking\s*=\s*false"
    r"|\bif\s+(?:enable_)?thinking(?:\s+is\s+defined\s+and\s+(?:enable_)?thinking)?(?:\s+is\s+true)?\s*-?%\}"
    r"[^%]{0,80}<think>",
    re.IGNORECASE,
)
"""Templates without thinking by default: DeepSeek V3.1 sets `thinking = false`, others ask `if enable_thinking`."""


def capabilities(model: Mapping[str, Any]) -> list[str]:
    """The capabilities that clients see for an entry of tags, show or `/v1/models`, the backend's own words first.

    If the backend lists none, `completion` or `embedding` is derived from the family, from `<arch>.pooling_type` and
    finally from the name. A model of unknown kind counts as completing.
    """
    words = _words(model) or [_kind(model)]
    return [*words, TOOLS] if _completes(words, model) and TOOLS not in words else words


def write_show(body: Mapping[str, Any]) -> dict[str, Any]:
    """A show answer with the capabilities that clients see; all other fields and their order stay.

    The list gains `tools` for a model that completes, and loses no word. Every answer has the list, because VS Code
    drops all models of a server if a single model has no list.
    """
    advertised = capabilities(body)
    own = body.get("capabilities")
    if isinstance(own, list):
        known = {word for word in own if isinstance(word, str)}
        advertised = [*own, *(word for word in advertised if word not in known)]
    return {**body, "capabilities": advertised}


def read_show(body: Mapping[str, Any], name: str) -> Model:
    """A show answer as a `Model` of this name.

    `parameters` comes from `details.parameter_size` ("8.2B", "397M", "8x7B"), else from `general.parameter_count`.
    `capabilities` is None if the answer has no such list, as before Ollama 0.6.4. If Ollama renders the model by its
    own code, the template of the answer is unused and is left out.
    """
    details = mapping(body.get("details"))
    info = mapping(body.get("model_info"))
    architecture = text(info.get("general.architecture"))
    own = body.get("capabilities")
    return Model(
        name=name,
        architecture=architecture,
        family=next(_families(body), ""),
        parameters=_billions(details, info),
        context_length=_context_length(info, details, architecture),
        capabilities=frozenset(_words(body)) if isinstance(own, list | Mapping) else None,
        template="" if _has_renderer(body) else text(body.get("template")),
        system=text(body.get("system")),
        window=_window(text(body.get("parameters"))),
        parser=_parser(body),
    )


def shows_tools(model: Model) -> bool | None:
    """Whether the backend itself has tools for this model; None if it cannot say.

    Its list of capabilities decides, or else the template: a chat template that never names tools drops them.
    """
    if model.capabilities is not None:
        return TOOLS in model.capabilities
    if model.template:
        return _TEMPLATE_TOOLS.search(model.template) is not None
    return None


def takes_system(model: Model) -> bool:
    """Whether a system message reaches this model; True in doubt.

    False for families without the role, and for a template that refuses the role or has no place for it. Ollama renders
    a GGUF file without a chat template by `{{ .Prompt }}`, which drops the system message without an error.
    """
    if model.architecture.lower() in _NO_SYSTEM_ARCHITECTURES or model.family.lower() in _NO_SYSTEM_ARCHITECTURES:
        return False
    if _NO_SYSTEM_NAME.search(model.name):
        return False
    template = model.template
    if not template or _is_idle(model):
        return True
    if _RAISES_ON_SYSTEM.search(template):
        return False
    return _TEMPLATE_SYSTEM.search(template) is not None or _TEMPLATE_ROLE.search(template) is not None


def opens_thinking(model: Model, think: bool | str | None = None) -> bool:
    """Whether the prompt already ends with `<think>`, so that the reply begins inside the reasoning.

    `think` is the client's setting: False closes the tag. Templates without thinking by default open the tag only if
    the client asks for thinking. The template decides if it is known, else the family's name.
    """
    if think is False:
        return False
    template = model.template
    if not template:
        return _OPENS_THINKING_NAME.search(model.name) is not None
    place = template.rfind(_JINJA_PROMPT)
    if place < 0:
        return _OPEN_AT_END.search(template) is not None
    if not _OPEN_TAG.search(template, place):
        return False
    return bool(think) or _THINKING_OFF_BY_DEFAULT.search(template) is None


def _is_idle(model: Model) -> bool:
    """Whether the backend cannot use this template: the model has tools, and the template has no place for them."""
    return TOOLS in (model.capabilities or ()) and _TEMPLATE_TOOLS.search(model.template) is None


def _words(model: Mapping[str, Any]) -> list[str]:
    """The words of an entry's capabilities, in its order; empty if it has no readable words."""
    listed = model.get("capabilities")
    if isinstance(listed, list):
        return [word for word in listed if isinstance(word, str)]
    if isinstance(listed, Mapping):
        named = [_SYNONYMS.get(name, name) for name, value in listed.items() if value is True and isinstance(name, str)]
        return [_kind(model), *named]
    return []


def _completes(words: list[str], model: Mapping[str, Any]) -> bool:
    listed = set(words)
    if listed & _COMPLETES:
        return True
    if listed & _NEVER_COMPLETES:
        return False
    return bool(listed & _IMPLIES_COMPLETION) or _kind(model) == COMPLETION


def _kind(model: Mapping[str, Any]) -> str:
    """`completion` or `embedding`, judged by all fields but the list of capabilities."""
    info = mapping(model.get("model_info"))
    # Ollama's own rule since 0.6.4: a model with a pooling layer embeds, every other model completes.
    if any(isinstance(key, str) and key.endswith(".pooling_type") for key in info):
        return EMBEDDING
    families = [text(info.get("general.architecture")), *_families(model)]
    if any(_EMBEDDER_FAMILY.search(family) for family in families):
        return EMBEDDING
    kind = model.get("type")
    if isinstance(kind, str) and kind.lower() in _EMBEDDER_TYPES:
        return EMBEDDING
    if not any(families) and any(_EMBEDDER_NAME.search(text(model.get(key))) for key in ("name", "model", "id")):
        return EMBEDDING
    return COMPLETION


def _families(model: Mapping[str, Any]) -> Iterator[str]:
    details = mapping(model.get("details"))
    if family := text(details.get("family")):
        yield family
    families = details.get("families")
    if isinstance(families, list):
        yield from (family for family in families if isinstance(family, str) and family)


def _has_renderer(body: Mapping[str, Any]) -> bool:
    return bool(text(body.get("renderer"))) or _RENDERER.search(text(body.get("modelfile"))) is not None


def _parser(body: Mapping[str, Any]) -> str:
    found = _PARSER.search(text(body.get("modelfile")))
    name = text(body.get("parser")) or (found[1] if found else "")
    return "" if name == _IDLE_PARSER else name


def _billions(details: Mapping[str, Any], info: Mapping[str, Any]) -> float | None:
    size = _SIZE.fullmatch(text(details.get("parameter_size")).strip())
    if size is not None:
        experts, number, unit = size.groups()
        return int(experts or 1) * float(number) * _BILLIONS[unit.upper()] or None
    whole = count(info.get("general.parameter_count"), 1 << 60)
    return whole / 1e9 if whole else None


def _context_length(info: Mapping[str, Any], details: Mapping[str, Any], architecture: str) -> int | None:
    keys = (f"{architecture}.context_length", *(key for key in info if _ends_with(key, ".context_length")))
    lengths = (count(info.get(key), _MOST_TOKENS) for key in keys)
    return next((length for length in lengths if length), None) or count(details.get("context_length"), _MOST_TOKENS)


def _window(parameters: str) -> int | None:
    """The `num_ctx` among a Modelfile's parameters; each parameter is a line with a name and a value."""
    found = _NUM_CTX.search(parameters)
    return count(int(found[1]), _MOST_TOKENS) if found else None


def _ends_with(key: Any, end: str) -> bool:
    return isinstance(key, str) and key.endswith(end)
