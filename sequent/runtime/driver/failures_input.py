"""The failures in another step or container, as a step's input."""

from __future__ import annotations

from sequent.model.outcome import MOST_TOLD, Failures
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, host_in, is_within, sequence_text
from sequent.model.value_text import encode
from sequent.runtime.ports import ReadRun


def failures_text(plan: Plan, run: ReadRun, around: Scope, node: int) -> str:
    """Return the failures in a node, as wire text: first those of attempts, then those without an attempt.

    Args:
        plan: the plan to run.
        run: has the outcomes.
        around: the iteration in which the node is.
        node: a step or container.
    """
    failing = plan.nodes[node]
    if isinstance(failing, ContainerPlan) and failing.wraps:
        # The iterations of a repeated step have no frames of their own.
        node = failing.children[0]
    count, told = run.failures_within(around.id, node, MOST_TOLD)
    path, sequence, host = dotted(failing.path), sequence_text(around.sequence), host_in(around.sequence)
    others = [
        failure
        for failure in run.container_problems()
        if is_within(failure.path, path) and is_within(failure.sequence, sequence) and host in ("", failure.host)
    ]
    return encode(Failures([*told, *others][:MOST_TOLD], count + len(others)))
