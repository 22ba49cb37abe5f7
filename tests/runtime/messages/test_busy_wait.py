"""How who waits for something short waits: awake for a moment after a short wait, and asleep in all others."""

from __future__ import annotations

from sequent.runtime.messages.busy_wait import REST, SpinThenSleep


class World:
    """Time, and something that comes: each look takes a tenth of a millisecond, each sleep until it is there."""

    def __init__(self, moment: float = 0.0003) -> None:
        self.time = 0.0
        self.looks = 0
        self.sleeps = 0
        self.comes_at = 0.0
        self.taken = 0.0
        """How long others had the processor."""
        self.takes = 0.0
        """How long they have it during the next look."""
        self.waits = SpinThenSleep(lambda: self.time, moment, lambda: self.time - self.taken)

    def look(self) -> str:
        self.looks += 1
        self.time += 0.0001 + self.takes
        self.taken, self.takes = self.taken + self.takes, 0.0
        return "it" if self.time >= self.comes_at else ""

    def sleep(self) -> str:
        self.sleeps += 1
        self.time = max(self.time, self.comes_at)
        return "it"

    def wait(self, seconds: float) -> tuple[int, int]:
        """Wait for what comes after so long; give how often it looked and slept."""
        self.looks = self.sleeps = 0
        self.comes_at = self.time + seconds
        assert self.waits.wait(self.look, self.sleep) == "it"
        return self.looks, self.sleeps


def test_the_first_wait_sleeps() -> None:
    assert World().wait(0.00005) == (0, 1)


def test_after_a_short_wait_it_stays_awake_for_the_next() -> None:
    world = World()
    world.wait(0.00005)
    assert world.wait(0.00015) == (2, 0)


def test_a_wait_that_turns_out_long_is_slept_through_and_so_is_the_one_after() -> None:
    world = World()
    world.wait(0.00005)
    looks, sleeps = world.wait(5.0)
    assert (1 <= looks <= 4, sleeps) == (True, 1)
    assert world.wait(0.00005) == (0, 1)
    assert world.wait(0.00005) == (1, 0)


def test_where_somebody_else_wants_the_processor_it_sleeps_for_some_time() -> None:
    world = World()
    world.wait(0.00005)
    world.takes = 0.0002
    assert world.wait(0.00005) == (1, 0)
    assert world.wait(0.00005) == (0, 1)
    assert world.wait(0.00005) == (0, 1)
    world.time += REST
    assert world.wait(0.00005) == (1, 0)


def test_where_no_moment_is_given_it_never_stays_awake() -> None:
    world = World(moment=0.0)
    world.wait(0.00005)
    assert world.wait(0.00005) == (0, 1)
