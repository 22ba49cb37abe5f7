"""A run of a simulated world: its flow, drivers, hosts and people, and the promises that are checked."""

from __future__ import annotations

import os
from collections.abc import Iterator

from sequent.model.status import RunStatus, Status
from sequent.model.story import Artifact
from tests.simulation.answers import Answers
from tests.simulation.drivers import KEY, MachineClock, SimulatedDriver, Surroundings
from tests.simulation.executions import Ledger
from tests.simulation.faults import Fault
from tests.simulation.hosts import SimulatedHost
from tests.simulation.invariants import Invariants
from tests.simulation.people import People
from tests.simulation.pool_use import PoolUse
from tests.simulation.store import Claims, SimulatedStore
from tests.simulation.workload import HOSTS, Workload
from tests.simulation.world import World


class SimulatedRun:
    """A run, from its first driver until it has succeeded.

    Args:
        world: the world.
        workload: the flow of the run.
        name: its id.
        store: the store of all runs.
        clock: the clock of the machine on which they are driven.
        directory: a directory for the disks of hosts.
        pools: the pools of all runs.
    """

    def __init__(
        self,
        world: World,
        workload: Workload,
        name: str,
        store: SimulatedStore,
        clock: MachineClock,
        directory: str,
        pools: PoolUse,
    ) -> None:
        self._world = world
        self._workload = workload
        self._name = name
        self._store = store
        random = world.random
        needs_lease = world.rates.has(Fault.DRIVER_CUT_OFF) or world.rates.has(Fault.LEASE_LOST)
        self.claims = Claims(world, is_lease=random.random() < (0.9 if needs_lease else 0.4))
        ledger = self.ledger = Ledger(world, workload)
        disks = os.path.join(directory, name)
        os.mkdir(disks)
        names = HOSTS if workload.has_hosts else ()
        self.hosts = {host: SimulatedHost(world, host, disks, KEY, ledger, random.randint(1, 3)) for host in names}
        self._invariants = Invariants(world, workload, ledger, self.claims, self.hosts, pools)
        self._people = People(
            world, workload, name, store, self._invariants.steering, ledger, lambda: self.start_driver(forces=True)
        )
        self._answers = Answers(world, workload, name, store, self._invariants.steering)
        self.drivers: list[SimulatedDriver] = []
        self._around = Surroundings(
            run_id=name,
            workload=workload,
            store=store,
            claims=self.claims,
            ledger=ledger,
            hosts=self.hosts,
            clock=clock,
            invariants=self._invariants,
            people=self._people,
            on_end=self._driver_ended,
        )
        self._count = 0
        self._starts_again = False
        self._has_succeeded = False
        """Whether it had succeeded as a driver ended."""

    def begin(self) -> None:
        """Start it, with people around it."""
        self.start_driver()
        self._people.begin()
        self._answers.begin()

    # -- drivers

    def start_driver(self, *, forces: bool = False) -> None:
        """Start or recover the run, in a new process; with ``forces``, even beside a driver that lives."""
        if self.is_finished:
            return
        plan = self._workload.plan_of(self._count)
        self._count += 1
        name = f"{self._name}-{self._count}"
        self.drivers.append(SimulatedDriver(self._world, name, plan, self._around, forces=forces))

    def _driver_ended(self, driver: SimulatedDriver) -> None:
        self.drivers.remove(driver)
        self._has_succeeded = self.is_finished
        error = driver.process.error
        if error is not None:
            raise error
        if not self.drivers and not self._starts_again:
            self._starts_again = True
            self._world.after(self._world.random.uniform(0.5, 20.0), self._start_unless_driven)

    def _start_unless_driven(self) -> None:
        self._starts_again = False
        if not self.drivers:
            self.start_driver()

    @property
    def status(self) -> RunStatus | None:
        """Its status, as it is stored; None before it was made."""
        record = self._store.record(self._name)
        return None if record is None else record.status

    @property
    def is_finished(self) -> bool:
        """Whether it has succeeded, for good."""
        return self._has_succeeded or self.status is RunStatus.SUCCESS

    @property
    def is_over(self) -> bool:
        """Whether it has succeeded, and no driver of it is left."""
        return not self.drivers and self._has_succeeded

    @property
    def busy_hosts(self) -> list[str]:
        """The hosts on which steps are executed now."""
        return sorted({execution.place for execution in self.ledger.running if execution.is_remote})

    def cut_power(self) -> None:
        """Kill its drivers, and cut the power of its hosts."""
        for driver in [*self.drivers]:
            driver.process.kill()
        for host in self.hosts.values():
            host.reboot(self._world.random.uniform(1, 60))

    # -- the end

    def heal(self) -> None:
        """End all faults, and release all that is held."""
        self.claims.heal()
        for host in self.hosts.values():
            host.heal()
        self._people.release_all()

    def troubles(self) -> Iterator[str]:
        """Yield what keeps it from its end."""
        yield from (driver.name for driver in self.drivers)
        if not self.is_finished:
            yield f"{self._name} is {self.status}"

    def check(self) -> None:
        """Check it once it has ended."""
        record = self._store.record(self._name)
        assert record is not None
        found = [*self._store.attempts(record)]
        self._invariants.check_end([(each.path, each.attempt, each.status) for each in found], record.status)
        successes = {(each.located, each.sequence) for each in found if each.status is Status.SUCCESS}
        self._invariants.check_successes(successes)
        self._invariants.check_stories(
            [
                (left.part, self._store.artifact(record, left.part.digest) if isinstance(left.part, Artifact) else None)
                for left in self._store.story(record)
            ]
        )

    def close(self) -> None:
        """End it with the world."""
        for driver in [*self.drivers]:
            driver.process.forsake()
        for host in self.hosts.values():
            host.close()
