"""The outcome of a simulated run, with questions for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, Unpack

from attrs import frozen

from sequent.dsl.options.pools import Pool
from sequent.errors import UsageError
from sequent.model.outcome import Outcome
from sequent.model.plan import Plan
from sequent.model.scope import host_in, is_within, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.model.wording import did_you_mean
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.testing.addresses import Address, Addresses, key_of
from sequent.testing.arguments import check_arguments, names_in
from sequent.testing.clock import Seconds
from sequent.testing.events import Event, Kind
from sequent.testing.recording import Key
from sequent.testing.scenario import SCENARIO_OPTIONS, ScenarioOptions


@frozen
class EarlyEnd:
    """The conditions under which a simulation ends early."""

    stop_at: Seconds | None = None
    max_loops: int = -1


@frozen(kw_only=True)
class SimulationRecord:
    """The records of a simulated run, beside its outcome."""

    events: tuple[Event, ...]
    statuses: Mapping[Key, Status]
    peaks: Mapping[str, int]
    began: float
    ended: float


class RecoverableWorld(Protocol):
    """The world of a simulation, in which its run can be recovered."""

    plan: Plan
    addresses: Addresses

    def change(self, options: ScenarioOptions, after: Seconds) -> None: ...
    def recover(self, early_end: EarlyEnd, request: RecoveryRequest) -> Simulation: ...
    def continue_(self, early_end: EarlyEnd) -> Simulation: ...


class Simulation:
    """A run, or a recovery of one, that took place in simulated time; true only for a success.

    Steps and containers are named by their paths (``transmit.send``), or by path and sequence
    (``transmit.send/1.2``) for one iteration; a misspelt name is an error, never a "no".
    """

    def __init__(self, world: RecoverableWorld, outcome: Outcome, record: SimulationRecord) -> None:
        self._world = world
        self._record = record
        self._addresses: Addresses = world.addresses
        self.outcome = outcome
        """The return value of ``run()``."""
        self.events = record.events
        """All events, in order."""

    @property
    def duration(self) -> float:
        """The duration, in simulated seconds."""
        return self._record.ended - self._record.began

    # -- tasks

    def order(self, within: str = "") -> list[str]:
        """Return the tasks in the order in which their attempts started, each attempt once.

        A task in a repeat is named with its sequence, any other by its path alone.

        Args:
            within: a step or container to which the list is limited.
        """
        return [self._label(event) for event in self._events(within, Kind.STARTED)]

    def ran(self, name: str) -> bool:
        """Return whether any attempt of it, or in it, started in this simulation."""
        return bool(self._events(name, Kind.STARTED))

    def attempts(self, name: str) -> int:
        """Return how many attempts of it, or in it, started in this simulation."""
        return len(self._events(name, Kind.STARTED))

    def started_at(self, name: str) -> float:
        """Return when the first attempt of it, or in it, started: simulated seconds since the beginning.

        Raises:
            UsageError: none did.
        """
        return self._moments(name, Kind.STARTED)[0]

    def ended_at(self, name: str) -> float:
        """Return when the last attempt of it, or in it, ended: simulated seconds since the beginning.

        Raises:
            UsageError: none did.
        """
        return self._moments(name, Kind.ENDED)[-1]

    def status_of(self, name: str) -> Status:
        """Return the status of a task or container at the end, after all recoveries so far.

        Containers that never began, and the tasks in them, count as skipped if the iteration around them was a
        success; in one that stopped or failed, the reason is unknown, and they are waiting.

        Raises:
            UsageError: its iterations differ, so that a sequence has to be named; or there is no such iteration.
        """
        address = self._addresses.any(name)
        if address.sequence is not None:
            found = self._record.statuses.get((address.path, address.sequence))
            return self._of_unbegun(address) if found is None else found
        each = {key[1]: status for key, status in self._record.statuses.items() if key[0] == address.path}
        if address.host:
            each = {sequence: status for sequence, status in each.items() if host_in(sequence) == address.host}
        node = self._addresses.containers.get(address.path)
        if node is not None and not (address.host and node.is_copied):
            depth = len(self._addresses.levels(node))
            each = {sequence: status for sequence, status in each.items() if len(sequence) == depth}
        if len(set(each.values())) > 1:
            some = ", ".join(f"{key_of(address.path, sequence)}: {each[sequence].value}" for sequence in list(each)[:5])
            raise UsageError(f"the iterations of {name!r} differ: {some}", code="sequence", hint="name one of them")
        return next(iter(each.values()), None) or self._of_unbegun(address)

    @property
    def failed(self) -> tuple[str, ...]:
        """The tasks that are failures at the end, after all their attempts."""
        statuses = self._record.statuses.items()
        steps = self._addresses.steps
        found = [key for key, status in statuses if status is Status.FAILURE and key[0] in steps and self._is_task(key)]
        return tuple(self._addresses.label(*key) for key in found)

    @property
    def skipped(self) -> tuple[str, ...]:
        """The tasks that were skipped in this simulation, without those inside a skipped container."""
        return tuple(self._label(event) for event in self.events if event.kind is Kind.SKIPPED)

    @property
    def cancelled(self) -> tuple[str, ...]:
        """The tasks that were cancelled in this simulation, as with ``skipped``."""
        return tuple(self._label(event) for event in self.events if event.kind is Kind.CANCELLED)

    # -- limits

    def peak(self, pool: str | Pool) -> int:
        """Return the largest amount of a pool held at once, including the amount that the run keeps.

        Raises:
            UsageError: the flow has no such pool.
        """
        name = pool if isinstance(pool, str) else pool.name
        known = [each.name for each in self._world.plan.pools]
        if name not in known:
            raise UsageError(f"the flow has no pool {name!r}", code="unknown-pool", hint=did_you_mean(name, known))
        return self._record.peaks.get(name, 0)

    def peak_running(self, within: str = "") -> int:
        """Return the largest number of attempts that ran at once: of a step, in a container, or of all."""
        running = most = 0
        for event in self._events(within, Kind.STARTED, Kind.ENDED, Kind.LOST):
            running += 1 if event.kind is Kind.STARTED else -1
            most = max(most, running)
        return most

    # -- the next runs

    def recover(
        self,
        *,
        after: Seconds = 0.0,
        rerun: Iterable[str] = (),
        rerun_from: Iterable[str] = (),
        skip: Iterable[str] = (),
        stop_at: Seconds | None = None,
        max_loops: int = -1,
        **scenario: Unpack[ScenarioOptions],
    ) -> Simulation:
        """Recover the run: keep the successes, run the rest.

        Args:
            after: the time that passes before the recovery.
            rerun: run these again even if they succeeded, as with ``--rerun``.
            rerun_from: run these again, with all that depends on them, as with ``--from``.
            skip: pass these over, as with ``--skip``.
            stop_at: as for ``simulate``, counted from the beginning of this recovery.
            max_loops: as for ``simulate``.
            **scenario: the changes to the scenario: ``failing``, ``durations``, ``results``, ``items``, ``seed``.

        Raises:
            UsageError: the request cannot be fulfilled.
        """
        check_arguments(self.recover, {"max_loops": max_loops}, scenario, SCENARIO_OPTIONS)
        request = RecoveryRequest(
            after=names_in(rerun_from, "rerun_from"),
            rerun=names_in(rerun, "rerun"),
            skip=names_in(skip, "skip"),
        )
        self._world.change(scenario, after)
        return self._world.recover(EarlyEnd(stop_at, max_loops), request)

    def continue_(
        self,
        *,
        after: Seconds = 0.0,
        stop_at: Seconds | None = None,
        max_loops: int = -1,
        **scenario: Unpack[ScenarioOptions],
    ) -> Simulation:
        """Continue a run that was suspended, as ``RUN_CONTINUE`` does; the arguments are those of ``recover``.

        Raises:
            UsageError: it has failed or was stopped.
        """
        check_arguments(self.continue_, {"max_loops": max_loops}, scenario, SCENARIO_OPTIONS)
        status = self.outcome.status
        if status in (RunStatus.FAILURE, RunStatus.STOPPED):
            how = "has failed" if status is RunStatus.FAILURE else "was stopped"
            raise UsageError(
                f"the run {how}: there is nothing to continue", code="nothing-to-continue", hint="recover it"
            )
        self._world.change(scenario, after)
        return self._world.continue_(EarlyEnd(stop_at, max_loops))

    # -- as text

    def __bool__(self) -> bool:
        return bool(self.outcome)

    def __str__(self) -> str:
        return "\n".join([repr(self), *map(str, self.events)])

    def __repr__(self) -> str:
        return f"<simulation of {self._world.plan.name}: {self.outcome.status.value} after {self.duration:g} s>"

    # -- inside

    def _label(self, event: Event) -> str:
        return self._addresses.label(event.path, event.address)

    def _events(self, name: str, *kinds: Kind) -> list[Event]:
        """Return the events of these kinds of a step, or in a container."""
        found = [event for event in self.events if event.kind in kinds]
        if not name:
            return found
        address = self._addresses.any(name)
        sequence = "" if address.sequence is None else sequence_text(address.sequence)
        return [
            event
            for event in found
            if is_within(event.path, address.path)
            and (not sequence or is_within(event.sequence, sequence))
            and address.host in ("", event.host)
        ]

    def _moments(self, name: str, kind: Kind) -> list[float]:
        found = [event.at for event in self._events(name, kind)]
        if not found:
            hint = f"started: {', '.join(self.order()[:20]) or 'nothing'}"
            raise UsageError(f"nothing of {name!r} {kind.value} in this simulation", code="not-run", hint=hint)
        return found

    def _is_task(self, key: Key) -> bool:
        """Return whether a key is that of a task, not of a repeated step as a whole."""
        return len(key[1]) == len(self._addresses.levels(self._addresses.steps[key[0]]))

    def _of_unbegun(self, address: Address) -> Status:
        """Return the status of a step or container without events."""
        names = address.path.split(".")
        statuses = self._record.statuses
        for depth in range(len(names), 0, -1):
            around = ".".join(names[:depth])
            if address.sequence is None:
                known = [status for key, status in statuses.items() if key[0] == around]
            else:
                known = [status for key, status in statuses.items() if key == (around, address.sequence[: depth + 1])]
                whole = statuses.get((around, address.sequence[:depth]))
                if not known and whole not in (None, Status.SKIPPED) and depth < len(address.sequence):
                    raise UsageError(f"{around!r} has no iteration {address.sequence[depth]}", code="sequence")
            if known:
                return Status.SKIPPED if known[0] is Status.SUCCESS else Status.WAITING
        return Status.SKIPPED if self.outcome else Status.WAITING
