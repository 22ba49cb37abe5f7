"""Tasks that a host executes while no driver hears of them: whatever else happens, their amounts stay taken."""

import pytest

from sequent import STEP_FAILURE, Pool, Sequent
from sequent.model.facts import ReservationEnded, RunStarted, TaskMarked
from sequent.model.status import Status
from tests.engine.playing import Play, plan_of, selected, shown
from tests.engine.test_hosts import nothing, reached, two


@pytest.fixture
def left():
    """A run that is being stopped; a task of it goes on on a host, and another step of its container here."""
    db, lock = Pool("db", 3), Pool("lock", 3)
    flow = Sequent()
    block = flow.add_step("block", acquires={lock: 2})
    block.add_step("load", hosts=["etl1", "etl2"], acquires={db: 1})
    block.add_step("other")
    play = reached(flow)
    play.lose_host("etl2")
    play.stop()
    play.leave_task("block.load@etl2/1.1")
    play.succeed("block.load@etl1/1.1")
    assert (play.in_use("db"), play.in_use("lock")) == (1, 2)
    return play


def test_a_task_that_goes_on_on_a_host_keeps_its_amounts_and_those_around_it_whatever_else_fails(left):
    left.fail("block.other/1.1")
    assert left.outcome == "stopped"
    assert (left.in_use("db"), left.in_use("lock")) == (1, 2)
    assert "block.load@etl2/1.1" not in left.statuses
    again = left.recover()
    again.reach("etl1", "etl2")
    assert sorted(again.running) == ["block.load@etl2/1.1", "block.other/1.1"]


def test_a_task_that_goes_on_on_a_host_keeps_its_amounts_where_its_container_had_stopped_before():
    db = Pool("db", 3)
    play = reached(two(acquires={db: 1}))
    play.fail("load@etl1")
    play.stop()
    play.leave_task("load@etl2")
    assert (play.outcome, play.in_use("db")) == ("stopped", 1)
    assert play.statuses == {"load@etl1": "failure", "after": "cancelled"}


def test_neither_a_hold_nor_a_mark_touches_a_task_that_goes_on_on_a_host(left):
    left.hold("block")
    left.tell(TaskMarked(1, selected("block.load@etl2/1.1"), Status.SUCCESS))
    assert left.in_use("db") == 1
    assert list(left.refused.values()) == ["it is running"]


def test_a_quick_task_that_goes_on_on_a_host_is_not_asked_back():
    play = reached(two(func=nothing))
    play.quicken("load", host="etl1")
    play.quicken("load", host="etl2")
    play.leave_task("load@etl2")
    play.hold("load")
    assert [shown(key) for key in play.asked_back] == ["load@etl1"]


@pytest.mark.parametrize("how", ["held", "cancelled"])
def test_an_amount_that_was_granted_again_stays_until_the_earlier_attempt_is_over(how):
    db = Pool("db", 1, shared=True)
    flow = Sequent()
    flow.add_step("load", acquires={db: 1})
    other = flow.add_step("other")
    watches = {"requires": (other, STEP_FAILURE), "handles": False}
    flow.add_step("alert", acquires={db: 1}, **(watches if how == "cancelled" else {}))
    plan = plan_of(flow)
    (load,) = (node.index for node in plan.nodes if node.path == ("load",))
    play = Play(plan, slots=1, reserved={(1, load, 0): {"db": 1}})
    play.tell(RunStarted())
    play.get_grant("load")
    assert (play.running, play.in_use("db")) == (["other"], 1)
    if how == "held":
        play.hold("load")
        play.succeed("other")
    else:
        play.fail("other")
    assert (play.running, play.in_use("db"), [*play.asked]) == ([], 1, [])
    play.tell(ReservationEnded((1, load, 0)))
    assert (*play.asked,) == (("alert", (1,)),)
