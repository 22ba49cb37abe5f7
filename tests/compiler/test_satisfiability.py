"""Requirements that never hold are told where they were made, with the reason."""

import pytest

from tests.compiler.writing import asks, every, flow, mistake, mistakes, some, step


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        (every("a", "a!failed"), "'a' cannot succeed and fail at once"),
        (every("d!failed", "d!skipped", "b"), "'d' cannot fail and be skipped at once"),
        (every("a!active", "b!skipped"), "'b' waits for nothing, and so is never skipped"),
        (every("a!ready", "a!failed", "a"), "'a' cannot "),
        (some(every("a", "a!failed"), every("b", "b!failed")), "exclude one another"),
        (every(some("a", "b!skipped"), "a!failed"), "no part of it can be true"),
        (asks("b!skipped"), "never skipped"),
        (asks("finally!skipped"), "only waits for things to be done"),
    ],
)
def test_a_requirement_that_can_never_be_true_is_refused_with_the_reason(requires, reason):
    found = mistake(
        flow(step("a"), step("b"), step("finally", every("a!done", "b!done")), step("d", "a"), step("c", requires))
    )
    assert (found.code, found.path) == ("unreachable", "c")
    assert "'c' can never run" in found.message
    assert "can never be true" in found.message
    assert reason in found.message


@pytest.mark.parametrize(
    "requires",
    [
        some("a", "a!failed"),
        every("a!complete", "a!active", "a!ready", "a!failed"),
        every(some("a", "b"), some("a", "a!skipped"), some("b", "b!skipped")),
        every("b!skipped", "a!failed", "b!done"),
        some(every("a", "a!failed"), "b"),
    ],
)
def test_a_requirement_that_can_be_true_is_accepted(requires):
    assert mistakes(flow(step("a"), step("b", "a"), step("c", requires))) == []


def test_taking_the_result_of_what_must_fail_is_refused():
    found = mistake(flow(step("a"), step("b", "a!failed", takes=["a"])))
    assert found.code == "unreachable"


def test_what_rests_on_a_step_that_can_never_run_is_not_blamed_as_well():
    spec = flow(step("a"), step("b", every("a", "a!failed")), step("c", "b"), step("d", "c"))
    assert [problem.path for problem in mistakes(spec)] == ["b"]


def test_a_requirement_that_takes_too_long_to_try_out_is_believed():
    names = [f"s{n}" for n in range(40)]
    rule = every(some(*names), *(some(every(name, f"{name}!failed"), f"{name}!skipped") for name in names))
    assert mistakes(flow(step("first"), *(step(name, "first") for name in names), step("last", rule))) == []


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        (every("a!returned=1", "a!returned=2,3"), "'a' cannot return 1 and return 2 or 3 at once"),
        (every("a!returned=1", "a!failed"), "'a' cannot fail and return 1 at once"),
        (every(some("a!returned=1", "a!failed"), "a!returned=2"), "no part of it can be true"),
        (every(some("a!returned=1", "a!returned=2"), "a!failed"), "no part of it can be true"),
    ],
)
def test_a_requirement_on_results_that_can_never_hold_is_refused(requires, reason):
    found = mistake(flow(step("a"), step("c", requires)))
    assert found.code == "unreachable"
    assert f"can never be true, since {reason}" in found.message


@pytest.mark.parametrize(
    "requires",
    [
        every("a!returned=1,2", "a!returned=2,3", "a", "a!complete"),
        some("a!returned=1", "a!returned=2"),
        every(some("a!returned=1", "b!returned=1"), some("a!returned=2", "b!returned=2")),
    ],
)
def test_a_requirement_on_results_that_can_hold_is_accepted(requires):
    assert mistakes(flow(step("a"), step("b"), step("c", requires))) == []
