"""What the golden tests share: a ledger that steps write, and what the store has afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sequent.runtime.store import open_store
from tests.patience import PATIENCE, wait_until


def script(file, cwd):
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, file], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def runs():
    """The runs that the store has, latest first, each with its attempts."""
    store = open_store(None)
    try:
        return [(run, list(store.attempts(run))) for run in store.runs()]
    finally:
        store.close()


def ends():
    """The attempts of the only run in the order of their ends, under the original's names."""
    ((_, attempts),) = runs()
    attempts.sort(key=lambda attempt: attempt.ended)
    return [f"{attempt.path.replace('.', '_')}/{attempt.sequence}" for attempt in attempts]


def note(text):
    """Add a line to the ledger, whole, whichever process does it."""
    ledger = os.open("ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(ledger, f"{text}\n".encode())
    os.close(ledger)


def noted():
    return Path("ledger").read_text().split() if Path("ledger").exists() else []


def wait_for_end_of(name):
    """In a step: wait until the store knows how that step ended; what follows from it is then decided."""
    wait_until(lambda: any(attempt.path == name and attempt.ended for attempt in runs()[0][1]))


def works():
    return "done"


def breaks():
    raise RuntimeError("it broke")
