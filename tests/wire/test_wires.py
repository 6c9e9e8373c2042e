"""What every wire holds, whichever it is."""

from pathlib import Path

import pytest

from tests.wires import NAMES
from toolbridge import wire as package
from toolbridge.errors import UnknownWire
from toolbridge.events import Error
from toolbridge.messages import ChatRequest
from toolbridge.wire import BackendWire, Wire, backend_wire, wire, wires

ALL = list(wires().values())


def test_every_package_of_the_folder_is_a_wire() -> None:
    (folder,) = package.__path__
    assert len(ALL) == len(list(Path(folder).glob("*/__init__.py")))


def test_a_wire_is_found_by_its_name() -> None:
    assert [wire(each.name) for each in ALL] == ALL
    assert {*NAMES, "responses"} <= {name for name in wires() if isinstance(wire(name), BackendWire)}
    assert not isinstance(wire("ollama.generate"), BackendWire)


def test_no_two_wires_share_a_name_or_a_path() -> None:
    assert len({each.name for each in ALL}) == len({each.path for each in ALL}) == len(ALL)


@pytest.mark.parametrize("name", ["grpc", "", "codec", "ollama.read_reply", ".."])
def test_no_other_name_is_one(name: str) -> None:
    with pytest.raises(UnknownWire, match=r"there are: .*openai"):
        wire(name)
    with pytest.raises(UnknownWire):
        backend_wire(name)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_without_an_end_is_an_error_in_every_wire(one: Wire, stream: bool) -> None:
    writer = one.writer(request=ChatRequest("m", stream=stream), clock=lambda: 0.0, ids=lambda: "x")
    assert b"the reply ended before it was whole" in writer.feed([]) + writer.finish()


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_an_error_body_is_signed_where_it_has_a_place_and_only_once(one: Wire) -> None:
    body = one.write_error(Error("no"))
    if one.sign is None:
        assert b"request_id" not in body
        return
    signed = one.sign(body, "req_1")
    assert signed.endswith(b',"request_id":"req_1"}')
    assert one.sign(signed, "req_2") == signed
    assert one.sign(b'{"error":"another wire\'s"}', "req_1") == b'{"error":"another wire\'s"}'
