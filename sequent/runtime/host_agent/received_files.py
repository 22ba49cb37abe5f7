"""Receives the files that orders name: values that are too large for an order."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from typing import Any

from attrs import define, field
from msgspec.structs import replace

from sequent.runtime.messages.packets import LARGEST_RESULT, BadMessageError
from sequent.runtime.orders import AttemptOrder, Composed, Cut, Given, Spooled


@define(eq=False)
class _Incoming:
    """A file that is still incomplete."""

    descriptor: int
    digest: Any = field(factory=hashlib.sha256)
    size: int = 0


class ReceivedFiles:
    """Files by the numbers under which orders name them; each is used once it is complete.

    Args:
        directory: their directory; files of an earlier agent are removed.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._incoming: dict[int, _Incoming] = {}
        self._whole: set[int] = set()
        """The complete files that no order has named so far."""
        self._of_attempts: dict[str, list[str]] = {}
        """By token, the files of an attempt."""
        self._contact = 0
        shutil.rmtree(directory, ignore_errors=True)

    def begin(self) -> None:
        """Begin for a driver, which numbers its files anew; those that no order has named are removed."""
        for incoming in self._incoming.values():
            os.close(incoming.descriptor)
        for number in (*self._incoming, *self._whole):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(number))
        self._incoming.clear()
        self._whole.clear()
        self._contact += 1

    def add(self, number: int, data: bytes) -> None:
        """Append the next bytes of a file.

        Raises:
            BadMessageError: it was complete, or is too large.
            OSError: there is no room.
        """
        incoming = self._incoming.get(number)
        if incoming is None:
            if number in self._whole:
                raise BadMessageError("that file was whole")
            os.makedirs(self._directory, 0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            incoming = self._incoming[number] = _Incoming(os.open(self._path(number), flags, 0o600))
        incoming.size += len(data)
        if incoming.size > LARGEST_RESULT:
            raise BadMessageError("that file is too large")
        incoming.digest.update(data)
        while data:
            data = data[os.write(incoming.descriptor, data) :]

    def finish(self, number: int, digest: bytes) -> None:
        """Finish a file.

        Raises:
            BadMessageError: its digest differs.
        """
        incoming = self._incoming.pop(number, None)
        if incoming is None:
            raise BadMessageError("nothing of that file has come")
        os.close(incoming.descriptor)
        if incoming.digest.digest() != digest:
            os.unlink(self._path(number))
            raise BadMessageError("that file does not fit its digest")
        self._whole.add(number)

    def resolved(self, order: AttemptOrder) -> AttemptOrder:
        """Return the order with the paths of its files in place of their numbers.

        Raises:
            BadMessageError: it names an incomplete file.
        """
        paths: list[str] = []
        inputs = tuple(self._with_paths(given, paths) for given in order.inputs)
        attributes = tuple((name, self._with_paths(given, paths)) for name, given in order.attributes)
        if not paths:
            return order
        self._of_attempts[order.token] = paths
        return replace(order, inputs=inputs, attributes=attributes)

    def _with_paths(self, given: Given, paths: list[str]) -> Given:
        match given:
            case str():
                return given
            case Spooled(name):
                if not name.isdigit() or int(name) not in self._whole:
                    raise BadMessageError("an order names a file that has not come")
                self._whole.remove(int(name))
                paths.append(self._path(int(name)))
                return Spooled(os.fsencode(paths[-1]))
            case Cut(whole, keys):
                found = self._with_paths(whole, paths)
                if isinstance(found, Cut):
                    raise BadMessageError("an order cuts a part that is cut")
                return Cut(found, keys)
            case Composed(form, parts, keys):
                return Composed(form, tuple(self._with_paths(part, paths) for part in parts), keys)

    def remove(self, order: AttemptOrder) -> None:
        """Remove the files of an attempt that has ended."""
        for path in self._of_attempts.pop(order.token, ()):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def _path(self, number: int) -> str:
        return os.path.join(self._directory, f"{self._contact}-{number}")
