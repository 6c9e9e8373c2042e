"""The settings for tools, which may differ between models."""

from typing import Any

import pytest
from pydantic import ValidationError

from toolbridge.models import Policy
from toolbridge.server.tool_settings import ToolSettings


def test_a_model_has_the_settings_of_the_first_pattern_that_fits() -> None:
    settings = ToolSettings.model_validate(
        {"loop_guard": 9, "models": {"Small*": {"loop_guard": 4, "repair_history": True}, "*": {"mode": "prompt"}}}
    )
    assert settings.policy_for("small:1b") == Policy(loop_guard=4, repairs=True)
    assert settings.policy_for("large") == Policy(mode="prompt", loop_guard=9)
    assert settings.policy_for("large", "native").mode == "native"


def test_a_pattern_may_switch_the_loop_guard_off() -> None:
    settings = ToolSettings.model_validate({"loop_guard": 9, "models": {"*": {"loop_guard": 0}}})
    assert settings.policy_for("m").loop_guard == 0


def test_clients_choose_the_mode_only_where_they_may() -> None:
    assert ToolSettings(header=False).policy_for("m", "off").mode == "auto"


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"attempts": 11}, {"loop_guard": -1}, {"dialect": "nope"}, {"lop_guard": 3}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ToolSettings.model_validate(wrong)
