"""Stores the facts of a run that an agent must never forget: its newest driver, and each token that it received."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable
from typing import NamedTuple

_TOKENS, _DRIVER, _NEW = "tokens", "driver", "driver.new"


class Contact(NamedTuple):
    """A connection of a driver; later ones compare as larger."""

    epoch: int
    number: int


class SeenTokens:
    """The tokens and the newest contact, on disk.

    A token is in the file before its attempt begins. It need not be flushed to the disk: if the machine stops, so do
    all attempts, and the connection by which the token could come again.
    """

    def __init__(self, place: int) -> None:
        self._place = place
        self._file = self._open(_TOKENS, os.O_RDWR | os.O_APPEND)
        with open(self._file, "rb", closefd=False) as file:
            # The last line may be incomplete: its attempt had not begun.
            *lines, cut = file.read().split(b"\n")
        if cut:
            os.ftruncate(self._file, os.fstat(self._file).st_size - len(cut))
        self._seen = {line.decode("ascii", "replace") for line in lines}
        self._withdrawn: set[str] = set()
        """The tokens whose orders may still come on the present connection, and must not begin."""
        self.contact = self._read_contact()

    def __contains__(self, token: str) -> bool:
        return token in self._seen or token in self._withdrawn

    def add(self, token: str) -> None:
        """Note a token; its attempt may then begin.

        Raises:
            OSError: it cannot be noted.
        """
        data = f"{token}\n".encode()
        size = os.fstat(self._file).st_size
        if os.write(self._file, data) < len(data):
            os.ftruncate(self._file, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._seen.add(token)

    def withdraw(self, token: str) -> None:
        """Note a token before its order has come.

        The order may come even after the driver has written that it was withdrawn. If there is no room in the file,
        the token counts as seen only as long as that connection lasts, by which the order would come.
        """
        self._withdrawn.add(token)
        with contextlib.suppress(OSError):
            self.add(token)

    def forget(self, tokens: Iterable[str]) -> None:
        """Keep these in the file only: no driver orders an attempt again once its outcome is written."""
        self._seen.difference_update(tokens)

    def include(self, tokens: Iterable[str]) -> None:
        """Count these as seen: a power cut may have kept their outcomes, which were flushed, and not their lines."""
        self._seen.update(tokens)

    def meet(self, contact: Contact) -> bool:
        """Note a driver's contact; return whether it is later than all before.

        Raises:
            OSError: it cannot be noted.
        """
        if contact <= self.contact:
            return False
        file = self._open(_NEW, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(file, f"{contact.epoch} {contact.number}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(_NEW, _DRIVER, src_dir_fd=self._place, dst_dir_fd=self._place)
        os.fsync(self._place)
        self.contact = contact
        self._withdrawn.clear()
        return True

    def close(self) -> None:
        os.close(self._file)

    def _read_contact(self) -> Contact:
        with contextlib.suppress(FileNotFoundError):
            file = os.open(_DRIVER, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._place)
            with open(file, encoding="ascii") as text:
                epoch, number = text.read().split()
            return Contact(int(epoch), int(number))
        return Contact(-1, 0)

    def _open(self, name: str, flags: int) -> int:
        return os.open(name, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._place)
