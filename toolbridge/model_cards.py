"""The descriptions that servers of OpenAI's wire give of a model, as a `Model` and in the JSON of Ollama's clients.

A `Card` holds everything that the server says about a model: the entry of `/v1/models`, the entry of the server's own
list (LM Studio has one), and the answer of `/props` (llama.cpp). No value is made up: a field that the server does not
give is left out, or empty if a client needs the field (Zed wants every string of `details`, a digest and a size).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolbridge.lenient import count, mapping, text
from toolbridge.model_converter import COMPLETION, EMBEDDING, TOOLS, capabilities
from toolbridge.models import Model, short_name
from toolbridge.traits import Traits
from toolbridge.wire.ollama.write_reply import write_time

_MOST_TOKENS = 1 << 40
_MOST_BYTES = 1 << 60

_CONTEXT = (
    # The length that is served comes first, then the length of the training: clients ask for as much as they read here.
    ("props", "default_generation_settings", "n_ctx"),
    ("entry", "meta", "n_ctx"),
    ("entry", "max_model_len"),
    ("more", "loaded_context_length"),
    ("entry", "top_provider", "context_length"),
    ("entry", "context_length"),
    ("entry", "context_window"),
    ("entry", "max_context_length"),
    ("more", "max_context_length"),
    ("entry", "meta", "n_ctx_train"),
)
"""The places of a context length at llama.cpp, vLLM and SGLang, LM Studio, OpenRouter, Groq, Mistral."""
_SIZE_IN_NAME = re.compile(r"(?<![a-z0-9.])(\d{1,4}(?:\.\d{1,3})?)b(?![a-z0-9])", re.IGNORECASE)
"""The size in `Qwen2.5-0.5B-Instruct`. It is good enough to choose a notation, but clients are not told."""
_THINKS = re.compile(r"</think>|\benable_thinking\b|\breasoning_content\b")
"""Words in the chat template of a model that thinks."""
_FOR_EVER = "2318-01-01T00:00:00Z"
"""The time by which Ollama says that it never unloads a model by itself."""
_LLAMA_CPP = "llamacpp"
"""The owner of models in llama.cpp's list. The list says `completion` and the type `model` of every model, also of a
model that only embeds."""
_OF_BERT = 3
"""llama.cpp's number for the vocabulary of BERT and its kin, which only embed."""
_UNSAID = "unknown"
"""The architecture of a model if the server does not name it. Clients find the context length by this name."""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that a server says about a model."""

    name: str
    entry: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    props: Mapping[str, Any] = field(default_factory=dict)


def read_cards(listed: Any, more: Any = None) -> list[Card] | None:
    """The cards of a `/v1/models` answer and of the server's own list; None if the first is not a list of models."""
    entries = _entries(listed, "data")
    if entries is None:
        return None
    # llama.cpp adds a second list to its answer, in Ollama's form.
    beside = {_id(entry): entry for entry in _entries(listed, "models") or ()}
    own = {_id(entry): entry for key in ("data", "models") for entry in _entries(more, key) or ()}
    names = dict.fromkeys(_id(entry) for entry in entries)
    by_name = {_id(entry): entry for entry in entries}
    return [Card(name, dict(beside.get(name, {})) | dict(by_name[name]), own.get(name, {})) for name in names if name]


def find_card(cards: list[Card], name: str) -> Card | None:
    """The card of this name in any case of letters, else that of its short name (`short_name`); None without a card."""
    low = name.lower()
    for wanted in (low, short_name(low)):
        for card in cards:
            aliases = card.entry.get("aliases")
            names = [card.name, *(aliases if isinstance(aliases, list) else ())]
            if any(isinstance(alias, str) and alias.lower() == wanted for alias in names):
                return card
    return None


def read_card(card: Card) -> Model:
    """A card as a `Model`. Its `capabilities` are None if the server does not say whether the model has tools."""
    has_tools = _has_tools(card)
    return Model(
        name=card.name,
        architecture=_architecture(card),
        family=_architecture(card),
        parameters=_billions(card),
        context_length=_context_length(card),
        capabilities=None if has_tools is None and not _embeds(card) else frozenset(_words(card)),
        template=_template(card),
    )


def write_tag(card: Card) -> dict[str, Any]:
    """An entry of `/api/tags`."""
    details: dict[str, Any] = _details(card)
    if length := _context_length(card):
        details["context_length"] = length
    if width := _width(card):
        details["embedding_length"] = width
    return {
        "name": card.name,
        "model": card.name,
        "modified_at": _modified(card),
        "size": _size(card),
        "digest": _digest(card),
        "details": details,
        "capabilities": advertised(card),
    }


def write_shown(card: Card) -> dict[str, Any]:
    """The answer of `/api/show`. The key of the context length begins with the architecture, as in Ollama's."""
    architecture = _architecture(card) or _UNSAID
    info: dict[str, Any] = {"general.architecture": architecture, "general.basename": card.name}
    known = {
        "general.parameter_count": _parameter_count(card),
        f"{architecture}.context_length": _context_length(card),
        f"{architecture}.embedding_length": _width(card),
    }
    info |= {name: value for name, value in known.items() if value}
    template = _template(card)
    return ({"template": template} if template else {}) | {
        "details": _details(card),
        "model_info": info,
        "capabilities": advertised(card),
        "modified_at": _modified(card),
    }


def write_loaded(cards: list[Card], traits: Traits) -> list[dict[str, Any]]:
    """The entries of `/api/ps`: the models that are loaded, as the server says or as its traits say of all."""
    if traits.loaded == "none":
        return []
    loaded = [card for card in cards if _is_loaded(card, every=traits.loaded == "all")]
    return [_write_loaded(card) for card in loaded]


def advertised(card: Card) -> list[str]:
    """The capabilities of this model as clients see them."""
    return capabilities({"capabilities": _words(card)})


def _write_loaded(card: Card) -> dict[str, Any]:
    out = {
        "name": card.name,
        "model": card.name,
        "size": _size(card),
        "digest": _digest(card),
        "details": _details(card),
        "expires_at": _FOR_EVER,
        "size_vram": 0,
    }
    length = _context_length(card)
    return out | ({"context_length": length} if length else {})


def _is_loaded(card: Card, *, every: bool) -> bool:
    status = card.entry.get("status")
    state = text(mapping(status).get("value")) or text(status) or text(card.more.get("state"))
    if state:
        return state == "loaded"
    if isinstance(instances := card.more.get("loaded_instances"), list):
        return bool(instances)
    # llama.cpp with a single model does not say that it is loaded; it always is.
    return every or not card.more


def _entries(answer: Any, key: str) -> list[Mapping[str, Any]] | None:
    values = mapping(answer).get(key)
    if key == "data" and values is None and mapping(answer).get("object") == "list":
        # Ollama and some other servers write null for an empty list.
        return []
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else None


def _id(entry: Mapping[str, Any]) -> str:
    return text(entry.get("id")) or text(entry.get("key")) or text(entry.get("name")) or text(entry.get("model"))


def _context_length(card: Card) -> int | None:
    for instance in card.more.get("loaded_instances") or ():
        if length := count(mapping(mapping(instance).get("config")).get("context_length"), _MOST_TOKENS):
            return length
    return next((length for path in _CONTEXT if (length := count(_at(card, path), _MOST_TOKENS))), None)


def _at(card: Card, path: tuple[str, ...]) -> Any:
    value: Any = getattr(card, path[0])
    for name in path[1:]:
        value = mapping(value).get(name)
    return value


def _words(card: Card) -> list[str]:
    kind = EMBEDDING if _embeds(card) else COMPLETION
    words = [kind]
    words += [TOOLS] if _has_tools(card) and kind == COMPLETION else []
    words += ["vision"] if _sees(card) else []
    words += ["thinking"] if _thinks(card) else []
    return words


def _embeds(card: Card) -> bool:
    if card.entry.get("owned_by") == _LLAMA_CPP:
        path = text(card.props.get("model_path")).replace("\\", "/").rpartition("/")[2]
        names = (name for name in (card.name, path) if name)
        vocabulary = mapping(card.entry.get("meta")).get("vocab_type")
        return vocabulary == _OF_BERT or any(capabilities({"id": name}) == [EMBEDDING] for name in names)
    kinds = [text(card.more.get("type")), text(card.entry.get("type"))]
    if any(kinds):
        return any(kind.lower() in ("embedding", "embeddings") for kind in kinds)
    if "embedding" in _listed(card):
        return True
    return not _listed(card) and capabilities({"id": card.name}) == [EMBEDDING]


def _has_tools(card: Card) -> bool | None:
    """Whether the model has tools, or None if the server does not say. llama.cpp tried its template with tools."""
    parameters = card.entry.get("supported_parameters")
    if isinstance(parameters, list):
        return TOOLS in parameters
    renders = mapping(card.props.get("chat_template_caps")).get("supports_tools")
    if isinstance(renders, bool):
        return renders
    own = card.more.get("capabilities")
    if isinstance(own, Mapping):
        trained = own.get("trained_for_tool_use")
        return trained if isinstance(trained, bool) else None
    if isinstance(own, list):
        return "tool_use" in own
    return True if TOOLS in _listed(card) else None


def _sees(card: Card) -> bool:
    pictures = {"image", "vision", "multimodal"}
    modalities = mapping(card.props.get("modalities")).get("vision")
    listed = [
        *_strings(mapping(card.entry.get("architecture")).get("input_modalities")),
        *_strings(card.entry.get("input_modalities")),
        *_listed(card),
    ]
    own = mapping(card.more.get("capabilities")).get("vision")
    return modalities is True or own is True or card.more.get("type") == "vlm" or not pictures.isdisjoint(listed)


def _thinks(card: Card) -> bool:
    parameters = _strings(card.entry.get("supported_parameters"))
    return "reasoning" in parameters or "thinking" in _listed(card) or _THINKS.search(_template(card)) is not None


def _listed(card: Card) -> list[str]:
    return _strings(card.entry.get("capabilities"))


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _template(card: Card) -> str:
    """The model's template; the template for tools if the model has a separate one."""
    return text(card.props.get("chat_template_tool_use")) or text(card.props.get("chat_template"))


def _architecture(card: Card) -> str:
    named = card.more.get("arch") or card.more.get("architecture")
    return text(named) or text(mapping(card.entry.get("details")).get("family"))


def _details(card: Card) -> dict[str, Any]:
    family = _architecture(card)
    quantization = card.more.get("quantization")
    details = mapping(card.entry.get("details"))
    return {
        "parent_model": "",
        "format": text(card.more.get("compatibility_type"))
        or text(card.more.get("format"))
        or text(details.get("format")),
        "family": family,
        "families": [family] if family else [],
        "parameter_size": _parameter_size(card),
        "quantization_level": text(mapping(quantization).get("name"))
        or text(quantization)
        or text(details.get("quantization_level")),
    }


def _parameter_count(card: Card) -> int | None:
    return count(mapping(card.entry.get("meta")).get("n_params"), _MOST_BYTES)


def _parameter_size(card: Card) -> str:
    whole = _parameter_count(card)
    if not whole:
        return text(card.more.get("params_string"))
    return f"{whole / 1e9:.1f}B" if whole >= 1e9 else f"{whole / 1e6:.2f}M"


def _billions(card: Card) -> float | None:
    if whole := _parameter_count(card):
        return whole / 1e9
    sizes = (_SIZE_IN_NAME.search(name) for name in (text(card.more.get("params_string")), card.name))
    return next((float(size[1]) for size in sizes if size), None)


def _width(card: Card) -> int | None:
    return count(mapping(card.entry.get("meta")).get("n_embd"), _MOST_TOKENS)


def _size(card: Card) -> int:
    sizes = (mapping(card.entry.get("meta")).get("size"), card.more.get("size_bytes"))
    return next((size for value in sizes if (size := count(value, _MOST_BYTES))), 0)


def _digest(card: Card) -> str:
    """A digest of the name, so that a model always has the same: clients tell models apart by their digests."""
    return hashlib.sha256(card.name.encode("utf-8", "replace")).hexdigest()


def _modified(card: Card) -> str:
    return write_time(count(card.entry.get("created"), 1 << 40), lambda: 0.0)
