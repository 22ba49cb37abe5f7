"""Turns records that are kept in one column into JSON, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sequent.errors import NotDataError
from sequent.model import outline
from sequent.model.json_text import read_json
from sequent.model.outline import Outline
from sequent.model.record_text import Count, read_record, text_of_record
from sequent.model.run_target import Target
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import Owner, RunOrigin
from sequent.runtime.store.sql.seals import damaged

if TYPE_CHECKING:
    from sequent.model.description import KeptDescription
    from sequent.model.outcome import LogSpan, Problem
    from sequent.model.spec import Amounts

T = TypeVar("T")
OUTDATED = "outdated"
"""The state of an attempt that had succeeded, and whose task is to run again."""
SUPERSEDED = "superseded"
"""The state of an attempt in a recovery that a later one did not start from."""
PRUNED = "pruned"
"""The status of a run that is being removed, and no longer exists for commands."""


def text_of_span(span: LogSpan) -> str:
    """Return the place of a log as text."""
    return text_of_record([span.segment, span.offset, span.length, span.dropped])


def read_owner(text: str) -> Owner:
    """Read the process that has, or had, a run."""
    return _read(Owner, "an owner", text)


def read_target(text: str) -> Target:
    """Read the flow of a run."""
    target = _read(Target, "a target", text)
    if "\0" in "".join((target.flow, target.file, target.module, target.attribute, target.cwd, *target.argv)):
        # No file name can contain one.
        raise damaged("a target", text)
    return target


def read_origin(text: str | None) -> RunOrigin | None:
    """Read the step that started a run."""
    return None if text is None else _read(RunOrigin, "an origin", text)


def read_problem(text: str | None) -> Problem | None:
    """Read the problem of an attempt."""
    if text is None:
        return None
    from sequent.model.outcome import Problem

    return _read(Problem, "a problem", text)


def read_span(text: str | None) -> LogSpan | None:
    """Read the place of an attempt's log."""
    if text is None:
        return None
    from sequent.model.outcome import LogSpan

    segment, offset, length, dropped = _read(tuple[str, Count, Count, Count], "a log", text)
    return LogSpan(segment=segment, offset=offset, length=length, dropped=dropped)


def read_counts(text: str) -> dict[Status, int]:
    """Read the number of tasks in each status."""
    return _read(dict[Status, Count], "counts", text)


def read_unrun(text: str) -> dict[str, dict[Status, int]]:
    """Read the numbers of tasks of each step that were skipped or cancelled."""
    return _read(dict[str, dict[Status, Count]], "counts", text)


def read_mapping(text: str) -> dict[str, str]:
    """Read a mapping of strings to strings."""
    return _read(dict[str, str], "a mapping", text)


def read_description(text: str) -> KeptDescription:
    """Read the description of a flow."""
    from sequent.model import description

    noun = "a description"
    return _checked(noun, text, lambda given: description.read_description(read_json(given, noun)))


def read_outline(text: str) -> Outline:
    """Read the parts of a flow from its description."""
    noun = "a description"
    return _checked(noun, text, lambda given: outline.read_outline(read_json(given, noun)))


def read_returned(text: str) -> Mapping[str, str]:
    """Read the types of the results of steps from the description of a flow."""
    noun = "a description"
    return _checked(noun, text, lambda given: outline.read_returned(read_json(given, noun)))


def read_params(text: str) -> dict[str, str]:
    """Read the parameters of a run by name, each as the text of a value."""
    params = read_mapping(text)
    for name, value in params.items():
        noun = f"a parameter, {name!r},"
        _checked(noun, value, partial(read_json, name=noun))
    return params


def read_amounts(text: str) -> Amounts:
    """Read amounts of pools."""
    return _read(tuple[tuple[str, Count], ...], "amounts", text)


def read_places(text: str) -> Sequence[tuple[int, int, int]]:
    """Read frames, nodes and iterations."""
    return _read(list[tuple[Count, Count, Count]], "places", text)


def read_status(text: str) -> Status:
    """Read the status of a task or an iteration; an attempt that no longer counts is as if it had been lost."""
    return Status.WAITING if text in (OUTDATED, SUPERSEDED) else _checked("a status", text, Status)


def read_host(text: str | None) -> str:
    """Read the host of a copy."""
    return _read(str, "a host", text or "")


def read_hosts(text: str | None) -> tuple[str, ...]:
    """Read the hosts of copies."""
    return _read(tuple[str, ...], "hosts", text or "")


def read_orphans(text: str) -> tuple[tuple[str, str], ...]:
    """Read the attempts on hosts for which amounts are kept: the token of each, and the host of its copy as a row."""
    return _read(tuple[tuple[str, str], ...], "attempts without a task", text)


def read_run_status(text: str) -> RunStatus:
    """Read the status of a run."""
    return _checked("a run's status", text, RunStatus)


def _read(kind: type[T], noun: str, text: str) -> T:
    return _checked(noun, text, lambda given: read_record(kind, given, noun))


def _checked(noun: str, text: str, make: Callable[[str], T]) -> T:
    try:
        return make(text)
    except (ValueError, TypeError, KeyError, AttributeError, NotDataError) as error:
        raise damaged(noun, text) from error
