"""Hosts in simulated time: they can be reached or not, and restart, as an author says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from attrs import frozen

from sequent.errors import UsageError
from sequent.model.durations import read_seconds
from sequent.model.hosts import hosts_in
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.wording import did_you_mean, repr_of
from sequent.testing.clock import Seconds

MOST_TASKS = 64
"""The default number of tasks at once on a host, as on this machine."""
NEVER = float("inf")
"""The end of an outage that does not end."""


@frozen(kw_only=True)
class Host:
    """A host of a simulation; times are counted from the beginning of the first simulation of the run."""

    down: Sequence[tuple[Seconds, Seconds | None]] = ()
    """The times at which it cannot be reached: from, and until (None: for good)."""
    restarts: Sequence[Seconds] = ()
    """The times at which it restarts: attempts that run there are lost."""
    max_concurrent: int = MOST_TASKS
    """The number of tasks at once."""


@frozen
class HostSchedule:
    """The same in seconds."""

    outages: tuple[tuple[float, float], ...] = ()
    restarts: tuple[float, ...] = ()
    slots: int = MOST_TASKS

    def back_at(self, moment: float) -> float | None:
        """Return when a host that is down at that moment can be reached again; None if it can be reached."""
        return next((end for start, end in self.outages if start <= moment < end), None)


USUAL = HostSchedule()


def read_schedules(given: object, plan: Plan) -> dict[str, HostSchedule]:
    """Read the hosts of a simulation, by name.

    Raises:
        UsageError: a host is not one, or no step can run there.
    """
    if not isinstance(given, Mapping):
        raise _error(f"hosts is {repr_of(given)}", "give it by name: hosts={'etl1': Host(down=[('1h', '2h')])}")
    known = _hosts_of(plan)
    schedules: dict[str, HostSchedule] = {}
    for name, host in cast("Mapping[object, object]", given).items():
        if not isinstance(name, str) or (known is not None and name not in known):
            hint = did_you_mean(str(name), known or ())
            raise _error(f"hosts has {repr_of(name)}, and no step is on such a host", hint)
        if not isinstance(host, Host):
            raise _error(f"hosts[{name!r}] is {repr_of(host)}", "give a Host: Host(down=[('1h', '2h')])")
        schedules[name] = _schedule(host, name)
    return schedules


def _schedule(host: Host, name: str) -> HostSchedule:
    try:
        outages = tuple((read_seconds(start), NEVER if end is None else read_seconds(end)) for start, end in host.down)
        return HostSchedule(tuple(sorted(outages)), tuple(map(read_seconds, host.restarts)), host.max_concurrent)
    except (ValueError, TypeError) as error:
        raise _error(f"hosts[{name!r}]: {error}", 'give times such as "30m": Host(down=[("1h", "2h")])') from None


def _hosts_of(plan: Plan) -> list[str] | None:
    """Return the hosts that a plan names; None if some are known only while it runs."""
    copied = [node.repeats for node in plan.nodes if isinstance(node, ContainerPlan) and node.is_copied]
    if not all(isinstance(source, ItemsLiteralPlan) for source in copied):
        return None
    return [host for source in copied if isinstance(source, ItemsLiteralPlan) for host in hosts_in(source.text)]


def _error(message: str, hint: str) -> UsageError:
    return UsageError(message, code="simulated-host", hint=hint)
