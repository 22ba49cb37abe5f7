"""A store that is locked or full: what has ended is kept and written later, or the run ends and says why."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from sequent.errors import StoreBusyError, StoreError, StoreFullError
from sequent.model.status import RunStatus, Status
from sequent.runtime.backoff import BUSY_PATIENCE, FULL_PATIENCE
from sequent.runtime.orders import AttemptEnded, AttemptOrder
from sequent.runtime.rows import Batch
from tests.runtime.worlds import FakeClock, Hands, World, chain, success


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


def test_what_is_waited_for_is_said_within_two_seconds_and_so_is_its_end(clock):
    world = World(chain("a", "b"))
    said_at: list[float] = []
    noted = world.observer.note
    world.observer.note = lambda text: (said_at.append(clock.boot), noted(text))
    began = clock.boot
    assert (
        world.drive(Hands(success), clock=clock, look=refusing(clock, StoreFullError("the disk is full"), 20))
        is RunStatus.SUCCESS
    )
    assert world.observer.notes == ["the disk is full; trying again for up to 300 seconds", "it can be written again"]
    assert said_at[0] - began < 2


def test_what_is_over_in_a_moment_is_not_said(clock):
    world = World(chain("a", "b"))
    look = refusing(clock, StoreBusyError("locked"), 0.5)
    assert world.drive(Hands(success), clock=clock, look=look) is RunStatus.SUCCESS
    assert world.observer.notes == []


@pytest.mark.parametrize("error", [StoreBusyError("locked"), StoreFullError("full")])
def test_signals_are_obeyed_while_the_store_takes_nothing_and_the_third_waits_no_more(clock, error):
    world = World(chain("a", "b"))
    ended: list[bool] = []

    class Stopped(Hands):
        def end_tasks(self, *, at_once: bool) -> None:
            ended.append(at_once)

    for number in range(1, 4):
        clock.at(clock.boot + 5 * number, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(type(error)):
        world.drive(Stopped(success), clock=clock, look=refusing(clock, error, 1000))
    assert ended == [False, True]
    assert sum(clock.sleeps) < 17


@pytest.mark.parametrize(("is_ignored", "status"), [(False, RunStatus.STOPPED), (True, RunStatus.SUCCESS)])
def test_a_terminal_that_is_closed_stops_a_run_unless_it_was_begun_under_nohup(clock, is_ignored, status):
    world = World(chain("a", "b"))

    def end(order: AttemptOrder) -> AttemptEnded:
        os.kill(os.getpid(), signal.SIGHUP)
        return success(order)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    try:
        assert world.drive(Hands(end)) is status
    finally:
        signal.signal(signal.SIGHUP, before)


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


def test_a_store_to_which_others_write_meanwhile_is_waited_for_however_long_the_queue_is(clock):
    world = World(chain("a", "b"))
    refused = refusing(clock, StoreBusyError("locked"), 5 * BUSY_PATIENCE)

    def look(batch: Batch) -> None:
        try:
            refused(batch)
        except StoreBusyError:
            # Another run is written.
            world.store._session.connection.execute("UPDATE run SET wake = coalesce(wake, '') || 'x'")  # type: ignore[attr-defined]
            raise

    assert world.drive(Hands(success), clock=clock, look=look) is RunStatus.SUCCESS
    assert sum(clock.sleeps) > 4 * BUSY_PATIENCE
