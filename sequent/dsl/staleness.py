"""Warns of steps that a recovery keeps although it runs again what they were given the result of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sequent.model.references import PartOf, Path, Reference, ResultOf, ResultOr, Target, dotted
from sequent.model.spec import ContainerSpec, StepSpec
from sequent.model.status import Action, Status
from sequent.model.work import references_of


def stale_inputs(children: Sequence[StepSpec | ContainerSpec], path: Path) -> Iterator[str]:
    """One sentence for each step of a container that is kept, though a sibling whose result it takes runs again.

    Args:
        children: of one container.
        path: where that is.
    """
    steps = [child for child in children if isinstance(child, StepSpec)]
    renewed = {(*path, step.name) for step in steps if _is_renewed(step)}
    if not renewed:
        return
    for step in steps:
        taken = renewed.intersection(map(_target, references_of(step.work)))
        if taken and not _is_renewed(step):
            yield (
                f"{step.place}: a recovery runs {dotted(min(taken))!r} again though it succeeded, and keeps "
                f"{dotted((*path, step.name))!r}, which takes its result: give it the same directive"
            )


def _is_renewed(step: StepSpec) -> bool:
    return step.recovery.get(Status.SUCCESS) is Action.RERUN


def _target(reference: Reference) -> Target | None:
    while isinstance(reference, PartOf):
        reference = reference.whole
    return reference.target if isinstance(reference, ResultOf | ResultOr) else None
