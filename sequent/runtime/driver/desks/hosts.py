"""The desk for hosts: it notes which of them can be reached."""

from __future__ import annotations

from functools import partial
from math import isfinite

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.facts import HostLost, HostReached
from sequent.runtime.clock import local_text
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.executor_choice import ExecutorChoice
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.waiting_reasons import WaitingReasons
from sequent.runtime.orders import HostReachable, HostUnreachable


class HostDesk:
    """Each report about a host becomes a fact, a row and a note; the tasks of a host that is out of reach wait."""

    def __init__(self, adapters: Adapters, turn: Turn, executors: ExecutorChoice, reasons: WaitingReasons) -> None:
        self._turn = turn
        self._reasons = reasons
        self._observer = adapters.observer
        self._executors = executors
        self._known: set[str] = set()
        """The hosts that have been examined."""
        self._clock = adapters.clock
        self._lost: dict[str, _Outage] = {}
        """The hosts that cannot be reached."""

    def need(self, host: str) -> bool:
        """Reach for a host, since there is a copy on it; return whether there is a way to other hosts."""
        if host in self._known:
            return True
        if not self._executors.can_reach(host):
            return False
        self._known.add(host)
        if self._executors.is_here(host):
            self._turn.facts.append(HostReached(host, None))
        else:
            self._executors.reach(host)
        return True

    def end_earlier(self, host: str, token: str) -> None:
        """End an attempt of an earlier driver that no task needs."""
        self._executors.end_earlier(host, token)

    def send(self) -> None:
        """Send each host the orders of a turn, together."""
        self._executors.send()

    def reached(self, report: HostReachable) -> None:
        """Note that a host can be reached."""
        self._turn.facts.append(HostReached(report.host, report.slots))
        if self._lost.pop(report.host, None) is not None:
            self._observer.note(f"host '{report.host}' can be reached again")
            self._write()

    def lost(self, report: HostUnreachable) -> None:
        """Note that a host cannot be reached; tell it once for each reason."""
        self._turn.facts.append(HostLost(report.host))
        now = self._clock.now()
        before = self._lost.get(report.host)
        outage = _Outage(report, now if before is None else before.since, now + report.next_try)
        self._lost[report.host] = outage
        if before is None or before.text() != outage.text():
            # A driver that is fenced writes and says nothing.
            self._turn.orders.append(partial(self._observer.note, outage.text()))
        self._write()

    def _write(self) -> None:
        """Write which hosts cannot be reached, for commands that show the run meanwhile."""
        self._reasons.put("hosts", (outage.text_with_times() for _, outage in sorted(self._lost.items())))


@frozen(eq=False, repr=False)
class _Outage(ByFields):
    """A host that cannot be reached for a while."""

    report: HostUnreachable
    since: float
    """The moment of the first report."""
    next_try: float
    """The moment at which it is tried again; infinite if never."""

    def text(self) -> str:
        """Return the note, which is shown once for each reason."""
        return self._text("", "")

    def text_with_times(self) -> str:
        """Return the line in commands that show the run."""
        next_try = f"; next try at {local_text(self.next_try)}" if isfinite(self.next_try) else ""
        return self._text(f" since {local_text(self.since)}", next_try)

    def _text(self, since: str, next_try: str) -> str:
        hint = f"; {self.report.hint}" if self.report.hint else ""
        host, reason = self.report.host, self.report.reason
        return f"host '{host}' cannot be reached{since}, and its tasks wait: {reason}{next_try}{hint}"
