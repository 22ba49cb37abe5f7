"""Writes the events of a simulated run: as lines for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.cli.output.json_output import Document, counts_document
from sequent.cli.output.text import Paint, duration, safe, task_name
from sequent.model.outcome import Outcome
from sequent.model.scope import path_on_host
from sequent.model.status import Status
from sequent.testing.events import Event, Kind
from sequent.testing.simulation import Simulation

_SHOWN = frozenset({Kind.STARTED, Kind.ENDED, Kind.SKIPPED, Kind.CANCELLED, Kind.ASKED, Kind.WAITS, Kind.LOST})
"""The kinds of events that people are shown: those of tasks."""


def simulation_lines(flow: str, simulation: Simulation, paint: Paint) -> Iterator[str]:
    """Yield a line for each event of a task, then the end."""
    for event in simulation.events:
        if event.kind in _SHOWN:
            yield _line(event, paint)
    yield from _problems(simulation.outcome, paint)
    status = paint.status(simulation.outcome.status)
    yield f"{paint.strong(safe(flow))}: {status} after {duration(simulation.duration)} of simulated time"


def _problems(outcome: Outcome, paint: Paint) -> Iterator[str]:
    """Yield the failures that no event has: of items that could not be computed, and of the run as a whole."""
    for failure in outcome.failures:
        if not failure.attempt:
            name = task_name(failure.located, failure.sequence)
            yield f"{paint.status(Status.FAILURE)}  {name}  {safe(f'{failure.type}: {failure.message}')}"
    yield from map(safe, outcome.reason.splitlines())


def _line(event: Event, paint: Paint) -> str:
    name = task_name(path_on_host(event.path, event.host, event.host_depth), event.sequence)
    words = [f"{event.at:12.2f} s", f"{event.kind.value:9}", name]
    if event.attempt > 1:
        words.append(f"(attempt {event.attempt})")
    if event.until is not None:
        words.append(f"until {event.until:.2f} s")
    if event.status is not None:
        words.append(paint.status(event.status))
    if event.problem is not None:
        words.append(safe(f"{event.problem.type}: {event.problem.message}"))
    return "  ".join(words)


def simulation_document(flow: str, simulation: Simulation) -> Document:
    """Return a simulated run."""
    return {
        "flow": flow,
        "status": simulation.outcome.status.value,
        "seconds": round(simulation.duration, 6),
        "counts": counts_document(simulation.outcome.counts),
        "events": [_event(event) for event in simulation.events],
    }


def _event(event: Event) -> Document:
    return {
        "at": round(event.at, 6),
        "kind": event.kind.value,
        "path": event.path,
        "sequence": event.sequence,
        "host": event.host or None,
        "attempt": event.attempt,
        "status": None if event.status is None else event.status.value,
        "until": None if event.until is None else round(event.until, 6),
    }
