"""Finds the place that a person means: ``load``, ``load.check/1.2``, ``load@etl2.check/1.1``."""

from __future__ import annotations

from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.model.references import Path, dotted
from sequent.model.scope import Sequence, address_of
from sequent.model.wording import guess
from sequent.runtime.reading.step_states import read_filter
from sequent.runtime.records import TaskPlace
from sequent.view.run_facts import RunFacts
from sequent.view.sequences import around


def read_place(facts: RunFacts, text: str) -> TaskPlace:
    """Return the place that is meant; numbers may be left out where nothing repeats.

    Raises:
        UsageError: the run has no such place, or the text means several.
    """
    wanted = read_filter(facts.record, text, ())
    if not wanted.path:
        raise UsageError("name a step or container", code="path", hint="such as load or load.check/1.2")
    path = tuple(wanted.path.split("."))
    numbers = tuple(map(int, wanted.sequence.split("."))) if wanted.sequence else (1,)
    if 0 in numbers or numbers[0] != 1:
        raise UsageError(
            f"{wanted.sequence!r} is not a sequence: it begins with 1, and iterations count from 1",
            code="sequence",
            path=wanted.path,
        )
    numbers = _completed(facts, path, numbers)
    return TaskPlace(wanted.path, _with_host(facts, path, numbers, wanted.host))


def _completed(facts: RunFacts, path: Path, numbers: tuple[int, ...]) -> tuple[int, ...]:
    while len(numbers) < len(path):
        container = path[: len(numbers)]
        if facts.part(container).repeats is not None:
            example = address_of(path, (*numbers, *[1] * (len(path) - len(numbers))))
            raise UsageError(
                f"{dotted(container)!r} repeats: name the iteration that you mean",
                code="sequence",
                path=dotted(path),
                hint=f"write one number for each level, such as {example}",
            )
        numbers = (*numbers, 1)
    part = facts.part(path)
    has_iterations = part.is_container or part.repeats is not None
    if len(numbers) > len(path) + has_iterations:
        raise UsageError(
            f"{'.'.join(map(str, numbers))!r} has too many numbers for {dotted(path)!r}",
            code="sequence",
            path=dotted(path),
            hint=f"write {len(path)}, or {len(path) + 1} for one iteration" if has_iterations else f"write {len(path)}",
        )
    return numbers


def _with_host(facts: RunFacts, path: Path, numbers: tuple[int, ...], host: str) -> Sequence:
    """Return the sequence with the host in its place."""
    depth = next((n for n in range(1, len(path) + 1) if "hosts" in facts.part(path[:n]).options), 0)
    if not depth:
        if host:
            raise UsageError(f"{dotted(path)!r} has no copies on hosts", code="unknown-host", path=dotted(path))
        return numbers
    # Only copies on hosts need it.
    from sequent.model.written_hosts import written_hosts

    copied = path[:depth]
    written = written_hosts(facts.record.description, dotted(copied)) or ()
    hosts = facts.places.copies(copied, around(copied, numbers)) or written
    if not host:
        if len(numbers) == depth and len(path) == depth:
            return numbers
        if len(hosts) != 1:
            raise UsageError(
                f"{dotted(copied)!r} has copies on hosts: name the one that you mean",
                code="unknown-host",
                path=dotted(path),
                hint=f"see its copies: {typed('show', facts.record.id, dotted(copied))}",
            )
        host = hosts[0]
    if hosts and host not in hosts:
        raise UsageError(
            f"run {facts.record.id!r} has no copy of {dotted(copied)!r} on host {host!r}",
            code="unknown-host",
            path=dotted(path),
            hint=f"{guess(host, hosts)}it has copies on {', '.join(hosts)}",
        )
    return (*numbers[:depth], host, *numbers[depth:])
