"""Writes to standard output and error; no other module does.

No output can control a terminal, whatever its source. A result that cannot be written is an error; a message
to people that cannot be written is not.
"""

from __future__ import annotations

import contextlib
import os
import sys
from codecs import getincrementaldecoder
from collections.abc import Generator, Iterable
from typing import TextIO

from sequent.errors import OutputError
from sequent.model.terminal import painted, safe_block


def out(text: str, end: str = "\n") -> None:
    """Write lines of a command's result, which may be painted.

    Raises:
        OutputError: they cannot be written.
    """
    with writing():
        sys.stdout.write(f"{painted(text)}{end}")


def data(text: str) -> None:
    """Write text that is data: unchanged to a file or a pipe, filtered to a terminal.

    Raises:
        OutputError: it cannot be written.
    """
    with writing():
        sys.stdout.write(f"{safe_block(text) if sys.stdout.isatty() else text}\n")


def copy(chunks: Iterable[bytes]) -> None:
    """Write a log: byte for byte to a file or a pipe, and filtered to a terminal; end its last line.

    Raises:
        OutputError: it cannot be written.
    """
    last = b"\n"
    decoder = getincrementaldecoder("utf-8")("backslashreplace") if sys.stdout.isatty() else None
    for chunk in chunks:
        with writing():
            if decoder is not None:
                sys.stdout.write(safe_block(decoder.decode(chunk)))
            else:
                sys.stdout.flush()
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
        last = chunk
    if decoder is not None and (rest := decoder.decode(b"", final=True)):
        # The beginning of a character.
        out(safe_block(rest), end="")
    if not last.endswith(b"\n"):
        out("")
    flush()


def flush() -> None:
    """Flush standard output.

    Raises:
        OutputError: it cannot be written.
    """
    with writing():
        sys.stdout.flush()


@contextlib.contextmanager
def writing() -> Generator[None]:
    """Turn an error of standard output into our own; leave that of a closed pipe.

    Raises:
        OutputError: it cannot be written.
        BrokenPipeError: its reader is gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise OutputError(f"standard output cannot be written: {why}") from error


def say(text: str) -> None:
    """Print a message, possibly painted, on standard error; do nothing if its reader is gone."""
    Lines(sys.stderr).write(text)


def discard(stream: TextIO) -> None:
    """Discard the buffer of a stream, since Python would fail to write it at its end."""
    with contextlib.suppress(OSError, ValueError):
        # Fails first where a stream has no descriptor.
        theirs = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, theirs)
        os.close(nowhere)


class Lines:
    """A stream for people; once its reader is gone, writing to it does nothing."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._is_open = True

    def write(self, text: str) -> None:
        """Write a line."""
        if not self._is_open:
            return
        try:
            self.stream.write(f"{painted(text)}\n")
            self.stream.flush()
        except (OSError, ValueError):
            self._is_open = False
            discard(self.stream)


class Display:
    """A stream for a library that paints, and with ``moves`` also redraws."""

    def __init__(self, stream: TextIO, *, moves: bool = False) -> None:
        self.stream = stream
        self.moves = moves

    def write(self, text: str) -> int:
        """Write text, without control sequences that do more."""
        return self.stream.write(painted(text, moves=self.moves))

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    @property
    def encoding(self) -> str:
        return self.stream.encoding
