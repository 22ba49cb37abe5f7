"""A store that is locked or full: what has ended is kept and written later, or the run ends and says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sequent.errors import StoreBusyError, StoreError, StoreFullError
from sequent.model.status import RunStatus, Status
from sequent.runtime.driver.patience import BUSY_PATIENCE, FULL_PATIENCE
from sequent.runtime.rows import Batch
from tests.runtime.worlds import FakeClock, Hands, World, chain, close_worlds, success


@pytest.fixture(autouse=True)
def close_stores():
    """Leave no directory of a store in memory behind."""
    yield
    close_worlds()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def refusing(clock: FakeClock, error: StoreError, seconds: float) -> Callable[[Batch], None]:
    """Refuse each outcome for so long, from the first on."""
    since: list[float] = []

    def look(batch: Batch) -> None:
        if batch.endings:
            since.append(clock.boot)
            if clock.boot - since[0] < seconds:
                raise error

    return look


@pytest.mark.parametrize(
    ("error", "patience"), [(StoreBusyError("locked"), BUSY_PATIENCE), (StoreFullError("full"), FULL_PATIENCE)]
)
def test_outcomes_are_kept_and_written_once_the_store_takes_them_within_its_patience(clock, error, patience):
    world = World(chain("a", "b"))
    hands = Hands(success)
    look = refusing(clock, error, patience - 2)
    assert world.drive(hands, clock=clock, look=look) is RunStatus.SUCCESS
    assert [(order.path, order.attempt) for order in hands.orders] == [("a", 1), ("b", 1)]
    assert clock.sleeps[:4] == [0.01, 0.02, 0.04, 0.08]
    assert max(clock.sleeps) == 1.0


@pytest.mark.parametrize(
    ("error", "patience"), [(StoreBusyError("locked"), BUSY_PATIENCE), (StoreFullError("full"), FULL_PATIENCE)]
)
def test_when_patience_ends_nothing_more_has_started_and_the_error_is_told(clock, error, patience):
    world = World(chain("a", "b"))
    hands = Hands(success)
    with pytest.raises(type(error)) as caught:
        world.drive(hands, clock=clock, look=refusing(clock, error, 10 * patience))
    assert caught.value.exit_code == 4
    assert [order.path for order in hands.orders] == ["a"]
    assert patience <= sum(clock.sleeps) < patience + 2


def test_the_room_that_was_set_aside_takes_what_has_ended_and_why_the_run_stopped(clock):
    world = World(chain("a", "b", "c"))
    has_room: list[bool] = []
    world.run.free_space = lambda: has_room.append(True)

    def look(batch: Batch) -> None:
        if batch.endings and not has_room:
            raise StoreFullError("No space left on device")

    with pytest.raises(StoreFullError):
        world.drive(Hands(success), clock=clock, look=look)
    record = world.store.find("latest")
    assert (record.status, record.reason) == (RunStatus.STOPPED, "No space left on device")
    told = [(told.path, told.status) for told in world.store.attempts(record)]
    assert told == [("a", Status.SUCCESS)]
    world.recover()
    again = Hands(success)
    assert world.drive(again, clock=clock) is RunStatus.SUCCESS
    assert [(order.path, order.attempt) for order in again.orders] == [("b", 1), ("c", 1)]


def test_any_other_error_of_the_store_ends_the_run_at_once(clock):
    world = World(chain("a", "b"))
    with pytest.raises(StoreError):
        world.drive(Hands(success), clock=clock, look=refusing(clock, StoreError("damaged"), 1.0))
    assert clock.sleeps == []


def test_patience_is_renewed_by_each_write_that_succeeds(clock):
    world = World(chain("a", "b", "c"))
    refused_since: dict[int, float] = {}

    def look(batch: Batch) -> None:
        since = refused_since.setdefault(len(hands.orders), clock.boot)
        if batch.endings and clock.boot - since < 20:
            raise StoreBusyError("locked")

    hands = Hands(success)
    assert world.drive(hands, clock=clock, look=look) is RunStatus.SUCCESS
    assert sum(clock.sleeps) >= 3 * 20 > BUSY_PATIENCE
