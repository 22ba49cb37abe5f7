"""A command in the process of the test, with all that it writes."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper

from sequent.cli import main
from tests.audited.audit_hook import hook
from tests.patience import PATIENCE


@contextmanager
def watched() -> Generator[None]:
    """Look for planted names as long as a command runs in this process."""
    before, hook.looks_for_planted = hook.looks_for_planted, True
    try:
        yield
    finally:
        hook.looks_for_planted = before


def called(words: list[str]) -> tuple[int, str, str]:
    """What a command did: its exit code, and what it wrote."""
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8") for _ in range(2))
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(int(PATIENCE))
    try:
        with redirect_stdout(out), redirect_stderr(err), watched():
            code = main(words)
    finally:
        signal.alarm(0)
    texts: list[str] = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return code, *texts


def _late(*_: object) -> None:
    raise TimeoutError(f"nothing was said for {PATIENCE} seconds")
