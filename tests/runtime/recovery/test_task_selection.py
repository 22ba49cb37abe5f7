"""Which tasks are meant by hand, what depends on them, and what is refused."""

import pytest

from sequent.compiler import compile_flow
from sequent.errors import UsageError
from sequent.model.references import Literal, PreviousOf, ResultOf
from sequent.model.saved_state import SavedBlock, SavedFrame
from sequent.model.selections import read_selection
from sequent.model.spec import StepSpec
from sequent.model.status import Status
from sequent.model.work import Argument, FunctionWork
from sequent.runtime.recovery.task_selection import RecoveryRequest, check_range, select
from tests.small_flows import block, done, flow, items, on, outer, step


def taking(name, value, requires=None):
    work = FunctionWork("work", takes_self=False, arguments=(Argument(name="x", value=value),))
    return StepSpec(name=name, work=work, requires=requires)


PLAN = compile_flow(
    flow(
        step("a"),
        step("b", on("a")),
        block("c", step("x", outer("b")), step("y", on("c.x")), step("z"), repeats=items(3)),
        step("d", done("c")),
        step("e"),
    )
)


def meant(*after):
    selected = select(RecoveryRequest(after=after), PLAN)
    return sorted(
        ".".join(one.path) + ("/" + ".".join(map(str, one.sequence)) if one.sequence else "")
        for one in selected.directives.rerun
    )


@pytest.mark.parametrize(
    ("start", "again"),
    [
        ("a", ["a", "b", "c.x", "c.y", "d"]),
        ("b", ["b", "c.x", "c.y", "d"]),
        ("c.x/1.2", ["c.x/1.2", "c.y/1.2", "d/1"]),
        ("c", ["c", "d"]),
        ("c/1.3", ["c/1.3", "d/1"]),
        ("e", ["e"]),
    ],
)
def test_what_depends_on_something_runs_again_with_it(start, again):
    assert meant(start) == again


def test_later_iterations_depend_on_an_earlier_one_where_they_take_its_result():
    fold = block(
        "c", taking("x", PreviousOf(Literal("0"))), taking("y", ResultOf(("c", "x"))), repeats=items(5), result="y"
    )
    plan = compile_flow(flow(fold))
    directives = select(RecoveryRequest(after=("c.x/1.2",)), plan).directives
    assert [directives.passes_over(("c", "x"), (1, n)) for n in (1, 2)] == [False, False]
    again = [n for n in range(1, 6) if any(one.has(("c", "x"), (1, n)) for one in directives.rerun)]
    assert again == [2, 3, 4, 5]


def test_so_they_do_where_they_repeat_over_its_result():
    paged = block(
        "c",
        step("x", repeats=PreviousOf(Literal("[]"))),
        taking("y", ResultOf(("c", "x"))),
        repeats=items(5),
        result="y",
    )
    directives = select(RecoveryRequest(after=("c.x/1.2",)), compile_flow(flow(paged))).directives
    again = [n for n in range(1, 6) if any(one.has(("c", "x"), (1, n)) for one in directives.rerun)]
    assert again == [2, 3, 4, 5]


def test_only_what_is_named_runs_again_otherwise_and_who_rests_on_it_is_told():
    selected = select(RecoveryRequest(rerun=("b",)), PLAN)
    assert [one.path for one in selected.directives.rerun] == [("b",)]
    (note,) = selected.notes
    assert note.startswith("steps that depend on 'b' are kept where they have succeeded: 'c.x', 'c.y', 'd'")
    assert note.endswith("; --from b runs them again as well")


def test_a_name_that_is_not_there_is_told_with_what_is_meant_perhaps():
    with pytest.raises(UsageError, match=r"--rerun 'c.xx': the flow has no step or container 'c.xx'") as caught:
        read_selection("c.xx", PLAN, "--rerun")
    assert caught.value.hint.startswith("did you mean 'c.x'?")


@pytest.mark.parametrize("text", ["a/2", "a/1.1", "c.x/1.2.3", "c/0", "c/1.x", "c/", "c/1.0"])
def test_a_sequence_that_cannot_be_is_refused(text):
    with pytest.raises(UsageError, match="is not a sequence of") as caught:
        read_selection(text, PLAN, "--from")
    assert "beginning with the flow's own 1: 1" in caught.value.hint


def test_an_iteration_that_has_not_begun_is_refused_with_those_that_have():
    c = next(node.index for node in PLAN.nodes if node.path == ("c",))
    saved = SavedFrame(1, {}, {c: SavedBlock(Status.ACTIVE, drawn=2)})
    selection = read_selection("c.x/1.3", PLAN, "--rerun")
    with pytest.raises(UsageError, match=r"'c.x/1.3': there is no iteration 3 of 'c', of which it has begun 2 so far"):
        check_range(selection, saved, PLAN, "c.x/1.3")
    check_range(read_selection("c.x/1.2", PLAN, "--rerun"), saved, PLAN, "c.x/1.2")


def test_what_is_to_run_again_and_to_be_passed_over_is_refused():
    with pytest.raises(UsageError, match=r"'b' is both passed over and run again: it depends on 'a'"):
        select(RecoveryRequest(after=("a",), skip=("b",)), PLAN)
