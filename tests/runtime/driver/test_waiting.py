"""How the driver waits with its selector: what is ready is called, and nobody looks on who is not to wait."""

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


def waited(slow: Slow, waiter: Waiter, seconds: float, timeout: float | None = None) -> tuple[int, list[float | None]]:
    """Wait for what is ready after so long; give how often was looked, and the sleeps."""
    slow.looks, slow.sleeps = 0, []
    slow.ready_at = slow.time + seconds
    waiter.wait(timeout)
    return slow.looks, slow.sleeps


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr(waiting, "MOMENT", 0.0003)
    return Slow()


def test_what_is_ready_is_called_after_a_sleep_and_after_a_look(slow: Slow) -> None:
    waiter = Waiter(slow, slow)  # type: ignore[arg-type]
    assert waited(slow, waiter, 0.00005, timeout=7.0) == (0, [7.0])
    assert waited(slow, waiter, 0.00015, timeout=7.0) == (2, [])
    assert len(slow.called) == 2


def test_who_is_not_to_wait_looks_once(slow: Slow) -> None:
    waiter = Waiter(slow, slow)  # type: ignore[arg-type]
    waited(slow, waiter, 0.00005)
    assert waited(slow, waiter, 5.0, timeout=0) == (1, [])


def test_where_no_time_passes_meanwhile_it_never_stays_awake(slow: Slow) -> None:
    waiter = Waiter(slow, slow, stays_awake=False)  # type: ignore[arg-type]
    waited(slow, waiter, 0.00005)
    assert waited(slow, waiter, 0.00005) == (0, [None])
