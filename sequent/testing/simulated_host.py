"""Another host in simulated time, as an executor."""

from __future__ import annotations

from collections.abc import Iterator
from selectors import BaseSelector

from sequent.runtime.orders import AttemptOrder, DrawOrder, HostReachable, HostUnreachable, Report
from sequent.testing.clock import FakeClock
from sequent.testing.executor import SimulatedExecutor
from sequent.testing.hosts import NEVER, HostSchedule
from sequent.testing.simulated_time import Agenda


class SimulatedHost:
    """Satisfies the port ``HostExecutor``: the ends of its attempts are heard once it can be reached."""

    def __init__(
        self, name: str, schedule: HostSchedule, inner: SimulatedExecutor, agenda: Agenda, clock: FakeClock
    ) -> None:
        self._name = name
        self._schedule = schedule
        self._inner = inner
        self._agenda = agenda
        self._clock = clock
        self._coming: list[int] = []
        """Its coming events, by their numbers in the agenda."""
        self._unheard: list[Report] = []

    def open(self, selector: BaseSelector) -> None:
        self._inner.open(selector)
        self._tell_state()
        now = self._clock.elapsed
        for moment in self._changes():
            if now < moment < NEVER:
                self._coming.append(self._agenda.after(moment - now, self._tell_state))
        for moment in self._schedule.restarts:
            if moment > now:
                self._coming.append(self._agenda.after(moment - now, self._restart))

    def _changes(self) -> Iterator[float]:
        return (moment for outage in self._schedule.outages for moment in outage)

    def _tell_state(self) -> None:
        """Report whether it can be reached now."""
        now = self._clock.elapsed
        back = self._schedule.back_at(now)
        if back is None:
            self._unheard.append(HostReachable(self._name, self._schedule.slots))
        else:
            self._unheard.append(HostUnreachable(self._name, "it is down", back - now))

    def _restart(self) -> None:
        self._inner.lose_all(f"the host {self._name!r} restarted")

    def start(self, order: AttemptOrder) -> None:
        self._inner.start(order)

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        self._inner.take_back(frame, node, attempt)

    def draw(self, order: DrawOrder) -> None:
        raise AssertionError("items are drawn where the run was started")

    def forget(self, frame: int, node: int) -> None:
        """Nothing is drawn here."""

    def acknowledge(self, frame: int, node: int, attempt: int) -> None:
        """Nothing is kept there until then."""

    def end_earlier(self, token: str) -> None:
        """A simulated run has one driver."""

    def send(self) -> None:
        """Nothing waits to be sent."""

    def reports(self) -> list[Report]:
        states, self._unheard = self._unheard, []
        if self._schedule.back_at(self._clock.elapsed) is not None:
            return states
        return [*states, *self._inner.reports()]

    def seconds_left(self) -> float | None:
        return None

    def end_tasks(self, *, at_once: bool) -> None:
        if self._schedule.back_at(self._clock.elapsed) is None:
            self._inner.end_tasks(at_once=at_once)

    def close(self) -> None:
        for number in self._coming:
            self._agenda.cancel(number)
        self._inner.close()
