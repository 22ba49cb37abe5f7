"""The enums and records that a definition contains as data: in items, and in place of results."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.references import Compound, Literal, PartOf, PreviousOf, ResultOr, Value
from sequent.model.spec import ContainerSpec, ItemsCall, ItemsLiteral, StepSpec
from sequent.model.work import references_of


def written_classes(container: ContainerSpec) -> tuple[type, ...]:
    """Return the classes of values that steps may get and that come neither from results nor from parameters."""
    return tuple(dict.fromkeys(_classes_within(container)))


def _classes_within(node: ContainerSpec | StepSpec) -> Iterator[type]:
    if isinstance(node.repeats, ItemsLiteral):
        yield from node.repeats.classes
    elif node.repeats is not None and not isinstance(node.repeats, ItemsCall):
        yield from _classes_behind(node.repeats)
    if isinstance(node, StepSpec):
        for reference in references_of(node.work):
            yield from _classes_behind(reference)
        return
    for _, attribute in node.attributes:
        yield from _classes_behind(attribute)
    for child in node.children:
        yield from _classes_within(child)


def _classes_behind(value: Value) -> Iterator[type]:
    match value:
        case Literal():
            yield from value.classes
        case ResultOr():
            yield from value.default.classes
        case PreviousOf():
            yield from _classes_behind(value.start)
        case PartOf():
            yield from _classes_behind(value.whole)
        case Compound():
            for part in value.parts:
                yield from _classes_behind(part)
        case _:
            pass
