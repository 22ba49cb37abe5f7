"""What the ledger of ``many_words`` must show, whoever was killed."""

from __future__ import annotations

from pathlib import Path

from sequent.model.status import Status
from tests.faults import many_words, tolls
from tests.faults.ledger import Entry
from tests.faults.tolls import Span, spans

SECOND = 1_000_000_000


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


def check_values(entries: list[Entry]) -> None:
    """The fold went on with what it had, and one branch was taken."""
    assert {entry.event for entry in of(entries, "total") if "=" in entry.event} == {"totals=1,3,6,10"}
    assert of(entries, "right") == []
    assert sum(entry.event == "end" for entry in of(entries, "left")) >= 1


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
