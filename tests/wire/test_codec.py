"""JSON that keeps its digits, whichever library has to read or write it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.errors import FrameError
from toolbridge.frames import OVERLONG, Frame
from toolbridge.wire.codec import (
    Verbatim,
    encoded,
    exact,
    is_object,
    json_text,
    loads,
    mended,
    one_line,
    write_json,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def frame(text: str) -> Frame:
    return Frame(text.encode(), text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"n":1180591620717411303424}',
        '{"n":1e400}',
        '{"n":1.10,"m":0.1e-7,"k":3.14159265358979323846264338327950288}',
        '{"b":1,"a":[-0.0,{"z":18446744073709551616}]}',
        '{"n":-9223372036854775809}',
        '{"n":' + "7" * 5000 + "}",
    ],
)
def test_numbers_keep_every_digit_and_keys_their_order(text: str) -> None:
    assert json_text(exact(frame(text))) == text


def test_a_frame_that_orjson_refuses_is_read_by_the_standard_library() -> None:
    assert loads(b'{"a":"\\ud83d"}') == {"a": "\ud83d"}
    assert loads(b'{"a":1e400}') == {"a": float("inf")}


@pytest.mark.parametrize(
    "raw", [b"nonsense", b"{", b'{"a":NaN}', b'"\xff"', b"[" * 100_000, b'{"a":"\xed\xa0\x80"}', b"\xef\xbb\xbf{}"]
)
def test_what_is_no_json_is_a_frame_error(raw: bytes) -> None:
    with pytest.raises(FrameError):
        loads(raw)
    with pytest.raises(FrameError):
        exact(Frame(raw, raw))


def test_a_frame_over_the_limit_is_a_frame_error_that_names_the_limit() -> None:
    with pytest.raises(FrameError, match=r"limits\.frame"):
        loads(OVERLONG.data)


@given(JSON)
def test_what_is_written_is_read_back(value: object) -> None:
    assert json.loads(write_json(value)) == value
    assert b"\n" not in write_json(value)


def test_integers_of_any_size_are_written() -> None:
    assert write_json({"n": 2**70, "m": -(2**70)}) == b'{"n":1180591620717411303424,"m":-1180591620717411303424}'


def test_lone_surrogates_are_written_as_escapes() -> None:
    assert encoded("a\ud83d") == b'"a\\ud83d"'
    assert write_json({"a": "\ud83d", "b": Verbatim('{"c":1}')}) == b'{"a":"\\ud83d","b":{"c":1}}'
    assert write_json({"a": one_line('{"b":"\ud83d"}')}) == b'{"a":{"b":"\\ud83d"}}'


@pytest.mark.parametrize("value", [float("inf"), float("nan"), ["\ud83d", float("inf")]])
def test_infinity_is_never_written(value: object) -> None:
    assert b"null" in write_json(value)
    assert json.loads(write_json(value), parse_constant=pytest.fail) is not ...


@pytest.mark.parametrize("number", ["1e400", "7" * 5000])
def test_verbatim_numbers_survive_beside_what_orjson_refuses(number: str) -> None:
    assert write_json(("\ud83d", Verbatim(number))) == f'["\\ud83d",{number}]'.encode()


@given(JSON)
def test_the_patient_way_writes_what_orjson_writes(value: object) -> None:
    assert (
        write_json([2**70, value])
        == b"[1180591620717411303424," + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"]"
    )


@pytest.mark.parametrize("levels", [300, 900, 100_000])
def test_deep_values_are_written(levels: int) -> None:
    value: object = []
    for _ in range(levels):
        value = [value]
    assert json_text(value) == "[" * (levels + 1) + "]" * (levels + 1)
    while value:  # taken apart by hand: dropping it would recurse as deep
        assert isinstance(value, list)
        value = value.pop()


@pytest.mark.parametrize("levels", [499, 500, 990])
def test_how_deep_a_value_may_be_depends_on_no_version_of_python(levels: int) -> None:
    text = '{"a": ' + "[" * levels + "]" * levels + ', "n": %s}'
    deep = levels >= 500
    read = exact(frame(text % "1.10"))["n"]
    assert read == 1.1 if deep else read.text == "1.10"
    if deep:
        with pytest.raises(FrameError, match="nested too deeply"):
            loads((text % "1e400").encode())
    else:
        assert loads((text % "1e400").encode())["n"] == float("inf")


def test_a_value_that_is_too_deep_for_every_library_is_an_error() -> None:
    for text in ("[" * 5000 + "]" * 5000, '{"a":' * 2000 + "1" + "}" * 2000):
        with pytest.raises(FrameError, match="nested too deeply"):
            exact(frame(text))


def test_what_json_does_not_know_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        write_json({"a": object()})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('{\r\n  "a": "b\\n"\n}', '{    "a": "b\\n" }'),
        ("", "{}"),
        (" \n", "{}"),
    ],
)
def test_arguments_are_put_on_one_line(text: str, line: str) -> None:
    assert one_line(text).text == line


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        ' {"a": [1e400, 1]} ',
        '{"a":' + "[" * 255 + "]" * 255 + "}",
        '{"a":["' + "[" * 999 + '\\"{"]}',
        '{"a":[' + "[]," * 999 + "1]}",
    ],
)
def test_objects_are_objects(text: str) -> None:
    assert is_object(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        '{"a"',
        '{"a":NaN}',
        "{} {}",
        "[" * 100_000,
        "{'a': 1}",
        '{"n":' + "7" * 5000 + "}",
        '{"a":' * 300 + "1" + "}" * 300,
    ],
)
def test_everything_else_is_none(text: str) -> None:
    assert not is_object(text)


@pytest.mark.parametrize(
    ("text", "ended", "out"),
    [
        ("plain", False, ("plain", "")),
        ("a\ud83d", False, ("a", "\ud83d")),
        ("a\ud83d", True, ("a\ufffd", "")),
        ("\ud83d\ude00", False, ("😀", "")),
        ("\ude00\ud83dx", False, ("\ufffd\ufffdx", "")),
        ("😀", True, ("😀", "")),
    ],
)
def test_halves_of_a_pair_are_joined_or_replaced(text: str, ended: bool, out: tuple[str, str]) -> None:
    assert mended(text, ended=ended) == out
