"""The objects around the next value, and the names of their members."""

from tests.checks.schemas import place
from toolbridge.checks.levels import Level, Rename

PLACE = place({"properties": {"city": {}, "file_path": {"type": "string"}, "input_text": {}}, "required": ["city"]})


def level(*, is_outermost: bool = True) -> Level:
    return Level(PLACE, is_object=True, is_outermost=is_outermost)


def test_only_the_first_member_around_everything_may_hold_all_arguments() -> None:
    assert level().wraps("arguments")
    assert not level().wraps("city")
    assert not level(is_outermost=False).wraps("arguments")
    later = level()
    later.wrote = True
    assert not later.wraps("arguments")
    assert not Level(place({}), is_object=True, is_outermost=True).wraps("arguments")


def test_a_name_leaves_once_it_can_stand_for_nothing_else() -> None:
    first = level()
    assert [first.may_leave(begun) for begun in ("", "c", "in", "input_", "file", "x")] == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    first.wrote = True
    assert first.may_leave("in")
    first.renamed.add("input_text")
    assert not first.may_leave("in")


def test_a_name_is_meant_once_and_only_if_what_has_left_agrees() -> None:
    one = level()
    assert one.meant("filePath", '"filePath"', 0, 3) == Rename("file_path", '"file_path"', 3)
    assert one.meant("filePath", '"filePath"', 5, 1) == Rename("file_path", '_path"', 1)
    assert one.meant("FilePath", '"FilePath"', 3, 1) is None
    assert one.meant("other", '"other"', 0, 0) is None
    one.names.add("file_path")
    assert one.meant("filePath", '"filePath"', 0, 0) is None
