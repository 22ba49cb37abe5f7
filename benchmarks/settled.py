"""The recovery of very many settled tasks, beside reading their rows bare, in each database."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from benchmarks.compiled import compiled
from benchmarks.servers import server

ROOT = Path(__file__).parents[1]
_ROWS = "SELECT frame, node, host, iteration, number, state, result, verdict, problem FROM {}attempt WHERE run = 1"


def recover_server() -> str:
    """Seconds to the end of a recovery with one step left, against reading all attempts bare."""
    count = int(os.environ.get("BENCHMARK_MANY", "1000000"))
    told = []
    with server() as made, tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for kind, read in (("SQLite", _read_file), ("PostgreSQL", _read_server)):
            # The first one compiles the modules.
            for number in (1, count):
                store = str(directory / f"{number}.db") if read is _read_file else made.url(made.new_database())
                bare, seconds = _seconds(store, number, read, directory)
            told.append(f"{kind} {seconds / bare:.2f} of reading the rows bare ({seconds:.1f} s)")
    return f"{count:,} settled tasks: {'; '.join(told)}"


def _seconds(store: str, count: int, read: Callable[[str], int], directory: Path) -> tuple[float, float]:
    """Seconds of reading the rows of so many settled tasks in a new store, and of the recovery."""
    environment = compiled(directory, BENCHMARK_COUNT=str(count), SEQUENT_STORE=store)
    _run(["benchmarks.gather", "gate", store], environment)
    began = time.perf_counter()
    rows = read(store)
    bare = time.perf_counter() - began
    if rows != count:
        raise RuntimeError(f"{rows} rows")
    began = time.perf_counter()
    _run(["sequent", "recover", "--flow", "benchmarks.flows:gate"], environment)
    return bare, time.perf_counter() - began


def _run(words: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", *words]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def _read_file(file: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return len(connection.execute(_ROWS.format("")).fetchall())


def _read_server(url: str) -> int:
    with psycopg.connect(url) as connection:
        return len(connection.execute(_ROWS.format("sequent.")).fetchall())  # type: ignore[arg-type]
