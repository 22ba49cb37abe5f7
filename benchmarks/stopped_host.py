"""What it costs nine hosts that the agent of a tenth is stopped while they work."""

from __future__ import annotations

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from benchmarks.durable import started

ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "5"))
HOSTS = 10
COUNT = HOSTS * int(os.environ.get("BENCHMARK_STEPS", "1000"))
STOPPED = 3
_ENDED = "FROM attempt JOIN frame ON frame.id = attempt.frame WHERE ended IS NOT NULL AND frame.number <> ?"
"""The ended attempts of all copies but one."""


def stopped() -> str:
    """Ten hosts with a thousand steps each, one of which is stopped in the middle: the time of the other nine."""
    ratios: list[float] = []
    for _ in range(ROUNDS):
        undisturbed = _nine(stops=False)
        ratios.append(_nine(stops=True) / undisturbed)
    return (
        f"with one of {HOSTS} hosts stopped, the others take {statistics.median(ratios):.2f} of their time "
        f"({min(ratios):.2f} to {max(ratios):.2f})"
    )


def _nine(*, stops: bool) -> float:
    """Return the seconds from the first start to the last outcome of the nine hosts."""
    with tempfile.TemporaryDirectory() as name, _settings(Path(name)):
        child, store = started("ten_there", COUNT, Path(name))
        agent = _wait(child, store, COUNT * 3 // 10) if stops else None
        if agent is not None:
            agent.send_signal(signal.SIGSTOP)
            try:
                _wait(child, store, COUNT * (HOSTS - 1) // HOSTS, but=STOPPED + 1)
            finally:
                agent.send_signal(signal.SIGCONT)
        with child:
            child.wait()
        if child.returncode:
            raise RuntimeError(f"it ended with {child.returncode}")
        with closing(sqlite3.connect(store)) as connection:
            (seconds,) = connection.execute(f"SELECT max(ended) - min(started) {_ENDED}", (STOPPED + 1,)).fetchone()
            return float(seconds)


def _wait(child: subprocess.Popen[str], store: Path, count: int, but: int = 0) -> psutil.Process:
    """Wait until so many steps have ended on all hosts but one; return the agent of the host to stop."""
    while child.poll() is None:
        time.sleep(0.1)
        if not store.exists():
            continue
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            try:
                (ended,) = connection.execute(f"SELECT count(*) {_ENDED}", (but,)).fetchone()
            except sqlite3.OperationalError:
                # The store is being made.
                continue
        if ended >= count:
            return _agent(store.parent)
    raise RuntimeError("it ended too early")


def _agent(directory: Path) -> psutil.Process:
    home = str(directory / f"h{STOPPED}")
    for process in psutil.process_iter(["cmdline"]):
        if "--serve" in (process.info["cmdline"] or []) and process.environ().get("XDG_STATE_HOME") == home:
            return process
    raise RuntimeError(f"no agent of h{STOPPED}")


@contextmanager
def _settings(directory: Path) -> Iterator[None]:
    """Describe ten hosts that are this machine, each with files of its own."""
    blocks = [
        f"[hosts.h{number}]\nship = true\nmax_concurrent = 1\npython = {sys.executable!r}\n"
        f"command = 'sequent-agent --allow-root'\nconnect = ['env', 'XDG_STATE_HOME={directory}/h{number}']\n"
        for number in range(HOSTS)
    ]
    file = directory / "sequent.toml"
    file.write_text("".join(blocks))
    os.environ["SEQUENT_CONFIG"] = str(file)
    try:
        yield
    finally:
        del os.environ["SEQUENT_CONFIG"]
