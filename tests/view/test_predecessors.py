"""The task whose end another waited for: what it requires, the iteration before, or its own earlier attempt."""

from __future__ import annotations

import pytest

from sequent.model.status import RunStatus
from sequent.view.attempts import by_step
from sequent.view.critical_path import critical_path, stopping_failure
from sequent.view.failure_groups import present_failures
from sequent.view.predecessors import Predecessors
from tests.view.ran import FAILED, FLOW, a_run, a_step, after, ran

RAN = [
    ran("load", 0, 10),
    ran("each.one/1.1", 11, 20),
    ran("each.two/1.1", 20, 30),
    ran("each.one/1.2", 31, 40),
    ran("each.two/1.2", 40, 45, FAILED),
    ran("each.two/1.2", 50, 60, attempt=2),
    ran("last", 61, 62),
]


def predecessors(attempts, parts=FLOW):
    return Predecessors(parts, by_step(attempts, parts))


@pytest.mark.parametrize(("at", "before"), [(0, None), (1, 0), (2, 1), (3, 2), (4, 3), (5, 4), (6, 5)])
def test_a_task_waited_for_the_last_end_of_all_that_it_had_to_wait_for(at, before):
    assert predecessors(RAN).of(RAN[at]) is (None if before is None else RAN[before])


def test_another_iteration_is_not_awaited_if_all_may_run_at_once():
    parts = {**FLOW, "each": a_step(kind=FLOW["each"].kind, requires=after("load"), repeats=FLOW["each"].repeats)}
    assert predecessors(RAN, parts).of(RAN[3]) is RAN[2]
    at_once = {"options": {"parallel": 0}, "kind": FLOW["each"].kind, "requires": after("load")}
    parts["each"] = a_step(repeats=FLOW["each"].repeats, **at_once)
    assert predecessors(RAN, parts).of(RAN[3]) is RAN[0]


def test_a_copy_waits_for_the_copy_on_its_host():
    parts = {"": FLOW[""], "pair": FLOW[""], "pair.one": a_step(), "pair.two": a_step(requires=after("pair", "one"))}
    there = [
        ran(f"pair.{name}/1.1", began, ended, host=host, host_depth=1)
        for name, began, ended, host in (
            ("one", 0, 5, "a"),
            ("one", 0, 7, "b"),
            ("two", 8, 9, "a"),
        )
    ]
    assert predecessors(there, parts).of(there[2]) is there[0]


def test_the_critical_path_leads_from_the_last_end_to_the_start():
    attempts = by_step(RAN, FLOW)
    path = critical_path(attempts, Predecessors(FLOW, attempts), began=-2.0, now=100.0)
    assert [(task.path, task.waited) for task in path.tasks] == [
        ("load", 2.0),
        ("each.one", 1.0),
        ("each.two", 0.0),
        ("each.one", 1.0),
        ("each.two", 0.0),
        ("each.two", 5.0),
        ("last", 1.0),
    ]
    shares = {share.path: (share.tasks, share.ran, share.waited) for share in path.steps}
    assert shares["each.two"] == (3, 25.0, 5.0)
    assert path.steps[0].path == "each.two"


def failed_run():
    """A run whose second iteration fails while the first and the third go on for longer."""
    attempts = [
        *(ran("load", 0, 10), ran("each.one/1.1", 10, 40), ran("each.one/1.2", 11, 20), ran("each.one/1.3", 12, 13)),
        *(ran("each.two/1.2", 21, 30, FAILED), ran("each.two/1.3", 14, 50, FAILED)),
    ]
    return by_step(attempts, FLOW)


def path_of(attempts, **record):
    failure = stopping_failure(a_run(**record), present_failures(attempts, ()))
    return critical_path(attempts, Predecessors(FLOW, attempts), began=0.0, now=60.0, failure=failure)


def test_the_critical_path_of_a_failed_run_leads_to_the_failure_that_stopped_it():
    path = path_of(failed_run(), status=RunStatus.FAILURE, reason="stopped by the failure of each.two/1.2")
    assert [f"{task.path}/{task.sequence}" for task in path.tasks] == ["load/1", "each.one/1.2", "each.two/1.2"]
    assert (path.failure, path.after) == ("each.two/1.2", 30.0)
    path = path_of(failed_run(), status=RunStatus.FAILURE, reason="stopped by the failure of each.two/1.3")
    assert (path.failure, path.after) == ("each.two/1.3", 10.0)


def test_it_leads_to_the_first_failure_if_none_cancelled_others_or_a_container_did():
    for reason in ("", "stopped by the failure of each/1"):
        assert path_of(failed_run(), status=RunStatus.FAILURE, reason=reason).failure == "each.two/1.2"


def test_a_run_that_succeeded_after_handled_failures_or_was_stopped_has_the_path_to_its_last_end():
    for status in (RunStatus.SUCCESS, RunStatus.STOPPED, RunStatus.RUNNING):
        path = path_of(failed_run(), status=status)
        assert (path.failure, path.after) == ("", 0.0)
        assert (path.tasks[-1].path, path.tasks[-1].sequence) == ("each.two", "1.3")


def test_a_task_whose_awaited_step_never_ran_waited_for_an_unknown_time():
    only = [ran("last", 61, 62)]
    path = critical_path(by_step(only, FLOW), predecessors(only), began=0.0, now=100.0)
    assert [task.waited for task in path.tasks] == [0.0]
