"""Keeps the outcomes that no driver has written yet, on the disk of the host."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator

from msgspec.msgpack import Decoder

from sequent.runtime.hosts.protocol.frames import Inlet, frames_of
from sequent.runtime.hosts.protocol.messages import MessagePiece, MessageWhole, OutcomeThere
from sequent.runtime.messages.packets import BadMessageError

DIRECTORY = "outcomes"
_NEW = "new"
_OUTCOMES: Decoder[OutcomeThere | MessagePiece | MessageWhole] = Decoder(OutcomeThere | MessagePiece | MessageWhole)
_READ = 1024**2


class OutcomeSpool:
    """Files of outcomes, each with those that were added together.

    A file is written under another name, flushed and renamed, and its directory is flushed: it exists completely or not
    at all, even if the agent or the machine stops. It is removed once all outcomes in it are forgotten.

    Args:
        place: the agent's directory.
    """

    def __init__(self, place: int) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(DIRECTORY, 0o700, dir_fd=place)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._directory = os.open(DIRECTORY, flags, dir_fd=place)
        self._file_of: dict[str, str] = {}
        """By token, the file with its outcome."""
        self._in_file: dict[str, set[str]] = {}
        self._last = 0
        # In the order in which they were written: 9 before 10.
        for name in sorted(os.listdir(self._directory), key=lambda name: (len(name), name)):
            self._find(name)

    def __contains__(self, token: str) -> bool:
        return token in self._file_of

    def __len__(self) -> int:
        return len(self._file_of)

    @property
    def tokens(self) -> list[str]:
        """The attempts whose outcomes are kept, in the order of their ends."""
        return list(self._file_of)

    def _find(self, name: str) -> None:
        """Read a file that an earlier agent has left."""
        if not name.isdigit():
            # The file is incomplete: its outcomes were never sent.
            os.unlink(name, dir_fd=self._directory)
            return
        self._last = max(self._last, int(name))
        self._note(name, [outcome.token for outcome in self._read(name)])

    def _note(self, name: str, tokens: list[str]) -> None:
        self._in_file[name] = set(tokens)
        self._file_of.update(dict.fromkeys(tokens, name))

    def put(self, outcomes: Collection[OutcomeThere]) -> None:
        """Keep these outcomes on the disk.

        Raises:
            OSError: there is no room; none of them is kept.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(_NEW, flags, 0o600, dir_fd=self._directory)
        try:
            with open(file, "wb", closefd=False) as stream:
                for outcome in outcomes:
                    stream.writelines(frames_of(outcome))
            os.fsync(file)
        finally:
            os.close(file)
        self._last += 1
        name = str(self._last)
        os.rename(_NEW, name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        os.fsync(self._directory)
        self._note(name, [outcome.token for outcome in outcomes])

    def take(self, tokens: Collection[str]) -> Iterator[OutcomeThere]:
        """Yield the kept outcomes of these attempts, in the order of their ends."""
        wanted = {token for token in tokens if token in self._file_of}
        for name in dict.fromkeys(self._file_of[token] for token in self._file_of if token in wanted):
            yield from (outcome for outcome in self._read(name) if outcome.token in wanted)

    def _read(self, name: str) -> Iterator[OutcomeThere]:
        inlet = Inlet(_OUTCOMES)
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._directory)
        with open(file, "rb") as stream, contextlib.suppress(BadMessageError):
            # The file was complete; if the disk has altered it since, the outcomes after that place are lost.
            while data := stream.read(_READ):
                for message in inlet.feed(data):
                    if not isinstance(message, MessagePiece | MessageWhole):
                        yield message

    def forget(self, tokens: Collection[str]) -> None:
        """Forget the outcomes of these attempts."""
        for token in tokens:
            name = self._file_of.pop(token, None)
            if name is None:
                continue
            rest = self._in_file[name]
            rest.discard(token)
            if not rest:
                del self._in_file[name]
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=self._directory)

    def close(self) -> None:
        os.close(self._directory)
