"""What the original did: the same orders and outcomes here.

The orders were taken from its last release, running the programs of its documentation.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sequent import STEP_ACTIVE, STEP_COMPLETE, STEP_FAILURE, STEP_READY, STEP_SUCCESS, Sequent, item, or_
from tests.golden.ledger import breaks, ends, note, noted, runs, script, wait_for_end_of, wait_until, works

PROGRAMS = Path(__file__).parents[2] / "examples/documentation"

SIMPLE = """
s1_s11_s111/1.1.1  s1_s11_s112/1.1.1  s1_s11_s111/1.1.2  s1_s11_s112/1.1.2  s1_s12/1.1
s1_s11_s111/1.2.1  s1_s11_s112/1.2.1  s1_s11_s111/1.2.2  s1_s11_s112/1.2.2  s1_s12/1.2
s2/1
"""
UNTIL_IT_FAILS = """
s1_s11_s111/1.1.1  s1_s11_s112/1.1.1  s1_s11_s111/1.1.2  s1_s11_s112/1.1.2  s1_s12/1.1
s1_s11_s111/1.2.1  s1_s11_s112/1.2.1  s1_s11_s111/1.2.2
"""
RECOVERED = "s1_s11_s111/1.2.2  s1_s11_s112/1.2.2  s1_s12/1.2  s2/1"


# -- the documentation's programs ------------------------------------------------------------------


def test_the_simple_program_keeps_its_order(home):
    done = script(PROGRAMS / "runly00.py", home)
    assert done.returncode == 0, done.stderr
    assert ends() == SIMPLE.split()
    ((run, _),) = runs()
    assert run.status == "success"
    # As the documentation prints it.
    inner, outer = ["prog1", "prog2"], ["prog3"]
    shown = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert shown == [f"doing what {prog} is doing" for prog in [*(inner * 2 + outer) * 2, "prog4"]]


def test_the_recovery_program_fails_and_then_runs_only_what_is_left(home):
    done = script(PROGRAMS / "runly04.py", home)
    assert done.returncode == 0, done.stderr
    assert ends() == UNTIL_IT_FAILS.split() + RECOVERED.split()
    ((run, attempts),) = runs()
    assert (run.status, run.recovery) == ("success", 1)
    assert [(a.path, a.sequence, a.attempt) for a in attempts if a.status == "failure"] == [("s1.s11.s111", "1.2.2", 1)]
    assert [(a.path, a.sequence) for a in attempts if a.attempt == 2] == [("s1.s11.s111", "1.2.2")]


@pytest.mark.parametrize(("program", "outcomes"), [("runly00.py", ["True"]), ("runly04.py", ["False", "True"])])
def test_no_line_of_a_program_runs_twice(home, program, outcomes):
    text = (PROGRAMS / program).read_text()
    first = 'open("lines", "a").write("first ")\n'
    last = '\nopen("lines", "a").write("last ")\n'
    copy = home / program
    copy.write_text(first + text.replace("myflow.run()", "print(bool(myflow.run()))") + last)
    done = script(copy, home)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line in ("True", "False")] == outcomes
    assert (home / "lines").read_text() == "first last "


# -- what it did right, or would have ---------------------------------------------------------------


def test_a_failure_that_somebody_requires_is_handled(home):
    flow = Sequent("flow")
    a = flow.add_step("a", func=breaks)
    flow.add_step("fix", func=note, args=["fix"], requires=((a, STEP_FAILURE),))
    assert flow.run()
    assert noted() == ["fix"]


def test_a_failure_that_nobody_requires_starts_nothing_more(home):
    flow = Sequent("flow")
    flow.add_step("a", func=breaks)
    b = flow.add_step("b", func=wait_for_end_of, args=["a"])
    flow.add_step("after", func=note, args=["after"], requires=((b, STEP_SUCCESS),))
    outcome = flow.run()
    assert not outcome
    assert outcome.status == "failure"
    assert noted() == []


def test_with_stop_on_exception_false_other_steps_and_iterations_go_on(home):
    flow = Sequent("flow", config={"stop_on_exception": False})
    flow.add_step("a", func=breaks)
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("x", func=odd_breaks, args=[item()])
    assert not flow.run()
    assert noted() == ["1", "2"]


def odd_breaks(number):
    note(number)
    if number % 2:
        breaks()


def test_an_iteration_that_fails_ends_its_loop(home):
    flow = Sequent("flow")
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("x", func=odd_breaks, args=[item()])
    assert not flow.run()
    assert noted() == ["1"]


def test_an_outer_step_that_requires_a_containers_end_runs_though_a_step_in_it_failed(home):
    flow = Sequent("flow")
    c = flow.add_step("c")
    c.add_step("x", func=breaks)
    flow.add_step("after", func=note, args=["after"], requires=((c, STEP_COMPLETE),))
    assert flow.run()
    assert noted() == ["after"]


def test_requirements_on_ready_and_active_come_true(home):
    flow = Sequent("flow", config={"max_concurrent": 3})
    a = flow.add_step("a", func=waits_for, args=[["at_ready", "at_active"]])
    flow.add_step("at_ready", func=note, args=["at_ready"], requires=((a, STEP_READY),))
    flow.add_step("at_active", func=note, args=["at_active"], requires=((a, STEP_ACTIVE),))
    assert flow.run()
    assert sorted(noted()) == ["at_active", "at_ready"]


def waits_for(names):
    wait_until(lambda: set(names) <= set(noted()))


def test_or_works_in_steps_and_in_events(home):
    flow = Sequent("flow", config={"stop_on_exception": False})
    a, b = flow.add_step("a", func=works), flow.add_step("b", func=breaks)
    either = flow.add_event(or_((a, STEP_FAILURE), (b, STEP_FAILURE)))
    flow.add_step("by_event", func=note, args=["by_event"], requires=(either,))
    flow.add_step("by_step", func=note, args=["by_step"], requires=or_((a, STEP_SUCCESS), (b, STEP_SUCCESS)))
    assert flow.run()
    assert sorted(noted()) == ["by_event", "by_step"]
