"""The production store over SQLite in memory, with simulated claims, and commits that fail or are not answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from selectors import EVENT_READ
from typing import Any, TypeVar

from sequent.errors import StoreBusyError, StoreError, StoreFullError, StoreLostError
from sequent.model.plan import Plan
from sequent.runtime.ports import DrivenRun
from sequent.runtime.records import RunRecord
from sequent.runtime.rows import Ask, Batch
from sequent.runtime.store.directories import prepare_run_directory
from sequent.runtime.store.sql.database import OpenDatabase
from sequent.runtime.store.sql.run_taking import RunTaking
from sequent.runtime.store.sql.takeover import TakeoverPorts
from sequent.runtime.store.sqlite.database import SqliteDatabase
from sequent.runtime.store.sqlite.temporary import MemoryStore
from tests.simulation.faults import Fault
from tests.simulation.world import Flag, Process, SimulatedSelector, World

T = TypeVar("T")
LASTS, RENEWED, DOUBTED = 30.0, 10.0, 20.0
"""The seconds of a lease, as with PostgreSQL."""
FORCED = "takeover by force from a driver that does not answer"
_PIECE = 0.001
"""Seconds in which a driver that is killed has ended."""
_HINTS = 0.7
"""The share of hints to other drivers that arrive."""


class SimulatedClaim:
    """A run that a driver holds: by a lock, which is free once it is dead, or by a lease, which it has to renew."""

    def __init__(self, claims: Claims, driver: Process, *, is_lease: bool) -> None:
        self._claims = claims
        self._world = driver.world
        self.driver = driver
        self._is_lease = is_lease
        self._is_lost = False
        self._woken = Flag()
        self.is_released = False
        self._renewed_at = self._world.now
        self._expires_at = self._world.now + LASTS
        """The end of the lease, by the clock of the server."""

    def begin(self, committed: int) -> None:
        if self._is_lease:
            self._world.after(RENEWED, self._keep)

    def committed(self) -> None:
        """Nothing is counted."""

    def _keep(self) -> None:
        """Renew the lease again and again, as a thread of the driver does."""
        world = self._world
        if self.is_released or not self.driver.is_alive:
            return
        if self.driver.paused_until > world.now:
            # Its thread goes on some time after it does.
            world.after(self.driver.paused_until - world.now + world.random.uniform(0.0, RENEWED), self._keep)
            return
        if not self._claims.is_out(self.driver):
            self._renew()
        if not self._is_lost:
            world.after(RENEWED, self._keep)

    def _renew(self) -> None:
        if self._claims.holder is self:
            self._renewed_at = self._world.now
            self._expires_at = self._world.now + LASTS
        else:
            self._is_lost = True
            self._woken.set()

    @property
    def is_over(self) -> bool:
        """Whether another process may take the run."""
        if self.is_released or self.driver.has_ended:
            return True
        is_over = self._is_lease and self._world.now > self._expires_at
        self._claims.has_lapsed |= is_over
        return is_over

    def expire(self) -> None:
        """Let the lease be over early, as if the clock of the server was changed; its holder knows nothing of that."""
        self._expires_at = self._world.now - 1.0

    def hint(self) -> None:
        """Wake the driver: there may be news in the store."""
        self._woken.set()

    def is_held(self, session: OpenDatabase) -> bool:
        if self._is_lease and not self._is_lost and self._world.now - self._renewed_at > DOUBTED:
            if self._claims.is_out(self.driver):
                raise StoreLostError("the database does not answer")
            self._renew()
        return not self._is_lost

    def watch(self, selector: SimulatedSelector, on_wake: Callable[[], None]) -> None:
        def wake() -> None:
            self._woken.clear()
            on_wake()

        selector.register(self._woken, EVENT_READ, wake)

    def free_space(self) -> None:
        """No room was reserved."""

    def release(self) -> None:
        self.is_released = True


class Claims:
    """The process that may drive a run."""

    def __init__(self, world: World, *, is_lease: bool) -> None:
        self._world = world
        self.is_lease = is_lease
        self.holder: SimulatedClaim | None = None
        self.out_until = 0.0
        """The time until which the database does not answer."""
        self.cut_off: dict[str, float] = {}
        """By driver, the time until which it does not reach the database, which others do."""
        self.tree_gone_at = 0.0
        """The time at which no worker of a dead driver is left."""
        self.has_lapsed = False
        """Whether a lease was over while its driver lived: other runs may have what the run held of shared pools."""
        self.losers: set[str] = set()
        """The drivers that lost the run while they lived."""

    def is_out(self, driver: Process) -> bool:
        """Return whether the database does not answer a driver."""
        return self._world.now < max(self.out_until, self.cut_off.get(driver.name, 0.0))

    def heal(self) -> None:
        """Let the database answer again."""
        self.out_until = self._world.now
        self.cut_off.clear()

    @property
    def is_driven(self) -> bool:
        """Whether a process drives the run."""
        return self.holder is not None and not self.holder.is_over

    @property
    def is_alive(self) -> bool:
        """Whether a process of the run is left."""
        return self.is_driven or self._world.now < self.tree_gone_at

    def claim(self, driver: Process, *, forces: bool = False) -> SimulatedClaim | None:
        """Claim the run; None if another process has it, unless that is fenced, and loses the run by force."""
        before = self.holder
        if before is not None and not before.is_over:
            if not forces:
                return None
            self._end(before, driver)
        if before is not None and before.driver.is_alive and not before.is_released:
            self.losers.add(before.driver.name)
            self._world.trace.count("takeover from a living driver")
        claim = self.holder = SimulatedClaim(self, driver, is_lease=self.is_lease)
        while self._world.now < self.tree_gone_at:
            # As with the lock of the agent of a dead driver's workers.
            driver.sleep(self.tree_gone_at - self._world.now)
        return claim

    def _end(self, silent: SimulatedClaim, driver: Process) -> None:
        """End the claim of a driver that does not answer: with it, as on the same machine, or with its lease alone."""
        self._world.trace.count(FORCED)
        self._world.tell(driver.name, f"takes the run by force from {silent.driver.name}")
        if self.is_lease:
            self.has_lapsed = True
            return
        self._world.after(0.0, silent.driver.kill)
        while not silent.driver.has_ended:
            driver.sleep(_PIECE)


class SimulatedDatabase(SqliteDatabase):
    """The database of the production store in memory, whose runs are claimed in simulated time."""

    world: World
    claimant: tuple[Process, Claims]
    """The process that asks for a claim now, and the run."""
    claims: dict[int, Claims]
    """By number, the runs."""

    def claim(self, number: int, owner: str, *, forces: bool = False) -> SimulatedClaim | None:  # type: ignore[override]
        prepare_run_directory(self.directory(number))
        process, claims = self.claimant
        self.claims[number] = claims
        return claims.claim(process, forces=forces)

    def driver(self, number: int) -> None:
        """No process of this machine drives a run."""
        return None  # noqa: RET501 - what the port returns for that

    def is_driven(self, number: int) -> bool:
        return number in self.claims and self.claims[number].is_driven

    def is_alive(self, number: int) -> bool:
        return number in self.claims and self.claims[number].is_alive

    def wake(self, session: OpenDatabase, number: int) -> None:
        """Wake a driver, unless the hint is lost."""
        claims = self.claims.get(number)
        if claims is not None and claims.holder is not None and self.world.random.random() < _HINTS:
            claims.holder.hint()

    def check_commits(self, session: OpenDatabase, number: int) -> None:
        """Nothing counts commits beside this database."""


class SimulatedTaking(RunTaking):
    """The taking of runs where no process of this machine belongs to one."""

    def wait_as(self, process: Process, claims: Claims, store: SimulatedStore) -> SimulatedTaking:
        """Let a process wait in simulated time, and go on with its claim afterwards."""

        def sleep(seconds: float) -> None:
            process.sleep(seconds)
            store.act_for(process, claims)

        self._ports = TakeoverPorts(lambda: process.world.now, sleep, lambda text: None)
        return self

    def _end_remains(self, directory: str, run_id: str) -> None:
        """Wait for nothing: the claim has waited for the workers of a dead driver."""


class SimulatedStore(MemoryStore):
    """The production store with simulated claims.

    Args:
        world: the world.
        now: its wall clock.
    """

    def __init__(self, world: World, now: Callable[[], float]) -> None:
        super().__init__(now)
        database = self._database
        database.__class__ = SimulatedDatabase
        assert isinstance(database, SimulatedDatabase)
        self._simulated = database
        database.world, database.claims = world, {}

    def _taking(self) -> RunTaking:
        taking = SimulatedTaking(self._session, self._listing, self._now, self._busy)
        return taking.wait_as(*self._simulated.claimant, self)

    def act_for(self, process: Process, claims: Claims) -> None:
        """Let the next claim of a run be that of a process."""
        self._simulated.claimant = process, claims

    def record(self, run_id: str) -> RunRecord | None:
        """Return a run; None if it is not made yet."""
        return next((record for record in self.runs() if record.id == run_id), None)


class FaultyRun:
    """A run of the production store whose writes fail now and then, before or after they are done.

    Args:
        run: the run.
        driver: the process that drives it.
        claims: knows outages.
        committed: called after each commit of a batch, also if its answer is lost.
    """

    def __init__(self, run: DrivenRun, driver: Process, claims: Claims, committed: Callable[[Batch], None]) -> None:
        self._run = run
        self._driver = driver
        self._claims = claims
        self._committed = committed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def commit(self, batch: Batch) -> None:
        def write() -> None:
            self._run.commit(batch)
            self._committed(batch)

        self._write(write)

    def adopt(self, plan: Plan, fingerprints: Mapping[str, str]) -> None:
        self._write(lambda: self._run.adopt(plan, fingerprints))

    def use_pools(self, capacities: Mapping[str, int]) -> None:
        self._write(lambda: self._run.use_pools(capacities))

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        return self._write(lambda: self._run.ask(asks))

    def _write(self, write: Callable[[], T]) -> T:
        driver, world = self._driver, self._driver.world
        driver.step("before a commit", Fault.DRIVER_KILLED_AT_COMMIT)
        if self._claims.is_out(driver):
            raise StoreLostError("the database does not answer")
        if world.strikes(Fault.SLOW_COMMIT):
            driver.sleep(world.random.uniform(0.1, 5.0))
        if world.strikes(Fault.ERROR_BEFORE_COMMIT):
            raise self._error()
        written = write()
        world.trace.count("commit")
        if world.strikes(Fault.ERROR_AFTER_COMMIT):
            world.tell(driver.name, "does not hear that its commit is done")
            raise self._error()
        driver.step("after a commit", Fault.DRIVER_KILLED_AT_COMMIT)
        return written

    def _error(self) -> StoreError:
        kind = self._driver.world.random.choice((StoreBusyError, StoreFullError, StoreLostError))
        return kind("a simulated error of the store")
