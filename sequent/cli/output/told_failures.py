"""Writes the failures of a stored run, each with the items of the iterations around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sequent.cli.output.failure_text import failure_lines
from sequent.view.failure_origins import items_around
from sequent.view.run_facts import facts_of

if TYPE_CHECKING:
    from sequent.cli.output.text import Paint
    from sequent.model.outcome import Failure
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

_MOST_WITH_ITEMS = 20
"""Failures whose items are read."""


def told_failures(store: Store, record: RunRecord, failures: Sequence[Failure], paint: Paint) -> Iterator[list[str]]:
    """Yield the lines of each failure; the first ones with their items, as ``of countries FR, stores 3``."""
    facts = facts_of(store, record)
    for at, failure in enumerate(failures):
        first, *more = failure_lines(failure, record.id, paint)
        items = items_around(facts, failure) if at < _MOST_WITH_ITEMS else ""
        yield [first, *([f"    of {items}"] if items else []), *more]
