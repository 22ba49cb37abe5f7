"""What ledger, store and hosts of a run of ``on_hosts`` must show, whatever has happened to it."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.faults import on_hosts, tolls
from tests.faults.ledger import Entry

TASKS = 2 * (on_hosts.TURNS + 1) + 3
AMOUNTS = {"there.many@near": 1, "there.many@far": 1, "alone@far": 2}
"""What a task takes of the pool."""
HERE = ("before", "after")


class Row(NamedTuple):
    """An attempt, as the store has it."""

    token: str
    state: str
    result: str | None
    log: str | None


def rows(store: Path | str) -> list[Row]:
    """All attempts, read without the code of the store."""
    if isinstance(store, str):
        url, _, schema = store.partition("?schema=")
        with contextlib.closing(psycopg.connect(url)) as server:
            told = server.execute(f"SELECT encode(token, 'hex'), state, result, log FROM \"{schema}\".attempt")
            return [Row(*row) for row in told.fetchall()]
    with contextlib.closing(sqlite3.connect(store)) as connection:
        found = connection.execute("SELECT lower(hex(token)), state, result, log FROM attempt").fetchall()
    return [Row(*row) for row in found]


def notes(store: Path | str) -> Counter[str]:
    """Count the notes of each attempt on a host by its token, read without the code of the store."""
    if isinstance(store, str):
        url, _, schema = store.partition("?schema=")
        with contextlib.closing(psycopg.connect(url)) as server:
            told = server.execute(f'SELECT part FROM "{schema}".note').fetchall()
    else:
        with contextlib.closing(sqlite3.connect(store)) as connection:
            told = connection.execute("SELECT part FROM note").fetchall()
    return Counter(token for (part,) in told for token in re.findall(r'"left by (\w+)"', part))


def check(store: Path | str, entries: list[Entry], *, most_again: int, may_rerun: bool, tasks: int = TASKS) -> None:
    """Every task succeeded once, with the attempt that ended last; none began twice, overlapped or took too much.

    Args:
        store: the store.
        entries: the ledger.
        most_again: how many attempts may have ended whose outcomes no driver has read.
        may_rerun: whether something was killed on a host, so that tasks there may have begun more than once.
        tasks: how many the flow has.
    """
    assert [entry for entry in entries if entry.event == "overlap"] == []
    kept = rows(store)
    began = Counter(entry.token for entry in entries if entry.event == "start")
    assert set(began.values()) == {1}, "an attempt began twice"
    assert set(began) <= {row.token for row in kept}, "an attempt began that is in no store"
    ended = Counter(entry.token for entry in entries if entry.event == "end")
    successes = {row.token: row for row in kept if row.state == "success"}
    assert len(successes) == tasks
    assert all(ended[token] == 1 for token in successes), "a success has not ended"
    assert sum(ended.values()) - tasks <= most_again
    path_of = {entry.token: entry.path for entry in entries}
    told = notes(store)
    assert set(told.values()) <= {1}, "a note was kept twice"
    assert set(told) >= {token for token in successes if path_of[token] not in HERE}, "a note of a success is missing"
    _check_tasks(entries, set(successes), may_rerun=may_rerun)
    _check_results(entries, successes)
    held = [
        span
        for path, amount in AMOUNTS.items()
        for span in tolls.spans((entry for entry in entries if entry.path == path), amount)
    ]
    assert tolls.most_at_once(held) <= on_hosts.SIZE
    assert tolls.rows(store, "hold") == []
    assert tolls.rows(store, "ticket") == []


def _check_tasks(entries: list[Entry], successes: set[str], *, may_rerun: bool) -> None:
    for task in {entry.task for entry in entries}:
        own = [entry for entry in entries if entry.task == task]
        starts = [entry.token for entry in own if entry.event == "start"]
        assert starts[-1] in successes, f"{task} began after its success"
        lives = sorted(tolls.spans(own, 1))
        assert all(before.end <= after.begin for before, after in pairwise(lives)), f"{task} ran twice at once"
        if task[1] not in HERE and not may_rerun:
            assert len(starts) == 1, f"{task} ran {len(starts)} times"


def _check_results(entries: list[Entry], successes: dict[str, Row]) -> None:
    """What a step returned on its host, and wrote there, is what the store has."""
    path_of = {entry.token: entry.path for entry in entries}
    for token, row in successes.items():
        if path_of[token] not in HERE:
            assert token in (row.result or ""), "the result is another one's"


def check_logs(store: Path, entries: list[Entry]) -> None:
    """The log of each success on a host is here, whole."""
    path_of = {entry.token: entry.path for entry in entries}
    for row in rows(store):
        if row.state == "success" and path_of[row.token] not in HERE:
            segment, offset, length, _ = json.loads((row.log or "").partition(":")[2])
            (file,) = store.with_name(f"{store.name}.runs").glob(f"*/logs/{segment}")
            lines = "".join(f"{row.token} {number}\n" for number in range(on_hosts.LINES))
            assert file.read_bytes()[offset : offset + length].decode() == lines
