"""What is told to people before a run has its observer: that something is waited for."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

from attrs import define


def _to_errors(text: str) -> None:
    # They may be closed, or nobody may read them any more.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


@define
class _Port:
    tell: Callable[[str], None] = _to_errors


_port = _Port()


def set_teller(tell: Callable[[str], None]) -> None:
    """Say who tells it."""
    _port.tell = tell


def notify(text: str) -> None:
    """Tell people something that is no result."""
    _port.tell(text)
