"""Drivers in processes of their own, each with its store and a ledger beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sequent.runtime.store import open_store
from tests.faults import ledger
from tests.patience import wait_until

ROOT = Path(__file__).parents[2]


def start(store: Path, *words: str, module: str = "sequent", **variables: str) -> subprocess.Popen[str]:
    """Start the command line, whose output can be read.

    Args:
        store: its store.
        words: what is typed.
        module: what stands in the place of ``sequent``.
        variables: more of its environment.
    """
    environment = {**os.environ, ledger.LEDGER: str(store.with_name("ledger")), "SEQUENT_STORE": str(store)}
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env={**environment, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_or_recover(store: Path, flow: str) -> subprocess.Popen[str]:
    """Start a run of a flow, or recover the one that there is."""
    return start(store, "recover") if has_run(store) else start(store, "run", flow)


def has_run(store: Path) -> bool:
    """Whether a run was written down before its driver was killed."""
    if not store.exists():
        return False
    opened = open_store(str(store))
    try:
        return bool(opened.runs())
    finally:
        opened.close()


def wait_for_lines(store: Path, count: int) -> None:
    """Wait until the ledger has that many lines."""
    wait_until(lambda: len(ledger.read(store.with_name("ledger"))) >= count)
