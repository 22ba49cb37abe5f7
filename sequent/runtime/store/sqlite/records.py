"""Turns the records that stand in one column each to JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sequent.errors import NotDataError
from sequent.model import description
from sequent.model.description import KeptDescription
from sequent.model.json_text import read_json
from sequent.model.outcome import LogSpan, Problem
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status
from sequent.runtime.origin import RunOrigin
from sequent.runtime.owner import Owner
from sequent.runtime.rows import Unrun
from sequent.runtime.store.sqlite.fields import MOST, record_of, types_of
from sequent.runtime.store.sqlite.schema import OUTDATED, SUPERSEDED
from sequent.runtime.store.sqlite.seals import damaged
from sequent.runtime.target import Target

T = TypeVar("T")

# ASCII alone: paths and messages may hold lone surrogates, which have no other form in a database.
_dump = json.JSONEncoder(separators=(",", ":")).encode


def text_of_record(record: Owner | Target | Problem | RunOrigin) -> str:
    """The fields of a record."""
    return _dump({name: getattr(record, name) for name in types_of(type(record))})


def text_of_span(span: LogSpan) -> str:
    """Where a log is."""
    return _dump([span.segment, span.offset, span.length, span.dropped])


def text_of_mapping(mapping: Mapping[str, Any]) -> str:
    """A mapping from text."""
    return _dump(dict(mapping))


def read_owner(text: str) -> Owner:
    """Who has, or had, a run."""
    return _read("an owner", text, lambda tree: record_of(Owner, tree))


def read_target(text: str) -> Target:
    """Which flow a run is of."""
    return _read("a target", text, lambda tree: _plain(record_of(Target, tree)))


def read_origin(text: str | None) -> RunOrigin | None:
    """The step that started a run."""
    return None if text is None else _read("an origin", text, lambda tree: record_of(RunOrigin, tree))


def read_problem(text: str | None) -> Problem | None:
    """Why an attempt failed."""
    return None if text is None else _read("a problem", text, lambda tree: record_of(Problem, tree))


def _plain(target: Target) -> Target:
    """The same, if no part of it has a NUL, which no name of a file can have."""
    if "\0" in "".join((target.flow, target.file, target.module, target.attribute, target.cwd, *target.argv)):
        raise ValueError("it has a NUL")
    return target


def read_span(text: str | None) -> LogSpan | None:
    """Where an attempt's log is."""
    return None if text is None else _read("a log", text, _span)


def _span(tree: list[Any]) -> LogSpan:
    span = record_of(LogSpan, dict(zip(types_of(LogSpan), tree, strict=True)))
    if min(span.offset, span.length, span.dropped) < 0:
        raise ValueError("it has a negative number")
    return span


def read_counts(text: str) -> dict[Status, int]:
    """How many tasks settled how."""
    return _read("counts", text, lambda tree: {Status(key): _number(count) for key, count in tree.items()})


def text_of_unrun(unrun: Unrun) -> str:
    """How many tasks of each step were skipped or cancelled."""
    return _dump({path: {status.value: count for status, count in numbers.items()} for path, numbers in unrun.items()})


def read_unrun(text: str) -> dict[str, dict[Status, int]]:
    """How many tasks of each step were skipped or cancelled."""
    return _read(
        "counts",
        text,
        lambda tree: {
            _text(path): {Status(key): _number(count) for key, count in numbers.items()}
            for path, numbers in tree.items()
        },
    )


def read_mapping(text: str) -> dict[str, str]:
    """A mapping of text to text."""
    return _read("a mapping", text, lambda tree: {_text(key): _text(value) for key, value in tree.items()})


def read_description(text: str) -> KeptDescription:
    """What each part of a flow is."""
    return _read("a description", text, description.read_description)


def read_params(text: str) -> dict[str, str]:
    """The parameters of a run by name, each as the text of a value."""
    found = read_mapping(text)
    for name, value in found.items():
        _read(f"a parameter, {name!r},", value, lambda tree: tree)
    return found


def text_of_amounts(amounts: Amounts) -> str:
    """So much of each pool."""
    return _dump(amounts)


def read_amounts(text: str) -> Amounts:
    """So much of each pool."""
    return _read("amounts", text, lambda tree: tuple((_text(pool), _number(amount)) for pool, amount in tree))


def text_of_places(places: Sequence[tuple[int, int, int]]) -> str:
    """Frames, nodes and iterations."""
    return _dump(places)


def read_places(text: str) -> list[tuple[int, int, int]]:
    """Frames, nodes and iterations."""
    return _read(
        "places", text, lambda tree: [(_number(frame), _number(node), _number(at)) for frame, node, at in tree]
    )


def read_status(text: str) -> Status:
    """What a task or an iteration is in; what counts no more is as if it had been lost."""
    return Status.WAITING if text in (OUTDATED, SUPERSEDED) else _checked("a status", text, Status)


def read_run_status(text: str) -> RunStatus:
    """What a run is in."""
    return _checked("a run's status", text, RunStatus)


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < MOST:
        raise TypeError("no number")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError("no text")
    return value


def _read(what: str, text: str, make: Callable[[Any], T]) -> T:
    return _checked(what, text, lambda given: make(read_json(given, what)))


def _checked(what: str, text: str, make: Callable[[str], T]) -> T:
    try:
        return make(text)
    except (ValueError, TypeError, KeyError, AttributeError, NotDataError) as error:
        raise damaged(what, text) from error
