"""The result of a run is read from the store as the run has returned it, and shown as a table if it is one."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from enum import Enum

import pytest

from sequent import container, item, step
from sequent.model.outcome import Failures
from sequent.model.value_text import encode
from sequent.runtime.store import open_store
from sequent.view import run_result
from sequent.view.run_facts import facts_of
from sequent.view.run_result import RunResult, gathered, read_result, shown_result
from sequent.view.text import plain


class Colour(Enum):
    RED = 1


@dataclass
class Delay:
    airport: str
    minutes: float
    day: date | None = None


@container
class of_a_step:
    @step
    def delays(self) -> list[Delay]:
        return [Delay("EWR", 3.5, date(2013, 1, 1)), Delay("JFK", 0.0)]

    result = delays


@container
class of_a_repeated_step:
    @step(repeats=[1, 2, 3])
    def double(self, number: int = item()) -> int:
        return 2 * number

    result = double


@container
class of_loops_within_loops:
    @container(repeats=[1, 2], parallel=2)
    class outer:
        number: int = item()

        @container(repeats=["a", "b"])
        class inner:
            letter: str = item()

            @step
            def write(self) -> str:
                return self.letter

            result = write

        result = inner

    result = outer


@container
class of_copies:
    @step(hosts=["localhost", "127.0.0.1"])
    def load(self) -> int:
        return 1

    result = load


@container
class of_none:
    @step
    def work(self) -> int:
        return 1


@pytest.mark.parametrize("flow", [of_a_step, of_a_repeated_step, of_loops_within_loops, of_copies, of_none])
def test_the_result_in_the_store_is_that_which_the_run_has_returned(flow, tmp_path):
    name = str(tmp_path / "store.db")
    outcome = flow.run(store=name)
    with closing(open_store(name)) as store:
        (record,) = store.runs()
        record = store.find(record.id)
        found = gathered(facts_of(store, record))
        assert (None if found is None else found.value) == plain(json.loads(encode(outcome.result)))
        assert (read_result(store, record) is None) == (flow is of_none)


def test_the_result_of_very_many_iterations_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(run_result, "MOST_ITERATIONS", 2)
    name = str(tmp_path / "store.db")
    of_a_repeated_step.run(store=name)
    with closing(open_store(name)) as store:
        found = read_result(store, store.find("latest"))
    assert found is not None
    assert (json.loads(found.text), found.is_cut) == ([2, 4], True)


def test_a_run_that_has_failed_has_no_result(tmp_path):
    @container
    class failing:
        @step
        def good(self) -> int:
            return 1

        @step
        def bad(self) -> None:
            raise ValueError

        result = good

    name = str(tmp_path / "store.db")
    failing.run(store=name)
    with closing(open_store(name)) as store:
        assert read_result(store, store.find("latest")) is None


def test_records_are_a_table_with_all_their_fields():
    found = shown_result([{"name": "EWR", "late": 3}, {"name": "JFK", "early": [1, 2]}])
    assert found == RunResult(columns=("name", "late", "early"), rows=(("EWR", "3", ""), ("JFK", "", "[1, 2]")))


@pytest.mark.parametrize("tree", [[], {}, [1, 2], [{"a": 1}, 2], [{}], {"a": {"b": 1}}, "text", None, 3.5])
def test_other_results_are_text(tree):
    found = shown_result(tree)
    assert (found.columns, found.is_cut) == ((), False)
    assert found.text == tree if isinstance(tree, str) else json.loads(found.text) == tree


def test_tables_and_texts_are_cut_where_they_are_too_long():
    table = shown_result([{"n": number} for number in range(101)])
    assert (len(table.rows), table.is_cut) == (100, True)
    assert shown_result("x" * 4_001) == RunResult(text="x" * 4_000, is_cut=True)
    ((cell,),) = shown_result([{"n": "x" * 300}]).rows
    assert cell == f"{'x' * 200} …"


def test_very_wide_records_are_text():
    assert shown_result([{str(number): number for number in range(21)}]).columns == ()


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        ((1, "a"), [1, "a"]),
        ({1: "a", (2, 3): None}, {"1": "a", "[2, 3]": None}),
        (Delay("EWR", 1.5, date(2013, 1, 1)), {"airport": "EWR", "minutes": 1.5, "day": "2013-01-01"}),
        ([Colour.RED, range(1, 7, 2)], ["RED", "range(1, 7, 2)"]),
        (Failures([], total=3), []),
        ("\udc80", "\udc80"),
        (float("inf"), "inf"),
    ],
)
def test_stored_values_are_plain_json_for_people(value, tree):
    assert plain(json.loads(encode(value))) == tree


def test_a_pickled_value_is_not_shown():
    assert plain({"$k": ["r1", "load", "1", 1, "signature", "data"]}) == "(pickled)"
