"""One simulation: runs with faults, then a world that has healed, in which they must finish."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from functools import partial
from signal import SIGTERM

from attrs import frozen

from sequent.runtime.driver.stop_signals import STOPPING
from tests.simulation.drivers import MachineClock, SimulatedDriver
from tests.simulation.executions import Execution
from tests.simulation.faults import Fault
from tests.simulation.pool_use import PoolUse
from tests.simulation.runs import SimulatedRun
from tests.simulation.store import SimulatedStore
from tests.simulation.workload import HOSTS, Workload
from tests.simulation.world import Violation, World

_IN_MEMORY = "/dev/shm"  # noqa: S108 - a directory of our own is made in it
PATIENCE = 4000.0
"""The simulated seconds in which a step must begin, or all runs end, once the world has healed."""
_SOON = 15.0
"""The simulated seconds after the start of a step within which faults disturb it."""
_KILLED_LATER = 0.5
"""The share of terminated drivers that are killed if they take too long, as init systems do."""
_ENDING = 12.0
"""The simulated seconds in which steps end that no run wants any more."""


@frozen
class Seen:
    """What was seen in one simulation."""

    seed: int
    digest: str
    counts: Counter[str]
    lines: tuple[str, ...]
    violation: str
    """The promise that was broken; '' if all were kept."""


class Simulation:
    """The world of a seed.

    Args:
        seed: decides everything.
        keeps_trace: whether the events are kept as text.
        tells_stories: whether steps on hosts leave notes and artifacts; then the seed gives other events.
    """

    def __init__(self, seed: int, *, keeps_trace: bool = False, tells_stories: bool = False) -> None:
        self.world = world = World(seed, keeps_trace=keeps_trace)
        world.tells_stories = tells_stories
        base = _IN_MEMORY if os.path.isdir(_IN_MEMORY) else None
        self._directory = tempfile.TemporaryDirectory(prefix="sequent-simulated-", dir=base)
        self.clock = MachineClock(world)
        self.store = SimulatedStore(world, self.clock.now)
        shared = world.random.choice((0, 0, 0, 0, 0, 1, 1, 2))
        pools = PoolUse()
        self.runs = [
            SimulatedRun(
                world, Workload(seed, number, shared), name, self.store, self.clock, self._directory.name, pools
            )
            for number, name in enumerate(("run", "other")[: 2 if shared else 1])
        ]
        for run in self.runs:
            run.ledger.watchers.append(self._disturb)
        self._faults_end = world.random.choice((30.0, 120.0, 300.0))

    # -- faults that come by time

    def _plan_faults(self) -> None:
        for fault in self.world.rates.timed:
            self._plan(fault)

    def _plan(self, fault: Fault) -> None:
        seconds = self.world.rates.next_after(fault)
        if seconds is not None and not self.world.rates.are_over:
            self.world.after(seconds, partial(self._strike_again, fault))

    def _disturb(self, _: Execution) -> None:
        """Let faults come while a step is executed: at any other time they would meet little."""
        for fault in self.world.rates.disturbing():
            self.world.after(self.world.random.uniform(0.0, _SOON), partial(self._strike, fault))

    def _strike_again(self, fault: Fault) -> None:
        self._strike(fault)
        self._plan(fault)

    def _strike(self, fault: Fault) -> None:
        if not self.world.rates.are_over and self._inflict(fault):
            self.world.trace.count(fault)

    def _inflict(self, fault: Fault) -> bool:
        """Let a fault happen; return whether it could."""
        world, random = self.world, self.world.random
        run = random.choice(self.runs)
        match fault:
            case Fault.SECOND_DRIVER:
                run.start_driver()
            case Fault.CLOCK_CHANGED:
                self.clock.ahead += random.choice((-86_400.0, -3600.0, -5.0, 5.0, 3600.0, 86_400.0))
                world.tell("machine", f"its wall clock is {self.clock.ahead:.0f} s ahead")
            case Fault.DRIVER_KILLED | Fault.DRIVER_PAUSED | Fault.DRIVER_TERMINATED:
                if not run.drivers:
                    return False
                self._inflict_on_driver(fault, random.choice(run.drivers))
            case Fault.POWER_CUT:
                world.tell("world", "has no power")
                for each in self.runs:
                    each.cut_power()
            case Fault.OUTAGE | Fault.LEASE_LOST | Fault.DRIVER_CUT_OFF:
                return self._inflict_on_store(fault, run)
            case _:
                return self._inflict_on_host(fault, run)
        return True

    def _inflict_on_driver(self, fault: Fault, driver: SimulatedDriver) -> None:
        """Kill a driver, pause it, or send it signals, after which some are killed."""
        world, random = self.world, self.world.random
        match fault:
            case Fault.DRIVER_KILLED:
                driver.process.kill()
            case Fault.DRIVER_PAUSED:
                seconds = random.uniform(5, 120)
                world.tell(driver.name, f"is paused for {seconds:.0f} s")
                driver.process.pause(seconds)
            case _:
                number, more = SIGTERM, 0
                if world.rates.are_aimed:
                    number, more = random.choice(STOPPING), random.choice((0, 0, 1, 2))
                driver.signal(number)
                for _ in range(more):
                    world.after(random.uniform(0.1, 16.0), partial(driver.signal, number))
                if random.random() < _KILLED_LATER:
                    world.after(random.uniform(5, 25), driver.process.kill)

    def _inflict_on_store(self, fault: Fault, run: SimulatedRun) -> bool:
        world, random, claims = self.world, self.world.random, run.claims
        match fault:
            case Fault.OUTAGE:
                if world.now < claims.out_until:
                    return False
                longest = random.choice((10.0, 10.0, 60.0, 60.0, 60.0, 400.0))
                seconds = random.uniform(longest / 6, longest)
                world.tell("store", f"does not answer for {seconds:.0f} s")
                claims.out_until = world.now + seconds
            case Fault.LEASE_LOST:
                holder = claims.holder
                if not claims.is_lease or holder is None or holder.is_over:
                    return False
                world.tell("store", f"ends the lease of {holder.driver.name}")
                holder.expire()
                run.start_driver()
            case Fault.DRIVER_CUT_OFF:
                if not claims.is_lease or not run.drivers:
                    return False
                seconds = random.choice((random.uniform(5, 30), random.uniform(60, 200)))
                driver = random.choice(run.drivers)
                world.tell(driver.name, f"does not reach the store for {seconds:.0f} s")
                claims.cut_off[driver.name] = max(claims.cut_off.get(driver.name, 0.0), world.now + seconds)
                world.after(random.uniform(30, 60), run.start_driver)
            case _:
                raise AssertionError(fault)
        return True

    def _inflict_on_host(self, fault: Fault, run: SimulatedRun) -> bool:
        random = self.world.random
        if not run.hosts:
            return False
        busy = run.busy_hosts if self.world.rates.are_aimed else []
        host = run.hosts[random.choice(busy if busy and random.random() < 0.7 else HOSTS)]
        match fault:
            case Fault.PARTITION:
                host.cut_off(random.choice((random.uniform(1, 20), random.uniform(20, 120))))
            case Fault.HOST_REBOOT:
                host.reboot(random.uniform(1, 60))
            case Fault.AGENT_KILLED:
                host.kill_agent()
            case Fault.HOST_FROZEN:
                host.freeze(random.choice((random.uniform(1, 20), random.uniform(20, 120))))
            case _:
                raise AssertionError(fault)
        return True

    def _heal(self) -> None:
        self.world.tell("world", "heals")
        self.world.rates.are_over = True
        for run in self.runs:
            run.heal()

    # -- the course

    def run(self) -> Seen:
        """Let everything happen; return what was seen."""
        violation = ""
        try:
            self._run()
        except Violation as error:
            violation = str(error)
        except Exception as error:  # noqa: BLE001 - whatever the production code raises is a finding
            violation = f"{type(error).__name__}: {error}"
            self.world.tell("violation", violation)
        finally:
            self._close()
        trace = self.world.trace
        return Seen(self.world.seed, trace.digest, trace.counts, tuple(trace.lines), violation)

    def _run(self) -> None:
        world = self.world
        world.tell("world", f"faults: {world.rates}")
        self._plan_faults()
        for run in self.runs:
            run.begin()
        world.run(self._is_over, self._faults_end)
        self._heal()
        world.tell("world", "must finish")
        if not self._finishes():
            troubles = ", ".join(trouble for run in self.runs for trouble in run.troubles())
            raise Violation(f"I9: it does not end after the world has healed: {troubles} (seed {world.seed})")
        world.run(lambda: False, _ENDING)
        for run in self.runs:
            run.check()

    def _finishes(self) -> bool:
        """Let the runs go on as long as steps begin; return whether all have ended."""
        before = -1
        while before < (begun := self.world.trace.counts["execution"]):
            before = begun
            if self.world.run(self._is_over, PATIENCE):
                return True
        return False

    def _is_over(self) -> bool:
        return all(run.is_over for run in self.runs)

    def _close(self) -> None:
        for run in self.runs:
            run.close()
        self.store.close()
        self._directory.cleanup()


def simulate_seed(seed: int, *, keeps_trace: bool = False, tells_stories: bool = False) -> Seen:
    """Simulate a seed."""
    return Simulation(seed, keeps_trace=keeps_trace, tells_stories=tells_stories).run()
