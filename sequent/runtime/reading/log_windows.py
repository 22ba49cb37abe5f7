"""Reads parts of an attempt's output, whatever its size: some lines from a place on, and the lines with a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct

from sequent.runtime.logs.segment_files import open_segment
from sequent.runtime.reading.attempt_output import Piece

_BLOCK = 1 << 20
WINDOW = 1 << 18
"""The bytes of a window at most."""
_LONGEST = 1 << 13
"""The bytes of a line that are shown."""


class LogLine(Struct, frozen=True):
    """A line of an output."""

    number: int
    """From 1 on."""
    text: str
    length: int = 0
    """Its bytes, without those of its end."""

    @property
    def cut(self) -> int:
        """The bytes of it that are not shown."""
        return max(0, self.length - _LONGEST)


class LogWindow(Struct, frozen=True):
    """Some lines of an output that follow each other."""

    lines: list[LogLine]
    end: int
    """The position in the output after the last of them."""
    is_last: bool
    """Whether the output ends there, as far as it was written."""

    def without_last(self) -> LogWindow:
        """Return the window without its last line."""
        if not self.lines:
            return self
        last = self.lines[-1]
        return LogWindow(self.lines[:-1], self.end - last.length, is_last=True)


class LogText:
    """The output of one attempt, as lines. Positions are bytes from the beginning of the output.

    Args:
        piece: the part of a segment that the attempt has written.
    """

    def __init__(self, piece: Piece) -> None:
        self._piece = piece

    @property
    def length(self) -> int:
        """The bytes of the output."""
        return self._piece.length

    @property
    def ends_with_line(self) -> bool:
        """Whether its last line is complete."""
        with open_segment(self._piece.segment) as file:
            return self._read(file, max(0, self.length - 1), 1) in (b"", b"\n")

    def window(self, position: int, most: int) -> LogWindow:
        """Return at most so many lines from a position on, at which a line begins."""
        with open_segment(self._piece.segment) as file:
            number = self._lines_before(file, position) + 1
            data = self._read(file, position, WINDOW)
        is_last = position + len(data) >= self.length
        whole = data if is_last or b"\n" not in data else data[: data.rindex(b"\n") + 1]
        lines = whole.split(b"\n", most)
        rest = lines.pop()
        if rest and len(lines) < most:
            # The last line has no end, or is too long for a window.
            lines.append(rest)
            rest = b""
        end = position + len(whole) - len(rest)
        return LogWindow([_line(number + at, line) for at, line in enumerate(lines)], end, end >= self.length)

    def position_of(self, number: int) -> int:
        """Return the position of a line; that of the last one if there are not so many."""
        if number <= 1:
            return 0
        left, last = number - 1, 0
        with open_segment(self._piece.segment) as file:
            for position, block in self._blocks(file):
                count = block.count(b"\n")
                if count >= left:
                    at = -1
                    for _ in range(left):
                        at = block.index(b"\n", at + 1)
                    return min(position + at + 1, self.length)
                left -= count
                last = position + block.rindex(b"\n") + 1 if count else last
        return last

    def last_lines(self, most: int) -> int:
        """Return the position of the last so many lines."""
        start = max(0, self.length - WINDOW)
        with open_segment(self._piece.segment) as file:
            data = self._read(file, start, WINDOW)
        body = data.removesuffix(b"\n")
        at = len(body)
        for _ in range(most):
            at = body.rfind(b"\n", 0, at)
            if at < 0:
                return start if start == 0 or b"\n" not in body else start + body.index(b"\n") + 1
        return start + at + 1

    def found(self, text: str, most: int) -> list[LogLine]:
        """Return the lines with a text, in small or capital letters of any alphabet; at most so many."""
        wanted, found, number, rest = _pattern(text), list[LogLine](), 1, b""
        with open_segment(self._piece.segment) as file:
            for _, block in self._blocks(file):
                whole, end, tail = (rest + block).rpartition(b"\n")
                found += _matches(whole, wanted, number, most - len(found)) if end else []
                number += whole.count(b"\n") + 1 if end else 0
                rest = tail[-_BLOCK:]
                if len(found) >= most:
                    return found
        return found + _matches(rest, wanted, number, most - len(found))

    def _lines_before(self, file: BinaryIO, position: int) -> int:
        return sum(block[: max(0, position - at)].count(b"\n") for at, block in self._blocks(file, position))

    def _blocks(self, file: BinaryIO, until: int | None = None) -> Iterator[tuple[int, bytes]]:
        position, end = 0, self.length if until is None else until
        while position < end and (block := self._read(file, position, _BLOCK)):
            yield position, block
            position += len(block)

    def _read(self, file: BinaryIO, position: int, most: int) -> bytes:
        file.seek(self._piece.start + position)
        return file.read(max(0, min(most, self.length - position)))


def _pattern(text: str) -> re.Pattern[bytes]:
    """Return the pattern of a text in small and capital letters.

    The output is searched as bytes, which need not be text; bytes of ASCII alone have small and capital forms.
    """
    forms = ({letter} if letter.isascii() else {letter, letter.lower(), letter.upper()} for letter in text)
    encoded = ([re.escape(form.encode("utf-8", "surrogatepass")) for form in sorted(each)] for each in forms)
    return re.compile(b"".join(b"(?:%s)" % b"|".join(each) for each in encoded), re.IGNORECASE)


def _matches(lines: bytes, wanted: re.Pattern[bytes], number: int, most: int) -> list[LogLine]:
    """Return the lines that match; ``number`` is that of the first line."""
    found: list[LogLine] = []
    at = counted = 0
    while len(found) < most and (match := wanted.search(lines, at)):
        number += lines.count(b"\n", counted, match.start())
        start, end = lines.rfind(b"\n", 0, match.start()) + 1, lines.find(b"\n", match.start())
        end = len(lines) if end < 0 else end
        found.append(_line(number, lines[start:end]))
        counted = at = end
        if end == len(lines):
            break
    return found


def _line(number: int, data: bytes) -> LogLine:
    text = data.strip(b"\0")[:_LONGEST].decode("utf-8", "backslashreplace")
    return LogLine(number, text.rstrip("\r").rpartition("\r")[2], len(data))
