"""Turns the records that stand in one column each to JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from sequent.errors import StoreError
from sequent.model.outcome import LogSpan, Problem
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status
from sequent.runtime.origin import Origin
from sequent.runtime.rows import Owner, Target
from sequent.runtime.store.sqlite.schema import OUTDATED, SUPERSEDED

T = TypeVar("T")

# ASCII alone: paths and messages may hold lone surrogates, which have no other form in a database.
_dump = json.JSONEncoder(separators=(",", ":")).encode


def text_of_record(record: Owner | Target | Problem | Origin) -> str:
    """The fields of a record."""
    return _dump(attrs.asdict(record))


def text_of_span(span: LogSpan) -> str:
    """Where a log is."""
    return _dump([span.segment, span.offset, span.length, span.dropped])


def text_of_mapping(mapping: Mapping[str, Any]) -> str:
    """A mapping from text."""
    return _dump(dict(mapping))


def read_owner(text: str) -> Owner:
    """Who has, or had, a run."""
    return _read("an owner", text, lambda tree: Owner(**tree))


def read_target(text: str) -> Target:
    """Which flow a run is of."""
    return _read("a target", text, lambda tree: Target(argv=tuple(tree.pop("argv")), **tree))


def read_origin(text: str | None) -> Origin | None:
    """The step that started a run."""
    return None if text is None else _read("an origin", text, lambda tree: Origin(**tree))


def read_problem(text: str | None) -> Problem | None:
    """Why an attempt failed."""
    return None if text is None else _read("a problem", text, _problem)


def _problem(tree: dict[str, Any]) -> Problem:
    return Problem(types=tuple(tree.pop("types", ())), **tree)


def read_span(text: str | None) -> LogSpan | None:
    """Where an attempt's log is."""
    return None if text is None else _read("a log", text, _span)


def _span(tree: list[Any]) -> LogSpan:
    segment, offset, length, dropped = tree
    return LogSpan(segment=str(segment), offset=int(offset), length=int(length), dropped=int(dropped))


def read_counts(text: str) -> dict[Status, int]:
    """How many tasks settled how."""
    return _read("counts", text, lambda tree: {Status(key): int(count) for key, count in tree.items()})


def read_mapping(text: str) -> dict[str, str]:
    """A mapping of text to text."""
    return _read("a mapping", text, lambda tree: {str(key): str(value) for key, value in tree.items()})


def text_of_amounts(amounts: Amounts) -> str:
    """So much of each pool."""
    return _dump(amounts)


def read_amounts(text: str) -> Amounts:
    """So much of each pool."""
    return _read("amounts", text, lambda tree: tuple((str(pool), int(amount)) for pool, amount in tree))


def text_of_places(places: Sequence[tuple[int, int, int]]) -> str:
    """Frames, nodes and iterations."""
    return _dump(places)


def read_places(text: str) -> list[tuple[int, int, int]]:
    """Frames, nodes and iterations."""
    return _read("places", text, lambda tree: [(int(frame), int(node), int(number)) for frame, node, number in tree])


def read_status(text: str) -> Status:
    """What a task or an iteration is in; what counts no more is as if it had been lost."""
    return Status.WAITING if text in (OUTDATED, SUPERSEDED) else _checked("a status", text, Status)


def read_run_status(text: str) -> RunStatus:
    """What a run is in."""
    return _checked("a run's status", text, RunStatus)


def _read(what: str, text: str, make: Callable[[Any], T]) -> T:
    return _checked(what, text, lambda given: make(json.loads(given)))


def _checked(what: str, text: str, make: Callable[[str], T]) -> T:
    try:
        return make(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"the store has {what} that cannot be read: {text[:80]!r}",
            code="damaged-store",
            hint="it was altered or damaged; nothing was made of it",
        ) from error
