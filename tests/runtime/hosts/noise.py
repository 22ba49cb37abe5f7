"""Frames that no driver says, and some that one might."""

from __future__ import annotations

from msgspec.msgpack import Encoder, decode

from sequent.runtime.hosts.protocol.frames import HEAD
from sequent.runtime.hosts.protocol.messages import (
    FilePiece,
    FileWhole,
    MessagePiece,
    MessageWhole,
    Ping,
    WithdrawAttempt,
)
from tests.runtime.hosts.speaking import attach

GENUINE = [
    attach(),
    attach(wanted=("t1",), logs={"w1.log": 3}, logs_of="ab" * 4),
    Ping(1),
    FilePiece(1, b"abc"),
    FileWhole(1, bytes(32)),
    WithdrawAttempt("t1"),
    MessagePiece(b"abc"),
    MessageWhole(bytes(32)),
]
JUNK = (None, True, 0, -1, 2**64 - 1, 1e308, "", "x", "\0", b"", [], {}, [[]], {"a": 1}, "../../etc/passwd", [None] * 9)


def changed(tree, chance):
    if isinstance(tree, list) and tree and chance.random() < 0.8:
        place = chance.randrange(len(tree))
        return [*tree[:place], changed(tree[place], chance), *tree[place + chance.choice((1, 1, 1, 0, 2)) :]]
    if isinstance(tree, dict) and tree and chance.random() < 0.8:
        name = chance.choice([*tree])
        return {**tree, name: changed(tree[name], chance)}
    return chance.choice(JUNK)


def noise(chance):
    """Some frames in a row, of which some may be genuine."""
    data = b""
    for _ in range(chance.randint(1, 4)):
        message = chance.choice(GENUINE)
        body = Encoder().encode(message)
        match chance.randrange(6):
            case 0:
                body = chance.randbytes(chance.choice((0, 1, 300, 70_000)))
            case 1 | 2 | 3:
                body = Encoder().encode(changed(decode(body), chance))
            case 4:
                body = body[: chance.randrange(len(body))]
            case _:
                pass
        length = chance.choice((len(body),) * 6 + (0, 2**31, len(body) + 1))
        data += HEAD.pack(length) + body
    return data
