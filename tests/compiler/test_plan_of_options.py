"""What options and the further references become in a plan."""

import pytest

from sequent.compiler import compile_flow
from sequent.model.durations import Backoff
from sequent.model.inputs import (
    FailuresInput,
    ItemInput,
    LiteralInput,
    ParamInput,
    PartInput,
    PreviousInput,
    ResultInput,
    ResultOrInput,
)
from sequent.model.plan import AtomPlan, ContainerPlan, OuterAtom, Reaction, start_of
from sequent.model.references import (
    FailuresOf,
    FlowHandle,
    ItemOf,
    Literal,
    OuterValue,
    ParamOf,
    PartOf,
    PreviousOf,
    ResultOr,
    SecretOf,
)
from sequent.model.spec import ParamSpec
from sequent.model.status import Action, Claim, Status
from sequent.model.work import CommandWork, FunctionWork
from tests.compiler.writing import (
    VALUE,
    amounts,
    asking,
    container,
    every,
    flow,
    items,
    result,
    some,
    step,
)

SECONDS = Literal("30.0")


def plan_of(*children, **options):
    return compile_flow(flow(*children, **options))


def node(plan, path):
    return plan.node_at(tuple(path.split(".")))


def leaf(plan, path):
    """The step with that path, inside its container of one if it repeats."""
    found = node(plan, path)
    return plan.nodes[found.children[0]] if isinstance(found, ContainerPlan) and found.wraps else found


# -- further references -------------------------------------------------------------------------------


def test_a_result_or_waits_until_it_is_done_handles_its_failure_and_is_no_watcher():
    plan = plan_of(step("a"), step("b", takes=[ResultOr(("a",), VALUE)]))
    root = plan.nodes[0]
    assert root.atoms[0] == (AtomPlan(Claim.DONE, start_of(1)),)
    assert root.handlers == ((1,), ())
    assert not node(plan, "b").watches
    assert node(plan, "b").inputs == (ResultOrInput(1, ("a",), "1"),)
    assert plan.reactions == {2: Reaction(to_failure_of=(1,), to_run_of=(1,))}


def test_a_result_or_beside_a_done_handles_and_watches():
    plan = plan_of(step("a"), step("b", "a!done", takes=[ResultOr(("a",), VALUE)]))
    assert plan.nodes[0].handlers == ((1,), ())
    assert node(plan, "b").watches


@pytest.mark.parametrize("option", [{"handles": False}, {}])
def test_a_result_or_from_further_in_or_of_what_does_not_handle_handles_nothing(option):
    inner = container("b", step("c", takes=[ResultOr(("a",), VALUE)]))
    own = step("d", takes=[ResultOr(("a",), VALUE)], handles=False)
    plan = plan_of(step("a"), own if option else inner)
    assert plan.nodes[0].handlers[0] == ()


def test_failures_require_nothing_by_themselves():
    plan = plan_of(step("a"), step("b", "a!failed", takes=[FailuresOf(("a",))]))
    assert plan.nodes[0].atoms[0] == (AtomPlan(Claim.FAILURE, start_of(1)),)
    assert node(plan, "b").inputs == (FailuresInput(1),)


def test_previous_is_the_result_of_the_nearest_repeat_around_and_starts_with_a_value():
    once = step("b", takes=[PreviousOf(VALUE)])
    deeper = container("d", step("e", takes=[PreviousOf(ItemOf())]))
    around = container("a", once, deeper, result="b", repeats=items(1), attributes=(("x", PreviousOf(VALUE)),))
    own = step("f", takes=[PreviousOf(result("start"))], repeats=items(1))
    plan = plan_of(step("start"), around, own)
    a = node(plan, "a").index
    assert leaf(plan, "a.b").inputs == (PreviousInput(a, ("a", "b"), LiteralInput("1")),)
    assert leaf(plan, "a.d.e").inputs == (PreviousInput(a, ("a", "b"), ItemInput(a)),)
    assert leaf(plan, "f").inputs == (PreviousInput(node(plan, "f").index, ("f",), ResultInput(1, ("start",))),)
    assert [atom.claim for atom in plan.nodes[0].atoms[0]] == [Claim.SUCCESS]
    assert node(plan, "a").free == (0, 1)


def test_a_part_requires_what_its_whole_requires_and_parts_of_parts_are_one():
    plan = plan_of(
        step("a"),
        container(
            "b",
            step("c", takes=[PartOf(OuterValue("x"), ("k",))]),
            container("d", step("e", takes=[PartOf(OuterValue("x"), ("k",))])),
            attributes=(("x", PartOf(result("^a"), (0,))),),
        ),
        step("f", takes=[PartOf(PartOf(ResultOr(("a",), VALUE), (1,)), (-1, "y"))]),
        params=[ParamSpec(name="x", type="dict")],
    )
    assert plan.nodes[0].atoms[0] == (AtomPlan(Claim.SUCCESS, start_of(1)), AtomPlan(Claim.DONE, start_of(2)))
    assert leaf(plan, "b.c").inputs == (PartInput(ParamInput("x"), ("k",)),)
    assert leaf(plan, "b.d.e").inputs == (PartInput(ResultInput(1, ("a",)), (0, "k")),)
    assert leaf(plan, "f").inputs == (PartInput(ResultOrInput(1, ("a",), "1"), (1, -1, "y")),)


def test_secrets_and_handles_are_no_inputs():
    work = CommandWork(words=(result("a"),), env=(("P", SecretOf("P")),), stdin=SecretOf("Q"), cwd=ItemOf())
    plan = plan_of(
        step("a"), step("b", takes=[SecretOf("P"), "a", FlowHandle()]), step("c", work=work, repeats=items(1))
    )
    assert leaf(plan, "b").inputs == (ResultInput(1, ("a",)),)
    assert leaf(plan, "c").inputs == (ResultInput(1, ("a",)), ItemInput(node(plan, "c").index))


def test_a_command_that_computes_its_words_takes_arguments_and_sees_its_container():
    computed = FunctionWork("words", takes_self=True, arguments=step("x", takes=["a"]).work.arguments, fingerprint="f")
    around = container("b", step("c", work=CommandWork(computed=computed)), attributes=(("y", result("^a")),))
    plan = plan_of(step("a"), around)
    assert leaf(plan, "b.c").inputs == (ResultInput(1, ("a",)),)
    assert leaf(plan, "b.c").attributes == (("y", ResultInput(1, ("a",))),)


def test_what_a_command_computes_and_its_shell_are_its_code():
    works = [
        CommandWork(computed=FunctionWork("words", takes_self=False, fingerprint=digest), shell=shell)
        for digest, shell in (("1", None), ("2", None), ("1", "cat"))
    ]
    plan = plan_of(*(step(f"s{number}", work=work) for number, work in enumerate(works)))
    assert len({n.fingerprint for n in plan.nodes[1:]}) == 3


# -- questions -----------------------------------------------------------------------------------------


def test_what_is_asked_of_results_has_a_number_with_its_maker():
    plan = plan_of(
        container("a", container("i", step("m"), result="m"), result="i"),
        step("b", 'a!returned="x","y"'),
        step("c", some('a!returned="z"', 'a!returned="y","x","x"')),
        container("d", step("e", '^a!returned="z"')),
    )
    maker = leaf(plan, "a.i.m")
    assert maker.asked == (('"x"', '"y"'), ('"z"',))
    assert [(atom.claim, atom.question) for atom in plan.nodes[0].atoms[0]] == [
        (Claim.RETURNED, 0),
        (Claim.RETURNED, 0),
        (Claim.RETURNED, 1),
    ]
    assert node(plan, "d").outer_atoms == (OuterAtom(node(plan, "a").index, Claim.RETURNED, start_of(0), 1),)
    assert all(not n.asked for n in plan.nodes if hasattr(n, "asked") and n is not maker)
    assert plan.nodes[0].handlers[0] == ()


# -- options ----------------------------------------------------------------------------------------------


def test_waits_are_inputs_and_what_they_refer_to_is_required():
    plan = plan_of(
        step("a"),
        step("b", delay=SECONDS, timeout=result("a")),
        container("c", step("d"), delay=PartOf(result("a"), ("wait",))),
    )
    assert leaf(plan, "b").values["delay"] == LiteralInput("30.0")
    assert leaf(plan, "b").values["timeout"] == ResultInput(1, ("a",))
    assert node(plan, "c").values["delay"] == PartInput(ResultInput(1, ("a",)), ("wait",))
    assert len(plan.nodes[0].atoms[0]) == 2
    assert leaf(plan, "a").values == {}


def test_an_item_in_options_is_that_of_the_repeat_outside_but_for_waits_of_a_step_which_are_of_each_iteration():
    own = step("s", delay=ItemOf(), timeout=ItemOf(), repeats=items(1), parallel=ItemOf())
    block = container("c", step("d"), delay=ItemOf(), repeats=items(1), parallel=ItemOf())
    plan = plan_of(container("a", own, block, step("plain", delay=ItemOf()), repeats=items(1)))
    outside = ItemInput(node(plan, "a").index)
    assert (
        leaf(plan, "a.s").values["delay"] == leaf(plan, "a.s").values["timeout"] == ItemInput(node(plan, "a.s").index)
    )
    assert node(plan, "a.s").values["parallel"] == outside
    assert (node(plan, "a.c").values["delay"], node(plan, "a.c").values["parallel"]) == (outside, outside)
    assert leaf(plan, "a.plain").values["delay"] == outside


def test_what_a_repeated_step_waits_for_belongs_to_its_container_and_the_rest_to_each_iteration():
    options = {
        "retries": 3,
        "backoff": Backoff(1.0, 2.0, 9.0, 0.1),
        "retry_on": ("builtins.OSError", 75),
        "priority": 4,
        "max_concurrent": 2,
        "releases": amounts("db 1"),
        "recovery": {Status.SUCCESS: Action.RERUN},
        "delay": SECONDS,
    }
    plan = plan_of(
        asking("a", "db 1", repeats=items(1, 2), parallel=ParamOf("n"), **options),
        pools={"db": 2},
        params=[ParamSpec(name="n", type="int")],
    )
    around, within = node(plan, "a"), leaf(plan, "a")
    assert around.values == {"parallel": ParamInput("n")}
    assert (around.priority, around.limit, around.acquires, around.releases) == (0, 0, (), None)
    assert within.values["delay"] == LiteralInput("30.0")
    assert (within.retries, within.backoff, within.retry_on) == (3, options["backoff"], options["retry_on"])
    assert (within.priority, within.limit) == (4, 2)
    assert (within.acquires, within.releases, within.recovery) == (
        (("db", 1),),
        (("db", 1),),
        {Status.SUCCESS: Action.RERUN},
    )


def test_containers_have_priorities_limits_and_pools():
    spec = flow(
        container("a", step("b"), priority=2, max_concurrent=3, acquires=amounts("db 1"), releases=()), pools={"db*": 2}
    )
    plan = compile_flow(spec)
    found = node(plan, "a")
    assert (found.priority, found.limit, found.acquires, found.releases) == (2, 3, (("db", 1),), ())
    assert plan.pools == spec.pools


@pytest.mark.parametrize(("most", "limit"), [(None, 0), (0, 0), (-2, 0), (1, 1), (7, 7)])
def test_below_one_there_is_no_limit(most, limit):
    plan = plan_of(step("a", max_concurrent=most), container("b", step("c"), max_concurrent=most))
    assert leaf(plan, "a").limit == node(plan, "b").limit == limit


@pytest.mark.parametrize("status", [Status.READY, Status.ACTIVE, Status.SUCCESS])
def test_a_directive_for_what_has_begun_lets_a_step_announce_itself(status):
    plan = plan_of(
        step("a", recovery={status: Action.SKIP}), step("b", recovery={status: Action.SKIP}, repeats=items(1))
    )
    announced = status is not Status.SUCCESS
    assert (leaf(plan, "a").announces, leaf(plan, "b").announces) == (announced, announced)


def test_requirements_on_results_and_on_claims_join_as_others_do():
    plan = plan_of(step("a"), step("b"), step("c", every("b", some("a!returned=1", "a!failed"))))
    assert plan.nodes[0].atoms[0] == (AtomPlan(Claim.FAILURE, 1), AtomPlan(Claim.RETURNED, 1, 0))
