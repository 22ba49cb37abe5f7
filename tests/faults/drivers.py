"""Drivers in processes of their own, each with its store and a ledger beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.children import Child
from tests.faults import ledger, tolls
from tests.patience import wait_until

ROOT = Path(__file__).parents[2]


def start(store: Path, *words: str, before: Sequence[str] = (), **variables: str) -> subprocess.Popen[str]:
    """Start the command line, whose output can be read.

    Args:
        store: its store.
        words: what is typed.
        before: a command that starts the command line.
        variables: more of its environment.
    """
    environment = {**os.environ, ledger.LEDGER: str(store.with_name("ledger")), "SEQUENT_STORE": str(store)}
    return Child(
        [*before, sys.executable, "-m", "sequent", *words],
        cwd=ROOT,
        env={**environment, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_or_recover(store: Path, flow: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start a run of a flow, or recover the one that there is."""
    words = ("recover",) if tolls.has_run(store) else ("run", flow)
    return start(store, *words, before=before)


def hold_from(store: Path, count: int) -> Path:
    """Have steps go on no further once the ledger has that many lines, until the file that is given is removed."""
    hold = store.with_name("HOLD")
    hold.write_text(str(count))
    return hold


def wait_for_lines(store: Path, count: int) -> None:
    """Wait until the ledger has that many lines."""
    wait_until(lambda: len(ledger.read(store.with_name("ledger"))) >= count)
