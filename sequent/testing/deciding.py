"""Whose results decide the course of a flow, so that a simulation cannot do without them."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.inputs import Input, PreviousInput, ResultInput, ResultOrInput, inputs_in
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted


def decided_by_results(plan: Plan) -> dict[str, str]:
    """By the path of each step whose result decides the course of the flow: its decision, in words."""
    found: dict[str, str] = {}
    for node in plan.nodes:
        name = dotted(node.path)
        for option, value in _options_of(node):
            for maker in makers_of(value):
                found.setdefault(maker, f"the {option} of {name!r}")
        if isinstance(node, StepPlan) and node.is_until:
            found.setdefault(name, "whether its repeat goes on")
        elif isinstance(node, StepPlan) and node.asked:
            found.setdefault(name, "which branch is taken")
    return found


def makers_of(value: Input) -> Iterator[str]:
    """The paths of the steps out of whose results a value is made."""
    for part in inputs_in(value):
        if isinstance(part, ResultInput | ResultOrInput | PreviousInput):
            yield dotted(part.maker)


def _options_of(node: StepPlan | ContainerPlan) -> Iterator[tuple[str, Input]]:
    yield from node.values.items()
    if isinstance(node, ContainerPlan) and isinstance(node.repeats, Input):
        yield "repeats", node.repeats
