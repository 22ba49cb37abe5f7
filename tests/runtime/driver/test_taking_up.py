"""Runs that are taken up again: with changed flows, by hand, and from an earlier recovery; nothing is simulated."""

from __future__ import annotations

from pathlib import Path

import pytest

import sequent
from sequent import api
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import BusyError, DefinitionError, UnknownRunError, UsageError
from sequent.model.status import RunStatus
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.runtime.store import open_store
from tests.runtime.worlds import Nobody

RAN: list[str] = []
FAILING: set[str] = set()


def note(name: str, *more: object) -> str:
    RAN.append(name)
    if name in FAILING:
        raise RuntimeError(name)
    return name


def changed_note(name: str, *more: object) -> str:
    return note(name, *more) + ""


@pytest.fixture(autouse=True)
def _clean():
    RAN.clear()
    FAILING.clear()


@pytest.fixture
def kept(tmp_path: Path):
    """Makes flows of the same name that are run in one store, in this process."""
    tmp_path.chmod(0o700)

    def make(**more) -> sequent.Sequent:
        return sequent.Sequent(
            "f", store=str(tmp_path / "store.db"), config={"task_construct": "invoke", "max_concurrent": 1}, **more
        )

    return make


def chained(flow: sequent.Sequent, *names: str, func=note) -> sequent.Sequent:
    before = None
    for name in names:
        before = flow.add_step(name, func=func, args=(name,), requires=before)
    return flow


def run(flow: sequent.Sequent, *failing: str) -> RunStatus:
    """Run it; these steps fail."""
    RAN.clear()
    FAILING.clear()
    FAILING.update(failing)
    return flow.run().status


def recover(flow: sequent.Sequent, *failing: str, accept_changes: bool = False, **asked) -> RunStatus:
    """Recover its latest run, in Python where that can say it, else as the command line does."""
    RAN.clear()
    FAILING.clear()
    FAILING.update(failing)
    if not asked:
        return flow.run(run_mode=sequent.RUN_RECOVER, accept_changes=accept_changes).status
    store = open_store(flow.store)
    try:
        words = RecoveryRequest(accepts_changes=accept_changes, **asked)
        return api.recover(definition_of(flow), store.find("latest"), store=store, request=words).status
    finally:
        store.close()


# -- changed flows ---------------------------------------------------------------------------------


def test_a_step_that_is_new_is_refused_with_the_difference_until_it_is_accepted(kept):
    run(chained(kept(), "a", "b"), "b")
    larger = chained(kept(), "a", "b", "c")
    with pytest.raises(DefinitionError) as caught:
        recover(larger)
    assert caught.value.code == "changed-flow"
    assert "\n  'c' is new, at " in caught.value.message
    assert caught.value.message.endswith(". It is a step, requires b")
    assert "--accept-changes" in caught.value.hint
    assert RAN == []
    assert recover(larger, accept_changes=True) is RunStatus.SUCCESS
    assert RAN == ["b", "c"]


def test_what_was_accepted_is_what_later_recoveries_compare_with(kept):
    run(chained(kept(), "a", "b"), "b")
    larger = chained(kept(), "a", "b", "c")
    recover(larger, "c", accept_changes=True)
    assert recover(larger, "c") is RunStatus.FAILURE
    assert RAN == ["c"]
    assert recover(chained(kept(), "a", "new", "b", "c"), accept_changes=True) is RunStatus.SUCCESS
    assert RAN == ["new", "c"]


def test_what_has_begun_and_is_gone_is_refused_whatever_is_accepted(kept):
    run(chained(kept(), "a", "b"), "b")
    renamed = chained(kept(), "first", "b")
    with pytest.raises(DefinitionError) as caught:
        recover(renamed, accept_changes=True)
    assert "'a' is gone. It was a step. This run has begun it" in caught.value.message
    assert caught.value.hint.startswith("put 'a' back as it was, or start a new run; if it was renamed to 'first'")


def test_what_has_not_begun_may_go_if_that_is_accepted(kept):
    run(chained(kept(), "a", "b", "c"), "b")
    assert recover(chained(kept(), "a", "b"), accept_changes=True) is RunStatus.SUCCESS
    assert RAN == ["b"]


def test_what_has_begun_as_a_step_is_no_container_now(kept):
    run(chained(kept(), "a", "b"), "b")
    flow = kept()
    flow.add_step("a").add_step("inside", func=note, args=("a",))
    told = r"'a' has changed, at \S+ Before: step\. Now: container\. This run has begun it as a step"
    with pytest.raises(DefinitionError, match=told):
        recover(flow, accept_changes=True)


def test_other_requirements_of_what_failed_are_taken_as_they_are_now(kept):
    run(chained(kept(), "a", "b"), "b")
    flow = kept()
    a, extra = (flow.add_step(name, func=note, args=(name,)) for name in ("a", "extra"))
    flow.add_step("b", func=note, args=("b",), requires=a & extra)
    assert recover(flow, accept_changes=True) is RunStatus.SUCCESS
    assert RAN == ["extra", "b"]


def test_pools_that_are_others_are_told_with_both(kept):
    run(chained(kept(), "a", "b"), "b")
    flow = chained(kept(), "a", "b")
    pool = sequent.Pool("db", 2)
    flow.add_step("c", func=note, args=("c",), acquires={pool: 1})
    with pytest.raises(DefinitionError, match=r"the flow has changed, at \S+ Now also: pool db: 2"):
        recover(flow)


def noted(flow: sequent.Sequent, *failing: str, **asked: tuple[str, ...]) -> str:
    """Recover its latest run; what is said meanwhile."""
    RAN.clear()
    FAILING.clear()
    FAILING.update(failing)
    observer = Nobody()
    store = open_store(flow.store)
    try:
        api.recover(
            definition_of(flow), store.find("latest"), store=store, observer=observer, request=RecoveryRequest(**asked)
        )
    finally:
        store.close()
    return "\n".join(observer.notes)


def test_changed_code_of_what_is_unfinished_is_noted_and_of_what_is_finished_warned_of(kept):
    run(chained(kept(), "a", "b", "c"), "b")
    changed = chained(kept(), "a", "b", "c", func=changed_note)
    said = noted(changed)
    assert "the code or the arguments of 'b', 'c' have changed: the new ones run" in said
    assert "of 'a' have changed since they succeeded: successes that are kept stay as they were" in said
    assert RAN == ["b", "c"]


def test_changed_code_of_what_is_to_run_again_is_not_said_to_be_kept(kept):
    run(chained(kept(), "a", "b", "c"), "c")
    changed = chained(kept(), "a", "b", "c", func=changed_note)
    said = noted(changed, "c", after=("b",))
    assert "the code or the arguments of 'b', 'c' have changed: the new ones run" in said
    assert "of 'a' have changed since they succeeded" in said
    assert RAN == ["b", "c"]
    said = noted(changed)
    assert "'b'" not in said
    assert "of 'a' have changed since they succeeded" in said


def given(flow: sequent.Sequent, *, at: float) -> sequent.Sequent:
    """As a module that is imported anew: the first step is given another value each time."""
    a = flow.add_step("a", func=lambda at: note("a") or at, kwargs={"at": at})
    flow.add_step("b", func=lambda x: note("b"), kwargs={"x": a.result})
    return flow


def test_an_argument_that_is_another_at_each_import_is_told_apart_from_code(kept):
    run(given(kept(), at=1.5), "b")
    said = noted(given(kept(), at=2.5))
    assert "of 'a' only the arguments have changed" in said
    assert "such as the time, differs each time" in said
    assert RAN == ["b"]
    run(given(kept(), at=1.5), "b")
    assert "differs" not in noted(given(kept(), at=1.5))


def test_changed_code_that_has_run_is_noted_no_more_but_that_of_what_is_kept_is(kept):
    run(chained(kept(), "a", "b", "c"), "b")
    changed = chained(kept(), "a", "b", "c", func=changed_note)
    recover(changed, "c")
    said = noted(changed)
    assert "the new ones run" not in said
    assert "the code or the arguments of 'a' have changed since they succeeded" in said


def test_a_loop_goes_on_with_its_items_and_says_where_they_are_others_now(kept):
    def looped(items: list[str]) -> sequent.Sequent:
        flow = kept()
        flow.add_step("load", func=note, args=(sequent.item(),), repeats=items)
        return flow

    run(looped(["x", "y"]), "y")
    said = noted(looped(["x", "z"]))
    assert RAN == ["y"]
    assert "'load/1' goes on with the items it began with, not the present ones" in said


def test_an_iterator_that_gives_others_stops_the_recovery_unless_that_is_accepted(kept):
    def drawn(*items: str) -> sequent.Sequent:
        def draw():
            yield from items

        flow = kept()
        flow.add_step("load", func=note, args=(sequent.item(),), repeats=draw)
        return flow

    run(drawn("x", "y"), "y")
    assert recover(drawn("w", "y", "z")) is RunStatus.FAILURE
    assert RAN == []
    assert recover(drawn("w", "y", "z"), accept_changes=True) is RunStatus.SUCCESS
    assert RAN == ["y", "z"]


# -- by hand ---------------------------------------------------------------------------------------


def test_from_a_path_on_all_runs_again_in_a_finished_run_too(kept):
    flow = chained(kept(), "a", "b", "c")
    assert run(flow) is RunStatus.SUCCESS
    assert recover(flow) is RunStatus.SUCCESS
    assert RAN == []
    assert recover(flow, after=("b",)) is RunStatus.SUCCESS
    assert RAN == ["b", "c"]


def test_what_is_passed_over_is_shown_and_not_run(kept):
    flow = chained(kept(), "a", "b", "c")
    run(flow, "b")
    assert recover(flow, skip=("b",)) is RunStatus.SUCCESS
    assert RAN == ["c"]
    store = open_store(flow.store)
    attempts = [(told.path, told.attempt, told.is_passed) for told in store.attempts(store.find("latest"))]
    store.close()
    assert sorted(attempts) == [("a", 1, False), ("b", 1, False), ("b", 2, True), ("c", 1, False)]


def test_results_of_what_is_kept_reach_those_that_run_again(kept):
    flow = kept()
    a = flow.add_step("a", func=note, args=("a",))
    b = flow.add_step("b", func=note, args=("b", a.result))
    flow.result = flow.add_step("c", func=lambda x, y: x + y, args=(a.result, b.result))
    assert run(flow, "b") is RunStatus.FAILURE
    FAILING.clear()
    outcome = flow.run(run_mode=sequent.RUN_RECOVER)
    assert outcome.result == "ab"


def test_a_recovery_may_be_based_on_an_earlier_one(kept):
    flow = chained(kept(), "a", "b", "c", "d")
    run(flow, "b")
    recover(flow, "d")
    assert RAN == ["b", "c", "d"]
    based = chained(kept(recovery_run=0), "a", "b", "c", "d")
    assert recover(based) is RunStatus.SUCCESS
    assert RAN == ["b", "c", "d"]


def test_what_had_succeeded_by_then_keeps_the_result_that_it_had(kept):
    flow = kept()
    a = flow.add_step("a", func=lambda: (RAN.append("a"), len(RAN))[1])
    flow.result = flow.add_step("b", func=lambda x: x if "b" not in FAILING else 1 / 0, args=(a.result,))
    run(flow, "b")
    RAN.extend(["x"] * 5)
    store = open_store(flow.store)
    api.recover(definition_of(flow), store.find("latest"), store=store, request=RecoveryRequest(rerun=("a",)))
    FAILING.clear()
    outcome = api.recover(
        definition_of(flow), store.find("latest"), store=store, request=RecoveryRequest(recovery_run=0)
    )
    store.close()
    assert outcome.result == 1


# -- what is refused -------------------------------------------------------------------------------


def test_a_run_that_is_not_there_is_told_with_the_latest(kept):
    for _ in range(6):
        run(chained(kept(), "a"))
    store = open_store(kept().store)
    with pytest.raises(UnknownRunError) as caught:
        store.find("r9")
    with pytest.raises(UnknownRunError) as ambiguous:
        store.find("r0000")
    store.close()
    assert caught.value.hint == "the latest runs are " + ", ".join(f"r0000{n} (f, success)" for n in (6, 5, 4, 3, 2))
    assert "several runs begin with 'r0000'" in ambiguous.value.message


def test_a_flow_that_has_no_run_cannot_be_recovered(kept):
    run(chained(kept(), "a"))
    other = sequent.Sequent("other", store=kept().store)
    other.add_step("a", func=note, args=("a",))
    with pytest.raises(UsageError, match="the flow 'other' has no run to recover"):
        other.run(run_mode=sequent.RUN_RECOVER)


def test_a_run_that_is_being_driven_is_refused_with_who_drives_it(kept):
    flow = kept()

    def inside() -> None:
        store = open_store(flow.store)
        try:
            with pytest.raises(BusyError) as caught:
                api.recover(definition_of(flow), store.find("latest"), store=store)
        finally:
            store.close()
        RAN.append(f"{caught.value.exit_code} {caught.value.message}")

    flow.add_step("a", func=inside)
    assert run(flow) is RunStatus.SUCCESS
    assert RAN[0].startswith("3 ")
    assert "process" in RAN[0]
