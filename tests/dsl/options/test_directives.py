"""What a recovery does with a step, by the status in which it finds it."""

import pytest

import sequent
from sequent import (
    STEP_ACTIVE,
    STEP_COMPLETE,
    STEP_DONE,
    STEP_FAILURE,
    STEP_READY,
    STEP_RERUN,
    STEP_SKIP,
    STEP_SUCCESS,
    STP_RERUN,
    STP_SKIP,
    Sequent,
    command,
    container,
    step,
)
from sequent.dsl.specification.definitions import definition_of
from sequent.model.status import Action, Status


def work(*args, **kwargs): ...


def read(recovery):
    @container
    class flow:
        one = step(recovery=recovery)(work)
        two = command("true", recovery=recovery)

    built = Sequent()
    built.add_step("one", work, recovery=recovery)
    one, two = definition_of(flow).spec.root.children
    (three,) = definition_of(built).spec.root.children
    assert one.recovery == two.recovery == three.recovery
    return dict(one.recovery)


def test_both_spellings_are_the_same_actions():
    assert (STP_RERUN, STP_SKIP) == (STEP_RERUN, STEP_SKIP) == (Action.RERUN, Action.SKIP)


@pytest.mark.parametrize(
    "recovery",
    [
        None,
        {},
        {STEP_READY: STP_RERUN, STEP_ACTIVE: STP_RERUN, STEP_FAILURE: STP_RERUN, STEP_SUCCESS: STP_SKIP},
        {STEP_SUCCESS: STEP_SKIP},
    ],
)
def test_what_happens_anyway_is_no_directive(recovery):
    assert read(recovery) == {}


BOTH = {Status.SUCCESS: Action.RERUN, Status.FAILURE: Action.SKIP}


@pytest.mark.parametrize(
    ("recovery", "read_as"),
    [
        ({STEP_SUCCESS: STP_RERUN}, {Status.SUCCESS: Action.RERUN}),
        ({STEP_FAILURE: STEP_SKIP, STEP_READY: STP_RERUN}, {Status.FAILURE: Action.SKIP}),
        ({STEP_READY: STP_SKIP, STEP_ACTIVE: STP_SKIP}, {Status.READY: Action.SKIP, Status.ACTIVE: Action.SKIP}),
        ({STEP_COMPLETE: STP_RERUN}, {Status.SUCCESS: Action.RERUN}),
        ({STEP_COMPLETE: STP_SKIP}, {Status.FAILURE: Action.SKIP}),
        (
            {STEP_COMPLETE: STP_RERUN, STEP_FAILURE: STP_SKIP},
            {Status.SUCCESS: Action.RERUN, Status.FAILURE: Action.SKIP},
        ),
        (
            {STEP_FAILURE: STP_SKIP, STEP_COMPLETE: STP_RERUN},
            {Status.SUCCESS: Action.RERUN, Status.FAILURE: Action.SKIP},
        ),
    ],
)
def test_complete_stands_for_both_ends_and_yields_to_either(recovery, read_as):
    assert read(recovery) == read_as


@pytest.mark.parametrize(
    ("recovery", "texts"),
    [
        ({"success": STP_RERUN}, ["the status 'success'", "STEP_READY", "STEP_COMPLETE"]),
        ({STEP_DONE: STP_RERUN}, ["the status STEP_DONE", "STEP_SUCCESS"]),
        ({STEP_SUCCESS: "again"}, ["the action 'again'", "STP_RERUN and STP_SKIP"]),
        ({STEP_SUCCESS: STEP_SUCCESS}, ["the action STEP_SUCCESS"]),
        (STP_RERUN, ["'recovery' is STP_RERUN", "give a dict"]),
    ],
)
def test_directives_that_are_none_are_refused_with_those_that_are(recovery, texts, blamed):
    def write():
        step(
            handles=True,
            recovery=recovery,  # wrong
        )

    assert blamed(write, *texts).code == "recovery"


def test_who_takes_a_renewed_result_and_is_kept_is_warned_of():
    @container
    class flow:
        first = step(recovery={STEP_SUCCESS: STP_RERUN})(work)
        second = step(kwargs={"x": first.result})(work)
        third = step(kwargs={"x": first.result}, recovery={STEP_SUCCESS: STP_RERUN})(work)
        fourth = step(requires=first)(work)
        fifth = command("echo", f"{second.result}")

    (warning,) = definition_of(flow).spec.warnings
    assert "runs 'first' again though it succeeded, and keeps 'second'" in warning
    assert warning.startswith(f"{__file__}:")


def test_a_part_of_a_renewed_result_is_warned_of_too():
    flow = Sequent()
    block = flow.add_step("block")
    first = block.add_step("first", work, recovery={STEP_COMPLETE: STP_RERUN})
    block.add_step("second", work, kwargs={"x": first.result["a"]})
    (warning,) = definition_of(flow).spec.warnings
    assert "'block.first' again" in warning
    assert "keeps 'block.second'" in warning


def test_the_original_s_constants_are_all_there():
    assert sequent.SEQUENT_RESTART is sequent.RUN_RESTART
    for name in ("READY", "ACTIVE", "SUCCESS", "FAILURE", "COMPLETE"):
        assert getattr(sequent, f"STEP_{name}").value == name.lower()
    assert {sequent.RUN_RESTART.value, sequent.RUN_RECOVER.value, sequent.RUN_CONTINUE.value} == {
        "restart",
        "recover",
        "continue",
    }
