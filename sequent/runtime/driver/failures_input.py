"""What a step is told of the failures in another step or container."""

from __future__ import annotations

from sequent.model.failures import MOST_TOLD, Failures
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, sequence_text
from sequent.model.wire import encode
from sequent.runtime.ports import ReadRun


def failures_text(plan: Plan, run: ReadRun, around: Scope, node: int) -> str:
    """The failures in a node, as wire text: of attempts first, then of what no attempt tells.

    Args:
        plan: what runs.
        run: where the outcomes are.
        around: the iteration in which the node is.
        node: a step or container.
    """
    found = plan.nodes[node]
    if isinstance(found, ContainerPlan) and found.wraps:
        node = found.children[0]
    count, told = run.failures_within(around.id, node, MOST_TOLD)
    path, sequence = dotted(found.path), sequence_text(around.sequence)
    others = [
        failure
        for failure in run.container_problems()
        if _is_within(failure.path, path) and _is_within(failure.sequence, sequence)
    ]
    return encode(Failures([*told, *others][:MOST_TOLD], count + len(others)))


def _is_within(name: str, around: str) -> bool:
    """Whether a path or sequence is another, or further in."""
    return name == around or name.startswith(f"{around}.")
