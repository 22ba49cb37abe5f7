"""Keeps outcomes on the host's disk until the driver has written them."""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from struct import Struct

from msgspec.msgpack import Decoder

from sequent.errors import StoreError
from sequent.runtime.hosts.protocol.frames import Inlet, frames_of
from sequent.runtime.hosts.protocol.messages import MessagePiece, MessageWhole, OutcomeThere
from sequent.runtime.messages.packets import BadMessageError

DIRECTORY = "outcomes"
_OUTCOMES: Decoder[OutcomeThere | MessagePiece | MessageWhole] = Decoder(OutcomeThere | MessagePiece | MessageWhole)
_HEAD = Struct("!QI")
"""The length of a batch, and its checksum."""
_NO_BATCH = bytes(_HEAD.size)
"""The end of the batches in a file that goes on."""
_FULL = 4 * 1024**2
"""Bytes from which another file is begun."""
UNCONFIRMED = 0.01
"""The seconds that a written outcome may wait to be forgotten, before the disk is flushed."""


class OutcomeSpool:
    """Files of batches of outcomes. A batch is kept together: all of it, or nothing.

    It is written to a file with its checksum, and so survives the agent. It survives the machine once the disk is
    flushed, for all batches of the moment together; outcomes that are forgotten soon need no flush. Where the agent or
    the machine ends too early, a batch does not fit its checksum, and is cut off. Once all outcomes in a file are
    forgotten, the next batch overwrites them, or the file is removed. A disk is flushed twice as fast if a file keeps
    its size.

    Args:
        place: the agent's directory, as a descriptor.
        monotonic: the clock, in seconds.

    Raises:
        StoreError: a later version of Sequent has kept outcomes there; they stay.
    """

    def __init__(self, place: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        with contextlib.suppress(FileExistsError):
            os.mkdir(DIRECTORY, 0o700, dir_fd=place)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._directory = os.open(DIRECTORY, flags, dir_fd=place)
        self._file_of: dict[str, str] = {}
        """By token, the file with its outcome."""
        self._in_file: dict[str, set[str]] = {}
        self._unflushed: dict[str, tuple[float, OutcomeThere]] = {}
        """By token, the outcomes since the last flush, each with the time at which it was written."""
        names = [name for name in os.listdir(self._directory) if name.isdigit()]
        try:
            for name in sorted(names, key=int):
                self._take_up(name)
        except BaseException:
            os.close(self._directory)
            raise
        self._last = max(map(int, names), default=0)
        self._file = -1
        """The file that is written to; -1 before there is one."""
        self._end = 0
        """The offset in it behind the last batch."""
        self._flushed = 0
        """The offset in it behind the last flushed batch."""

    def __contains__(self, token: str) -> bool:
        return token in self._file_of

    @property
    def tokens(self) -> list[str]:
        """The attempts with a kept outcome, in the order of their ends."""
        return list(self._file_of)

    def _take_up(self, name: str) -> None:
        """Read a file that an earlier agent has left, and cut off the batch that was being written as it ended."""
        whole = 0
        tokens: list[str] = []
        for size, outcomes in self._batches(name):
            whole += size
            tokens += [outcome.token for outcome in outcomes]
        file = self._open(name, os.O_WRONLY)
        try:
            if os.fstat(file).st_size > whole:
                os.ftruncate(file, whole)
            if tokens:
                # The agent may have been killed before it flushed them.
                os.fsync(file)
        finally:
            os.close(file)
        if tokens:
            self._note(name, tokens)
        else:
            os.unlink(name, dir_fd=self._directory)

    def _note(self, name: str, tokens: list[str]) -> None:
        self._in_file.setdefault(name, set()).update(tokens)
        self._file_of.update(dict.fromkeys(tokens, name))

    def put(self, outcomes: Collection[OutcomeThere]) -> None:
        """Keep these, even if the agent is killed from now on; ``flush`` is due soon.

        Raises:
            OSError: there is no room; none of them is kept.
        """
        data = b"".join(part for outcome in outcomes for part in frames_of(outcome))
        data = _HEAD.pack(len(data), zlib.crc32(data)) + data
        if self._file < 0 or (self._end > _FULL and not self._unflushed):
            self._begin()
        try:
            # Earlier batches, which are forgotten, may follow.
            rest, at = memoryview(data + _NO_BATCH), self._end
            while rest:
                written = os.pwrite(self._file, rest, at)
                rest, at = rest[written:], at + written
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._note(str(self._last), [outcome.token for outcome in outcomes])
        now = self._monotonic()
        self._unflushed.update((outcome.token, (now, outcome)) for outcome in outcomes)
        self._end += len(data)

    def seconds_left(self) -> float | None:
        """Return the seconds until a flush is due; None if all outcomes are on the disk, or forgotten."""
        for written, _ in self._unflushed.values():
            return max(0.0, written + UNCONFIRMED - self._monotonic())
        return None

    def flush(self) -> None:
        """Put all kept outcomes on the disk, so that they survive the machine.

        Raises:
            OSError: there is no room for those of the last moment; ``take_unflushed`` returns them.
        """
        if self._unflushed:
            os.fdatasync(self._file)
            self._unflushed.clear()
            self._flushed = self._end

    def take_unflushed(self) -> list[OutcomeThere]:
        """Return the outcomes that could not be flushed, and keep them no more.

        The kernel may have dropped the bytes that it could not write, so they have to be written again.
        """
        outcomes = [outcome for _, outcome in self._unflushed.values()]
        self.forget([*self._unflushed])
        self._end = self._flushed
        os.ftruncate(self._file, self._end)
        return outcomes

    def _begin(self) -> None:
        """Begin another file, which is there for certain once this returns."""
        file = self._open(str(self._last + 1), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.fsync(self._directory)
        except OSError:
            os.close(file)
            os.unlink(str(self._last + 1), dir_fd=self._directory)
            raise
        if self._file >= 0:
            os.close(self._file)
        self._last += 1
        self._file, self._end, self._flushed = file, 0, 0

    def take(self, tokens: Collection[str]) -> Iterator[OutcomeThere]:
        """Yield the outcomes of these that are kept, in the order of their ends."""
        wanted = {token for token in tokens if token in self._file_of}
        for name in dict.fromkeys(self._file_of[token] for token in self._file_of if token in wanted):
            for _, outcomes in self._batches(name):
                yield from (outcome for outcome in outcomes if outcome.token in wanted)

    def _batches(self, name: str) -> Iterator[tuple[int, list[OutcomeThere]]]:
        """Yield the size of each whole batch in a file, and its outcomes."""
        with open(self._open(name, os.O_RDONLY), "rb") as file:
            left = os.fstat(file.fileno()).st_size
            while (left := left - _HEAD.size) >= 0:
                length, checksum = _HEAD.unpack(file.read(_HEAD.size))
                left -= length
                if not length or left < 0 or zlib.crc32(data := file.read(length)) != checksum:
                    return
                yield _HEAD.size + length, _outcomes_in(data)

    def forget(self, tokens: Collection[str]) -> None:
        """Keep these no more."""
        for token in tokens:
            name = self._file_of.pop(token, None)
            if name is None:
                continue
            self._unflushed.pop(token, None)
            rest = self._in_file[name]
            rest.discard(token)
            if not rest:
                del self._in_file[name]
                self._empty(name)

    def _empty(self, name: str) -> None:
        """Empty or remove a file, without a flush: no driver asks for an outcome that a power cut brings back."""
        if self._file >= 0 and name == str(self._last):
            # If there is no room for that, the next batch follows those that are forgotten.
            with contextlib.suppress(OSError):
                os.pwrite(self._file, _NO_BATCH, 0)
                self._end = self._flushed = 0
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self._directory)

    def clear(self) -> None:
        """Keep nothing, and no file."""
        self.forget(self.tokens)
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            os.unlink(str(self._last), dir_fd=self._directory)

    def _open(self, name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._directory)

    def close(self) -> None:
        """Close its files."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        os.close(self._directory)


def keeps_outcomes(path: str) -> bool:
    """Return whether a file has outcomes that are not all forgotten."""
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD.size).strip(b"\0") != b""
    except OSError:
        return False


def _outcomes_in(data: bytes) -> list[OutcomeThere]:
    """Return the outcomes of a batch, which fits its checksum.

    Raises:
        StoreError: a later version wrote it.
    """
    try:
        messages = [*Inlet(_OUTCOMES).feed(data)]
    except BadMessageError:
        raise StoreError(
            "a later version of Sequent has kept outcomes of the run here, which this one cannot read",
            code="later-outcomes",
            hint="install that version again on this host",
        ) from None
    return [each for each in messages if not isinstance(each, MessagePiece | MessageWhole)]
