"""The desk for hosts: it notes which of them can be reached."""

from __future__ import annotations

from sequent.model.facts import HostLost, HostReached
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.executor_choice import ExecutorChoice
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.orders import HostReachable, HostUnreachable


class HostDesk:
    """Each report about a host becomes a fact, a row and a note; the tasks of a host that is out of reach wait."""

    def __init__(self, adapters: Adapters, turn: Turn, executors: ExecutorChoice) -> None:
        self._turn = turn
        self._observer = adapters.observer
        self._executors = executors
        self._known: set[str] = set()
        """The hosts that have been examined."""
        self._lost: dict[str, str] = {}
        """The hosts that cannot be reached, and what is said of each."""

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

    def reached(self, report: HostReachable) -> None:
        """A host can be reached."""
        self._turn.facts.append(HostReached(report.host, report.slots))
        if self._lost.pop(report.host, None) is not None:
            self._observer.note(f"host '{report.host}' can be reached again")
            self._write()

    def lost(self, report: HostUnreachable) -> None:
        """A host cannot be reached; it is said once for each reason."""
        self._turn.facts.append(HostLost(report.host))
        line = f"host '{report.host}' cannot be reached, and its tasks wait: {report.reason}"
        line = f"{line}; {report.hint}" if report.hint else line
        if self._lost.get(report.host) != line:
            self._lost[report.host] = line
            self._observer.note(line)
            self._write()

    def _write(self) -> None:
        """Write which hosts cannot be reached, for commands that show the run meanwhile."""
        self._turn.batch.reason = "\n".join(line for _, line in sorted(self._lost.items()))
