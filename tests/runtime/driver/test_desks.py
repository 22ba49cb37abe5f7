"""Each effect of the engine, and each report of an executor, has one desk that takes it."""

import re
from pathlib import Path
from selectors import DefaultSelector
from typing import get_args, get_type_hints

import pytest

from sequent.model.effects import Effect
from sequent.runtime.clock import SystemClock
from sequent.runtime.driver import desks as room
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.desks.table import Desks
from sequent.runtime.driver.stop_signals import Stopping
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.orders import Report
from tests.runtime.worlds import Hands, World, chain, success


@pytest.fixture
def desks():
    world, hands = World(chain("a")), Hands(success)
    with DefaultSelector() as selector:
        adapters = Adapters(
            run=world.run,
            executors={},
            drawer=hands,
            clock=SystemClock(),
            observer=world.observer,
            selector=selector,
        )
        stopping = Stopping(adapters.clock, lambda: None, lambda at_once: None)
        yield Desks(world.plan, adapters, Turn(), stopping, has_begun=False)
    hands.close()


@pytest.mark.parametrize(("table", "records"), [("effects", Effect), ("reports", Report)])
def test_each_is_taken_by_one_who_takes_just_that(desks, table, records):
    takes = getattr(desks, table)
    assert set(takes) == set(get_args(records))
    assert {kind: first_type_of(take) for kind, take in takes.items()} == {kind: kind for kind in takes}


def first_type_of(take):
    return next(iter(get_type_hints(take).values()))


def test_the_page_on_a_turn_shows_each_desk():
    page = (Path(__file__).parents[3] / "docs/one-turn.md").read_text("utf-8")
    shown = re.findall(r"@step\(requires=engine\)\n +def (\w+)", page)
    assert set(shown) == {file.stem for file in Path(room.__path__[0]).glob("*.py")} - {"__init__", "table"}
