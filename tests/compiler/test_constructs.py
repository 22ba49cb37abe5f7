"""What a step cannot have because of where it runs."""

import pytest
from attrs import evolve

from sequent.errors import Place
from sequent.model.references import Literal
from sequent.model.spec import FlowConfig
from sequent.model.status import Construct
from tests.compiler.writing import flow, mistake, mistakes, step


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
