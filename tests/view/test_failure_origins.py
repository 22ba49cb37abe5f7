"""What a failure is about: the items around it, and the command that has its input made again."""

from __future__ import annotations

from io import StringIO

import pytest

from sequent import container, item, outer, step
from sequent.cli.output.text import Paint
from sequent.cli.output.told_failures import told_failures
from sequent.testing.clock import BEGINNING
from sequent.testing.simulation import EarlyEnd
from sequent.testing.world import World
from sequent.view.failure_groups import failure_groups
from sequent.view.failure_origins import again_command, items_around, with_origins
from tests.view.moments import Watched


@container
class shops:
    @step
    def rates(self) -> int:
        return 1

    @container(repeats=["AT", "FR"], stop_on_exception=False)
    class country:
        name: str = item()
        rate: int = outer.rates.result

        @container(repeats=lambda: iter([7, 8]), stop_on_exception=False)
        class store:
            number: int = item()

            @step
            def read(self) -> int:
                return 1

            @step
            def value(self, rows: int = read.result) -> int:
                return rows

        @step(repeats=[("x" * 100, 1), ("y", 2)])
        def each(self) -> None:
            pass


@pytest.fixture
def ended(monkeypatch):
    """Simulates a run with failures, and returns the facts about it with its failures by task."""

    def end(*failing):
        watched = Watched(monkeypatch, lambda _: None)
        watched.world = World(shops, {}, BEGINNING, None, 1000)
        watched.world.change({"failing": list(failing)}, 0.0)
        watched.world.begin(EarlyEnd(None, -1))
        facts = watched.facts
        failures = facts.places.failed_within((), (1,))
        return facts, {f"{each.path}/{each.sequence}": each for each in failures}, watched.world._store

    return end


def test_a_failure_names_the_items_of_all_iterations_around_it(ended):
    facts, failures, _ = ended("country.store.value/1.2.1", "country.each/1.1.1", "rates")
    assert {name: items_around(facts, each) for name, each in failures.items()} == {"rates/1": ""}
    facts, failures, _ = ended("country.store.value/1.2.2", "country.each/1.1.1")
    assert {name: items_around(facts, each) for name, each in failures.items()} == {
        "country.store.value/1.2.2": "country FR, store 8",
        "country.each/1.1.1": f'country AT, each ["{"x" * 58}…',
    }


def test_the_task_that_gave_a_failure_its_input_is_made_again_by_a_command(ended):
    facts, failures, _ = ended("country.store.value/1.2.2", "country.store.read/1.1.1")
    value, read = failures["country.store.value/1.2.2"], failures["country.store.read/1.1.1"]
    assert again_command(facts, value).endswith(f" recover {facts.record.id} --from country.store.read/1.2.2")
    assert again_command(facts, read) == ""


def test_a_group_of_several_failures_has_the_items_of_its_first_and_no_command(ended):
    facts, failures, _ = ended("country.store.value/1.2.2", "country.store.value/1.1.1")
    (group,) = with_origins(facts, failure_groups([*failures.values()])).groups
    assert (group.count, group.again_command) == (2, "")
    assert group.items in ("country FR, store 8", "country AT, store 7")
    assert group.items == items_around(facts, group.first)


def test_show_tells_the_items_between_the_task_and_its_error(ended):
    facts, failures, store = ended("country.store.value/1.2.2", "rates")
    told = [*told_failures(store, facts.record, [failures["rates/1"]], Paint.of(StringIO()))]
    assert [line for lines in told for line in lines if line.startswith("    of ")] == []
    facts, failures, store = ended("country.store.value/1.2.2")
    (lines,) = told_failures(store, facts.record, [*failures.values()], Paint.of(StringIO()))
    assert lines[0].endswith("  country.store.value/1.2.2")
    assert lines[1] == "    of country FR, store 8"
