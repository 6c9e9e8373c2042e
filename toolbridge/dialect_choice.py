"""Which notation a model should be asked for, and how a dialect is found by its name.

The notation that a model was trained on is known from its chat template, else from the parser that its engine has for
it, else from its architecture, else from its name. Each dialect says in its own file how its models are recognised
(`templates`, `architectures`, `models`). Only one table here names families: models that were trained on no notation
and write one notation better than another.

An engine may read calls out of every reply by itself, as Ollama does for models with a `PARSER`. Text in the notation
that its parser knows never arrives whole, so these models are asked for another notation.

Where several dialects claim a model, the claim that asks for most wins: the template with the most text in `holds`, the
name with the longest match. So a family that shares a marker with others names that marker and its own markers. Two
claims that ask for equally much leave the notation unknown.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from toolbridge.byte_cache import ByteCache, digest
from toolbridge.dialects import dialects
from toolbridge.errors import Misuse, UnknownDialect, shown
from toolbridge.limits import MIB
from toolbridge.messages import Tool
from toolbridge.models import Model
from toolbridge.notation.dialect import Dialect, Template
from toolbridge.notation.reading import Reading
from toolbridge.scanner import Grammar, NotACall

DEFAULT = "xml"
AUTO = "auto"


def _read_nothing(_reading: Reading, _opener: str) -> Grammar:
    """Reads nothing: the calls of `auto` are those of the notations for which it stands."""
    raise NotACall
    yield


_UNION = Dialect(AUTO, _read_nothing, unpromptable="it stands for all notations at once; ask for one of them")


@dataclass(frozen=True, slots=True)
class Taste:
    """The notation that some models write best, which were trained on no notation that can be asked for."""

    dialect: str
    why: str
    names: str = ""
    """An expression for their family, architecture or name. An empty one fits all models."""
    most: float | None = None
    """Billions of parameters up to which it holds. None: it holds for all sizes, and for an unknown size."""
    trained: bool = True
    """Whether it also holds for models that were trained on a notation which cannot be asked for."""
    long_text: str = ""
    """The notation to ask for in its place where a tool takes long text, which JSON's escapes make worse."""

    def fits(self, known: str, parameters: float | None, *, trained: bool) -> bool:
        """Whether it holds for a model with these words in its family, architecture and name."""
        if trained and not self.trained:
            return False
        if self.most is not None and (parameters is None or parameters > self.most):
            return False
        return re.search(self.names, known) is not None


TASTES: tuple[Taste, ...] = (
    Taste("xml", "reasoners of R1's kind do well with tags", r"deepseek-r1|r1-distill"),
    Taste("json", "Gemma writes fenced JSON best", r"gemma-?[23](?!\d|n)", long_text="xml"),
    Taste("json", "early Llamas write fenced JSON best", r"llama-?2(?!\d)|llama-?3(?![.\d])", long_text="xml"),
    Taste("json", "small Phis write fenced JSON best", r"phi-?3", long_text="xml"),
    Taste("json", "small models write fenced JSON best", most=4.0, trained=False, long_text="xml"),
    Taste(DEFAULT, "the default"),
)
"""The first row that fits decides. R1's distills come first, as they carry the names of Llama and Qwen as well."""

_INSTEAD = (DEFAULT, "json", "react")
"""The notations to ask for, in this order, where an engine's parser claims the notation that is chosen."""
_NAME_LENGTH = 256
"""How many characters of a name are looked at: a client chooses the name, and some expressions span any text."""
_LONG_TEXT = re.compile(r"\b(?:content|code|patch|body|sql|script|text|diff|html|source|markdown)\b", re.IGNORECASE)
_LONG_LENGTH = 500
"""From this many characters on a text counts as a document."""


def dialect_names() -> list[str]:
    """The names of all dialects, and `auto`, which stands for all marked notations."""
    return sorted({*dialects(), AUTO})


def find_dialect(name_or_model: str | Model) -> Dialect:
    """The dialect of this name, or the dialect to ask this model for. Raises `UnknownDialect`.

    `choose_dialect` also gives the reason for the choice. Raises `Misuse` for a value that is no name.
    """
    if not isinstance(name_or_model, str | Model):
        raise Misuse(
            f"the dialect must be a name such as 'xml', not {shown(name_or_model)}; tools are the argument after it"
        )
    if isinstance(name_or_model, Model):
        return dialects()[choose_dialect(name_or_model, ())[0]]
    found = _UNION if name_or_model == AUTO else dialects().get(name_or_model)
    if found is None:
        near = difflib.get_close_matches(name_or_model, dialect_names(), 3, 0.5) or dialect_names()
        raise UnknownDialect(f"no dialect is called {name_or_model!r}; did you mean {', '.join(near)}?")
    return found


_OWN: ByteCache[tuple[str, str]] = ByteCache(MIB)


def own_dialect(model: Model) -> tuple[str, str]:
    """The notation that the model was trained on, and how that is known. Both are empty if it is not known."""
    key = (digest((model.template, model.parser, model.architecture, model.family, model.name[:_NAME_LENGTH])),)
    known = _OWN.find(key)
    if known is None:
        found = _by_template(model.template) or _by_parser(model.parser) or _by_architecture(model)
        known = found or _by_name(model.name) or ("", "")
        _OWN.keep(key, known, known)
    return known


def choose_dialect(model: Model, tools: Sequence[Tool], *, rejected: bool = False) -> tuple[str, str]:
    """The notation to ask this model for with these tools, and why, in a few words.

    `rejected` tells that the engine answered with an error to what the model wrote in its own notation.
    """
    own, why = own_dialect(model)
    claimed = claimed_dialects(model) if model.parser or rejected else frozenset()
    promptable = bool(own) and dialects()[own].form is not None
    if promptable and own not in claimed:
        return own, why
    known = " ".join(map(_plain, (model.family, model.architecture, model.name)))
    taste = next(taste for taste in TASTES if taste.fits(known, model.parameters, trained=bool(own)))
    chosen, why = taste.dialect, taste.why
    if taste.long_text and any(takes_long_text(tool) for tool in tools):
        chosen, why = taste.long_text, "a tool takes long text"
    if chosen in claimed:
        chosen, why = (
            next((name for name in _INSTEAD if name not in claimed), chosen),
            "the engine parses others itself",
        )
    if promptable:
        verb = "rejects" if rejected else "parses"
        return chosen, f"{why}, as the engine {verb} its own ({own}){'' if rejected else ' itself'}"
    if own and why == taste.why:
        why = f"{why}, as its own ({own}) cannot be asked for"
    return chosen, why


def claimed_dialects(model: Model) -> frozenset[str]:
    """The notations that the engine's parser for this model would read out of a reply, or a part of them.

    A parser reads the model's own notation. It takes other text for a call where that begins with the same marker, as
    Ollama's parsers for Qwen 3, Qwen3-Coder and GLM all do at `<tool_call>`.
    """
    own = own_dialect(model)[0]
    if not own:
        return frozenset()
    openers = [opener.literal for opener in dialects()[own].openers if opener.literal]
    begun = (
        name
        for name, dialect in dialects().items()
        if dialect.form is not None and any(opener in dialect.form.skeleton for opener in openers)
    )
    return frozenset({own, *begun})


def _by_template(template: str) -> tuple[str, str] | None:
    claims = [
        (_asks(one), dialect.name, f"the template holds {one.holds[0]}")
        for dialect in dialects().values()
        for one in dialect.templates
        if template and _fits(one, template)
    ]
    return _clear(claims)


def _fits(one: Template, template: str) -> bool:
    return all(mark in template for mark in one.holds) and not any(mark in template for mark in one.lacks)


def _asks(one: Template) -> int:
    """How many characters the template asks for."""
    return sum(map(len, one.holds))


def _by_architecture(model: Model) -> tuple[str, str] | None:
    known = list(filter(None, (model.architecture.lower(), model.family.lower())))
    claims = [
        (-at, dialect.name, f"architecture {word}")
        for at, word in enumerate(known)
        for dialect in dialects().values()
        if word in dialect.architectures
    ]
    return _clear(claims)


def _by_parser(parser: str) -> tuple[str, str] | None:
    """The notation of a parser of the engine's, which has the name of the notation or of the family that writes it."""
    plain = _plain(parser)
    named = (name for name, dialect in dialects().items() if plain == name or plain in dialect.parsers)
    found = next(named, None) or (_by_name(parser) or ("", ""))[0]
    return (found, f"the engine's parser is {parser}") if found else None


def _by_name(name: str) -> tuple[str, str] | None:
    plain = _plain(name)
    claims = [
        (len(found[0]), dialect, f"the name says {found[0]}")
        for dialect, pattern in _names().items()
        if (found := pattern.search(plain)) is not None
    ]
    return _clear(claims)


@cache
def _names() -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(dialect.models) for name, dialect in dialects().items() if dialect.models}


def _plain(name: str) -> str:
    """A name in the form that the expressions match: in lower case, with `-` for the other separators."""
    return re.sub(r"[\s_]+", "-", name[:_NAME_LENGTH].lower())


def _clear(claims: Iterable[tuple[int, str, str]]) -> tuple[str, str] | None:
    """The claim that asks for most, unless a claim of another dialect asks for as much."""
    ranked = sorted(claims, reverse=True)
    if not ranked:
        return None
    most, name, why = ranked[0]
    rivals = {other for asked, other, _ in ranked if asked == most}
    return (name, why) if rivals == {name} else None


def takes_long_text(tool: Tool) -> bool:
    """Whether a parameter holds a document or code, which JSON's escapes make worse."""
    properties = tool.parameters.get("properties")
    if not isinstance(properties, Mapping):
        return False
    return any(_is_long(name, declared) for name, declared in properties.items())


def _is_long(name: str, declared: Any) -> bool:
    if not isinstance(declared, Mapping) or declared.get("type") not in ("string", None):
        return False
    most = declared.get("maxLength")
    if "enum" in declared or (isinstance(most, int) and most <= _LONG_LENGTH):
        return False
    return _LONG_TEXT.search(name.replace("_", " ")) is not None or (isinstance(most, int) and most > _LONG_LENGTH)
