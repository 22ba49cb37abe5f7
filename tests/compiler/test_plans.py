"""What a flow becomes: indexes, circuits, and where every value comes from."""

import pytest

from sequent.compiler import compile_flow
from sequent.model.inputs import ItemInput, ItemsCallPlan, ItemsLiteralPlan, ParamInput, ResultInput
from sequent.model.plan import AtomPlan, ContainerPlan, Gate, OuterAtom, Reaction, StepPlan, start_of
from sequent.model.references import FlowHandle, ItemOf, Literal, OuterValue, ParamOf, ResultOf
from sequent.model.spec import FlowConfig, FlowSpec, ItemsCall, ItemsLiteral, ParamSpec
from sequent.model.status import Claim, Construct
from sequent.model.work import CommandWork, Formatted, NoWork, Template
from tests.compiler.writing import container, every, flow, items, result, some, step


def plan_of(*children, **options):
    return compile_flow(flow(*children, **options))


def node(plan, path):
    return plan.node_at(tuple(path.split(".")))


def leaf(plan, path):
    """The step with that path, inside its container of one if it repeats."""
    found = node(plan, path)
    return plan.nodes[found.children[0]] if isinstance(found, ContainerPlan) and found.wraps else found


# -- the tree --------------------------------------------------------------------------------------


def test_a_container_stands_before_its_children_and_siblings_as_written():
    plan = plan_of(step("a"), container("b", step("c"), container("d", step("e"))), step("f"))
    assert [".".join(n.path) for n in plan.nodes] == ["", "a", "b", "b.c", "b.d", "b.d.e", "f"]
    assert [n.index for n in plan.nodes] == list(range(7))
    assert [n.parent for n in plan.nodes] == [-1, 0, 0, 2, 2, 4, 0]
    assert [n.position for n in plan.nodes] == [0, 0, 1, 0, 1, 0, 2]
    assert plan.nodes[0].children == (1, 2, 6)


def test_a_repeated_step_is_a_container_of_one_with_the_same_path():
    plan = plan_of(
        step("a"),
        step(
            "b",
            every("a", "a!done"),
            repeats=items(1, 2),
            parallel=2,
            until=True,
            handles=False,
            stop_on_exception=False,
        ),
        step("c", "b!active"),
    )
    around, within = plan.nodes[2], plan.nodes[3]
    assert isinstance(around, ContainerPlan)
    assert isinstance(within, StepPlan)
    assert around.path == within.path == ("b",)
    assert (around.index, around.children, around.wraps, around.parallel) == (2, (3,), True, 2)
    assert (within.index, within.parent, within.position) == (3, 2, 0)
    assert around.repeats == ItemsLiteralPlan("[1,2]")
    assert (around.until, around.result, within.is_until) == (0, 0, True)
    assert (around.watches, within.watches) == (True, False)
    assert not within.announces
    assert (around.stops, within.stops) == (True, False)
    assert around.free == (0,)
    assert plan.nodes[0].children == (1, 2, 4)
    assert plan.node_at(("b",)) is around


# -- circuits ----------------------------------------------------------------------------------------


def test_a_single_claim_feeds_the_start_itself():
    root = plan_of(step("a"), step("b", "a!failed")).nodes[0]
    assert root.gates == ()
    assert root.atoms == ((AtomPlan(Claim.FAILURE, start_of(1)),), ())
    assert root.free == (0,)


def test_gates_join_claims_and_feed_one_another():
    root = plan_of(step("a"), step("b"), step("c", every("b", some("a", "b!done")))).nodes[0]
    assert root.gates == (Gate(True, 2, start_of(2)), Gate(False, 2, 0))
    assert root.atoms == (
        (AtomPlan(Claim.SUCCESS, 1),),
        (AtomPlan(Claim.DONE, 1), AtomPlan(Claim.SUCCESS, 0)),
        (),
    )
    assert root.free == (0, 1)


def test_what_is_written_twice_is_asked_once():
    root = plan_of(step("a"), step("b", every("a", "a", every("a")), takes=["a", "a"])).nodes[0]
    assert root.gates == ()
    assert root.atoms == ((AtomPlan(Claim.SUCCESS, start_of(1)),), ())


def test_requirements_and_results_taken_are_all_required():
    root = plan_of(step("a"), step("b"), step("c"), step("d", some("a", "b"), takes=["c"])).nodes[0]
    assert root.gates == (Gate(True, 2, start_of(3)), Gate(False, 2, 0))
    assert root.atoms[2] == (AtomPlan(Claim.SUCCESS, 0),)


def test_claims_about_what_is_further_out_are_outer_atoms():
    plan = plan_of(step("a"), container("b", container("c", step("d", every("^a!failed", "a!done")))))
    assert node(plan, "b.c").outer_atoms == (OuterAtom(1, Claim.DONE, 0), OuterAtom(1, Claim.FAILURE, 0))
    assert node(plan, "b").outer_atoms == ()


def test_outer_means_the_nearest_and_never_a_sibling():
    plan = plan_of(step("x"), container("a", step("x"), container("b", step("x"), step("c", "^x"))))
    assert node(plan, "a.b").outer_atoms == (OuterAtom(node(plan, "a.x").index, Claim.SUCCESS, start_of(1)),)


def test_outer_in_a_containers_own_options_begins_one_level_further_out_than_in_its_body():
    inner = container("b", step("c"), requires="^x!done", attributes=(("value", result("^x")),))
    plan = plan_of(step("x"), container("a", step("x"), inner))
    around = node(plan, "a")
    assert around.outer_atoms == (OuterAtom(1, Claim.DONE, 0),)
    assert around.atoms[0] == (AtomPlan(Claim.SUCCESS, 0),)


def test_what_a_repeat_needs_is_required_by_its_container():
    plan = plan_of(step("a"), container("b", step("c", "^a"), repeats=result("a")), step("d", repeats=result("a")))
    assert plan.nodes[0].atoms[0] == (AtomPlan(Claim.SUCCESS, start_of(1)), AtomPlan(Claim.SUCCESS, start_of(2)))
    assert node(plan, "b").repeats == ResultInput(1, ("a",))
    assert node(plan, "d").repeats == ResultInput(1, ("a",))


# -- who handles, watches, stops, announces --------------------------------------------------------------


def test_siblings_that_require_a_failure_handle_it_unless_they_say_otherwise():
    plan = plan_of(
        step("a"),
        step("b", "a!failed"),
        step("c", some("a!complete", "b")),
        step("d", "a!failed", handles=False),
        step("e", "a!done"),
        container("f", step("g", "^a!failed")),
    )
    assert plan.nodes[0].handlers == ((1, 2), (), (), (), (), ())


def test_watchers_name_a_done_anywhere_or_do_not_handle():
    plan = plan_of(
        step("a"),
        step("b", some("a", every("a!failed", "a!done"))),
        step("c", "a!failed", handles=False),
        container("d", step("e", "^a!done"), step("f", "^a!failed")),
    )
    assert {".".join(n.path): n.watches for n in plan.nodes} == {
        "": False,
        "a": False,
        "b": True,
        "c": True,
        "d": False,
        "d.e": True,
        "d.f": False,
    }


def test_stop_on_exception_is_inherited_inwards_unless_set_again():
    inner = container("c", step("d"), step("e", stop_on_exception=False), stop_on_exception=True)
    spec = flow(step("a"), container("b", inner, step("f", repeats=items(1)), stop_on_exception=False))
    plan = compile_flow(spec)
    assert {".".join(n.path): n.stops for n in plan.nodes if isinstance(n, StepPlan)} == {
        "a": True,
        "b.c.d": True,
        "b.c.e": False,
        "b.f": False,
    }
    assert (node(plan, "b").stops, node(plan, "b.c").stops, node(plan, "b.f").stops) == (True, False, False)
    loose = compile_flow(FlowSpec(name="f", root=spec.root, config=FlowConfig(stop_on_exception=False)))
    assert leaf(loose, "a").stops is False
    assert leaf(loose, "b.c.d").stops is True


def test_only_what_somebody_requires_to_be_active_announces_it():
    plan = plan_of(step("a"), step("b", "a!active"), container("c", step("d", "^b!active")), step("e", "c!ready"))
    assert [".".join(n.path) for n in plan.nodes if isinstance(n, StepPlan) and n.announces] == ["a", "b"]


def test_what_makes_a_kept_success_run_again_is_known_by_index():
    plan = plan_of(
        step("a"),
        step("b", repeats=items(1)),
        step("c", some("a!failed", "b!done")),
        container("d", step("e", "^a!complete")),
        step("f", "a"),
    )
    assert plan.reactions == {
        node(plan, "c").index: Reaction(to_failure_of=(1,), to_run_of=(2,)),
        node(plan, "d.e").index: Reaction(to_failure_of=(1,)),
    }


# -- values ----------------------------------------------------------------------------------------------


def test_inputs_come_in_the_order_of_the_references_without_handles_and_literals():
    work = CommandWork(
        words=(Literal('"cp"'), ItemOf(), Template(("x", Formatted(ResultOf(("a",))), Formatted(ParamOf("day"))))),
        env=(("A", None), ("B", ResultOf(("b",)))),
        cwd=ParamOf("day"),
        stdin=ItemOf(),
    )
    day = ParamSpec(name="day", type="str")
    plan = plan_of(
        step("a"),
        step("b"),
        step("c", work=work, repeats=items(1)),
        step("d", takes=[FlowHandle(), "b", FlowHandle()]),
        params=[day],
    )
    item, a, b = ItemInput(node(plan, "c").index), ResultInput(1, ("a",)), ResultInput(2, ("b",))
    assert leaf(plan, "c").inputs == (item, a, ParamInput("day"), b, ParamInput("day"), item)
    assert leaf(plan, "d").inputs == (b,)


def test_an_item_is_that_of_the_nearest_repeat_and_in_options_of_the_one_outside():
    inner = container("b", step("c", takes=[ItemOf()]), repeats=ItemOf(), attributes=(("x", ItemOf()),))
    own = step("d", takes=[ItemOf()], repeats=ItemOf())
    plain = container("e", step("f", takes=[ItemOf()]))
    plan = plan_of(container("a", inner, own, plain, repeats=items(1)))
    outer = ItemInput(node(plan, "a").index)
    assert node(plan, "a.b").repeats == outer
    assert leaf(plan, "a.b.c").inputs == (ItemInput(node(plan, "a.b").index),)
    assert node(plan, "a.d").repeats == outer
    assert leaf(plan, "a.d").inputs == (ItemInput(node(plan, "a.d").index),)
    assert leaf(plan, "a.e.f").inputs == (outer,)


def test_the_maker_of_a_result_is_the_step_that_returned_it():
    inner = container("b", step("c"), result="c", repeats=items(1))
    plan = plan_of(container("a", inner, result="b"), step("d", takes=["a"]), result="a")
    assert leaf(plan, "d").inputs == (ResultInput(1, ("a", "b", "c")),)
    assert plan.maker_of(0) == ("a", "b", "c")
    assert (plan.nodes[0].result, node(plan, "a").result, node(plan, "a.b").result) == (0, 0, 0)


def test_what_outer_names_is_followed_to_where_it_comes_from():
    innermost = container(
        "c", step("d", takes=[OuterValue("item"), OuterValue("merged")]), attributes=(("day", OuterValue("today")),)
    )
    inner = container("b", innermost, attributes=(("merged", OuterValue("merged")), ("today", OuterValue("day"))))
    around = container(
        "a", inner, repeats=items(1), attributes=(("item", ItemOf()), ("merged", result("^load")), ("today", ItemOf()))
    )
    day = ParamSpec(name="day", type="date", default=Literal("1"))
    plan = plan_of(step("load"), around, params=[day])
    assert leaf(plan, "a.b.c.d").inputs == (ItemInput(node(plan, "a").index), ResultInput(1, ("load",)))


def test_self_shows_what_its_container_takes_and_of_the_flow_the_parameters():
    day = ParamSpec(name="day", type="date", default=Literal("1"))
    around = container(
        "a",
        step("b", takes_self=True),
        step("c"),
        step("d", repeats=ItemsCall(name="pages", takes_self=True)),
        step("e", repeats=ItemsCall(name="pages", takes_self=False), takes_self=True),
        repeats=items(1),
        attributes=(("region", ItemOf()), ("day", OuterValue("day"))),
    )
    plan = plan_of(step("first", takes_self=True), around, params=[day])
    shown = (("region", ItemInput(node(plan, "a").index)), ("day", ParamInput("day")))
    assert leaf(plan, "first").attributes == (("day", ParamInput("day")),)
    assert leaf(plan, "a.b").attributes == shown
    assert leaf(plan, "a.c").attributes == ()
    assert node(plan, "a.d").repeats == ItemsCallPlan(shown)
    assert node(plan, "a.e").repeats == ItemsCallPlan()
    assert leaf(plan, "a.e").attributes == shown


def test_parameters_have_their_default_unless_given():
    params = [ParamSpec(name="day", type="int", default=Literal("1")), ParamSpec(name="n", type="int")]
    spec = flow(step("a"), params=params)
    assert compile_flow(spec).params == {"day": "1"}
    assert compile_flow(spec, {"n": "3"}).params == {"day": "1", "n": "3"}
    assert compile_flow(spec, {"day": "2", "n": "3"}).params == {"day": "2", "n": "3"}


def test_the_step_that_ends_a_repeat_is_marked():
    plan = plan_of(container("a", step("b"), step("c"), repeats=items(1), until="c"))
    assert node(plan, "a").until == 1
    assert [leaf(plan, path).is_until for path in ("a.b", "a.c")] == [False, True]


def test_a_step_is_executed_as_it_says_and_else_as_the_flow_says():
    spec = flow(step("a"), step("b", task_construct=Construct.INVOKE), step("c", work=NoWork()))
    plan = compile_flow(spec)
    assert [leaf(plan, name).construct for name in "ab"] == [Construct.PROCESS, Construct.INVOKE]
    assert [leaf(plan, name).is_empty for name in "abc"] == [False, False, True]
    invoked = compile_flow(FlowSpec(name="f", root=spec.root, config=FlowConfig(task_construct=Construct.INVOKE)))
    assert leaf(invoked, "a").construct is Construct.INVOKE


# -- size ------------------------------------------------------------------------------------------------


def wires(plan):
    containers = [n for n in plan.nodes if isinstance(n, ContainerPlan)]
    return sum(len(n.gates) + len(n.outer_atoms) + sum(map(len, n.atoms)) for n in containers)


@pytest.mark.parametrize("count", [10, 1_000])
def test_a_plan_is_as_large_as_its_flow(count):
    fan_in = plan_of(*(step(f"s{n}") for n in range(count)), step("last", every(*(f"s{n}" for n in range(count)))))
    assert len(fan_in.nodes) == count + 2
    assert wires(fan_in) == count + 1
    chain = plan_of(*(step(f"s{n}", f"s{n - 1}" if n else None) for n in range(count)))
    assert wires(chain) == count - 1


def test_repeats_are_not_multiplied_out():
    million = ItemsLiteral(text='{"$g":[0,1000000,1]}')
    inner = container("b", step("c", repeats=million), repeats=million)
    plan = plan_of(container("a", inner, repeats=million), step("d", repeats=million))
    assert len(plan.nodes) == 7
    assert node(plan, "a").repeats == ItemsLiteralPlan(million.text)


def test_a_hundred_levels_need_no_deep_stack():
    inner = step("last", "^x", takes=[OuterValue("v")])
    for _ in range(99):
        inner = container("c", step("x"), inner, attributes=(("v", OuterValue("v")),))
    plan = plan_of(step("x"), inner, params=[ParamSpec(name="v", type="int")])
    assert len(plan.nodes[-1].path) == 100
    assert plan.nodes[-1].inputs == (ParamInput("v"),)


def test_what_names_no_result_has_no_maker():
    with pytest.raises(ValueError, match="names no result"):
        plan_of(step("a")).maker_of(0)
