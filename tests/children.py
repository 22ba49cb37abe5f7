"""Processes that tests start: they end with their test, however it ends, so that one failure fails one test."""

from __future__ import annotations

import subprocess
from typing import Any, AnyStr

_started: list[subprocess.Popen[Any]] = []


class Child(subprocess.Popen[AnyStr]):
    """A process that ends with the test that has started it, if it has not ended before."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _started.append(self)


def end_children() -> None:
    """Kill those that still run, and close their pipes."""
    while _started:
        child = _started.pop()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                close(pipe)


def close(pipe: Any) -> None:
    """Close a pipe; what was never sent through it is lost."""
    try:
        pipe.close()
    except BrokenPipeError:
        # The descriptor is closed all the same.
        return
