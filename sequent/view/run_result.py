"""Shows the result of a run, as a table if it is one."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, cast

from msgspec import Struct

from sequent.model.status import RunStatus
from sequent.view.run_facts import RunFacts, facts_of
from sequent.view.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sequent.model.references import Path
    from sequent.model.scope import Sequence
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

_MOST_ROWS = 100
MOST_ITERATIONS = 1_000
"""The number of iterations whose results are read."""
_MOST_COLUMNS = 20
_LONGEST_CELL = 200
_LONGEST_TEXT = 4_000


class RunResult(Struct, frozen=True, kw_only=True):
    """The result of a run."""

    text: str = ""
    """The result as text, if it is no table."""
    columns: tuple[str, ...] = ()
    """The headings of the table."""
    rows: tuple[tuple[str, ...], ...] = ()
    is_cut: bool = False
    """Whether only its beginning is shown."""


def read_result(store: Store, record: RunRecord) -> RunResult | None:
    """Return the result of a run, or its beginning; None if the run has not succeeded, or has no result."""
    if record.status is not RunStatus.SUCCESS:
        return None
    facts = facts_of(store, record)
    found = gathered(facts) if facts.is_described else None
    return None if found is None else shown_result(found.value, is_cut=found.is_cut)


def shown_result(tree: object, *, is_cut: bool = False) -> RunResult:
    """Return a result as it is shown.

    Args:
        tree: the result, as plain JSON.
        is_cut: whether there is more of it.
    """
    records = _records(tree)
    columns = tuple(dict.fromkeys(key for record in records for key in record))
    if not 0 < len(columns) <= _MOST_COLUMNS:
        text = tree if isinstance(tree, str) else json.dumps(tree, ensure_ascii=False, indent=2)
        return RunResult(text=text[:_LONGEST_TEXT], is_cut=is_cut or len(text) > _LONGEST_TEXT)
    rows = tuple(tuple(_cell(record.get(column, "")) for column in columns) for record in records[:_MOST_ROWS])
    return RunResult(columns=columns, rows=rows, is_cut=is_cut or len(records) > _MOST_ROWS)


def _records(tree: object) -> list[dict[str, object]]:
    """Return the rows of a table: a list of records; none if it is something else."""
    rows = cast("list[object]", tree) if isinstance(tree, list) else []
    return cast("list[dict[str, object]]", rows) if all(isinstance(row, dict) for row in rows) else []


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]} …"


class GatheredResult(NamedTuple):
    """The result of a run, which may be None."""

    value: object
    """The result, as plain JSON."""
    is_cut: bool
    """Whether there are more iterations than are read."""


def gathered(facts: RunFacts) -> GatheredResult | None:
    """Return the result of a run; None if it has none."""
    gathering = _Gathering(facts)
    found = gathering.of((), ())
    return None if found is None else GatheredResult(found.value, gathering.is_cut)


class _Found(NamedTuple):
    value: object


class _Gathering:
    """Gathers results as the engine does: by host, by iteration, and from the step that a container names."""

    def __init__(self, facts: RunFacts) -> None:
        self._facts = facts
        self._left = MOST_ITERATIONS
        self.is_cut = False

    def of(self, path: Path, sequence: Sequence) -> _Found | None:
        """Return the result of a step or container as a whole; None if it has none."""
        if "hosts" not in self._facts.part(path).options:
            return self._of_copy(path, sequence)
        copies = {host: self._of_copy(path, (*sequence, host)) for host in self._facts.places.copies(path, sequence)}
        return _Found({host: found.value for host, found in copies.items() if found is not None})

    def _of_copy(self, path: Path, sequence: Sequence) -> _Found | None:
        if self._facts.part(path).repeats is None:
            return self._of_iteration(path, sequence, 1)
        return _Found([found.value for found in self._iterations(path, sequence) if found is not None])

    def _iterations(self, path: Path, sequence: Sequence) -> Iterator[_Found | None]:
        for number in count(1):
            if self._facts.places.standing(path, (*sequence, number)) is None:
                return
            if not self._left:
                self.is_cut = True
                return
            self._left -= 1
            yield self._of_iteration(path, sequence, number)

    def _of_iteration(self, path: Path, sequence: Sequence, number: int) -> _Found | None:
        part = self._facts.part(path)
        if part.is_container:
            return self.of((*path, part.result), (*sequence, number)) if part.result else None
        place = sequence if part.repeats is None else (*sequence, number)
        text = self._facts.places.returned(path, place)
        return None if text is None else _Found(plain(json.loads(text)))
