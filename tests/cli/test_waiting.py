"""A plan read back for people."""

from __future__ import annotations

from attrs import evolve

from sequent.cli.waiting import planned_parts
from sequent.model.inputs import ItemInput, LiteralInput, ParamInput
from sequent.model.plan import AtomPlan, ContainerPlan, Plan, start_of
from sequent.model.references import dotted
from sequent.model.spec import Backoff
from sequent.model.status import Claim
from tests.cli.plans import a_step, nested_plan, wide_plan


def test_parts_stand_in_the_order_in_which_they_can_start_and_as_written_otherwise():
    assert [dotted(part.node.path) for part in planned_parts(wide_plan(["b", "a", "c"]))] == ["b", "a", "c"]
    assert [dotted(part.node.path) for part in planned_parts(nested_plan())] == [
        "first",
        "block",
        "block.send",
        "last",
    ]


def test_each_part_says_what_it_waits_for_as_it_would_be_written():
    waits = {dotted(part.node.path): part.waits_for for part in planned_parts(nested_plan())}
    assert waits == {
        "first": "",
        "block": "",
        "block.send": "outer.first",
        "last": "first & (block.failed | block.done)",
    }


def test_a_repeat_says_over_what_and_how_many_at_once():
    block = next(part for part in planned_parts(nested_plan()) if part.is_container)
    assert block.repeats == '["eu", "us"]'
    assert block.parallel == 2
    assert block.depth == 0
    assert block.notes == ()
    ended = evolve(nested_plan().nodes[block.node.index], until=0)
    nodes = tuple(ended if node.index == block.node.index else node for node in nested_plan().nodes)
    block = next(part for part in planned_parts(evolve(nested_plan(), nodes=nodes)) if part.is_container)
    assert block.notes == ("until send",)


class Counted(tuple[object, ...]):
    """A container's atoms, which count how often they are read."""

    __slots__ = ()
    reads = 0

    def __iter__(self):
        Counted.reads += 1
        return super().__iter__()


def test_a_container_is_read_once_however_many_steps_it_has():
    plan = wide_plan([f"s{number}" for number in range(100)])
    root = evolve(plan.nodes[0], atoms=Counted(() for _ in range(100)))
    Counted.reads = 0
    assert len(list(planned_parts(evolve(plan, nodes=(root, *plan.nodes[1:]))))) == 100
    assert Counted.reads == 1


def test_requirements_on_results_waits_limits_and_pools_are_told():
    root = ContainerPlan(
        index=0,
        path=(),
        parent=-1,
        children=(1, 3, 5),
        atoms=((AtomPlan(Claim.RETURNED, start_of(1), 0), AtomPlan(Claim.DONE, start_of(2))), (), ()),
        free=(0,),
    )
    asked = ContainerPlan(
        index=1, path=("a",), parent=0, children=(2,), result=0, values={"delay": LiteralInput("90.0")}
    )
    maker = evolve(
        a_step(2, ("a", "m"), 1, 0), asked=(('"x"', '"y"'),), retries=2, priority=1, values={"timeout": ItemInput(1)}
    )
    each = ContainerPlan(
        index=3,
        path=("b",),
        parent=0,
        position=1,
        children=(4,),
        wraps=True,
        until=0,
        repeats=ItemInput(1),
        values={"parallel": ParamInput("n")},
    )
    once = evolve(
        a_step(4, ("b",), 3, 0), limit=3, retries=1, backoff=Backoff(60.0, 1.0), acquires=(("db", 2),), releases=()
    )
    plan = Plan(name="p", nodes=(root, asked, maker, each, once, a_step(5, ("c",), 0, 2)))
    parts = {dotted(part.node.path): part for part in planned_parts(plan)}
    assert parts["b"].waits_for == 'a.returned("x", "y")'
    assert parts["c"].waits_for == "a.done"
    assert parts["a"].notes == ("delay 1m 30s",)
    assert parts["a.m"].notes == ("timeout the item of a", "retries 2", "priority 1")
    assert parts["b"].notes == (
        "until its result",
        "retries 1",
        "waits 1m",
        "at most 3 at once",
        "acquires 2 of db",
        "gives back nothing",
    )
    assert (parts["b"].repeats, parts["b"].parallel) == ("the item of a", "the parameter n")
