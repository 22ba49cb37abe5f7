"""What a recovery would do with each task, and the sentence that says why."""

from __future__ import annotations

import pytest

import sequent
from sequent.errors import UsageError
from sequent.model.outcome import Problem
from sequent.runtime.orders import AttemptEnded, AttemptOrder, ItemFound, RepeatFound, Report
from sequent.runtime.recovery.preparation import plan_of, prepare
from sequent.runtime.recovery.recovery_plan import RecoveryPlan
from sequent.runtime.recovery.task_selection import RecoveryRequest
from tests.runtime.worlds import Hands, World, success, work


def taking(x: object) -> str:
    """Be a step's function that takes a value."""
    return str(x)


def giving() -> str:
    """Be a step's function that gives one."""
    return ""


def drawn():
    """Be items that are drawn."""
    yield "x"


def found(order):
    return RepeatFound(order.frame, order.node, None, "")


def failing(*paths: str):
    """An answer to orders: these fail, and the others succeed with their path as the result."""

    def answer(order: AttemptOrder) -> Report:
        name = order.path if order.sequence == "1" else f"{order.path}/{order.sequence}"
        if name in paths or order.path in paths:
            return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))
        return AttemptEnded(order.frame, order.node, order.attempt, "[1,2]")

    return answer


def planned(world: World, asked: RecoveryRequest | None = None) -> RecoveryPlan:
    world.run.close()
    record = world.store.find("latest")
    return plan_of(world.plan, world.store.look(record), asked, world.store.attempts(record))


def told(plan: RecoveryPlan) -> dict[str, tuple[str, str]]:
    return {f"{task.path}/{task.sequence}": (task.fate.value, task.reason) for task in plan.tasks}


def fates(plan: RecoveryPlan) -> dict[str, str]:
    return {name: fate for name, (fate, _) in told(plan).items()}


def test_each_task_is_told_with_its_reason():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    b = flow.add_step("b", func=work, requires=a)
    flow.add_step("c", func=work, requires=b)
    flow.add_step("fix", func=work, requires=b.failed, handles=False)
    flow.add_step("never", func=work, requires=b.failed & a.failed)
    world = World(flow)
    world.drive(Hands(failing("b")))
    assert told(planned(world)) == {
        "a/1": ("kept", "it has succeeded"),
        "b/1": ("rerun", "it failed"),
        "c/1": ("rerun", "it has not run yet"),
        "fix/1": ("kept", "it has succeeded; it runs again only if 'b' fails again"),
        "never/1": ("blocked", "it requires that 'a' fails, which succeeds and that 'b' fails, which succeeds"),
    }


def test_what_is_kept_though_its_input_is_made_again_is_told():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    flow.add_step("b", func=taking, kwargs={"x": a.result})
    world = World(flow)
    world.drive(Hands(failing()))
    plan = planned(world, RecoveryRequest(rerun=("a",)))
    assert told(plan)["a/1"] == ("rerun", "you asked for it: --rerun a")
    assert told(plan)["b/1"] == ("kept", "it has succeeded, and is kept, though its input from 'a' is made again")


def test_a_success_that_runs_again_with_what_it_waited_for_is_told_so_and_not_by_a_directive():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    c = flow.add_step("c", requires=a.done)
    x = c.add_step("x", func=work)
    c.add_step("y", func=work, requires=x.complete)
    each = flow.add_step("each", func=work, repeats=[1], requires=a.done)
    always = flow.add_step("always", func=work, recovery={sequent.STEP_SUCCESS: sequent.STEP_RERUN})
    flow.add_step("last", func=work, requires=c & each & always)
    world = World(flow)
    world.drive(Hands(failing("last")))
    plan = told(planned(world, RecoveryRequest(rerun=("a",))))
    assert plan["c.x/1.1"] == plan["c.y/1.1"] == ("rerun", "'c' waited until 'a' was done, which runs again")
    assert plan["each/1.1"] == ("rerun", "it waited until 'a' was done, which runs again")
    assert plan["always/1"] == ("rerun", "it has succeeded, but its directive runs it again")


def test_how_many_of_how_many_run_is_counted_with_whole_containers_that_are_kept():
    flow = sequent.Sequent("f")
    c = flow.add_step("c", repeats=[1, 2, 3])
    c.add_step("x", func=work)
    flow.add_step("last", func=work, requires=c)
    world = World(flow)
    world.drive(Hands(failing("last")))
    assert {fate.value: count for fate, count in planned(world).counts.items()} == {"kept": 3, "rerun": 1}


def test_what_a_result_decides_is_open():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=giving)
    b = flow.add_step("b", func=work, requires=a.returned("full"))
    flow.add_step("after", func=work, requires=b)
    flow.add_step("always", func=work, requires=b.done)
    world = World(flow)
    world.drive(Hands(failing("a")))
    plan = planned(world)
    assert fates(plan) == {"a/1": "rerun", "b/1": "open", "after/1": "open", "always/1": "open"}
    assert told(plan)["after/1"][1] == "whether it runs depends on the result of 'a'"


def test_what_comes_after_an_until_is_open():
    flow = sequent.Sequent("f")
    flow.add_step("poll", func=work, repeats=[1, 2, 3], until=True)
    world = World(flow)
    world.drive(Hands(failing("poll/1.1")))
    plan = planned(world)
    assert fates(plan) == {"poll/1.1": "rerun", "poll/1.2": "open", "poll/1.3": "open"}
    assert plan.notes == (
        "'poll/1' may end with iteration 1 or any after it; those after it are shown as if it did not",
    )


def test_a_container_that_is_not_entered_is_told_as_one():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    flow.add_step("c", requires=a.failed).add_step("x", func=work)
    world = World(flow)
    world.drive(Hands(failing("a", "c.x")))
    assert told(planned(world))["c/1"] == ("blocked", "it requires that 'a' fails, which succeeds")


def test_of_items_that_are_drawn_those_iterations_are_told_that_had_begun():
    flow = sequent.Sequent("f")
    flow.add_step("load", func=work, repeats=drawn)
    world = World(flow)
    hands = Hands(failing("load/1.1"))
    hands.draws = lambda order: (
        ItemFound(order.frame, order.node, order.number, '"x"') if order.number else found(order)
    )
    world.drive(hands)
    plan = planned(world)
    assert fates(plan) == {"load/1.1": "rerun"}
    assert plan.notes == ("'load/1' may have more iterations than are shown",)


def test_items_that_a_step_still_has_to_give_are_said_to_be_unknown():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    flow.add_step("load", func=work, repeats=find.result)
    world = World(flow)
    world.drive(Hands(failing("find")))
    plan = planned(world)
    assert fates(plan) == {"find/1": "rerun"}
    assert plan.notes == ("'load/1' may have more iterations than are shown",)


def test_items_that_a_kept_step_gave_are_known():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    bad = flow.add_step("bad", func=work)
    flow.add_step("load", func=work, repeats=find.result, requires=bad)
    world = World(flow)
    world.drive(Hands(failing("bad")))
    plan = planned(world)
    assert fates(plan) == {"find/1": "kept", "bad/1": "rerun", "load/1.1": "rerun", "load/1.2": "rerun"}
    assert plan.notes == ()


def test_who_needs_the_result_of_what_is_passed_over_is_named_and_the_recovery_refused():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    flow.add_step("b", func=taking, kwargs={"x": a.result})
    world = World(flow)
    world.drive(Hands(failing("a")))
    with pytest.raises(UsageError, match="tasks that are passed over have no result: 'b' needs the result of 'a'"):
        prepare(world.plan, world.store.look(world.store.find("latest")), RecoveryRequest(skip=("a",)))
    with pytest.raises(UsageError, match="'b' needs the result of 'a'"):
        planned(world, RecoveryRequest(skip=("a",)))


def delayed_by(a):
    return {"delay": a.result}


def repeated_over(a):
    return {"repeats": a.result}


def at_once(a):
    return {"repeats": [1], "parallel": a.result}


@pytest.mark.parametrize("options", [delayed_by, repeated_over, at_once])
def test_so_is_who_needs_it_for_an_option(options):
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    flow.add_step("b", **options(a)).add_step("c", func=work)
    world = World(flow)
    world.drive(Hands(failing("a")))
    with pytest.raises(UsageError, match="'b' needs the result of 'a'"):
        planned(world, RecoveryRequest(skip=("a",)))


@sequent.container
class counted:
    @sequent.step
    def a(self) -> int:
        return 1

    @sequent.container
    class b:
        found: int = sequent.outer.a.result

        @sequent.step(repeats=lambda self: range(self.found))
        def c(self) -> None: ...


def test_so_is_who_needs_it_to_say_what_is_repeated_over():
    world = World(counted)
    world.drive(Hands(failing("a")))
    with pytest.raises(UsageError, match=r"'b\.c' needs the result of 'a'"):
        planned(world, RecoveryRequest(skip=("a",)))


def test_who_needs_a_result_that_is_there_or_a_stand_in_for_it_is_not_named():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    flow.add_step("b", func=taking, kwargs={"x": a.result_or(0)})
    world = World(flow)
    world.drive(Hands(failing("a", "b")))
    assert fates(planned(world, RecoveryRequest(skip=("a",)))) == {"a/1": "passed over", "b/1": "rerun"}


def test_planning_leaves_the_run_as_it_is():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work)
    world = World(flow)
    world.drive(Hands(success))
    world.run.close()
    before = world.store.find("latest"), list(world.store.attempts(world.store.find("latest")))
    planned(world, RecoveryRequest(rerun=("a",), recovery_run=0))
    assert (world.store.find("latest"), list(world.store.attempts(world.store.find("latest")))) == before


def test_a_recovery_that_there_was_not_is_refused():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work)
    world = World(flow)
    world.drive(Hands(failing("a")))
    with pytest.raises(UsageError, match="has no recovery 3") as caught:
        planned(world, RecoveryRequest(recovery_run=3))
    assert caught.value.hint == "name 0, the only one; 0 is its first start"
