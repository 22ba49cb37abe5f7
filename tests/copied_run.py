"""A run with copies on hosts, written by hand: of a step that repeats, and of a container in one that repeats."""

from __future__ import annotations

from sequent import container, item, step
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.model.plan import ContainerPlan, StepPlan
from sequent.model.run_target import Target
from sequent.model.status import Status
from sequent.runtime.rows import Batch, FrameKey, FrameOpening, RepeatOpening, TaskKey
from tests.contracts.plans import attempted, iterated

HOSTS = ("etl1", "etl2.example")


@container
class copied:
    @step(hosts=[*HOSTS], repeats=range(3))
    def load(self, number: int = item()): ...

    @container(repeats=range(2))
    class rounds:
        number: int = item()

        @container(hosts=[*HOSTS])
        class group:
            @step
            def part(self): ...


def copied_run(store, run_id=None, leave=attempted):
    """Each task has an attempt, of which that of ``load@etl2.example/1.2`` failed; ``leave`` writes one."""
    plan = compile_flow(definition_of(copied).spec)
    run = store.create(Target(flow="copied", file="/flows/copied.py"), plan, run_id, {})
    containers = {
        (node.path, node.is_copied, node.wraps): node.index for node in plan.nodes if isinstance(node, ContainerPlan)
    }
    steps = {".".join(node.path): node.index for node in plan.nodes if isinstance(node, StepPlan)}
    run.commit(Batch(frames=[FrameOpening(FrameKey(0, containers[(), False, False], 1), 1)]))
    load, hosts = containers[("load",), True, False], '["etl1","etl2.example"]'
    run.commit(Batch(repeats=[RepeatOpening(1, load, hosts)]))
    for number, host in enumerate(HOSTS, start=1):
        iterated(run, 1, load, number, 10 + number, Status.FAILURE if number == 2 else Status.SUCCESS, f'"{host}"')
        for iteration in (1, 2, 3):
            has_failed = (number, iteration) == (2, 2)
            leave(run, TaskKey(10 + number, steps["load"], iteration), Status.FAILURE if has_failed else Status.SUCCESS)
    for turn in (1, 2):
        iterated(run, 1, containers[("rounds",), False, False], turn, 20 * turn)
        group = containers[("rounds", "group"), True, False]
        run.commit(Batch(repeats=[RepeatOpening(20 * turn, group, hosts)]))
        for number, host in enumerate(HOSTS, start=1):
            copy = 20 * turn + number
            iterated(run, 20 * turn, group, number, copy, item=f'"{host}"')
            inner = containers[("rounds", "group"), False, False]
            iterated(run, copy, inner, 1, copy + 10)
            leave(run, TaskKey(copy + 10, steps["rounds.group.part"], 0), Status.SUCCESS)
    return run
