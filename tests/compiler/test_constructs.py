"""What a step cannot have because of where it runs."""

import pytest
from attrs import evolve

from sequent.compiler import compile_flow
from sequent.errors import Place
from sequent.model.inputs import ItemInput, LiteralInput
from sequent.model.plan import StepPlan
from sequent.model.references import ItemOf, Literal
from sequent.model.spec import FlowConfig
from sequent.model.status import Construct
from tests.compiler.writing import container, flow, items, mistake, mistakes, step


def timed(construct: Construct | None):
    place = {"timeout": Place("flow.py", 7)}
    return evolve(step("load"), values={"timeout": Literal("30.0")}, task_construct=construct, option_places=place)


@pytest.mark.parametrize(("construct", "where"), [(Construct.THREAD, "in a thread"), (Construct.INVOKE, "driver")])
def test_a_timeout_of_what_cannot_be_ended_is_refused_at_its_line(construct, where):
    for whole in (
        flow(timed(construct)),
        evolve(flow(timed(None)), config=FlowConfig(task_construct=construct)),
    ):
        found = mistake(whole)
        assert (found.code, found.path, found.place) == ("timeout", "load", Place("flow.py", 7))
        assert where in found.message
        assert 'task_construct="process"' in found.hint


def test_a_timeout_of_a_step_in_a_process_of_its_own_is_accepted():
    assert mistakes(flow(timed(None))) == []
    assert mistakes(evolve(flow(timed(Construct.PROCESS)), config=FlowConfig(task_construct=Construct.THREAD))) == []


def test_a_nice_value_of_a_step_without_a_process_of_its_own_is_refused_also_where_a_container_has_it():
    in_thread = step("load", task_construct=Construct.THREAD, nice=Literal("5"))
    found = mistake(flow(in_thread))
    assert (found.code, found.path) == ("nice", "load")
    assert "runs in a thread, which has the priority of the driver" in found.message
    around = container("a", step("b", task_construct=Construct.INVOKE), nice=Literal("5"))
    assert mistake(flow(around)).path == "a.b"


def test_a_step_has_the_nice_value_of_the_nearest_around_it_that_says_one():
    inner = container("c", step("d"), step("e", nice=Literal("0")))
    plan = compile_flow(
        flow(container("a", step("b"), inner, step("f", repeats=items(1)), nice=Literal("5")), step("g"))
    )
    nice = {".".join(node.path): node.values.get("nice") for node in plan.nodes if isinstance(node, StepPlan)}
    five, nothing = LiteralInput("5"), LiteralInput("0")
    assert nice == {"a.b": five, "a.c.d": five, "a.c.e": nothing, "a.f": five, "g": None}


def test_a_container_gives_its_nice_value_as_it_is_seen_from_around_it():
    block = container("a", step("b", repeats=items(1)), nice=ItemOf(), repeats=items(1))
    plan = compile_flow(flow(container("around", block, repeats=items(1))))
    (found,) = (node for node in plan.nodes if isinstance(node, StepPlan))
    assert found.values == {"nice": ItemInput(plan.node_at(("around",)).index)}
