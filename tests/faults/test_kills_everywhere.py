"""Pools, delays, retries, folds and branches stay what they are, whoever is killed at whatever moment."""

from __future__ import annotations

import contextlib
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequent.model.status import Status
from tests.faults import ledger, many_words, tolls
from tests.faults.ledger import Entry
from tests.faults.test_kills import command, has_run
from tests.faults.tolls import Span, spans
from tests.patience import PATIENCE

FLOW = "tests.faults.many_words:flow"
SECOND = 1_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store.db"
    tolls.end_all(tmp_path / "ledger")


def run_with_kills(store: Path, kind: str, most: int, chance: random.Random) -> int:
    """Run, killing so often at random moments, and recover until it has succeeded; give how often was killed."""
    path = store.with_name("ledger")
    done: set[tuple[str, str, str]] = set()
    kills = 0
    for _ in range(most + 1):
        driver = command(store, "recover") if has_run(store) else command(store, "run", FLOW)
        while kills < most and driver.poll() is None:
            if chance.random() < 0.8:
                tolls.wait_for_a_start(driver, path)
            with contextlib.suppress(subprocess.TimeoutExpired):
                driver.wait(chance.uniform(0, 0.4))
            kills += bool(tolls.kill(driver.pid, kind, chance)) if driver.poll() is None else 0
            if kind in ("driver", "all"):
                break
        output, _ = driver.communicate(timeout=PATIENCE)
        now = tolls.succeeded(store)
        assert done <= now, "an outcome was lost"
        done = now
        if driver.returncode == 0:
            return kills
        # A step, or a run, that loses its agent again and again has failed, and is recovered too.
        failed = kind == "agent" and (tolls.LOST in output or tolls.TOO_QUICK in output)
        assert driver.returncode == -9 or failed, output
    raise AssertionError("it does not end")


def certainly_held(entries: list[Entry], pool: str) -> list[Span]:
    """What the ledger shows to have been held of a pool: by attempts, by the run, by a container in each recovery."""
    amounts = {
        "db": {"keep": 2, "left": 1, "wide.small": 1, "wide.large": 2},
        "tape": {"stubborn": 1, "left": 2, "holding.second": 1},
    }[pool]
    held = [span for path, amount in amounts.items() for span in spans(of(entries, path), amount)]
    if pool == "db":
        # From the end of the attempt that left it to the end of the one that gave it back.
        held.append(Span(last_end(entries, "keep"), last_end(entries, "give"), 2))
    else:
        inside = [*of(entries, "holding.first"), *of(entries, "holding.second")]
        held += spans([entry._replace(token=str(entry.recovery)) for entry in inside], 1)
    return held


def of(entries: list[Entry], path: str) -> list[Entry]:
    return [entry for entry in entries if entry.path == path]


def last_end(entries: list[Entry], path: str, sequence: str = "1") -> int:
    return tolls.last_ends(entries, path)[sequence]


def check_waits(entries: list[Entry], store: Path) -> None:
    """Nothing began before its delay, or the wait after a failure, was over."""
    delayed = of(entries, "delayed")
    assert delayed[0].at - last_end(entries, "keep") >= many_words.DELAY * SECOND
    for number in range(2, 5):
        begun = min(entry.at for entry in of(entries, "fold") if entry.sequence == f"1.{number}")
        assert begun - last_end(entries, "fold", f"1.{number - 1}") >= many_words.PAUSE * SECOND
    stubborn = of(entries, "stubborn")
    (tried,) = (found for task, found in tolls.attempts_in(store).items() if task[1] == "stubborn")
    for attempt in tried:
        if attempt.status is Status.FAILURE:
            signs = [entry.at for entry in stubborn if entry.attempt == attempt.attempt]
            later = [entry.at for entry in stubborn if entry.attempt > attempt.attempt]
            assert not signs or min(later) - max(signs) >= many_words.FIRST_WAIT * SECOND


def check_values(entries: list[Entry]) -> None:
    """The fold went on with what it had, and one branch was taken."""
    assert {entry.event for entry in of(entries, "total") if "=" in entry.event} == {"totals=1,3,6,10"}
    assert of(entries, "right") == []
    assert sum(entry.event == "end" for entry in of(entries, "left")) >= 1


@pytest.mark.parametrize(("kind", "most"), [("driver", 4), ("agent", 5), ("worker", 10), ("all", 4)])
def test_nothing_is_lost_doubled_early_or_over_a_pool_whoever_is_killed(store: Path, kind, most) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    kills = run_with_kills(store, kind, most, random.Random(seed))
    assert kills
    entries = ledger.read(store.with_name("ledger"))
    tolls.check_once(store, entries, most_again=kills * many_words.SLOTS)
    check_waits(entries, store)
    check_values(entries)
    assert tolls.most_at_once(certainly_held(entries, "db")) <= many_words.DB_SIZE
    assert tolls.most_at_once(certainly_held(entries, "tape")) <= many_words.TAPE_SIZE
    tolls.check_nothing_is_left(store, store.with_name("ledger"))
