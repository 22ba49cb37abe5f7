"""Tells what failures are about: the items of the iterations around them, and the tasks that gave them their input."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.model.description import SourceKind, ValueSource
from sequent.model.outcome import Failure
from sequent.model.references import Path
from sequent.model.scope import Sequence
from sequent.runtime.records import TaskPlace
from sequent.view.failure_groups import PresentFailures
from sequent.view.next_command import next_command
from sequent.view.run_facts import RunFacts
from sequent.view.sentences import failure_text, place_text
from sequent.view.sequences import around
from sequent.view.text import readable
from sequent.view.typed_places import read_place

_MOST_GROUPS = 10
_LONGEST = 60
"""The characters of an item that are shown."""
_RESULTS = (SourceKind.RESULT, SourceKind.RESULT_OR)


def with_origins(facts: RunFacts, failures: PresentFailures) -> PresentFailures:
    """Return the failures with the origin of the first one of each group; only the first groups get theirs."""
    groups = list(failures.groups)
    for at, group in enumerate(groups[:_MOST_GROUPS]):
        again = again_command(facts, group.first) if group.count == 1 else ""
        groups[at] = replace(group, items=items_around(facts, group.first), again_command=again)
    return replace(failures, groups=tuple(groups))


def items_around(facts: RunFacts, failure: Failure) -> str:
    """Return the items of the iterations around a failed task, outermost first: ``countries FR, stores 3``.

    They are '' if nothing repeats around it, or if the run does not know the place any more.
    """
    place = _place_of(facts, failure)
    return "" if place is None else ", ".join(_items(facts, tuple(place.path.split(".")), place.sequence))


def _place_of(facts: RunFacts, failure: Failure) -> TaskPlace | None:
    if not (failure.path and facts.is_described):
        return None
    try:
        return read_place(facts, failure_text(failure))
    except UsageError:
        # A failure of a container as a whole, or of a flow that has changed since.
        return None


def _items(facts: RunFacts, path: Path, sequence: Sequence) -> Iterator[str]:
    for length in range(1, len(path) + 1):
        if facts.part(path[:length]).repeats is not None:
            iteration = around(path[: length + 1], sequence) if length < len(path) else sequence
            item = facts.places.item_of(path[:length], iteration)
            if item is not None:
                text = readable(item)
                yield f"{path[length - 1]} {text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}"


def again_command(facts: RunFacts, failure: Failure) -> str:
    """Return the command that also runs the tasks again that gave a failed task its input; '' if none did."""
    place = _place_of(facts, failure)
    if place is None or not next_command(facts.record):
        return ""
    path = tuple(place.path.split("."))
    names = {source.name for whole in facts.part(path).takes for source in _results_in(whole)}
    words = [place_text(TaskPlace(name, around(tuple(name.split(".")), place.sequence))) for name in sorted(names)]
    again = [word for name in words for word in ("--from", name)]
    return typed("recover", facts.record.id, *again) if again else ""


def _results_in(source: ValueSource) -> Iterator[ValueSource]:
    if source.kind in _RESULTS:
        yield source
    for part in source.parts:
        yield from _results_in(part)
