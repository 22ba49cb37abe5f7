"""Attempts on hosts that lose their tasks: any store keeps their amounts until they are known to be over."""

from __future__ import annotations

import pytest

from sequent import container, step
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.model.plan import Plan, StepPlan
from sequent.model.run_target import Target
from sequent.model.status import RunStatus, Status
from sequent.runtime.ports import DrivenRun, Store
from sequent.runtime.records import PoolHold, TaskPlace
from sequent.runtime.rows import (
    Ask,
    AttemptOnHost,
    Batch,
    Ending,
    FrameKey,
    FrameOpening,
    Hold,
    Intent,
    Passing,
    RepeatOpening,
    RunEnd,
    TaskKey,
)

TOKEN = bytes(range(16))
OTHER = bytes(range(1, 17))


@container(hosts=["edge1", "edge2"])
class Load:
    @step
    def copy(self) -> None: ...


@container(repeats=[1, 2])
class Daily:
    load = Load


@container
class Flow:
    daily = Daily

    @step
    def only(self) -> None: ...


@container
class Without:
    @step
    def only(self) -> None: ...


PLAN: Plan = compile_flow(definition_of(Flow).spec)
REPEAT, COPIES = (
    next(node.index for node in PLAN.nodes if getattr(node, name, None)) for name in ("repeats", "is_copied")
)
STEP = next(node.index for node in PLAN.nodes if isinstance(node, StepPlan))
"""In iteration 2 of the repeat, its copy on the host edge2 is in frame 4."""
TASK = TaskKey(4, STEP, 0)
AROUND = TaskKey(2, COPIES, 0)
"""The container around it."""


@pytest.fixture
def run(store: Store) -> DrivenRun:
    """A run with an attempt on a host, which holds an amount of a shared pool, and its container one of its own."""
    made = store.create(Target(flow="flow", file="/flows/small.py"), PLAN, None, {})
    made.use_pools({"db": 2})
    made.commit(
        Batch(
            repeats=[RepeatOpening(1, REPEAT, "[1,2]"), RepeatOpening(2, COPIES, '["edge1","edge2"]')],
            frames=[
                FrameOpening(FrameKey(0, 0, 1), 1),
                FrameOpening(FrameKey(1, REPEAT, 2), 2),
                FrameOpening(FrameKey(2, COPIES, 1), 3, '"edge1"'),
                FrameOpening(FrameKey(2, COPIES, 2), 4, '"edge2"'),
            ],
        )
    )
    assert asks(made, TASK, 2)
    made.commit(Batch(intents=[Intent(TASK, 1, TOKEN, 10.0)], holds=[Hold(AROUND, "own", 3)]))
    return made


def asks(run: DrivenRun, key: TaskKey, amount: int) -> bool:
    """Ask for an amount of the shared pool; return whether it is granted."""
    return bool(run.ask([Ask(key, (("db", amount),), 0)]))


def orphans(run: DrivenRun) -> list[AttemptOnHost]:
    return [each for each in run.handed_over() if each.key is None]


def amounts(attempt: AttemptOnHost) -> dict[str, int]:
    return {hold.pool: hold.amount for hold in attempt.holds}


def renew(run: DrivenRun) -> None:
    """Let the repeat begin anew."""
    run.commit(Batch(renewed=[(1, REPEAT, None)]))


CHANGES = {
    "its repeat begins anew": Batch(renewed=[(1, REPEAT, None)]),
    "its recovery does not count": Batch(superseded=[(TASK, 1)]),
    "it is passed over": Batch(passed=[Passing(TASK, 2, 11.0, 1)]),
    "it is marked": Batch(
        marked=[(Intent(TASK, 2, OTHER, 11.0), Ending(TASK, 2, Status.SUCCESS, 11.0, result="null"))]
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_attempt_that_loses_its_task_keeps_its_amounts_until_it_is_over(store, run, change):
    (before,) = run.handed_over()
    assert (before.key, amounts(before)) == (TASK, {"db": 2, "own": 3})
    run.commit(CHANGES[change])
    (orphan,) = orphans(run)
    assert (orphan.host, orphan.token, amounts(orphan)) == ("edge2", TOKEN, {"db": 2, "own": 3})
    assert not asks(run, TaskKey(1, REPEAT, 0), 1)
    run.commit(Batch(gone=[TOKEN]))
    assert orphans(run) == []
    assert asks(run, TaskKey(1, REPEAT, 0), 1)


def test_no_task_that_begins_later_has_the_place_of_an_orphan(run):
    renew(run)
    run.commit(
        Batch(frames=[FrameOpening(FrameKey(1, REPEAT, 1), 2), FrameOpening(FrameKey(2, COPIES, 2), 4, '"edge2"')])
    )
    run.commit(Batch(intents=[Intent(TASK, 1, OTHER, 12.0)], holds=[Hold(TASK, "own", 1)]))
    task, orphan = run.handed_over()
    assert (task.key, task.token, amounts(task)) == (TASK, OTHER, {"own": 1})
    assert (orphan.key, orphan.token, amounts(orphan)) == (None, TOKEN, {"db": 2, "own": 3})
    run.commit(Batch(holds=[Hold(TASK, "own", 0), *(Hold(hold.key, hold.pool, 0) for hold in orphan.holds)]))
    assert [amounts(each) for each in run.handed_over()] == [{}]


def test_an_attempt_that_ends_by_the_same_change_leaves_no_orphan(run):
    ending = Ending(TASK, 1, Status.SUCCESS, 11.0, result="null")
    run.commit(Batch(endings=[ending], passed=[Passing(TaskKey(3, STEP, 0), 1, 11.0, 1)]))
    assert run.handed_over() == []


def test_an_attempt_that_is_over_before_its_task_has_asked_for_it_keeps_the_amounts_of_its_task(run):
    run.commit(Batch(gone=[TOKEN]))
    assert [amounts(each) for each in run.handed_over()] == [{"db": 2, "own": 3}]


def test_orphans_outlive_their_driver(store, run):
    renew(run)
    run.close()
    again = store.take(run.record.id)
    again.use(PLAN)
    assert [amounts(each) for each in orphans(again)] == [{"db": 2, "own": 3}]
    other = store.create(Target(flow="flow", file="/flows/small.py"), PLAN, None, {})
    other.use_pools({"db": 2})
    assert not asks(other, TASK, 1)
    again.commit(Batch(gone=[TOKEN]))
    assert asks(other, TASK, 1)


@pytest.mark.parametrize("orphan_on", ["", "edge2"])
def test_what_is_held_for_attempts_on_hosts_is_told_also_once_nobody_drives_their_run(store, run, orphan_on):
    other = store.create(Target(flow="flow", file="/flows/small.py"), PLAN, None, {})
    if orphan_on:
        renew(run)
    for is_driven in (True, False):
        (held,) = store.places(other.record).holds()
        assert (held.pool, held.amount, held.run, held.orphan_on) == ("db", 2, run.record.id, orphan_on)
        assert held.is_driven is is_driven
        run.close()


def test_a_container_of_several_orphans_keeps_its_amounts_until_all_are_over(run):
    run.commit(Batch(intents=[Intent(TaskKey(3, STEP, 0), 1, OTHER, 10.0)]))
    renew(run)
    assert {each.host: amounts(each) for each in orphans(run)} == {"edge1": {"own": 3}, "edge2": {"db": 2, "own": 3}}
    run.commit(Batch(gone=[TOKEN]))
    assert {each.host: amounts(each) for each in orphans(run)} == {"edge1": {"own": 3}}
    run.commit(Batch(gone=[OTHER]))
    assert orphans(run) == []


def test_a_run_that_has_succeeded_keeps_nothing_for_orphans(store, run):
    renew(run)
    run.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
    run.close()
    other = store.create(Target(flow="flow", file="/flows/small.py"), PLAN, None, {})
    other.use_pools({"db": 2})
    assert asks(other, TASK, 2)


def test_an_attempt_of_a_step_that_the_flow_has_no_more_is_an_orphan(store, run):
    run.close()
    again = store.take(run.record.id)
    again.use(compile_flow(definition_of(Without).spec))
    (orphan,) = orphans(again)
    assert (orphan.host, orphan.token, amounts(orphan)) == ("edge2", TOKEN, {"db": 2, "own": 3})
    again.commit(Batch(gone=[TOKEN]))
    assert [amounts(each) for each in orphans(again)] == [{}]


def test_commands_name_the_host_of_an_orphan_that_holds_an_amount(store, run):
    renew(run)
    copy, load = TaskPlace("daily.load.copy", ()), TaskPlace("daily.load", ())
    assert sorted(store.places(run.record).holds(), key=lambda hold: hold.pool) == [
        PoolHold("db", 2, run.record.id, copy, orphan_on="edge2"),
        PoolHold("own", 3, run.record.id, load, orphan_on="edge2"),
    ]
