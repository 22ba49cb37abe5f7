"""Whole commands, from being typed to their end, beside luigi, doit and a bare Python: elapsed and processor time.

``python -m benchmarks startup [--pairs N] [--busy]``
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.compiled import compiled
from benchmarks.peers import PEERS, environment_of
from tests.acceptance.small_flows import FLOWS

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent
BARE, WITH_SQLITE = "Python", "Python with sqlite3"
FLOOR = {BARE: (sys.executable, "-c", "pass"), WITH_SQLITE: (sys.executable, "-c", "import sqlite3")}
OURS = {
    "run, one step": ("run", "flows.py:one"),
    "run, one command": ("run", "flows.py:listed"),
    "--version": ("--version",),
    "--help": ("--help",),
    "ls": ("ls",),
    "show": ("show",),
    "logs": ("logs",),
    "check": ("check", "flows.py:one"),
    "completion of a command": ("_complete", "sequent sh"),
    "completion of a run": ("_complete", "sequent show "),
}
BESIDE = {
    **dict.fromkeys(("--version", "--help", "check", "completion of a command"), (BARE,)),
    **dict.fromkeys(("ls", "show", "logs", "completion of a run"), (WITH_SQLITE,)),
}
"""The commands that each of ours stands beside; all others beside the peers."""


class Spent(NamedTuple):
    """What a command took, with all processes that it has started and waited for."""

    elapsed: float
    processor: float


def startup(words: Sequence[str] = ()) -> str:
    """A table: the median of the milliseconds of each command, and of its ratios to others in the same round."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup", description=startup.__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="how often each command is measured beside the others (7)")
    parser.add_argument("--busy", action="store_true", help="measure beside a process that keeps one processor busy")
    asked = parser.parse_args(words)
    with _busy_process() if asked.busy else contextlib.nullcontext():
        return _table(asked.pairs, "beside one busy process, " if asked.busy else "")


@contextlib.contextmanager
def _busy_process() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def _table(pairs: int, told: str) -> str:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "flows.py").write_text(FLOWS)
        environment = compiled(directory, SEQUENT_STORE=str(directory / "store.db"))
        environment.pop("PYTHONPATH", None)
        commands = {**FLOOR, **_peers(), **_ours(directory)}
        for words in commands.values():
            # Modules are compiled once, as they are where they are installed; and there is a run to be shown.
            _spent(words, directory, environment)
        spent = {title: list[Spent]() for title in commands}
        for _ in range(pairs):
            for title, words in commands.items():
                spent[title].append(_spent(words, directory, environment))
    lines = [
        f"median of {pairs} pairs, {told}milliseconds elapsed and of all processors; load {os.getloadavg()[0]:.1f}",
        "",
    ]
    return "\n".join([*lines, *_rows(spent)])


def _rows(spent: dict[str, list[Spent]]) -> list[str]:
    others = [title for title in spent if title in PEER_TITLES]
    rows = ["| | elapsed | processors | elapsed, and processors, as a multiple |", "|---|---|---|---|"]
    for title, found in spent.items():
        elapsed, processor = (1000 * statistics.median(figures) for figures in zip(*found, strict=True))
        beside = () if title in FLOOR or title in others else BESIDE.get(title, tuple(others))
        ratios = ", ".join(f"{_ratios(found, spent[other])} of {other}" for other in beside)
        rows.append(f"| {title} | {elapsed:.0f} | {processor:.0f} | {ratios} |")
    return rows


def _ratios(ours: Sequence[Spent], others: Sequence[Spent]) -> str:
    elapsed, processor = zip(*map(_ratio, ours, others), strict=True)
    return f"{statistics.median(elapsed):.1f} and {statistics.median(processor):.1f}"


def _ratio(ours: Spent, other: Spent) -> Spent:
    return Spent(ours.elapsed / other.elapsed, ours.processor / other.processor)


PEER_TITLES = {peer.name: f"{peer.name}, one task" for peer in PEERS if peer.name in ("luigi", "doit")}.values()


def _peers() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for peer in PEERS:
        if f"{peer.name}, one task" in PEER_TITLES:
            script = HERE / "peers" / f"{peer.name}_steps.py"
            # A task that was done stays done: each run is in a directory of its own.
            shell = f'cd "$(mktemp -d -p .)" && exec "{environment_of(peer)}" "{script}" chain 1'
            found[f"{peer.name}, one task"] = ("/bin/sh", "-c", shell)
    return found


def _ours(directory: Path) -> dict[str, tuple[str, ...]]:
    program = str(Path(sys.executable).with_name("sequent"))
    ours = {title: (program, *words) for title, words in OURS.items()}
    return {**ours, "script of the builder": (sys.executable, str(directory / "flows.py"))}


def _spent(words: Sequence[str], directory: Path, environment: dict[str, str]) -> Spent:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(words, cwd=directory, env=environment, capture_output=True, check=False)
    elapsed = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{words} ended with {done.returncode}: {done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
