"""Very many runs at once in one store, each driven by a process of its own, beside one run alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks.servers import server
from sequent.runtime.store import open_store

ROOT = Path(__file__).parents[1]
DRIVERS = int(os.environ.get("BENCHMARK_DRIVERS", "50"))
STEPS = int(os.environ.get("BENCHMARK_STEPS", "4000"))
CHILD = """
import json, os, sys, time
from pathlib import Path
from benchmarks import flows
run = flows.chain_inside()
print("ready", flush=True)
sys.stdin.readline()
began = time.time()
outcome = run.run(store=sys.argv[1])
assert outcome, outcome
print(json.dumps([began, time.time()]), flush=True)
"""


def together() -> str:
    """The commits a second of all runs, against those of one."""
    told = []
    with server() as made, tempfile.TemporaryDirectory() as name:
        for kind in ("SQLite", "PostgreSQL"):
            rates = []
            for drivers in (1, DRIVERS):
                store = str(Path(name) / f"{drivers}.db") if kind == "SQLite" else made.url(made.new_database())
                open_store(store).close()
                rates.append(_rate(store, drivers))
            told.append(f"{kind} {rates[1] / rates[0]:.2f} ({rates[1]:,.0f} against {rates[0]:,.0f})")
    return f"commits a second of {DRIVERS} runs at once, of those of one: {'; '.join(told)}"


def _rate(store: str, drivers: int) -> float:
    """Commits a second from the first start to the last end."""
    environment = {**os.environ, "BENCHMARK_COUNT": str(STEPS // drivers), "LOGURU_LEVEL": "ERROR"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, store],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(drivers)
    ]
    for process in processes:
        process.stdout.readline()  # type: ignore[union-attr]
    for process in processes:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    spans = [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError("a run failed")
    with closing(open_store(store)) as opened:
        session = opened._session  # type: ignore[attr-defined]  # noqa: SLF001 - no port tells of commits
        commits = sum(session.row("commits", run.number)[1] for run in opened.runs())
    return commits / (max(end for _, end in spans) - min(begin for begin, _ in spans))
