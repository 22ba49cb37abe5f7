"""How the driver waits: awake for a moment after a short wait, and asleep in all others."""

from __future__ import annotations

from selectors import EVENT_READ, SelectorKey

import pytest

from sequent.runtime.driver import waiting
from sequent.runtime.driver.waiting import Waiter


class Slow:
    """A clock and a selector in one: each look takes a tenth of a millisecond, each sleep as long as it is told."""

    def __init__(self) -> None:
        self.time = 0.0
        self.looks = 0
        self.sleeps: list[float | None] = []
        self.ready_at = 0.0
        self.called: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        if timeout == 0:
            self.looks += 1
            self.time += 0.0001
        else:
            self.sleeps.append(timeout)
            self.time = max(self.time, self.ready_at)
        if self.time < self.ready_at:
            return []
        return [(SelectorKey(0, 0, EVENT_READ, lambda: self.called.append(self.time)), EVENT_READ)]

    def wait(self, waiter: Waiter, seconds: float) -> tuple[int, int]:
        """Wait for what is ready after so long; give how often it looked and slept."""
        self.looks, self.sleeps = 0, []
        self.ready_at = self.time + seconds
        waiter.wait(None)
        return self.looks, len(self.sleeps)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> tuple[Slow, Waiter]:
    monkeypatch.setattr(waiting, "_BRIEF", 0.0003)
    slow = Slow()
    return slow, Waiter(slow, slow)  # type: ignore[arg-type]


def test_the_first_wait_sleeps_and_what_was_ready_is_called(world: tuple[Slow, Waiter]) -> None:
    slow, waiter = world
    assert slow.wait(waiter, 0.00005) == (0, 1)
    assert len(slow.called) == 1


def test_after_a_short_wait_it_stays_awake_for_the_next(world: tuple[Slow, Waiter]) -> None:
    slow, waiter = world
    slow.wait(waiter, 0.00005)
    assert slow.wait(waiter, 0.00015) == (2, 0)
    assert len(slow.called) == 2


def test_a_wait_that_turns_out_long_is_slept_through_and_so_is_the_one_after(world: tuple[Slow, Waiter]) -> None:
    slow, waiter = world
    slow.wait(waiter, 0.00005)
    looks, sleeps = slow.wait(waiter, 5.0)
    assert (1 <= looks <= 4, sleeps) == (True, 1)
    assert slow.wait(waiter, 0.00005) == (0, 1)
    assert slow.wait(waiter, 0.00005) == (1, 0)


def test_where_no_time_passes_meanwhile_it_never_stays_awake() -> None:
    slow = Slow()
    waiter = Waiter(slow, slow, stays_awake=False)  # type: ignore[arg-type]
    slow.wait(waiter, 0.00005)
    assert slow.wait(waiter, 0.00005) == (0, 1)
