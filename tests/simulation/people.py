"""The people around a run: they hold parts of it, give tasks their outcomes, stop it, and say what a recovery does."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from sequent.model.interventions import Intervention, InterventionKind
from sequent.model.plan import ContainerPlan, StepPlan
from sequent.model.references import dotted
from sequent.model.selections import containers_around
from sequent.model.status import RunStatus
from sequent.runtime.ports import ReadRun
from sequent.runtime.recovery.task_selection import RecoveryRequest
from tests.simulation.executions import Ledger
from tests.simulation.steering import Steering
from tests.simulation.store import SimulatedStore
from tests.simulation.workload import HOSTS, Workload
from tests.simulation.world import World

_KINDS = (
    InterventionKind.STOP,
    InterventionKind.KILL,
    *(InterventionKind.HOLD, InterventionKind.RELEASE, InterventionKind.MARK),
    *(InterventionKind.HOLD, InterventionKind.MARK, InterventionKind.MARK),
)
"""The requests of people; some come more often than others."""
_Outcome = Literal["", "success", "failure"]
_OUTCOMES: tuple[_Outcome, ...] = ("success", "success", "failure")
DIRECTIVES = ("rerun", "after", "skip", "both", "recovery", "lost")
_PAUSE = 15.0
"""The mean seconds between two interventions."""
_FORCEFUL, _FORCE_PAUSE, _FORCING = 0.15, 40.0, 2_000_003
"""The share of runs that are recovered by force, the mean seconds between two of these, and what draws them."""
_AIMING_SHARE, _AIMED, _AIMING = 0.15, 0.8, 3_000_017
"""The share of runs whose recoveries ask for attempts on hosts, how often each of these does, and what draws them."""


class People:
    """Random people.

    Args:
        world: the world.
        workload: the flow of the run.
        run_id: the run.
        store: its store.
        steering: checks that what they ask is done.
        ledger: the steps that are executed, for which they ask most.
        recover_by_force: starts a driver that takes the run even from another one that lives.
    """

    def __init__(
        self,
        world: World,
        workload: Workload,
        run_id: str,
        store: SimulatedStore,
        steering: Steering,
        ledger: Ledger,
        recover_by_force: Callable[[], None],
    ) -> None:
        self._world = world
        self._workload = workload
        self._run_id = run_id
        self._store = store
        self._steering = steering
        self._ledger = ledger
        random = world.random
        self.intervene_at_all = random.random() < 0.3
        self._direct = random.random() < (0.5 if world.rates.are_aimed else 0.4)
        self._recover_by_force = recover_by_force
        # The events of other seeds do not depend on that.
        self._forcing = Random(world.seed + _FORCING)
        self._forces = self._forcing.random() < _FORCEFUL
        self._aiming = Random(world.seed + _AIMING)
        self._aims = self._aiming.random() < _AIMING_SHARE
        self._held: list[str] = []
        self._passed_over: list[str] = []
        """The steps and containers that a recovery was to pass over."""

    # -- a run that is under way

    def begin(self) -> None:
        """Begin to intervene."""
        if self._forces:
            self._plan_force()
        if self.intervene_at_all:
            self._plan_act()

    def _plan_force(self) -> None:
        self._world.after(self._forcing.expovariate(1 / _FORCE_PAUSE), self._force)

    def _force(self) -> None:
        """Recover the run by force, whether its driver answers or not."""
        if self._world.rates.are_over:
            return
        self._world.tell("people", "recover by force")
        self._recover_by_force()
        self._plan_force()

    def _plan_act(self) -> None:
        self._world.after(self._world.random.expovariate(1 / _PAUSE), self._act)

    def _act(self) -> None:
        if self._world.rates.are_over:
            return
        random = self._world.random
        kind = random.choice(_KINDS)
        place = ""
        match kind:
            case InterventionKind.HOLD:
                place = self._place(random)
                self._held.append(place)
            case InterventionKind.RELEASE:
                place = random.choice(self._held) if self._held and random.random() < 0.9 else self._place(random)
                if place in self._held:
                    self._held.remove(place)
            case InterventionKind.MARK:
                place = self._task(random)
            case _:
                pass
        outcome = random.choice(_OUTCOMES) if kind is InterventionKind.MARK else ""
        self._ask(kind, place, outcome)
        self._plan_act()

    def _ask(self, kind: InterventionKind, place: str = "", outcome: _Outcome = "") -> None:
        record = self._store.record(self._run_id)
        if record is None:
            return
        self._world.tell("people", f"{kind} {place} {outcome}")
        self._world.trace.count(f"{kind} by a person")
        request = Intervention(
            kind=kind,
            user="ada",
            host="desk",
            place=place,
            outcome=outcome,
            result="1" if outcome == "success" else "",
            epoch=record.epoch,
        )
        self._steering.expect(self._store, record, request)
        self._store.intervene(record, request)

    def release_all(self) -> None:
        """Release all that is held, or asked to be."""
        held, self._held = self._held, []
        for place in held:
            self._ask(InterventionKind.RELEASE, place)

    def _place(self, random: Random) -> str:
        """Return the name of a step or container; with aimed faults often one that is executed."""
        if self._world.rates.are_aimed and self._ledger.running and random.random() < 0.6:
            names = random.choice(self._ledger.running).order.path.split(".")
            return ".".join(names[: random.randint(1, len(names))])
        node = random.choice(self._workload.plan.nodes[1:])
        return dotted(node.path)

    def _task(self, random: Random) -> str:
        """Return the name of a task, which may not exist."""
        plan = self._workload.plan
        steps = [node for node in plan.nodes if isinstance(node, StepPlan)]
        if not steps:
            return self._place(random)
        step = random.choice(steps)
        around = containers_around(plan, step.index)
        host = f"@{random.choice(HOSTS)}" if any(each.is_copied for each in around) else ""
        numbers = [1] * (len(around) - any(each.is_copied for each in around))
        levels = [each for each in reversed(around) if not each.is_copied]
        for at, container in enumerate(levels):
            if isinstance(container, ContainerPlan) and container.repeats is not None:
                numbers[at] = random.randint(1, 3)
        return f"{dotted(step.path)}{host}/{'.'.join(map(str, numbers))}"

    # -- a recovery

    def asked(self, run: ReadRun) -> RecoveryRequest | None:
        """Return the directives of the next recovery; None: there are none."""
        random = self._world.random
        if self._world.rates.are_over and run.record.status is RunStatus.FAILURE:
            # A task may lack the result of one that was passed over.
            again = (self._passed_over.pop(),) if self._passed_over else ()
            asked = RecoveryRequest(after=again)
            self._world.tell("people", f"ask of the recovery: {asked}")
            return asked
        if self._aims and not self._world.rates.are_over and (aimed := self._aimed(run)) is not None:
            return aimed
        if not self._direct or self._world.rates.are_over or random.random() < 0.4:
            return None
        hosts = sorted({each.host for each in run.handed_over()})
        kind = random.choice((*DIRECTIVES[:-1], *(DIRECTIVES[-1:] * 3 if hosts else ())))
        match kind:
            case "rerun":
                asked = RecoveryRequest(rerun=(self._place(random),))
            case "after":
                asked = RecoveryRequest(after=(self._place(random),))
            case "skip":
                asked = RecoveryRequest(skip=(self._place(random),))
            case "both":
                asked = RecoveryRequest(rerun=(self._place(random),), skip=(self._place(random),))
            case "recovery":
                asked = RecoveryRequest(recovery_run=random.randint(0, run.record.recovery))
            case _:
                asked = RecoveryRequest(assumed_lost=(random.choice(hosts),))
        return self._told(kind, asked)

    def _aimed(self, run: ReadRun) -> RecoveryRequest | None:
        """Return directives for a task that a host executes, or for what is around it; often None."""
        random, attempts = self._aiming, run.handed_over()
        if not attempts or random.random() >= _AIMED:
            return None
        attempt = random.choice(attempts)
        kind = random.choice(("rerun", "after", "skip", "recovery", "recovery", "lost"))
        if kind == "lost":
            return self._told(kind, RecoveryRequest(assumed_lost=(attempt.host,)))
        if kind == "recovery" or attempt.key is None:
            return self._told("recovery", RecoveryRequest(recovery_run=random.randint(0, run.record.recovery)))
        path = self._workload.plan.nodes[attempt.key.node].path
        name = (dotted(path[: random.randint(1, len(path))]),)
        return self._told(kind, RecoveryRequest(**{kind: name}))

    def _told(self, kind: str, asked: RecoveryRequest) -> RecoveryRequest:
        self._world.trace.count(f"directive: {kind}")
        self._passed_over += asked.skip
        self._world.tell("people", f"ask of the recovery: {asked}")
        return asked
