"""Puts a flow into a world of its own: the production engine, driver and store, in simulated time."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Unpack

from sequent.compiler import compile_flow
from sequent.dsl.containers.flow_run import BoundRun
from sequent.dsl.options.hosts import is_here
from sequent.dsl.parameters.param import encode_params
from sequent.dsl.specification.definitions import definition_of
from sequent.model.outcome import Outcome
from sequent.model.plan import Plan
from sequent.model.run_target import Target
from sequent.model.spec import Definition
from sequent.model.status import Construct, RunStatus
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.orders import AttemptOrder
from sequent.runtime.ports import DrivenRun
from sequent.runtime.records import AttemptRecord
from sequent.runtime.recovery.changes import fingerprints_of
from sequent.runtime.recovery.preparation import prepare
from sequent.runtime.recovery.prepared_recovery import PreparedRecovery
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.runtime.runs.drive import Drive
from sequent.runtime.runs.question_texts import QuestionTexts
from sequent.runtime.store import open_store
from sequent.runtime.store.sqlite.temporary import MemoryStore
from sequent.runtime.worker.inputs import Catalogue
from sequent.runtime.worker.repeat_iterators import RepeatIterators
from sequent.testing.addresses import Addresses
from sequent.testing.arguments import check_arguments
from sequent.testing.clock import BEGINNING, FakeClock, Seconds
from sequent.testing.earlier_scenario import MakeScenario, drawing_from
from sequent.testing.executor import SimulatedExecutor
from sequent.testing.history import read_history
from sequent.testing.hosts import USUAL
from sequent.testing.recording import Recording, Watch, recorded
from sequent.testing.scenario import SCENARIO_OPTIONS, Scenario, ScenarioOptions
from sequent.testing.simulated_host import SimulatedHost
from sequent.testing.simulated_time import Agenda, SimulatedSelector, interrupting
from sequent.testing.simulation import EarlyEnd, Simulation, SimulationRecord
from sequent.testing.task import Task
from sequent.view.earlier_runs import MOST_RUNS

MOST_ATTEMPTS = 100_000
"""The default limit of attempts, for a simulation and each recovery: one with more is probably endless."""


def simulate(
    flow: object,
    *,
    params: Mapping[str, object] | None = None,
    start: datetime = BEGINNING,
    max_concurrent: int | None = None,
    stop_at: Seconds | None = None,
    max_loops: int = -1,
    most_attempts: int = MOST_ATTEMPTS,
    history: str | Path | None = None,
    **scenario: Unpack[ScenarioOptions],
) -> Simulation:
    """Run a flow in simulated time, without running any of its steps, and return the events.

    Engine, driver and store are those of real runs, so requirements, failures, retries, delays, timeouts, pools and
    limits mean exactly what they mean there. A week takes milliseconds.

    Args:
        flow: the result of ``@container``, the same with parameters (``nightly(day=...)``), or a ``Sequent``.
        params: the flow's parameters.
        start: the time of the wall clock at the beginning, for flows that wait for a moment.
        max_concurrent: how many tasks may run at once; 0: no limit; by default the flow's, else 64 on every machine.
        stop_at: press Ctrl-C after this time.
        max_loops: suspend the run after this many passes.
        most_attempts: the limit of attempts in each recovery.
        history: a store with earlier runs. Steps without ``durations`` take as long as there, as the seed chooses;
            results and numbers of items that decide the course are those of the latest run.
        **scenario: the behaviour of the steps; a name is a path (``"transmit.send"``), or a path with a sequence
            (``"transmit.send/1.2"``), which overrides it.

            ``failing``: names, of which every attempt fails; or a mapping from names to how many attempts fail (2: the
            first two), with what (an exception), the fate of each attempt in turn (a list of exceptions, True and
            False), or a callable that decides (``lambda task: task.item == "eu"``); or one such callable for all tasks.
            A command fails with an exit code by ``SystemExit(75)``.

            ``durations``: how long attempts take, by name: seconds, "30s", a timedelta, the shortest and the longest
            (the seed chooses), or a callable of the task; or one callable for all. Other steps take no time.

            ``results``: the results of steps, by name: a value, or a callable of the task. Steps without one return
            None; if that would decide the course of the flow, a result is required.

            A question is answered with the result of its step as the attempt ends; one that fails is rejected.

            ``items``: by path, the items of repeats over a callable; or an exception. Else it is called, here and now.

            ``hosts``: hosts by name, of which something is to happen: ``Host(down=[("1h", "2h")], restarts=["3h"],
            max_concurrent=2)``. Others can be reached, with room for 64 tasks at once.

            ``seed``: an integer that chooses durations; the same seed gives the same events.

    Raises:
        InvalidFlowError: the flow has mistakes.
        UsageError: a name is unknown, a value impossible, a decisive result not known, or a store without runs.
        StoreError: the store cannot be read.
    """
    limits = {"max_concurrent": max_concurrent, "max_loops": max_loops, "most_attempts": most_attempts}
    check_arguments(simulate, {"params": params or {}, "history": history, **limits}, scenario, SCENARIO_OPTIONS)
    world = _world(flow, params or {}, start, (max_concurrent, most_attempts), history)
    world.change(scenario, 0.0)
    return world.begin(EarlyEnd(stop_at, max_loops))


def _world(
    flow: object, params: Mapping[str, object], start: datetime, limits: tuple[int | None, int], history: object
) -> World:
    """Make the world of a simulation; with a history, its store is open as long as the world is there."""
    if history is None:
        return World(flow, params, start, *limits)
    store = open_store(str(history), makes=False)
    try:
        earlier = read_history(store, definition_of(flow).spec.name, MOST_RUNS)
        world = World(flow, params, start, *limits, make_scenario=drawing_from(earlier.latest))
    except BaseException:
        store.close()
        raise
    # Results are read when they are needed, also in recoveries.
    weakref.finalize(world, store.close)
    return world


class World:
    """Everything around a simulated run, through all its recoveries."""

    def __init__(
        self,
        flow: object,
        params: Mapping[str, object],
        start: datetime,
        max_concurrent: int | None,
        most_attempts: int,
        *,
        plan: Plan | None = None,
        make_scenario: MakeScenario = Scenario,
        watch: Watch | None = None,
    ) -> None:
        """Make it.

        Args:
            flow: the author's flow, or its definition.
            params: the flow's parameters, if no plan is given.
            start: the time of the wall clock at the beginning.
            max_concurrent: how many tasks may be executed at once; None: as the plan says.
            most_attempts: the limit of attempts in each recovery.
            plan: the plan to simulate; None: that of the flow with these parameters.
            make_scenario: makes the scenario from its options.
            watch: is told the progress, which may take long.
        """
        self._most_attempts = most_attempts
        self._make_scenario = make_scenario
        self._definition = flow if isinstance(flow, Definition) else definition_of(flow)
        self.plan = plan or compile_flow(
            self._definition.spec, encode_params(self._definition, {**_given(flow), **params})
        )
        self.addresses = Addresses(self.plan)
        limit = self.plan.max_concurrent if max_concurrent is None else max_concurrent
        self._max_concurrent = 0 if limit is None else limit
        self._clock = FakeClock(start)
        self._agenda = Agenda(self._clock)
        self._catalogue = Catalogue(self._definition)
        self._recording = Recording(self.plan, self._clock, watch)
        self._store = MemoryStore(self._clock.now)
        # The store has a directory, which is not needed once the run cannot be recovered any more.
        weakref.finalize(self, self._store.close)
        self._options: ScenarioOptions = {}
        self._scenario = self._read({})

    def change(self, options: ScenarioOptions, after: Seconds) -> None:
        """Change the scenario from now on, and let some time pass.

        Raises:
            UsageError: it is impossible in this flow.
        """
        changed: ScenarioOptions = {**self._options, **options}
        self._scenario = self._read(changed)
        self._options = changed
        self._clock.pass_time(after)

    def _read(self, options: ScenarioOptions) -> Scenario:
        return self._make_scenario(options, self.plan, self.addresses, self._catalogue)

    def attempts(self) -> list[AttemptRecord]:
        """Return the attempts of the run so far, as its store has them: moments are those of the wall clock."""
        (record,) = self._store.runs()
        return [*self._store.attempts(record)]

    def begin(self, early_end: EarlyEnd) -> Simulation:
        """Start the run."""
        target = Target(flow=self._definition.spec.name, cwd=str(Path.cwd()))
        return self._drive(self._store.create(target, self.plan, None, fingerprints_of(self.plan)), early_end)

    def recover(self, early_end: EarlyEnd, request: RecoveryRequest) -> Simulation:
        """Recover the run.

        Raises:
            UsageError: the request cannot be fulfilled.
        """
        (record,) = self._store.runs()
        prepared = prepare(self.plan, self._store.look(record), request)
        return self._drive(self._store.take(record.id, reopens=prepared.reopens), early_end, prepared)

    def continue_(self, early_end: EarlyEnd) -> Simulation:
        """Continue the run, in the same recovery."""
        (record,) = self._store.runs()
        return self._drive(self._store.take(record.id, resumes=True), early_end, resumes=True)

    def _drive(
        self, run: DrivenRun, early_end: EarlyEnd, prepared: PreparedRecovery | None = None, *, resumes: bool = False
    ) -> Simulation:
        began = self._clock.elapsed
        self._recording.begin()
        drive = Drive(
            definition=self._definition,
            plan=self.plan,
            run=recorded(run, self._recording),
            target=run.record.target,
            store=self._store.name,
            max_concurrent=self._max_concurrent,
            resumes=resumes,
            max_loops=early_end.max_loops,
            prepared=prepared or PreparedRecovery(),
        )
        try:
            outcome = self._within(drive, early_end)
        finally:
            run.close()
        told = SimulationRecord(
            events=tuple(self._recording.events),
            statuses=dict(self._recording.statuses),
            peaks=dict(self._recording.peaks),
            began=began,
            ended=self._clock.elapsed,
        )
        return Simulation(self, outcome, told)

    def _within(self, drive: Drive, early_end: EarlyEnd) -> Outcome:
        if drive.run.record.status is RunStatus.SUCCESS:
            return drive.to_its_end(self._store)
        # A driver lives until the garbage collection, and must not keep this world alive for so long.
        plan, catalogue, clock, agenda = self.plan, self._catalogue, self._clock, self._agenda
        scenario, most_attempts, run_id = self._scenario, self._most_attempts, drive.run.record.id
        configured = self._definition.spec.config.hosts

        def task_of(order: AttemptOrder) -> Task:
            return Task(order, catalogue, run_id, clock.elapsed)

        def make_executor() -> SimulatedExecutor:
            made = SimulatedExecutor(plan, scenario, agenda, RepeatIterators(catalogue), task_of)
            made.most_attempts = most_attempts
            return made

        def make_host(host: str) -> SimulatedHost:
            return SimulatedHost(host, scenario.hosts.get(host, USUAL), make_executor(), agenda, clock)

        executor = make_executor()
        try:
            return drive.within(
                Adapters(
                    run=drive.run,
                    executors=dict.fromkeys(Construct, executor),
                    drawer=executor,
                    clock=self._clock,
                    observer=self._recording,
                    selector=SimulatedSelector(self._agenda),
                    question_text=QuestionTexts(self._definition).text_of,
                    people=executor,
                    is_here=lambda host: is_here(host, configured) and host not in scenario.hosts,
                    host_executor=make_host,
                    signals=interrupting(self._agenda, early_end.stop_at),
                    stays_awake=False,
                )
            )
        finally:
            executor.close()


def _given(flow: object) -> Mapping[str, object]:
    """Return the parameters that a flow was given: for ``nightly(day=...)`` the day."""
    run = None if isinstance(flow, type) else getattr(flow, "__dict__", {}).get("run")
    return run.values if isinstance(run, BoundRun) else {}
