"""Messages between processes: what they cost, and what they carry unchanged."""

from __future__ import annotations

import pytest
from msgspec.msgpack import Decoder

from sequent.model.outcome import Problem
from sequent.model.references import CompoundForm
from sequent.runtime.messages.message_types import FromWorker, ToWorker
from sequent.runtime.messages.packets import BadMessageError, Link, pack, pair, unpack
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Composed, Cut, DrawBroke, Message, Spooled

_WORD = b"0123456789abcdef"


def ended(result: str) -> AttemptEnded:
    return AttemptEnded(7, 1, 1, result)


def received(messages: list[Message]) -> list[Message | None]:
    """What comes out of a link of what was put in, and what comes after."""
    ours, theirs = pair()
    link = Link(ours, Decoder(FromWorker), _WORD)
    found: list[Message | None] = []
    with ours, theirs:
        theirs.setblocking(False)
        for message in messages:
            before = len(found)
            for packet in pack(message, _WORD):
                theirs.send(packet)
                found += [told] if (told := link.read()) is not None else []
            assert len(found) == before + 1
        return [*found, link.read()]


@pytest.mark.parametrize("character", ["é", '"', "\\", "\n", "漢"])
def test_a_result_takes_as_many_bytes_as_its_text(character):
    result = f'"{character * 1_000_000}"'
    size = len(result.encode())
    assert size < sum(map(len, pack(ended(result), _WORD))) < size + 30 * (size // 60_000 + 3)


@pytest.mark.parametrize("length", [0, 1, 59_000, 60_000, 61_000, 200_000, 2_000_000])
def test_a_message_of_any_length_arrives_as_it_was_with_others_around_it(length):
    messages = [ended("null"), ended(f'"{"é" * length}"'), ended("1")]
    assert received([*messages]) == [*messages, None]


def test_what_has_no_form_in_a_message_is_told_with_backslashes():
    problem = Problem(type="E\udc80", message="m", file="/a\udcff.py", types=("m.E\udc80",))
    told = Problem(type="E\\udc80", message="m", file="/a\\udcff.py", types=("m.E\\udc80",))
    assert received([DrawBroke(7, 1, problem)]) == [DrawBroke(7, 1, told), None]


def test_an_order_arrives_as_it_was_with_paths_that_are_no_text():
    part = Cut(Spooled(b"/runs/\xff/spool/1"), ('"a"', "1"))
    inputs = ("null", Composed(CompoundForm.DICT, (part, "[1]"), ('"k"', "2")))
    order = AttemptOrder(
        frame=7,
        node=1,
        attempt=2,
        token="t",
        path="a.b",
        sequence="1.2",
        recovery=3,
        inputs=inputs,
        item="1",
    )
    assert unpack(pack(order)[0], Decoder(ToWorker)) == order


def test_pieces_of_the_wrong_size_are_no_message():
    first, last = pack(ended(f'"{"x" * 60_000}"'))
    assembled = Decoder(FromWorker)
    for packets in ([first[:-1], last], [first]):
        with pytest.raises(BadMessageError):
            unpack(packets[0], assembled)
