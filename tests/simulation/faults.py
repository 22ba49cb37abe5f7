"""How often each kind of fault happens: each seed draws its own rates, many of them zero."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """The kinds of faults."""

    ERROR_BEFORE_COMMIT = "error before a commit"
    ERROR_AFTER_COMMIT = "error after a commit"
    OUTAGE = "outage of the store"
    DRIVER_CUT_OFF = "driver cut off from the store"
    SLOW_COMMIT = "slow commit"
    DRIVER_KILLED = "driver killed"
    DRIVER_KILLED_AT_COMMIT = "driver killed at a commit"
    DRIVER_PAUSED = "driver paused"
    DRIVER_TERMINATED = "driver terminated"
    LEASE_LOST = "lease lost early"
    SECOND_DRIVER = "second driver tried"
    CLOCK_CHANGED = "wall clock changed"
    WORKER_LOST = "worker lost"
    CONNECTION_CUT = "connection cut"
    SLOW_WAY = "slow way"
    PARTITION = "partition"
    DUPLICATE = "message doubled"
    LATE_BYTES = "bytes late after a cut"
    HOST_REBOOT = "host rebooted"
    AGENT_KILLED = "agent killed"
    HOST_FROZEN = "host frozen"
    SPOOL_FULL = "spool full"
    POWER_CUT = "power cut of all machines"


_RATES = {
    Fault.ERROR_BEFORE_COMMIT: (0.02, 0.2),
    Fault.ERROR_AFTER_COMMIT: (0.02, 0.2),
    Fault.SLOW_COMMIT: (0.02, 0.2),
    Fault.DRIVER_KILLED: (0.001, 0.01),
    Fault.DRIVER_KILLED_AT_COMMIT: (0.02, 0.1),
    Fault.DRIVER_PAUSED: (0.001, 0.01),
    Fault.AGENT_KILLED: (0.004, 0.03),
    Fault.WORKER_LOST: (0.02, 0.15),
    Fault.CONNECTION_CUT: (0.03, 0.1),
    Fault.SLOW_WAY: (0.05, 0.5),
    Fault.DUPLICATE: (0.05, 0.3),
    Fault.LATE_BYTES: (0.3, 0.9),
    Fault.SPOOL_FULL: (0.05, 0.4),
}
"""The probability of each occasion: low, high."""
_TIMES = {
    Fault.OUTAGE: (120.0, 20.0),
    Fault.DRIVER_CUT_OFF: (100.0, 40.0),
    Fault.DRIVER_TERMINATED: (120.0, 25.0),
    Fault.LEASE_LOST: (90.0, 20.0),
    Fault.SECOND_DRIVER: (60.0, 10.0),
    Fault.CLOCK_CHANGED: (100.0, 20.0),
    Fault.PARTITION: (100.0, 20.0),
    Fault.HOST_REBOOT: (120.0, 20.0),
    Fault.HOST_FROZEN: (100.0, 25.0),
    Fault.POWER_CUT: (150.0, 40.0),
}
"""The mean seconds between two: low rate, high rate."""
_AIMED_TIMES = {
    **dict.fromkeys((Fault.DRIVER_KILLED, Fault.DRIVER_PAUSED, Fault.AGENT_KILLED), (120.0, 30.0)),
    **_TIMES,
    Fault.CLOCK_CHANGED: (60.0, 10.0),
}
"""The same in a seed whose faults are aimed: some come by time as well as on occasions."""


_TOGETHER = (
    (Fault.DRIVER_CUT_OFF, Fault.SECOND_DRIVER),
    (Fault.DRIVER_CUT_OFF, Fault.CONNECTION_CUT),
    (Fault.OUTAGE, Fault.CONNECTION_CUT, Fault.DRIVER_KILLED),
    (Fault.POWER_CUT, Fault.SLOW_WAY),
    (Fault.HOST_REBOOT, Fault.SLOW_WAY),
    (Fault.HOST_REBOOT, Fault.DRIVER_KILLED_AT_COMMIT),
    (Fault.CONNECTION_CUT, Fault.ERROR_BEFORE_COMMIT, Fault.DRIVER_KILLED_AT_COMMIT),
    (Fault.DRIVER_TERMINATED, Fault.DRIVER_KILLED_AT_COMMIT),
    (Fault.PARTITION, Fault.DRIVER_KILLED_AT_COMMIT),
)
"""Faults of which one finds what another has left: every second seed has some of them together."""
_OF_DRIVERS = (
    Fault.DRIVER_KILLED,
    Fault.DRIVER_KILLED_AT_COMMIT,
    Fault.DRIVER_PAUSED,
    Fault.DRIVER_TERMINATED,
    Fault.DRIVER_CUT_OFF,
    Fault.LEASE_LOST,
    Fault.SECOND_DRIVER,
)
_OF_HOSTS = (
    Fault.CONNECTION_CUT,
    Fault.SLOW_WAY,
    Fault.PARTITION,
    Fault.HOST_FROZEN,
    Fault.HOST_REBOOT,
    Fault.AGENT_KILLED,
    Fault.POWER_CUT,
)
_OF_STORES = (Fault.ERROR_BEFORE_COMMIT, Fault.ERROR_AFTER_COMMIT, Fault.OUTAGE, Fault.SLOW_COMMIT)
"""By part: most seeds with aimed faults have one of drivers and one of hosts, some also of the store."""


class Rates:
    """The rates of one seed.

    Args:
        random: draws them.
        are_aimed: whether faults also come as something happens, alone or two together: most of a run's time is
            waiting, in which they meet little.
    """

    def __init__(self, random: Random, *, are_aimed: bool = False) -> None:
        self._random = random
        self.are_aimed = are_aimed
        self._times = _AIMED_TIMES if are_aimed else _TIMES
        share, together = _aimed_choice(random) if are_aimed else _free_choice(random)
        self._levels = {
            fault: random.choice((1, 2)) if fault in together or random.random() < share else 0 for fault in Fault
        }
        self._disturbing = random.choice((0.0, 0.1, 0.3)) if are_aimed else 0.0
        self.are_over = False
        """Whether there are no more faults: the world has healed."""

    def has(self, fault: Fault) -> bool:
        """Return whether a fault happens at all."""
        return self._levels[fault] > 0

    def strikes(self, fault: Fault) -> bool:
        """Return whether a fault happens on this occasion."""
        level = self._levels[fault]
        if not level or self.are_over:
            return False
        return self._random.random() < _RATES[fault][level - 1]

    def next_after(self, fault: Fault) -> float | None:
        """Return the seconds until the next fault of a kind that comes by time; None if there is none."""
        level = self._levels[fault]
        return self._random.expovariate(1 / self._times[fault][level - 1]) if level else None

    def disturbing(self) -> list[Fault]:
        """Return the faults that come by time, and come now, as a step is executed: none, one, or two together."""
        kinds = [fault for fault in self._times if self._levels[fault]]
        if not self.are_aimed or not kinds or self.are_over or self._random.random() >= self._disturbing:
            return []
        return self._random.choices(kinds, k=self._random.choice((1, 2)))

    @property
    def timed(self) -> tuple[Fault, ...]:
        """The kinds that come by time."""
        return tuple(self._times)

    def __str__(self) -> str:
        return ", ".join(
            f"{fault}: {'low' if level == 1 else 'high'}" for fault, level in self._levels.items() if level
        )


def _free_choice(random: Random) -> tuple[float, Collection[Fault]]:
    """Choose the share of the faults that happen, and some that do."""
    share = random.choice((0.15, 0.3, 0.45))
    return share, random.choice(_TOGETHER) if random.random() < 0.5 else ()


def _aimed_choice(random: Random) -> tuple[float, Collection[Fault]]:
    """Choose the same for a seed whose faults are aimed."""
    share = random.choice((0.1, 0.25, 0.4))
    both = _OF_DRIVERS, _OF_HOSTS
    groups: tuple[tuple[Fault, ...], ...] = random.choice(((), both, both, (*both, _OF_STORES)))
    return share, [random.choice(group) for group in groups]
