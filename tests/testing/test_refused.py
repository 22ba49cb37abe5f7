"""What cannot be said of a simulation is refused with what can, before anything happens."""

from __future__ import annotations

import contextlib
import itertools
from datetime import datetime
from inspect import signature

import pytest

import sequent
from sequent import Pool, container, item, outer, step
from sequent.errors import SequentError, UsageError
from sequent.testing import FakeClock, Simulation, simulate
from sequent.testing.scenario import ScenarioOptions
from tests.testing.simulated_flows import never


def texts() -> list[str]:
    raise AssertionError("a step was run")


def made() -> sequent.Sequent:
    flow = sequent.Sequent("f")
    flow.add_step("extract", func=texts)
    send = flow.add_step("send", repeats=[1, 2])
    send.add_step("copy", func=never)
    send.add_step("nothing")
    flow.add_step("draw", func=never, repeats=lambda: [1])
    return flow


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ({"failing": ["exract"]}, ["failing names 'exract'", "did you mean 'extract'?"]),
        ({"failing": "copy"}, ["failing names 'copy'", "did you mean 'send.copy'?"]),
        ({"durations": {"send.cpy": 1}}, ["durations names 'send.cpy'", "did you mean 'send.copy'?"]),
        ({"results": {"zzz": 1}}, ["results names 'zzz'", "there are: draw, extract, send.copy"]),
        ({"items": {"drow": [1]}}, ["items names 'drow'", "did you mean 'draw'?"]),
        ({"failing": ["send"]}, ["failing names the container 'send'", "name a step in it: send.copy"]),
        ({"failing": ["send.nothing"]}, ["'send.nothing', which has nothing to do"]),
        ({"items": {"send": [1]}}, ["'send', which repeats over items that are known without a call"]),
        ({"items": {"extract": [1]}}, ["'extract', which does not repeat"]),
        ({"failing": ["send.copy/2"]}, ["'2' is not a sequence", "the flow 'f' (always 1), send"]),
        ({"failing": ["send.copy/2.1"]}, ["'2.1' is not a sequence"]),
        ({"failing": ["send.copy/1.0"]}, ["'1.0' is not a sequence"]),
        ({"failing": ["send.copy/1.x"]}, ["'1.x' is not a sequence"]),
        ({"failing": ["extract/2"]}, ["'2' is not a sequence"]),
        (
            {"failing": {"extract": "always"}},
            ["failing says of 'extract': 'always'", "give the number of attempts that fail"],
        ),
        ({"failing": {"extract": -1}}, ["failing says of 'extract': -1"]),
        ({"failing": {"extract": [[True]]}}, ["failing says of 'extract'"]),
        ({"failing": {"extract": int}}, ["failing says of 'extract'"]),
        ({"failing": {"extract": [1]}}, ["failing says of 'extract'"]),
        ({"failing": lambda task: "no"}, ["failing says of 'extract/1': 'no'", "return True, False, None"]),
        ({"failing": {"extract": lambda task: 5}}, ["failing says of 'extract/1': 5"]),
        ({"failing": {"extract": UnicodeDecodeError}}, ["UnicodeDecodeError, which cannot be made", "make it: Uni"]),
        ({"failing": 5}, ["failing is 5", "give the names of the steps that fail"]),
        ({"durations": 5}, ["durations is 5", "durations={'load': ...}"]),
        ({"results": "abc"}, ["results is 'abc'"]),
        ({"items": ["abc"]}, ["items is ['abc']"]),
        ({"failling": "extract"}, ["simulate() has no argument 'failling'", "did you mean 'failing'?"]),
        ({"parms": {}}, ["simulate() has no argument 'parms'", "did you mean 'params'?"]),
        ({"durations": {"extract": "soon"}}, ["durations says of 'extract'", "'soon' is not a duration"]),
        ({"durations": {"extract": -1}}, ["durations says of 'extract'", "negative"]),
        ({"durations": {"extract": (1, "x")}}, ["durations says of 'extract'"]),
        ({"durations": {"extract": (1, 2, 3)}}, ["durations says of 'extract'"]),
        ({"durations": lambda task: "soon"}, ["durations says of 'extract/1'", "'soon'"]),
        ({"results": {"extract": "abc"}}, ["results gives 'abc' for 'extract'", "returns list[str]"]),
        ({"results": {"extract": [1]}}, ["returns list[str]"]),
        ({"results": {"extract": lambda task: "abc"}}, ["returns list[str]"]),
        ({"results": {"send.copy": object()}}, ["the result for 'send.copy' is an object, which cannot be stored"]),
        ({"items": {"draw": "abc"}}, ["items gives 'abc' for 'draw'", "give a list, a tuple or a range"]),
        ({"items": {"draw": [object()]}}, ["the items for 'draw'[0] is an object"]),
        ({"stop_at": "soon"}, ["stop_at: 'soon' is not a duration", 'give "30s", a number of seconds']),
        ({"start": datetime(2026, 1, 1)}, ["2026-01-01T00:00:00, which has no time zone"]),  # noqa: DTZ001 - the mistake
        ({"start": "2026-01-01"}, ["start is '2026-01-01'", "give a datetime"]),
        ({"max_concurrent": "many"}, ["max_concurrent is 'many'", "give a number of tasks; 0: no limit"]),
        ({"params": {"day": 1}}, ["'f' has no parameter 'day'"]),
    ],
)
def test_a_mistake_is_refused_with_what_is_wrong_and_what_is_allowed(options, texts):
    with pytest.raises(SequentError) as caught:
        simulate(made(), **options)
    for text in texts:
        assert text in str(caught.value)


ODD = (7, 0, -1, 1.5, "x", None, [], {}, ..., True, b"s", [1])
SIMULATED = (*signature(simulate).parameters, *ScenarioOptions.__annotations__)
RECOVERED = (*signature(Simulation.recover).parameters, *ScenarioOptions.__annotations__)


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_an_argument_of_a_wrong_type_is_possible_or_refused(value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed = simulate(made(), failing=["extract"])
    for name in {*SIMULATED} - {"flow", "scenario"}:
        with contextlib.suppress(SequentError):
            simulate(made(), **{name: value})
    for name in {*RECOVERED} - {"self", "scenario"}:
        with contextlib.suppress(SequentError):
            failed.recover(**{name: value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("params", (7, "x", [1])),
        ("start", (7, None, "2026-01-01")),
        ("max_concurrent", (-1, 1.5, "x", True)),
        ("max_loops", (0, 1.5, None, "x", True)),
        ("most_attempts", (0, 1.5, None, "x", True)),
        ("history", (7, [], b"s")),
        ("seed", (1.5, None, "x", True)),
        ("failing", (7, b"s", [1])),
    ],
)
def test_an_argument_of_a_wrong_type_is_named_with_what_is_allowed(name, values):
    for value in values:
        with pytest.raises(UsageError, match=rf"^{name} is ") as caught:
            simulate(made(), **{name: value})
        assert caught.value.hint.startswith("give ")


def test_one_name_needs_no_list():
    simulation = simulate(made(), failing="draw")
    assert simulation.recover(rerun="extract").order()[0] == "extract"
    with pytest.raises(UsageError, match=r"^skip is 7"):
        simulation.recover(skip=7)


def test_what_is_no_flow_is_refused():
    with pytest.raises(UsageError, match="an int is not a flow"):
        simulate(3)


# -- what is not known ----------------------------------------------------------------------------


def fan_out() -> sequent.Sequent:
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=texts)
    flow.add_step("load", func=never, repeats=find.result)
    return flow


def test_a_result_that_decides_the_course_is_asked_for():
    with pytest.raises(UsageError, match=r"the result of 'find' decides the repeats of 'load'") as caught:
        simulate(fan_out())
    assert "results={'find': ...}" in caught.value.hint


def test_what_never_returns_need_not_be_known():
    assert simulate(fan_out(), failing=["find"]).order() == ["find"]


@pytest.mark.parametrize("option", ["delay", "timeout", "parallel"])
def test_so_are_those_that_options_are_taken_from(option):
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=never)
    options = {"repeats": [1], "parallel": first.result} if option == "parallel" else {option: first.result["n"]}
    flow.add_step("a", func=never, **options)
    with pytest.raises(UsageError, match=f"the result of 'first' decides the {option} of 'a'"):
        simulate(flow)
    assert simulate(flow, results={"first": 2 if option == "parallel" else {"n": 2}})


def test_so_are_those_by_which_branches_and_loops_are_decided():
    flow = sequent.Sequent("f")
    kind = flow.add_step("kind", func=never)
    flow.add_step("a", func=never, requires=kind.returned("full"))
    with pytest.raises(UsageError, match="which branch is taken"):
        simulate(flow)
    flow = sequent.Sequent("f")
    flow.add_step("poll", func=never, repeats=itertools.count, until=True)
    with pytest.raises(UsageError, match="whether its repeat goes on"):
        simulate(flow)


@container
class paged:
    @step
    def count(self) -> int:
        raise AssertionError("a step was run")

    @container
    class around:
        found: int = outer.count.result

        @step(repeats=lambda self: range(self.found))
        def load(self, page: int = item()) -> None:
            raise AssertionError("a step was run")


def test_items_that_cannot_be_had_without_a_result_are_asked_for():
    with pytest.raises(UsageError, match=r"the items of 'around\.load' cannot be computed: TypeError") as caught:
        simulate(paged)
    assert "items={'around.load': [...]}, or their source: results={'count': ...}" in caught.value.hint
    assert simulate(paged, items={"around.load": ["a"]}).attempts("around.load") == 1


def test_a_loop_without_end_is_told_from_a_long_one():
    flow = sequent.Sequent("f")
    flow.add_step("poll", func=never, repeats=itertools.count, until=True)
    with pytest.raises(UsageError, match=r"'poll/1\.51' is one attempt too many"):
        simulate(flow, results={"poll": False}, most_attempts=50)


def test_a_recovery_has_as_many_attempts_as_the_simulation_had():
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=never)
    flow.add_step("poll", func=never, repeats=itertools.count, until=True, requires=first)
    simulation = simulate(flow, failing=["first"], results={"poll": False}, most_attempts=5)
    with pytest.raises(UsageError, match=r"'poll/1\.5' is one attempt too many"):
        simulation.recover(failing=())


# -- what is asked of a simulation ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda it: it.ran("exract"), "did you mean 'extract'?"),
        (lambda it: it.status_of("copy"), "did you mean 'send.copy'?"),
        (lambda it: it.status_of("send/1.2.3"), "'1.2.3' is not a sequence"),
        (lambda it: it.started_at("late"), "nothing of 'late' started"),
        (lambda it: it.ended_at("zzz"), "which the flow 'f' does not have"),
        (lambda it: it.peak("dbx"), "did you mean 'db'?"),
        (lambda it: it.order("sned"), "did you mean 'send'?"),
        (lambda it: it.recover(failing=["exract"]), "did you mean 'extract'?"),
        (lambda it: it.recover(after=-1), "negative"),
        (lambda it: it.recover(skipp=["extract"]), "recover() has no argument 'skipp'"),
        (lambda it: it.continue_(duration={"extract": 1}), "did you mean 'durations'?"),
        (lambda it: it.recover(rerun=["exract"]), "did you mean 'extract'?"),
    ],
)
def test_a_question_about_something_unknown_is_an_error_and_no_answer(ask, text):
    flow = made()
    flow.add_step("hold", func=never, acquires={Pool("db", 1): 1})
    flow.add_step("late", func=never, delay="1h")
    simulation = simulate(flow, failing=["extract"])
    with pytest.raises(UsageError) as caught:
        ask(simulation)
    assert text in str(caught.value)


def test_after_a_refused_recovery_another_is_possible():
    simulation = simulate(made(), failing=["extract"])
    with pytest.raises(UsageError):
        simulation.recover(failing=["exract"])
    assert simulation.recover(failing=())


def test_what_has_failed_is_not_continued():
    simulation = simulate(made(), failing=["extract"])
    with pytest.raises(UsageError, match="has failed: there is nothing to continue"):
        simulation.continue_()


def test_a_clock_goes_on_by_lengths_of_time_alone():
    clock = FakeClock()
    clock.pass_time("1h 30m")
    assert (clock.elapsed, clock.now() - FakeClock().now()) == (5400.0, 5400.0)
    with pytest.raises(UsageError, match="negative"):
        clock.pass_time(-1)
