"""Shows the output of an attempt at once, in the terminal, and keeps none of it."""

from __future__ import annotations

import io
import os
import sys

from sequent.runtime.logs.log_losses import LogFile, Losses
from sequent.runtime.logs.log_masking import Mask
from sequent.runtime.logs.log_segment import flush_streams

_OUT, _ERR = 1, 2


class ShownLog:
    """The standard error of this process, to which its standard output leads as well while an attempt is executed."""

    def __init__(self) -> None:
        self._losses = Losses()
        self._file = LogFile(_ERR, self._losses)
        self._out = -1
        """The process's own standard output."""
        self._held_back: io.TextIOWrapper | None = None
        """The stream that would otherwise keep its lines until there are many, and show them behind those of logs."""
        self._mask: Mask | None = None

    def begin(self, path: str, sequence: str, attempt: int) -> None:
        flush_streams()
        self._out = os.dup(_OUT)
        os.dup2(_ERR, _OUT)
        stream = sys.stdout
        if isinstance(stream, io.TextIOWrapper) and not stream.line_buffering:
            stream.reconfigure(line_buffering=True)
            self._held_back = stream

    def mask(self, words: tuple[bytes, ...]) -> None:
        if self._mask is None:
            flush_streams()
            self._mask = Mask((_ERR, _OUT), self._losses)
        self._mask.add(words)

    def keep(self, data: bytes) -> None:
        self._file.keep(data)

    def end(self) -> None:
        flush_streams()
        if self._mask is not None:
            self._mask.close()
            self._mask = None
        if self._held_back is not None:
            self._held_back.reconfigure(line_buffering=False)
            self._held_back = None
        os.dup2(self._out, _OUT)
        os.close(self._out)
