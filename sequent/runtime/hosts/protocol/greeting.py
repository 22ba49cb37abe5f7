"""The first bytes of both sides: the run's key, and the versions of the protocol."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

OLDEST, NEWEST = 1, 3
"""The versions of the protocol in this package."""
WITH_STORIES = 2
"""The version from which on outcomes may come with notes and artifacts."""
WITH_SINGLE_ENDS = 3
"""The version from which on a driver may have one attempt ended."""
_WORD = b"\0sequent-agent\0"
_RANGE = struct.Struct("!HH")
_KNOCK = b"\0sequent-driver\0"
_KEY = re.compile(r"[0-9a-f]{16,64}")
NO_DRIVER = "it does not speak as a driver does"
"""The answer of an agent to any other program."""
NO_ROOT = "the agent does not run as root"
"""The beginning of its answer to root, unless it was told to execute steps for root."""
_MOST_NOISE = 64 * 1024
"""The bytes that a profile may write before the greeting."""
_SHOWN = 300


class BadGreetingError(ValueError):
    """The peer is not a program of Sequent."""


class Greeting(NamedTuple):
    """The first message of the agent."""

    oldest: int
    newest: int
    rest: bytes
    """The bytes after the greeting."""

    def version(self) -> int | None:
        """Return the newest version that both sides support; None if there is none."""
        version = min(self.newest, NEWEST)
        return version if version >= max(self.oldest, OLDEST) else None


def greeting() -> bytes:
    """Return the first bytes of the agent."""
    return _WORD + _RANGE.pack(OLDEST, NEWEST)


def find_greeting(data: bytes) -> Greeting | None:
    """Return the greeting in the bytes so far, after any output of a profile; None if it is incomplete.

    Raises:
        BadGreetingError: there is no greeting.
    """
    noise, found, rest = data.partition(_WORD)
    if len(noise) > _MOST_NOISE:
        raise BadGreetingError(f"unexpected output before the handshake: {quoted(noise)}")
    if not found or len(rest) < _RANGE.size:
        return None
    oldest, newest = _RANGE.unpack_from(rest)
    return Greeting(oldest, newest, rest[_RANGE.size :])


def quoted(noise: bytes) -> str:
    """Return the bytes in place of a greeting, for people."""
    text = noise[:_SHOWN].decode("utf-8", "backslashreplace").strip()
    return repr(text + " ..." if len(noise) > _SHOWN else text)


def knock(key: str) -> bytes:
    """Return the first bytes of the driver, which name its run even to an agent that ignores its arguments."""
    return _KNOCK + key.encode() + b"\n"


KNOCK_SIZE = len(_KNOCK) + 64 + 1
"""The bytes of the longest one."""


def read_knock(data: bytes) -> tuple[str, bytes] | None:
    """Return the driver's key, and the bytes after it; None if they are incomplete.

    Raises:
        BadGreetingError: the peer is not a driver.
    """
    line, found, rest = data.partition(b"\n")
    if not found and len(data) < KNOCK_SIZE and line[: len(_KNOCK)] == _KNOCK[: len(line)]:
        return None
    key = line.removeprefix(_KNOCK).decode("ascii", "replace")
    if not found or not line.startswith(_KNOCK) or not is_key(key):
        raise BadGreetingError(NO_DRIVER)
    return key, rest


def is_key(text: str) -> bool:
    """Return whether a string is the key of a run."""
    return _KEY.fullmatch(text) is not None
