"""Refuses iterations that a run does not have, and never will: whatever a person wants of them would wait for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sequent.errors import UsageError
from sequent.model.description import Part
from sequent.model.scope import read_sequence
from sequent.model.wording import one_of
from sequent.runtime.reading.step_states import TaskFilter
from sequent.runtime.records import RunRecord

if TYPE_CHECKING:
    from sequent.runtime.ports import Store


def refuse_missing_iteration(store: Store, record: RunRecord, wanted: TaskFilter, typed: str) -> None:
    """Refuse a number beyond the items of a repeat, if these are known.

    Args:
        store: the store that contains the run.
        record: the run.
        wanted: the part of the run that is meant.
        typed: the same, as it was typed.

    Raises:
        UsageError: there is no such iteration.
    """
    numbers = wanted.sequence.split(".")
    for path, around, count in _counts(store, record, wanted):
        if int(numbers[len(around)]) > count:
            name = ".".join(path)
            items = f"{count:,} item{'s' * (count != 1)}"
            has = f"has {items}" if _repeats(record, name) else "does not repeat"
            raise UsageError(
                f"{typed!r} never begins: {name!r} {has}",
                code="no-iteration",
                path=name,
                hint=f"{one_of(1, count)}, for the iteration of {name!r}" if count else "",
            )


def _counts(
    store: Store, record: RunRecord, wanted: TaskFilter
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], int]]:
    """Yield the containers and repeats around, from the outside in: path, numbers around, and known items."""
    names, numbers = tuple(wanted.path.split(".")), tuple(wanted.sequence.split("."))
    places, depth = store.places(record), 0
    for length in range(1, min(len(names) + 1, len(numbers))):
        path, around = names[:length], numbers[:length]
        part = record.description.get(".".join(path))
        if not isinstance(part, Part):
            return
        if "hosts" in part.options:
            if not wanted.host:
                # Each copy may have other items.
                return
            depth = length
        count = 1 if part.is_container else None
        if part.repeats is not None:
            known = places.item_count(path, read_sequence(".".join(around), wanted.host, depth))
            count = part.count if known is None else known
        if count is not None:
            yield path, around, count


def _repeats(record: RunRecord, name: str) -> bool:
    part = record.description[name]
    return isinstance(part, Part) and part.repeats is not None
