"""Sends the files that orders name to a host."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from sequent.runtime.hosts.protocol.messages import PIECE, FilePiece, FileWhole, StartAttempt
from sequent.runtime.orders import AttemptOrder, Composed, Cut, Given, Message, Spooled


class SentFiles:
    """Numbers for the files that orders name; each file is sent under its number before the order."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def messages(self, order: AttemptOrder, is_wanted: Callable[[], bool]) -> Iterator[Message] | None:
        """Return the pieces of an order's files, and then the order; None if it names no file.

        Args:
            order: the order.
            is_wanted: returns whether the order is still to be sent when its turn comes: it may have been taken back,
                and its files removed.
        """
        files: dict[int, bytes] = {}
        inputs = tuple(self._numbered(given, files) for given in order.inputs)
        attributes = tuple((name, self._numbered(given, files)) for name, given in order.attributes)
        if not files:
            return None
        return _pieces(files, replace(order, inputs=inputs, attributes=attributes), is_wanted)

    def _numbered(self, given: Given, files: dict[int, bytes]) -> Given:
        match given:
            case str():
                return given
            case Spooled(path):
                number = next(self._numbers)
                files[number] = path
                return Spooled(str(number).encode())
            case Cut(whole, keys):
                found = self._numbered(whole, files)
                return given if isinstance(found, Cut) else Cut(found, keys)
            case Composed(form, parts, keys):
                return Composed(form, tuple(self._numbered(part, files) for part in parts), keys)


def _pieces(files: dict[int, bytes], order: AttemptOrder, is_wanted: Callable[[], bool]) -> Iterator[Message]:
    if not is_wanted():
        return
    with contextlib.ExitStack() as stack:
        # All at once, since they may be removed before the last one has been sent.
        opened = {number: stack.enter_context(open(path, "rb")) for number, path in files.items()}
        for number, file in opened.items():
            digest = hashlib.sha256()
            while data := file.read(PIECE):
                digest.update(data)
                yield FilePiece(number, data)
            yield FileWhole(number, digest.digest())
    yield StartAttempt(order)
