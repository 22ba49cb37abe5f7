"""The tasks that succeed in a run without failures, worked out by the second interpreter of the contract."""

from __future__ import annotations

from sequent.model.scope import located, sequence_text
from sequent.model.spec import ContainerSpec, FlowSpec, ItemsLiteral, StepSpec
from sequent.model.status import Status, Verdict
from sequent.model.value_text import decode
from sequent.model.work import NoWork
from tests.reference import Reference
from tests.reference_tree import Key
from tests.simulation.executions import Task
from tests.simulation.workload import Workload, parts_of


def depends_on_time(spec: FlowSpec) -> bool:
    """Return whether the number of iterations depends on the order of ends: several are under way as one ends all."""
    return any(part.repeats is not None and part.until and part.parallel != 1 for _, part in parts_of(spec.root))


def expected_successes(workload: Workload) -> set[Task]:
    """Return the tasks that succeed if none fails and none is lost."""
    reference = Reference(workload.literal_spec)
    parts = {".".join(path): part for path, part in parts_of(workload.literal_spec.root)}
    counts = {path: _count(part) for path, part in parts.items()}
    _open(reference, counts)
    while tasks := [key for key in reference.tasks if key in reference.startable() | reference.asking()]:
        key = tasks[0]
        task = _task_of(key)
        part = parts[key[0]]
        if key in reference.asking():
            result = workload.result_of(task)
            reference.marked(key, Status.SUCCESS, Verdict.TRUTHY if decode(result) else Verdict.FALSY, result)
            _open(reference, counts)
            continue
        reference.started(key)
        # An event has no result, and so its truth ends no repeat.
        has_result = isinstance(part, StepSpec) and not isinstance(part.work, NoWork)
        verdict = Verdict.TRUTHY if has_result and workload.is_truthy(task) else Verdict.FALSY
        reference.ended(key, Status.SUCCESS, verdict, workload.result_of(task) if has_result else "null")
        _open(reference, counts)
    return {_task_of(key) for key, status in reference.statuses().items() if status is Status.SUCCESS}


def _open(reference: Reference, counts: dict[str, int]) -> None:
    while (waiting := reference.to_open()) or reference.delayed():
        for key in waiting:
            hosts = reference.blocks[key].node.hosts
            reference.opened(key, len(hosts) if hosts else counts[key[0]])
        for key in reference.delayed():
            reference.time_came(key)


def _task_of(key: Key) -> Task:
    return located(key[0], key[1]), sequence_text(key[1])


def _count(part: ContainerSpec | StepSpec) -> int:
    items = decode(part.repeats.text) if isinstance(part.repeats, ItemsLiteral) else []
    assert isinstance(items, list)
    return len(items)
