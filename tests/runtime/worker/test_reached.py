"""A reference that reaches a step by a way that nobody could see beforehand is refused there, by name."""

import json
from types import SimpleNamespace

import pytest

import sequent
from sequent import command, container, step


@container
class earlier:
    @step
    def fetch(self) -> int:
        return 3


UNSEEN = SimpleNamespace(deep=SimpleNamespace(deeper=SimpleNamespace()))
"""Where looking for references beforehand does not get to."""
UNSEEN.deep.deeper.rows = earlier.fetch.result
UNSEEN.deep.deeper.text = f"/data/{earlier.fetch.result}.csv"


def rows():
    return UNSEEN.deep.deeper.rows


USES = {
    "an f-string": lambda: f"{rows()}",
    "a text": lambda: str(rows()),
    "repr": lambda: repr(rows()),
    "%": lambda: "%s" % rows(),  # noqa: UP031  one of the ways
    "format": lambda: "{:>3}".format(rows()),  # noqa: UP032  one of the ways
    "print": lambda: print(rows()),
    "within a text": lambda: str([rows()]),
    "JSON": lambda: json.dumps([rows()], default=str),
    "a key": lambda: {rows(): 1},
    "a set": lambda: {rows()},
    "a comparison": lambda: rows() == 3,
    "a condition": lambda: 1 if rows() else 2,
    "a loop": lambda: [*rows()],
    "a sum": lambda: rows() + 1,
    "a length": lambda: len(rows()),
    "a call": lambda: rows()(),
    "a part": lambda: rows().name,
    "an entry": lambda: rows()["name"],
    "the result": rows,
    "within the result": lambda: {"a": [rows()]},
    "a text that was made before": lambda: UNSEEN.deep.deeper.text,
    "a reference that is made in the step": lambda: f"{earlier.fetch.result}",
    "a part of one": lambda: str(earlier.fetch.result["a"]),
    "such a text within the result": lambda: [{"a": UNSEEN.deep.deeper.text}],
}


@pytest.mark.parametrize("use", USES)
def test_it_fails_the_step_by_name(use):
    flow = sequent.Sequent("flow", store=":memory:", config={"task_construct": "invoke"})
    flow.add_step("work", func=lambda: USES[use]())
    (failure,) = flow.run().failures
    assert failure.type == "DefinitionError"
    assert "fetch.result has come to the step 'work' as a reference" in failure.message
    assert "give it as an argument" in failure.message


@pytest.mark.parametrize("words", [lambda: ["echo", rows()], lambda: ["echo", UNSEEN.deep.deeper.text]])
def test_computed_words_fail_by_name_and_no_program_starts(words):
    flow = sequent.Sequent("flow", store=":memory:", config={"task_construct": "invoke"})
    flow.add_step("work", command=words)
    (failure,) = flow.run().failures
    assert "fetch.result has come to the step 'work' as a reference" in failure.message


def test_it_is_refused_in_a_worker_process_and_in_a_thread_too(tmp_path):
    flow = sequent.Sequent("flow", store=str(tmp_path / "store.db"))
    for construct in ("process", "thread"):
        flow.add_step(construct, func=lambda: f"{rows()}", task_construct=construct, stop_on_exception=False)
    failures = flow.run().failures
    assert sorted(failure.path for failure in failures) == ["process", "thread"]
    assert all("fetch.result has come to the step" in failure.message for failure in failures)


def test_a_step_may_build_and_run_a_flow_of_its_own():
    @container(task_construct="invoke")
    class around:
        @step
        def inner(self) -> str:
            flow = sequent.Sequent("inner", store=":memory:", config={"task_construct": "invoke"})
            one = flow.add_step("one", func=len, args=("abc",))
            two = flow.add_step("two", command=("echo", f"<{one.result}>"), result=str)
            flow.add_step("three", command=("echo", f"{two.result}"))
            flow.result = two
            return flow.run().result

        result = inner

    assert around.run(store=":memory:").result == "<3>"


def test_outside_of_a_step_a_reference_can_be_shown():
    assert "fetch.result" in repr(rows())


def test_a_word_that_a_step_takes_from_elsewhere_is_filled_in():
    @container(task_construct="invoke")
    class flow:
        fetch = step(lambda: 3)
        show = command("echo", f"{fetch.result}", result=str)
        result = show

    assert flow.run(store=":memory:").result == "3"


def test_the_failures_of_a_step_are_refused_too_where_a_step_asks_for_them():
    flow = sequent.Sequent("flow", store=":memory:", config={"task_construct": "invoke"})
    flow.add_step("work", func=lambda: str(earlier.fetch.failures))
    (failure,) = flow.run().failures
    assert failure.message.startswith("fetch.failures has come to the step 'work' as a reference")
