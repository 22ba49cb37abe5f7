"""How many run at once, which of them first, and where: limits, priorities, and ways to execute."""

import pytest

from sequent import Sequent, command, container, item, outer, param, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import ItemOf, OuterValue, ParamOf, PartOf, ResultOf
from sequent.model.spec import FlowConfig
from sequent.model.status import Construct


def work(*args, **kwargs): ...


def test_limits_and_priorities_of_a_step_are_the_same_in_each_way_of_writing():
    options = {"priority": -3, "max_concurrent": 2, "task_construct": "thread"}

    @container
    class flow:
        one = step(**options)(work)
        two = command("true", **options)

    built = Sequent()
    built.add_step("three", work, **options)
    for part in (*definition_of(flow).spec.root.children, *definition_of(built).spec.root.children):
        assert (part.priority, part.max_concurrent, part.task_construct) == (-3, 2, Construct.THREAD)


def test_limits_of_a_flow_are_its_settings_and_those_of_a_container_its_own():
    @container(max_concurrent=4, task_construct="thread")
    class flow:
        @container(max_concurrent=0, priority=2)
        class inner:
            a = step(work)

    spec = definition_of(flow).spec
    assert spec.config == FlowConfig(max_concurrent=4, task_construct=Construct.THREAD)
    assert spec.root.max_concurrent is None
    (inner,) = spec.root.children
    assert (inner.max_concurrent, inner.priority) == (0, 2)


def test_a_container_says_where_its_steps_are_executed_unless_they_say_so_themselves():
    @container(task_construct="thread")
    class flow:
        a = step(work)

        @container(task_construct="invoke")
        class inner:
            b = step(work)
            c = step(task_construct="process")(work)

            @container
            class innermost:
                d = step(work)

    a, inner = definition_of(flow).spec.root.children
    b, c, innermost = inner.children
    assert a.task_construct is None
    assert (b.task_construct, c.task_construct) == (Construct.INVOKE, Construct.PROCESS)
    assert innermost.children[0].task_construct is Construct.INVOKE


def test_the_settings_of_one_step_may_stand_in_its_config():
    flow = Sequent()
    flow.add_step("a", work, config={"max_concurrent": 3, "task_construct": "thread", "stop_on_exception": False})
    (a,) = definition_of(flow).spec.root.children
    assert (a.max_concurrent, a.task_construct, a.stop_on_exception) == (3, Construct.THREAD, False)


@pytest.mark.parametrize("limit", [0, 1, 8])
def test_parallel_is_how_many_iterations_run_at_once(limit):
    @container
    class flow:
        one = step(repeats=[1, 2], parallel=limit)(work)

    (one,) = definition_of(flow).spec.root.children
    assert (one.parallel, one.values) == (limit, {})


def test_parallel_may_be_known_only_while_running():
    @container
    class flow:
        n: int = param()
        first = step(work)
        one = step(repeats=[1, 2], parallel=n)(work)

        @container(repeats=[3, 4], parallel=first.result["n"])
        class inner:
            width: int = item()
            two = step(repeats=[1, 2], parallel=outer.n)(work)
            three = step(repeats=[1, 2], parallel=item())(work)

    _, one, inner = definition_of(flow).spec.root.children
    two, three = inner.children
    assert (one.parallel, one.values) == (1, {"parallel": ParamOf("n")})
    assert inner.values["parallel"] == PartOf(ResultOf(("first",)), ("n",))
    assert two.values["parallel"] == OuterValue("n")
    assert three.values["parallel"] == ItemOf()
