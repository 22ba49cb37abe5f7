"""Has a call of the C library fail, or kills its process there; sets the wall clock; lists the calls of a whole run.

``shim.c`` says how. A test makes a ``Shim`` for each command that it starts, and gives the command its environment.
"""

from __future__ import annotations

import contextlib
import enum
import mmap
import os
import signal
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("shim.c")
_MOST_PROCESSES, _MOST_CALLS, _ABOUT, _PATH = 4096, 8192, 192, 256
_HEAD = struct.Struct(f"=q10i{_PATH}s{_PATH}s{_PATH}s{_PATH}s")
_CALL = struct.Struct(f"=5i20s{_ABOUT}s")
_SHIFT, _COUNT, _VICTIM, _KNOWN = 0, 28, 36, 40
_CALLS = _HEAD.size + 8 * _MOST_PROCESSES
BILLION = 1_000_000_000


class Action(enum.IntEnum):
    """What happens at the call."""

    NOTHING = 0
    KILL_BEFORE = 1
    KILL_AFTER = 2
    FAIL = 3


class Kind(enum.IntFlag):
    """What calls change."""

    FILES = 1
    WORDS = 2
    """Messages to other processes."""
    PROCESSES = 4
    DESCRIPTORS = 8

    CHANGES = FILES | WORDS | PROCESSES
    EACH = CHANGES | DESCRIPTORS


DRIVER, AGENT, WORKER = 0, 1, 2
"""How far below the first process of a command its processes stand."""


class Call(NamedTuple):
    """One that was made."""

    pid: int
    depth: int
    began: int
    """Moments are counted from 1 over all processes."""
    ended: int
    """0: never."""
    size: int
    name: str
    about: str
    """The end of the path of the file that it is about, if any."""


def build(directory: Path) -> Path:
    """Compile the shim."""
    library = directory / "shim.so"
    words = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(SOURCE)]
    subprocess.run([*words, "-ldl", "-pthread"], check=True)
    return library


class Shim:
    """What shall happen to the processes of one command, and what they did.

    Args:
        library: compiled.
        directory: for its own files; nothing else may be in it.
        depths: the processes whose calls are counted; without any, those of all.
        kinds: the calls that are counted.
        number: the call at which something happens, from 1; 0: none.
        action: what happens there.
        kills_all: whether all processes of the command are killed, and not the one alone.
        error: the number of the error with which it fails; 0: one that it may well meet.
        skipped: files with this in their path are not counted.
        watched: the directory of which is written down what a power cut would take away.
    """

    def __init__(  # noqa: PLR0913 - each is given by its name
        self,
        library: Path,
        directory: Path,
        *,
        depths: tuple[int, ...] = (),
        kinds: Kind = Kind.CHANGES,
        number: int = 0,
        action: Action = Action.NOTHING,
        kills_all: bool = False,
        error: int = 0,
        skipped: str = "",
        watched: Path | None = None,
    ) -> None:
        directory.mkdir(exist_ok=True)
        self.journal, self.kept = directory / "journal", directory / "kept"
        self.kept.mkdir(exist_ok=True)
        path = directory / "control"
        bits = sum(1 << depth for depth in depths) if depths else -1
        places = (str(watched or ""), str(self.journal), str(self.kept))
        texts = [text.encode() for text in (skipped, *places)]
        assert max(map(len, texts)) < _PATH, texts
        head = _HEAD.pack(0, bits, int(kinds), number, int(action), error, 0, 0, 0, 0, int(kills_all), *texts)
        with path.open("wb") as file:
            file.write(head)
            file.truncate(_CALLS + _CALL.size * _MOST_CALLS)
        descriptor = os.open(path, os.O_RDWR)
        self._map = mmap.mmap(descriptor, 0)
        os.close(descriptor)
        self.environment = {"LD_PRELOAD": str(library), "FAULT_SHIM": str(path)}

    def set_clock(self, seconds: float) -> None:
        """Have the wall clock of all processes be so much ahead, at once."""
        struct.pack_into("=q", self._map, _SHIFT, int(seconds * BILLION))

    @property
    def count(self) -> int:
        """How many calls were counted."""
        return int(struct.unpack_from("=i", self._map, _COUNT)[0])

    @property
    def victim(self) -> int:
        """The process to which it happened; 0: it never did."""
        return int(struct.unpack_from("=i", self._map, _VICTIM)[0])

    def calls(self) -> list[Call]:
        """The calls that were counted, in the order in which they began."""
        made = (_CALL.unpack_from(self._map, _CALLS + _CALL.size * i) for i in range(min(self.count, _MOST_CALLS)))
        return [Call(*numbers, text_of(name), text_of(about)) for *numbers, name, about in made]

    def living(self) -> list[int]:
        """The processes of the command that live, with all that have come from them."""
        known = int(struct.unpack_from("=i", self._map, _KNOWN)[0])
        places = range(_HEAD.size, _HEAD.size + 8 * min(known, _MOST_PROCESSES), 8)
        pids = {int(struct.unpack_from("=i", self._map, place)[0]) for place in places}
        return [pid for pid in pids if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        try:
            return self.environment["FAULT_SHIM"] in Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):
            return False

    def end_all(self) -> None:
        """Kill what lives."""
        while pids := self.living():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """Give the memory back."""
        self._map.close()


def text_of(field: bytes) -> str:
    """The text in a field of the C program."""
    return os.fsdecode(field.partition(b"\0")[0])


def is_flushed(told: Call, written: list[Call], calls: list[Call]) -> bool:
    """Whether the last of these that had been written when something was told had been flushed by then."""
    before = [call for call in written if call.began < told.began]
    if not before:
        return True
    flushes = (call for call in calls if call.name in ("fsync", "fdatasync") and call.about == before[-1].about)
    return any(before[-1].ended < flush.began and flush.ended < told.began for flush in flushes)
