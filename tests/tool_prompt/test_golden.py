"""The prompt and a conversation with tools, byte for byte as a model is shown them."""

import pytest

from tests.tool_prompt.golden import BRIEF, DIALECTS, FOLDER, shown


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_model_is_shown_exactly_this(dialect: str) -> None:
    assert shown(dialect) == (FOLDER / f"{dialect}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_very_small_model_is_shown_exactly_this(dialect: str) -> None:
    assert shown(dialect, variant=BRIEF) == (FOLDER / "brief" / f"{dialect}.txt").read_text(encoding="utf-8")
