"""The simulated world: its time, its coming events, its chance, and the processes in it."""

from __future__ import annotations

import heapq
import select
from collections.abc import Callable, Mapping
from random import Random
from selectors import EVENT_READ, BaseSelector, SelectorKey
from typing import Any, Protocol

from tests.simulation.faults import Fault, Rates
from tests.simulation.fibers import Fiber, Killed
from tests.simulation.trace import Trace


class Violation(AssertionError):
    """A promise was broken."""


_AIMED = 1
"""The rest of the seeds whose faults are aimed; the events of others do not depend on that."""
MOST_STEPS = 100_000
"""The operations and events of a simulation; one with more does not end."""


class World:
    """Everything that a seed decides.

    Time passes from one event of the agenda to the next. An event may resume a process, which runs until it waits.
    """

    def __init__(self, seed: int, *, keeps_trace: bool = False) -> None:
        self.seed = seed
        self.tells_stories = False
        """Whether each step on a host leaves a note and an artifact with its token."""
        self.random = Random(seed)
        self.rates = Rates(Random(seed + 1_000_003), are_aimed=seed % 5 == _AIMED)
        self.trace = Trace(is_kept=keeps_trace)
        self.now = 0.0
        self._agenda: list[tuple[float, int]] = []
        self._acts: dict[int, Callable[[], None]] = {}
        self._count = 0
        self._steps = 0

    def count_step(self) -> None:
        """Count an operation or an event.

        Raises:
            Violation: there are so many that something goes on without an end.
        """
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Violation(f"I9: it goes on without an end (seed {self.seed})")

    # -- chance

    def strikes(self, fault: Fault) -> bool:
        """Return whether a fault happens on this occasion, and count it."""
        if not self.rates.strikes(fault):
            return False
        self.trace.count(fault)
        return True

    def tell(self, subject: str, text: str) -> None:
        """Note an event."""
        self.trace.tell(self.now, subject, text)

    # -- time

    def after(self, seconds: float, act: Callable[[], None]) -> int:
        """Do something after some seconds; return the number that cancels it."""
        self._count += 1
        self._acts[self._count] = act
        heapq.heappush(self._agenda, (self.now + max(0.0, seconds), self._count))
        return self._count

    def cancel(self, number: int | None) -> None:
        """Cancel an action, unless it has happened."""
        if number is not None:
            self._acts.pop(number, None)

    def run(self, until: Callable[[], bool], longest: float) -> bool:
        """Let time pass until something holds, but no longer than that; return whether it holds."""
        end = self.now + longest
        while not until():
            if not self._agenda or self._agenda[0][0] > end:
                self.now = end
                return until()
            at, number = heapq.heappop(self._agenda)
            act = self._acts.pop(number, None)
            if act is not None:
                self.now = max(self.now, at)
                self.count_step()
                act()
        return True


class Process:
    """A simulated process: a fiber that may be killed, or paused, at any of its operations.

    Args:
        world: the world.
        name: its name in the trace.
        main: its program.
        on_end: called once it has ended, or is killed.
        killing: the fault by which it may be killed at any operation.
        pausing: the fault by which it may be paused there.
    """

    def __init__(
        self,
        world: World,
        name: str,
        main: Callable[[], None],
        on_end: Callable[[Process], None] | None = None,
        *,
        killing: Fault,
        pausing: Fault | None = None,
    ) -> None:
        self.world = world
        self.name = name
        self.is_alive = True
        self.has_ended = False
        """Whether others can tell that it is no longer alive."""
        self.was_killed = False
        self._killing, self._pausing = killing, pausing
        self.paused_until = 0.0
        self._on_end = on_end
        self._fiber = Fiber(main)
        self._is_inside = False
        self._resumption: int | None = None
        self.wake()

    # -- from outside

    def wake(self, after: float = 0.0) -> None:
        """Let it go on after some seconds, or once it is not paused any more."""
        if self.is_alive and self._resumption is None:
            at = max(self.world.now + after, self.paused_until)
            self._resumption = self.world.after(at - self.world.now, self._go_on)

    def _go_on(self) -> None:
        self._resumption = None
        if not self.is_alive:
            return
        if self.world.now < self.paused_until:
            self.wake()
            return
        self._is_inside = True
        self._fiber.resume()
        self._is_inside = False
        if self._fiber.has_ended and self.is_alive:
            self._end()

    def kill(self) -> None:
        """Kill it."""
        if not self.is_alive:
            return
        assert not self._is_inside
        self.is_alive, self.was_killed = False, True
        self.world.cancel(self._resumption)
        self._fiber.kill()
        self._ended()

    def forsake(self) -> None:
        """Kill it at the end of the world, with nobody to care."""
        self._on_end = None
        self.kill()

    def pause(self, seconds: float) -> None:
        """Stop it for a while, as by SIGSTOP."""
        self.paused_until = max(self.paused_until, self.world.now + seconds)

    def _end(self) -> None:
        self.is_alive = False
        self.world.cancel(self._resumption)
        self._ended()

    def _ended(self) -> None:
        self.has_ended = True
        if self._on_end is not None:
            self._on_end(self)

    @property
    def error(self) -> BaseException | None:
        """The error with which it ended."""
        return self._fiber.error

    # -- from inside

    def leave(self) -> None:
        """Wait until it is woken."""
        self._fiber.leave()

    def sleep(self, seconds: float) -> None:
        """Wait that long, whatever wakes it meanwhile."""
        until = self.world.now + seconds
        while self.world.now < until:
            self.wake(until - self.world.now)
            self.leave()

    def step(self, what: str, also_killing: Fault | None = None) -> None:
        """Mark the moment before or after an operation: it may be killed or paused here, also by one more fault."""
        if not self.is_alive:
            raise Killed
        world = self.world
        world.count_step()
        if world.strikes(self._killing) or (also_killing is not None and world.strikes(also_killing)):
            world.tell(self.name, f"is killed at: {what}")
            self.is_alive, self.was_killed = False, True
            world.after(0.0, self._ended)
            raise Killed
        if self._pausing is not None and world.strikes(self._pausing):
            seconds = world.random.uniform(5, 120)
            world.tell(self.name, f"is paused for {seconds:.0f} s at: {what}")
            self.pause(seconds)
            self.sleep(seconds)
            world.tell(self.name, "goes on")


class Source(Protocol):
    """What a selector waits for."""

    def is_ready(self) -> bool: ...


class Flag:
    """Becomes ready once it is set; wakes the selector that it is registered with."""

    def __init__(self) -> None:
        self.is_set = False
        self.selector: SimulatedSelector | None = None

    def is_ready(self) -> bool:
        return self.is_set

    def set(self) -> None:
        self.is_set = True
        if self.selector is not None:
            self.selector.poke()

    def clear(self) -> None:
        """Note that the process has woken."""
        self.is_set = False


class SimulatedSelector(BaseSelector):
    """The selector with which a simulated process waits: for simulated sources, and for bells of the real kernel."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self._keys: dict[Any, SelectorKey] = {}
        self._bells = select.poll()
        self._is_waiting = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        key = self._keys[fileobj] = SelectorKey(fileobj, -1, events, data)
        if isinstance(fileobj, int):
            self._bells.register(fileobj, select.POLLIN)
        else:
            fileobj.selector = self
        return key

    def unregister(self, fileobj: Any) -> SelectorKey:
        if isinstance(fileobj, int):
            self._bells.unregister(fileobj)
        else:
            fileobj.selector = None
        return self._keys.pop(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        key = self._keys[fileobj] = SelectorKey(fileobj, -1, events, data)
        return key

    def get_key(self, fileobj: Any) -> SelectorKey:
        return self._keys[fileobj]

    def get_map(self) -> Mapping[Any, SelectorKey]:
        return self._keys

    def poke(self) -> None:
        """Note that a source may be ready."""
        if self._is_waiting and self.process is not None:
            self.process.wake()

    def _ready(self) -> list[tuple[SelectorKey, int]]:
        rung = {number for number, _ in self._bells.poll(0)}
        return [
            (key, EVENT_READ)
            for fileobj, key in self._keys.items()
            if (fileobj in rung if isinstance(fileobj, int) else fileobj.is_ready())
        ]

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        process = self.process
        assert process is not None
        process.step("select")
        ready = self._ready()
        if ready or (timeout is not None and timeout <= 0):
            return ready
        world = process.world
        until = None if timeout is None else world.now + timeout
        number = None if timeout is None else world.after(timeout, self.poke)
        self._is_waiting = True
        try:
            while not (ready := self._ready()) and (until is None or world.now < until):
                process.leave()
        finally:
            self._is_waiting = False
            world.cancel(number)
        return ready
