"""The first bytes of both sides: which run is meant, and which versions of the protocol the agent speaks."""

from __future__ import annotations

import re
import struct

from attrs import frozen

from sequent.by_fields import ByFields

OLDEST, NEWEST = 1, 1
"""The versions that this package speaks."""
_WORD = b"\0sequent-agent\0"
_RANGE = struct.Struct("!HH")
_KNOCK = b"\0sequent-driver\0"
_KEY = re.compile(r"[0-9a-f]{16,64}")
_MOST_NOISE = 64 * 1024
"""Bytes that a profile may write before."""
_SHOWN = 300


class BadGreetingError(ValueError):
    """The other side is none of Sequent's."""


@frozen(eq=False, repr=False)
class Greeting(ByFields):
    """What the agent says first."""

    oldest: int
    newest: int
    rest: bytes
    """What has come behind it."""

    def version(self) -> int | None:
        """The newest version that both sides speak; None where there is none."""
        version = min(self.newest, NEWEST)
        return version if version >= max(self.oldest, OLDEST) else None


def greeting() -> bytes:
    """What the agent says first."""
    return _WORD + _RANGE.pack(OLDEST, NEWEST)


def find_greeting(data: bytes) -> Greeting | None:
    """The greeting in what has come, behind whatever a profile has written; None where more is to come.

    Raises:
        BadGreetingError: it does not come.
    """
    noise, found, rest = data.partition(_WORD)
    if len(noise) > _MOST_NOISE:
        raise BadGreetingError(f"unexpected output before the handshake: {quoted(noise)}")
    if not found or len(rest) < _RANGE.size:
        return None
    oldest, newest = _RANGE.unpack_from(rest)
    return Greeting(oldest, newest, rest[_RANGE.size :])


def quoted(noise: bytes) -> str:
    """What came in place of a greeting, for people."""
    text = noise[:_SHOWN].decode("utf-8", "backslashreplace").strip()
    return repr(text + " ..." if len(noise) > _SHOWN else text)


def knock(key: str) -> bytes:
    """What the driver says first, so that an agent that ignores what it was started with knows which run is meant."""
    return _KNOCK + key.encode() + b"\n"


KNOCK_SIZE = len(_KNOCK) + 64 + 1
"""Bytes of the longest."""


def read_knock(data: bytes) -> tuple[str, bytes] | None:
    """The key that the driver has said, and what has come behind it; None where more is to come.

    Raises:
        BadGreetingError: it is no driver.
    """
    line, found, rest = data.partition(b"\n")
    if not found and len(data) < KNOCK_SIZE and line[: len(_KNOCK)] == _KNOCK[: len(line)]:
        return None
    key = line.removeprefix(_KNOCK).decode("ascii", "replace")
    if not found or not line.startswith(_KNOCK) or not is_key(key):
        raise BadGreetingError("it does not speak as a driver does")
    return key, rest


def is_key(text: str) -> bool:
    """Whether that is a key of a run."""
    return _KEY.fullmatch(text) is not None
