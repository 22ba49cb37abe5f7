"""The traps into which the original led its users, each with what happens here instead."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

import sequent
from sequent import STEP_FAILURE, STEP_SUCCESS, Outcome, Sequent, item
from sequent.errors import DefinitionError, InvalidFlowError
from tests.golden.ledger import breaks, ends, note, noted, runs, script, wait_for_end_of, wait_until, works


def reasons(outcome):
    """What failed, and why."""
    return {failure.path: failure.problem.type for failure in outcome.failures}


# -- containers and requirements ------------------------------------------------------------


def test_a_container_whose_only_last_step_is_a_failure_handler_completes_when_nothing_failed(home):
    flow = Sequent("flow")
    c = flow.add_step("c")
    a = c.add_step("a", func=works)
    c.add_step("fix", func=works, requires=((a, STEP_FAILURE),))
    flow.add_step("after", func=note, args=["after"], requires=((c, STEP_SUCCESS),))
    assert flow.run()
    assert noted() == ["after"]


def test_two_containers_active_at_once_keep_their_iterations(home):
    flow = Sequent("flow")
    for name in ("s1", "s1_s2"):
        c = flow.add_step(name, repeats=[1, 2, 3])
        a = c.add_step("a", func=works)
        c.add_step("b", func=works, requires=((a, STEP_SUCCESS),))
    assert flow.run()
    assert sorted(ends()) == sorted(
        f"{name}_{step}/1.{number}" for name in ("s1", "s1_s2") for step in "ab" for number in (1, 2, 3)
    )


def test_names_that_collide_once_joined_are_different_steps(home):
    flow = Sequent("flow")
    flow.add_step("s1_s11", func=note, args=["outer"])
    s1 = flow.add_step("s1")
    s1.add_step("s11", func=note, args=["inner"])
    s1.add_step("start", func=note, args=["start"])
    for suffix in ("start", "next", "end"):
        flow.add_step(f"s1_{suffix}", func=note, args=[suffix])
    assert flow.run()
    assert sorted(noted()) == ["end", "inner", "next", "outer", "start", "start"]


@pytest.mark.parametrize("name", ["load-data", "1st", "load data", ""])
def test_a_name_that_is_no_identifier_is_refused(name):
    with pytest.raises(DefinitionError, match="name"):
        Sequent("flow").add_step(name, func=works)


def test_an_outer_step_that_requires_an_inner_one_is_refused(home):
    flow = Sequent("flow")
    c = flow.add_step("c", repeats=[1, 2])
    a = c.add_step("a", func=works)
    flow.add_step("after", func=works, requires=((a, STEP_SUCCESS),))
    with pytest.raises(InvalidFlowError, match=r"'after'.*'c\.a'"):
        flow.run()
    assert runs() == []


def test_an_inner_step_that_requires_an_outer_one_runs_in_every_iteration(home):
    flow = Sequent("flow")
    a = flow.add_step("a", func=works)
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("x", func=note, args=[item()], requires=((a, STEP_SUCCESS),))
    assert flow.run()
    assert noted() == ["1", "2"]


def test_an_item_that_is_none_is_an_item_like_any_other(home):
    flow = Sequent("flow")
    flow.add_step("x", func=note, args=[item()], repeats=[1, None, 2])
    assert flow.run()
    assert noted() == ["1", "None", "2"]


def test_steps_do_not_share_the_arguments_that_they_were_given(home):
    names = ["a"]
    flow = Sequent("flow")
    flow.add_step("x", func=adds, args=[names], repeats=[1, 2])
    names.append("b")
    assert flow.run()
    assert noted() == ["a", "a"]
    assert names == ["a", "b"]


def adds(names):
    note("+".join(names))
    names.append("more")


def test_an_empty_flow_is_refused(home):
    flow = Sequent("flow")
    with pytest.raises(InvalidFlowError, match="empty flow"):
        flow.run()


# -- what ends a step, and not the run ------------------------------------------------------


def test_a_lambda_and_a_local_function_work_as_steps(home):
    flow = Sequent("flow")
    flow.add_step("by_lambda", func=lambda: note("lambda"))

    def local():
        note("local")

    flow.add_step("by_local", func=local)
    assert flow.run()
    assert sorted(noted()) == ["lambda", "local"]


def test_a_lambda_that_fails_fails_the_run(home):
    flow = Sequent("flow")
    flow.add_step("a", func=lambda: breaks())
    outcome = flow.run()
    assert not outcome
    assert reasons(outcome) == {"a": "RuntimeError"}


def exits():
    sys.exit(3)


def ends_at_once():
    os._exit(3)


def kills_itself():
    os.kill(os.getpid(), signal.SIGKILL)


def gives_no_data():
    return threading.Lock()


def raises_what_cannot_be_sent():
    class Local(Exception):
        def __init__(self, lock):
            super().__init__("local")
            self.lock = lock

        def __reduce__(self):
            raise TypeError("never")

    raise Local(threading.Lock())


@pytest.mark.parametrize("bad", [exits, ends_at_once, kills_itself, gives_no_data, raises_what_cannot_be_sent])
def test_whatever_ends_a_step_ends_that_step_only(home, bad):
    flow = Sequent("flow", config={"stop_on_exception": False})
    a = flow.add_step("a", func=bad)
    flow.add_step("after", func=note, args=["after"], requires=((a, STEP_SUCCESS),))
    flow.add_step("fix", func=note, args=["fix"], requires=((a, STEP_FAILURE),), handles=False)
    b = flow.add_step("b", func=works)
    flow.add_step("after_b", func=note, args=["after_b"], requires=((b, STEP_SUCCESS),))
    outcome = flow.run()
    assert outcome.status == "failure"
    assert [failure.path for failure in outcome.failures] == ["a"]
    assert outcome.failures[0].problem.message
    assert sorted(noted()) == ["after_b", "fix"]


def test_a_process_that_is_killed_from_outside_fails_that_step_only(home):
    flow = Sequent("flow", config={"stop_on_exception": False, "max_concurrent": 2})
    flow.add_step("a", func=tells_its_process_and_waits)
    flow.add_step("b", func=kills_the_process_that_was_told)
    outcome = flow.run()
    assert reasons(outcome) == {"a": "Signal"}
    assert outcome.failures[0].problem.signal == signal.SIGKILL
    assert outcome.counts == {"failure": 1, "success": 1}


def tells_its_process_and_waits():
    note(os.getpid())
    signal.pause()


def kills_the_process_that_was_told():
    wait_until(noted)
    os.kill(int(noted()[0]), signal.SIGKILL)


def test_an_exception_out_of_run_leaves_no_process_that_hangs_the_program(home):
    (home / "store.db").write_text("this is no store")
    program = home / "program.py"
    program.write_text(
        "import sequent\nflow = sequent.Sequent('flow')\nflow.add_step('a', func=lambda: None)\nflow.run()\n"
    )
    done = script(program, home)
    assert done.returncode == 1
    assert "StoreError" in done.stderr
    assert (home / "store.db").read_text() == "this is no store"


# -- limits, constructs, surroundings -------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_max_concurrent_is_reached_and_never_exceeded(home, limit):
    flow = Sequent("flow", config={"max_concurrent": limit})
    flow.add_step("x", func=stays_for_its_row, args=[item(), limit], repeats=range(3 * limit), parallel=0)
    assert flow.run()
    running, most = 0, 0
    for line in noted():
        running += 1 if line == "+" else -1
        most = max(most, running)
    assert most == limit


def stays_for_its_row(number, limit):
    """End only once all that may run beside this one have begun: a task too many would show."""
    note("+")
    wanted = number // limit * limit + limit
    wait_until(lambda: noted().count("+") >= wanted)
    note("-")


def test_the_flows_construct_reaches_its_steps_and_a_step_may_have_its_own(home):
    flow = Sequent("flow", config={"task_construct": "invoke"})
    a = flow.add_step("a", func=notes_its_process)
    flow.add_step("b", func=notes_its_process, requires=((a, STEP_SUCCESS),), task_construct="process")
    assert flow.run()
    here = str(os.getpid())
    assert [pid == here for pid in noted()] == [True, False]


def notes_its_process():
    note(os.getpid())


def test_variables_of_the_environment_that_bear_an_options_name_change_nothing(home, monkeypatch):
    for name in ("task_construct", "TASK_CONSTRUCT"):
        monkeypatch.setenv(name, "invoke")
    for name in ("stop_on_exception", "STOP_ON_EXCEPTION"):
        monkeypatch.setenv(name, "False")
    flow = Sequent("flow")
    a = flow.add_step("a", func=notes_its_process)
    flow.add_step("bad", func=breaks, requires=((a, STEP_SUCCESS),))
    c = flow.add_step("c", func=wait_for_end_of, args=["bad"], requires=((a, STEP_SUCCESS),))
    flow.add_step("after", func=note, args=["after"], requires=((c, STEP_SUCCESS),))
    assert not flow.run()
    assert len(noted()) == 1
    assert noted() != [str(os.getpid())]


def test_a_step_knows_its_name_and_its_sequence(home):
    flow = Sequent("flow")
    s1 = flow.add_step("s1", repeats=[1, 2])
    s1.add_step("s11", func=where, args=[flow])
    assert flow.run()
    assert noted() == ["s1_s11/1.1", "s1_s11/1.2"]


def where(flow):
    assert flow.run_id == os.environ["SEQUENT_RUN_ID"]
    note(f"{flow.get_step_name()}/{flow.get_step_sequence()}")


# -- runs -----------------------------------------------------------------------------------


def test_run_with_one_loop_returns_an_outcome(home):
    flow = Sequent("flow")
    flow.add_step("a", func=works)
    outcome = flow.run(max_loops=1)
    assert isinstance(outcome, Outcome)
    assert outcome.status == "success"
    assert outcome.run_id == flow.run_id


def test_a_restart_keeps_what_the_store_has_and_is_a_run_of_its_own(home):
    flow = Sequent("flow")
    flow.add_step("a", func=works)
    first = flow.run().run_id
    second = flow.run().run_id
    assert first != second
    assert [(run.id, [attempt.path for attempt in attempts]) for run, attempts in runs()] == [
        (second, ["a"]),
        (first, ["a"]),
    ]


def test_a_recovery_takes_up_a_container_in_mid_iteration(home):
    def build(mode=sequent.RUN_RESTART, run_id=None):
        flow = Sequent("flow", run_mode=mode, run_id=run_id)
        c = flow.add_step("c", repeats=[1, 2])
        a = c.add_step("a", func=note, args=["a"])
        c.add_step("b", func=breaks_once, requires=((a, STEP_SUCCESS),))
        return flow

    flow = build()
    assert not flow.run()
    assert noted() == ["a", "b"]
    assert build(sequent.RUN_RECOVER, flow.run_id).run()
    assert noted() == ["a", "b", "b", "a", "b"]


def breaks_once():
    note("b")
    if noted().count("b") == 1:
        breaks()
