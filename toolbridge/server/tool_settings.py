"""The settings for tools, which may differ between models."""

from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from toolbridge.dialect_choice import find_dialect
from toolbridge.errors import UnknownDialect
from toolbridge.models import Check, Mode, Policy, full_name


def _promptable(name: str) -> str:
    try:
        if find_dialect(name).form is None:
            raise ValueError(f"{name!r} is read but cannot be asked for; leave it out to have one chosen")
    except UnknownDialect as problem:
        raise ValueError(problem.message) from None
    return name


Dialect = Annotated[str, AfterValidator(_promptable)] | None
LoopGuard = Annotated[int, Field(ge=0, le=1000)]


class Section(BaseModel):
    """A section of the settings: an unknown name in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSettings(Section):
    """Settings that are different for some models; None for a setting that is not."""

    mode: Mode | None = None
    dialect: Dialect = None
    rescue: bool | None = None
    coerce: bool | None = None
    check: Check | None = None
    loop_guard: LoopGuard | None = None
    repair_history: bool | None = None
    zero_shot: bool | None = None
    remind: Annotated[int, Field(ge=0)] | None = None


class ToolSettings(Section):
    """How models get their tools; see docs/routing.md."""

    mode: Mode = "auto"
    dialect: Dialect = None
    """The notation to ask for; None to choose a notation for each model."""
    rescue: bool = True
    """Whether calls are read that a backend with tools of its own leaks as text."""
    widen: bool = True
    """Whether a prompt with tools that may not fit an Ollama backend's window asks for a larger one (`num_ctx`)."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 2
    """How often a model is asked for a call that its client demands, before the client gets an error."""
    coerce: bool = True
    """Whether values and names in calls are changed that do not fit their tool and can be meant in one way only."""
    check: Check = "note"
    """What happens to calls that do not fit the schema of their tool; `note` counts and logs them."""
    loop_guard: LoopGuard = 0
    """How often a model may make the same call with the same result before the client gets an end; 0 lets it go on."""
    repair_history: bool = False
    """Whether past turns are mended: calls that stand as text too, ids that come twice, turns that should be joined."""
    zero_shot: bool = False
    """Whether the prompt shows no example, for models that examples make worse, such as DeepSeek's R1."""
    remind: Annotated[int, Field(ge=0)] = 0
    """Tokens of a conversation from which on its last turn reminds of the form of a call; 0 never does."""
    header: bool = True
    """Whether a client may choose the mode with `X-Toolbridge-Tools`."""
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    """Settings by a pattern of the model's name (`qwen3*`, `*:1b`), in the file's order; the first match counts."""

    def policy_for(self, model: str, asked: Mode | None = None) -> Policy:
        """The policy for a model of this name; `asked` is the mode that the client's header asks for.

        A pattern is matched without regard to case, and with the name as it came as well as with its full name.
        """
        name = model.lower()
        names = (name, full_name(name))
        rules = (
            rule for pattern, rule in self.models.items() if any(fnmatchcase(one, pattern.lower()) for one in names)
        )
        rule = next(rules, None) or ModelSettings()
        mode = rule.mode or self.mode
        return Policy(
            mode=asked if asked is not None and self.header else mode,
            dialect=rule.dialect or self.dialect,
            rescue=self.rescue if rule.rescue is None else rule.rescue,
            widens=self.widen,
            coerces=self.coerce if rule.coerce is None else rule.coerce,
            check=rule.check or self.check,
            loop_guard=self.loop_guard if rule.loop_guard is None else rule.loop_guard,
            repairs=self.repair_history if rule.repair_history is None else rule.repair_history,
            zero_shot=self.zero_shot if rule.zero_shot is None else rule.zero_shot,
            reminds=self.remind if rule.remind is None else rule.remind,
        )
