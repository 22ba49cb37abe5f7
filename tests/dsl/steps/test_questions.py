"""Questions as they are written: their text, the type of the answer, and the options that they may have."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sequent import Pickled, Sequent, approve, container, item, secret, step
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, InvalidFlowError


@dataclass
class Terms:
    copies: int


class Plain: ...


def take(x): ...


QUESTIONS = {
    "no text": (lambda: approve(3), "the question is 3, an int", 'approve("Ship it?")'),  # wrong
    "an empty text": (lambda: approve(" "), "the question is ' '", 'approve("Ship it?")'),  # wrong
    "a secret": (lambda: approve(f"Is it {secret('KEY')}?"), "secret('KEY')", ""),  # wrong
    "a value as type": (lambda: approve("Ok?", receive=3), "'receive' is 3", "give a type"),  # wrong
    "a pickled answer": (lambda: approve("Ok?", receive=Pickled), "'receive' is", "give a type"),  # wrong
    "retries": (lambda: approve("Ok?", retries=3), "a question has no 'retries'", "leave retries= out"),  # wrong
    "a backoff": (lambda: approve("Ok?", backoff="1s"), "a question has no 'backoff'", "leave backoff= out"),  # wrong
    "a way": (
        lambda: approve("Ok?", task_construct="thread"),  # wrong
        "a question has no 'task_construct'",
        "leave task_construct= out",
    ),
    "hosts": (lambda: approve("Ok?", hosts=["a"]), "a question has no 'hosts'", "leave hosts= out"),  # wrong
    "a nice value": (lambda: approve("Ok?", nice=3), "a question has no 'nice'", "leave nice= out"),  # wrong
    "a limit": (lambda: approve("Ok?", max_concurrent=1), "a question has no 'max_concurrent'", "leave"),  # wrong
    "releases": (lambda: approve("Ok?", releases={}), "a question has no 'releases'", "leave releases= out"),  # wrong
    "a misspelt option": (lambda: approve("Ok?", recieve=int), "approve has no option 'recieve'", "receive"),  # wrong
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_no_question_can_be_is_refused_at_its_line(name, blamed):
    write, text, hint = QUESTIONS[name]
    error = blamed(write, text)
    assert hint in error.hint


BUILT = {
    "a function besides": ({"func": take, "approve": "Ok?"}, "'a' has a question and 'function'"),
    "a command besides": ({"command": ["ls"], "approve": "Ok?"}, "'a' has a question and 'command'"),
    "an option of a command": ({"approve": "Ok?", "cwd": "/"}, "'a' has a question and 'cwd'"),
    "a type alone": ({"receive": int}, "'receive' needs 'approve'"),
    "retries": ({"approve": "Ok?", "retries": 2}, "a question has no 'retries'"),
    "retries of its configuration": (
        {"approve": "Ok?", "config": {"max_concurrent": 2}},
        "a question has no 'max_concurrent'",
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_the_builder_refuses_the_same(name, blamed):
    options, text = BUILT[name]
    blamed(lambda: Sequent("f").add_step("a", **options), text)  # wrong


def test_an_answer_must_be_data():
    flow = Sequent("f")
    flow.add_step("a", approve="Ok?", receive=Plain)
    with pytest.raises(DefinitionError, match="the answer to 'a' is annotated Plain"):
        definition_of(flow)


def test_both_ways_of_writing_a_question_mean_the_same():
    @container
    class written:
        ship = approve("Ship it?", receive=Terms, timeout="1h", delay="5m")

    built = Sequent("written")
    built.add_step("ship", approve="Ship it?", receive=Terms, timeout="1h", delay="5m")
    assert definition_of(written).spec.root == definition_of(built).spec.root
    assert definition_of(written).result_types["ship",] is Terms


def test_a_question_with_references_waits_for_them_and_is_described_with_them():
    @container
    class release:
        @step
        def build(self) -> str:
            return ""

        @container(repeats=["eu", "us"])
        class region:
            name: str = item()
            ship = approve(f"Ship to {name:>5}?")

        ship = approve(f"Ship {build.result}?")

    plan = compile_flow(definition_of(release).spec)
    assert plan.description["ship"].question == "Ship {build.result}?"
    assert plan.description["region.ship"].question == "Ship to {the item of region}?"
    assert plan.description["ship"].requires is not None
    node = plan.node_at(("ship",))
    assert node is not None
    assert node.asks


def test_a_question_takes_nothing_of_how_steps_around_it_are_executed():
    flow = Sequent("f", config={"task_construct": "thread"})
    block = flow.add_step("c", task_construct="invoke")
    block.add_step("ask", approve="Ok?", timeout="1h")
    block.add_step("x", take, [1])
    plan = compile_flow(definition_of(flow).spec)
    assert "task_construct" not in plan.description["c.ask"].options


def test_a_question_has_no_pickled_result_in_it():
    @container
    class release:
        @step(result=Pickled)
        def build(self) -> object: ...

        ship = approve(f"Ship {build.result}?")

    with pytest.raises(InvalidFlowError, match="'ship' takes the pickled result of 'build', which only a step reads"):
        compile_flow(definition_of(release).spec)


def test_a_question_cannot_be_called():
    @container
    class release:
        ship = approve("Ship it?")

    with pytest.raises(DefinitionError, match="'ship' is a question, and cannot be called"):
        release().ship()
