"""Steps over a store in PostgreSQL, beside bare psycopg on the same server."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.durable import measure
from tests.postgres import Cluster, cluster, server_process

ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "5"))
STEPS = int(os.environ.get("BENCHMARK_STEPS", "4000"))
_TICKS = os.sysconf("SC_CLK_TCK")
_BATCH = 100


@contextmanager
def server() -> Iterator[Cluster]:
    """A server, and a directory for the files of runs that goes with it."""
    with cluster() as made, tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        try:
            yield made
        finally:
            del os.environ["XDG_STATE_HOME"]


def chain() -> str:
    """A chain of no-op steps, against single-row commits through psycopg on the same server."""
    ratios, rates = [], []
    with server() as made:
        for _ in range(ROUNDS):
            floor = single_commits(made, STEPS)
            short, long = (_run(made, "chain", steps)["seconds"] for steps in (100, STEPS))
            rates.append((STEPS - 100) / (long - short))
            ratios.append(rates[-1] / floor)
    return (
        f"{statistics.median(ratios):.2f} of single-row commits through psycopg "
        f"({min(ratios):.2f} to {max(ratios):.2f}; {statistics.median(rates):,.0f} steps a second)"
    )


def fan_out() -> str:
    """The processor time of driver and server for a step, against that of bare psycopg for the same rows."""
    count, ratios = 2 * STEPS, []
    with server() as made:
        for _ in range(ROUNDS):
            bare = _used(made, lambda: write_rows(made, count)) / count
            short, long = (_processor_time(made, steps) for steps in (100, count))
            ratios.append((long - short) / (count - 100) / bare)
    return (
        f"driver and server take {statistics.median(ratios):.2f} of the processor time of writing the same rows "
        f"in batches of {_BATCH} through psycopg ({min(ratios):.2f} to {max(ratios):.2f})"
    )


def _run(made: Cluster, flow: str, count: int) -> dict[str, float]:
    return measure(flow, count, made.directory, made.url(made.new_database(), schema="bench"))


def _processor_time(made: Cluster, count: int) -> float:
    """Seconds of driver and server for a whole run, workers left out."""
    return _used(made, lambda: _run(made, "fan_out", count)["processor"])


def _used(made: Cluster, act: Callable[[], float]) -> float:
    """Seconds that the server uses during a call, and those that the call tells of."""
    before = server_time(made)
    told = act()
    return server_time(made) - before + told


def server_time(made: Cluster) -> float:
    """The processor time of all processes of a server so far, in seconds; that of ended ones is with their parent."""
    root = server_process(made)
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == root:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == root:
                total += sum(map(int, fields[11:13]))
    return total / _TICKS


def single_commits(made: Cluster, count: int) -> float:
    """How many single-row commits a second the server takes from one psycopg connection."""
    with psycopg.connect(made.url(made.new_database()), autocommit=True) as connection:
        connection.execute("CREATE TABLE step (id bigint PRIMARY KEY, state text)")
        began = time.perf_counter()
        for number in range(count):
            connection.execute("INSERT INTO step VALUES (%s, %s)", (number, "done"))
        return count / (time.perf_counter() - began)


_TABLE = """
    CREATE TABLE attempt (run bigint NOT NULL, frame bigint NOT NULL, node bigint NOT NULL, host text NOT NULL,
    iteration bigint NOT NULL, number bigint NOT NULL, token bytea NOT NULL, state text NOT NULL,
    started double precision NOT NULL, ended double precision, item text, recovery bigint NOT NULL, result text,
    verdict bigint, problem text, log text, PRIMARY KEY (run, frame, node, host, iteration, number))
"""
_INSERT = """
    INSERT INTO attempt (run, frame, node, host, iteration, number, token, state, started, item, recovery)
    SELECT 1, * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bytea[],
    %s::text[], %s::float8[], %s::text[], %s::bigint[])
"""
_UPDATE = """
    UPDATE attempt SET state = told.state, ended = told.ended, result = told.result, verdict = told.verdict,
    problem = told.problem, log = told.log
    FROM unnest(%s::text[], %s::float8[], %s::text[], %s::bigint[], %s::text[], %s::text[],
    %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[])
    AS told (state, ended, result, verdict, problem, log, frame, node, host, iteration, number)
    WHERE attempt.run = 1 AND attempt.frame = told.frame AND attempt.node = told.node AND attempt.host = told.host
    AND attempt.iteration = told.iteration AND attempt.number = told.number AND attempt.state = 'active'
"""


def write_rows(made: Cluster, count: int) -> float:
    """Write the rows of so many steps, each as it begins and again as it ends; give the seconds of this process."""
    began = time.process_time()
    with psycopg.connect(made.url(made.new_database()), autocommit=True) as connection:
        connection.execute(_TABLE)
        for begin in range(0, count, _BATCH):
            numbers = list(range(begin, begin + _BATCH))
            ones, texts = [1] * _BATCH, [""] * _BATCH
            tokens = [os.urandom(16) for _ in numbers]
            moments, nothing = [time.time()] * _BATCH, [None] * _BATCH
            actives, successes = ["active"] * _BATCH, ["success"] * _BATCH
            keys = (ones, ones, texts, numbers, ones)
            connection.execute(_INSERT, (*keys, tokens, actives, moments, nothing, [0] * _BATCH))
            connection.execute(_UPDATE, (successes, moments, nothing, nothing, nothing, nothing, *keys))
    return time.process_time() - began
