"""Puts messages into a stream of bytes: each in a frame with its length, large ones in pieces with a digest."""

from __future__ import annotations

import hashlib
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from msgspec import MsgspecError
from msgspec.msgpack import Decoder

from sequent.runtime.hosts.protocol.messages import PIECE, MessagePiece, MessageWhole
from sequent.runtime.messages.encoding import encoded
from sequent.runtime.messages.packets import LARGEST_RESULT, BadMessageError
from sequent.runtime.orders import Message

M = TypeVar("M", bound=Message)

LARGEST_FRAME = 16 * 1024**2
"""The bytes of the largest frame that is accepted."""
LARGE = 1024**2
"""The size in bytes from which a message is sent in pieces."""
_LARGEST = 4 * LARGEST_RESULT
"""The bytes of the largest message: a result of the largest size, with four bytes per character."""
HEAD = struct.Struct("!I")
_READ = 256 * 1024
_WRITE = 256 * 1024
"""The bytes that are given to the kernel at once: many small frames together."""


def frame(message: Message) -> bytes:
    """Return the frame of a message that is not large."""
    data = encoded(message)
    return HEAD.pack(len(data)) + data


def frames_of(message: Message) -> Iterator[bytes]:
    """Yield the frames of a message: one, unless it is large."""
    data = encoded(message)
    if len(data) <= LARGE:
        yield HEAD.pack(len(data)) + data
        return
    for at in range(0, len(data), PIECE):
        yield frame(MessagePiece(data[at : at + PIECE]))
    yield frame(MessageWhole(hashlib.sha256(data).digest()))


class Inlet(Generic[M]):
    """Takes bytes, and returns the messages in them.

    Args:
        decoder: decodes the possible messages, including pieces.
    """

    def __init__(self, decoder: Decoder[M]) -> None:
        self._decode = decoder.decode
        self._buffer = bytearray()
        self._pieces = bytearray()
        """The pieces of a large message so far; one by one, small ones would take far more memory."""

    def feed(self, data: bytes) -> Iterator[M]:
        """Yield the complete messages so far.

        Raises:
            BadMessageError: the bytes are not messages.
        """
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= HEAD.size:
                (length,) = HEAD.unpack_from(buffer, at)
                if length > LARGEST_FRAME:
                    raise BadMessageError(f"a frame of {length:,} bytes is too large")
                end = at + HEAD.size + length
                if len(buffer) < end:
                    break
                message = self._take(bytes(memoryview(buffer)[at + HEAD.size : end]))
                at = end
                if message is not None:
                    yield message
        finally:
            del buffer[:at]

    def _take(self, data: bytes) -> M | None:
        message = self._read(data)
        if isinstance(message, MessagePiece):
            if not message.data or len(self._pieces) + len(message.data) > _LARGEST:
                raise BadMessageError("its pieces are empty, or too many")
            self._pieces += message.data
            return None
        if isinstance(message, MessageWhole):
            whole = bytes(self._pieces)
            self._pieces.clear()
            if hashlib.sha256(whole).digest() != message.digest:
                raise BadMessageError("its pieces do not fit its digest")
            return self._whole(whole)
        return message

    def _whole(self, data: bytes) -> M:
        message = self._read(data)
        if isinstance(message, MessagePiece | MessageWhole):
            raise BadMessageError("it is a piece of pieces")
        return message

    def _read(self, data: bytes) -> M:
        try:
            return self._decode(data)
        except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadMessageError(f"it is not a message: {type(error).__name__}") from None


class Stream(Protocol):
    """A stream of bytes: a socket, or something like it."""

    def setblocking(self, flag: bool, /) -> None: ...

    def recv(self, size: int, /) -> bytes: ...

    def send(self, data: bytes | bytearray, /) -> int: ...

    def close(self) -> None: ...


S = TypeVar("S", bound=Stream)


class ByteLink(Generic[S, M]):
    """An end of a stream of bytes that never blocks.

    Urgent messages overtake all others, which keep their order.

    Args:
        end: the stream.
        decoder: decodes the possible messages.
    """

    def __init__(self, end: S, decoder: Decoder[M]) -> None:
        end.setblocking(False)
        self.end = end
        self.has_ended = False
        """Whether nothing arrives any more, or nothing can be sent."""
        self._inlet = Inlet(decoder)
        self._unsent = bytearray()
        self._urgent: deque[bytes] = deque()
        self._frames: deque[Iterator[bytes] | bytes] = deque()

    @property
    def is_clogged(self) -> bool:
        """Whether messages wait to be sent."""
        return bool(self._unsent or self._urgent or self._frames) and not self.has_ended

    def send(self, message: Message) -> None:
        """Queue a message after all others; ``flush`` sends it."""
        data = encoded(message)
        if len(data) <= LARGE:
            self._frames.append(HEAD.pack(len(data)) + data)
        else:
            self._frames.append(frames_of(message))

    def send_each(self, messages: Iterable[Message]) -> None:
        """Queue several messages, each made only once there is room for it."""
        self._frames.append(part for message in messages for part in frames_of(message))

    def send_now(self, message: Message) -> None:
        """Send a small message before all others."""
        self._urgent.append(frame(message))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes that are not a message, before all others."""
        self._urgent.append(data)

    def flush(self) -> None:
        """Send the queued messages, as far as there is room.

        Raises:
            OSError: a message of ``send_each`` cannot be made.
        """
        while not self.has_ended and (self._unsent or self._gather()):
            try:
                count = self.end.send(self._unsent)
            except (BlockingIOError, TimeoutError):
                return
            except OSError:
                self.has_ended = True
                return
            del self._unsent[:count]

    def _gather(self) -> bool:
        """Prepare the next bytes to send; return whether there are any."""
        unsent = self._unsent
        while self._urgent:
            unsent += self._urgent.popleft()
        while self._frames and len(unsent) < _WRITE:
            first = self._frames[0]
            if isinstance(first, bytes):
                unsent += first
            elif (part := next(first, None)) is not None:
                unsent += part
                continue
            self._frames.popleft()
        return bool(unsent)

    def receive(self) -> Iterator[M]:
        """Yield the messages that have arrived.

        Raises:
            BadMessageError: the bytes are not messages.
        """
        while data := self.read():
            yield from self._inlet.feed(data)

    def take_in(self, data: bytes) -> Iterator[M]:
        """Yield the messages in bytes that were read before."""
        return self._inlet.feed(data)

    def read(self) -> bytes:
        """Return the bytes that have arrived; none if there are none, or at the end."""
        try:
            data = self.end.recv(_READ)
        except (BlockingIOError, TimeoutError):
            return b""
        except OSError:
            data = b""
        if not data:
            self.has_ended = True
        return data

    def close(self) -> None:
        """Close the stream for both directions."""
        self.has_ended = True
        self.end.close()
