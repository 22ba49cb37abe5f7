"""Finds the task whose end another task waited for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from sequent.model.description import KeptDescription, Part
from sequent.model.references import dotted
from sequent.model.requirements import Atom, Requirement
from sequent.model.scope import is_within
from sequent.runtime.records import AttemptRecord
from sequent.view.attempts import Attempts

Place = tuple[str, str]
"""The numbers of the iterations around, as text, and the host of a copy; '' if the place is outside of all copies."""


class Predecessors:
    """Finds, for an attempt, the one that ended last before it began, of all that it had to wait for.

    These are the steps that its step and the containers around it require, the earlier iterations, and the earlier
    attempts of its own task. Ends are sorted only for the steps that are asked for.

    Args:
        description: the parts of the flow; those of runs of the first version have no requirements.
        attempts: the attempts of the run.
    """

    def __init__(self, description: KeptDescription, attempts: Attempts) -> None:
        self._parts: Mapping[str, Part] = {path: part for path, part in description.items() if isinstance(part, Part)}
        self._attempts = attempts
        self._required: dict[str, tuple[str, ...]] = {}
        self._ends: dict[tuple[str, int], Mapping[Place, _Ends]] = {}
        self._iterations: dict[str, Mapping[Place, _Ends]] = {}

    def of(self, attempt: AttemptRecord) -> AttemptRecord | None:
        """Return that attempt; None if it had to wait for none."""
        found: AttemptRecord | None = None
        for ends in self._awaited(attempt):
            earlier = ends.last_before(attempt.started)
            if earlier is not None and earlier is not attempt and (found is None or _end(earlier) > _end(found)):
                found = earlier
        return found

    def may_start_at_once(self, attempt: AttemptRecord) -> bool:
        """Return whether nothing is required before its step, nor before the containers around it."""
        names = attempt.path.split(".")
        return not any(self._asked(".".join(names[:depth])) for depth in range(1, len(names) + 1))

    def _awaited(self, attempt: AttemptRecord) -> Iterator[_Ends]:
        numbers = attempt.sequence.split(".")
        names = attempt.path.split(".")
        yield from self._at(attempt.path, attempt, numbers, len(numbers))
        for depth in range(len(names), 0, -1):
            path = ".".join(names[:depth])
            for asked in self._asked(path):
                yield from self._at(asked, attempt, numbers, asked.count(".") + 1)
            part = self._parts.get(path)
            if part is not None and part.repeats is not None and part.options.get("parallel", 1) != 0:
                place = _place(attempt, numbers, depth)
                ends = self._iterations_of(path, depth).get(place)
                if ends is not None:
                    yield ends

    def _at(self, path: str, attempt: AttemptRecord, numbers: Sequence[str], depth: int) -> Iterator[_Ends]:
        if (path, depth) not in self._ends:
            found: dict[Place, _Ends] = {}
            for one in self._inside(path):
                found.setdefault(_place(one, one.sequence.split("."), depth), _Ends()).add(one)
            self._ends[path, depth] = found
        ends = self._ends[path, depth].get(_place(attempt, numbers, depth))
        if ends is not None:
            yield ends

    def _iterations_of(self, path: str, depth: int) -> Mapping[Place, _Ends]:
        """Return the ends of whole iterations, each that of its last attempt."""
        if path not in self._iterations:
            last: dict[tuple[Place, str], AttemptRecord] = {}
            for one in self._inside(path):
                numbers = one.sequence.split(".")
                key = (_place(one, numbers, depth), numbers[depth])
                if key not in last or _end(one) > _end(last[key]):
                    last[key] = one
            found: dict[Place, _Ends] = {}
            for (place, _), one in last.items():
                found.setdefault(place, _Ends()).add(one)
            self._iterations[path] = found
        return self._iterations[path]

    def _inside(self, path: str) -> Iterator[AttemptRecord]:
        for step, attempts in self._attempts.items():
            if is_within(step, path):
                yield from (attempt for attempt in attempts if attempt.ended is not None)

    def _asked(self, path: str) -> tuple[str, ...]:
        if path not in self._required:
            part = self._parts.get(path)
            asked = _paths_in(part.requires) if part is not None else ()
            self._required[path] = tuple(dict.fromkeys(asked))
        return self._required[path]


class _Ends:
    """Attempts that have ended, sorted by their ends when they are first asked for."""

    def __init__(self) -> None:
        self._attempts: list[AttemptRecord] = []
        self._moments: list[float] = []

    def add(self, attempt: AttemptRecord) -> None:
        self._attempts.append(attempt)

    def last_before(self, moment: float) -> AttemptRecord | None:
        if len(self._moments) < len(self._attempts):
            self._attempts.sort(key=_end)
            self._moments = [_end(attempt) for attempt in self._attempts]
        at = bisect_right(self._moments, moment)
        return self._attempts[at - 1] if at else None


def _end(attempt: AttemptRecord) -> float:
    return attempt.started if attempt.ended is None else attempt.ended


def _place(attempt: AttemptRecord, numbers: Sequence[str], depth: int) -> Place:
    """Return the place that an attempt has in common with others, ``depth`` iterations deep."""
    is_in_copy = 0 < attempt.host_depth < depth
    return (".".join(numbers[:depth]), attempt.host if is_in_copy else "")


def _paths_in(requires: Requirement | None) -> Iterator[str]:
    if isinstance(requires, Atom):
        yield dotted(requires.path)
    elif requires is not None:
        for part in requires.parts:
            yield from _paths_in(part)
