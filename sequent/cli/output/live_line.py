"""Shows on a terminal what a long command is doing, in a line that is drawn again and erased in the end."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Self, TextIO

from sequent.cli.output.terminal import Display
from sequent.cli.output.text import is_live

PATIENCE = 1.0
"""Seconds before the line appears: a shorter command shows none."""
FRAME_SECONDS = 0.25
"""The shortest time between two frames."""
_ERASED = "\r\x1b[2K"
_COLUMNS = 80


class LiveLine:
    """A line on a terminal, while a command works; nothing where a stream cannot be redrawn.

    Args:
        stream: standard error.
        is_quiet: whether to show nothing.
        clock: measures the time since the beginning.
    """

    def __init__(self, stream: TextIO, *, is_quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._display = Display(stream, moves=True)
        self._is_on = not is_quiet and is_live(stream)
        self._clock = clock
        self._next = clock() + PATIENCE
        self._is_shown = False

    def show(self, text: str) -> None:
        """Show a text, which has no line breaks, unless another one was drawn a moment ago."""
        if self._is_on and self._clock() >= self._next:
            self._next = self._clock() + FRAME_SECONDS
            self._is_shown = True
            self._draw(f"{_ERASED}{text:.{self._columns() - 1}}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._is_shown:
            self._draw(_ERASED)

    def _columns(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            return os.get_terminal_size(self._display.fileno()).columns or _COLUMNS
        return _COLUMNS

    def _draw(self, text: str) -> None:
        try:
            self._display.write(text)
            self._display.flush()
        except (OSError, ValueError):
            # The terminal is gone; the command goes on without it.
            self._is_on = False
