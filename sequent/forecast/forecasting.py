"""Makes the forecast of a flow from the replays of its earlier runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from sequent.compiler import compile_flow
from sequent.dsl.options.hosts import is_here
from sequent.dsl.parameters.param import encode_params
from sequent.errors import InvalidFlowError, UsageError
from sequent.forecast.forecast_request import ForecastRequest, Watch
from sequent.forecast.limit_use import LimitUse
from sequent.forecast.limits import LimitChanges, LimitedPlan, RunLimit
from sequent.forecast.replays import Replay, replayed
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.spec import Definition
from sequent.model.status import RunStatus
from sequent.runtime.runs.drive import slots_of
from sequent.testing.history import EarlierRun, RunHistory, read_history
from sequent.testing.hosts import MOST_TASKS
from sequent.view.attempts import by_step
from sequent.view.critical_path import CriticalPath, critical_path
from sequent.view.predecessors import Predecessors
from sequent.view.prediction import predicted_band
from sequent.view.step_durations import Band, quantile

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

_T = TypeVar("_T")
MOST_LIFTED = 20
"""The limits that are lifted one by one, to see how much earlier the run would end."""
_SHORTEST_GAIN = 0.001
"""Seconds: less is no gain."""


class LimitCost(Struct, frozen=True, kw_only=True):
    """A limit, and the time that it costs."""

    limit: RunLimit
    seconds: float
    """How much earlier the run would end without it."""
    alone: float
    """How much later it would end with this limit than with none."""


class Forecast(Struct, frozen=True, kw_only=True):
    """How long a run of a flow takes, and why."""

    flow: str
    start: float
    params: Mapping[str, str]
    """As wire text."""
    params_of: str
    """The run whose parameters these are, unless others were given."""
    runs: tuple[str, ...]
    """The runs that were replayed, latest first."""
    has_success: bool
    """Whether these runs have succeeded; if none ever has, the successes of failed runs are taken."""
    failed: int
    """The replays that failed, and are left out."""
    seconds: Band
    """The duration: in eight of ten cases from ``low`` to ``high``."""
    offset: float
    """The median time by which runs took longer than their replays; it is added to each replay of today."""
    middle_run: str
    """The run whose replay has the median duration; the path and the limits are from it."""
    critical_path: CriticalPath
    held_up: tuple[LimitCost, ...]
    """The limits without which the run would end earlier, or alone would end it later; the largest first."""
    without_limits: float
    """How much earlier it would end without all limits, in seconds."""
    without_history: tuple[str, ...]
    """Steps that no earlier run has executed with success."""
    unchanged: Band | None = None
    """The duration without the changes that were asked for; None if there were none."""
    difference: float = 0.0
    """The median of the differences that the changes make to each replay, in seconds; less than 0: earlier."""


def forecast(definition: Definition, store: Store, request: ForecastRequest, watch: Watch | None = None) -> Forecast:
    """Return the forecast of a run.

    Each earlier run is replayed twice: as it was, to learn how much longer it took than its replay (starting processes,
    busy machines), and as it would be today. The differences and the replays of today together are the forecast.

    Args:
        definition: the flow, with its settings.
        store: the store with its earlier runs.
        request: the question.
        watch: is told the progress, which may take long.

    Raises:
        UsageError: there are no earlier runs, or a name in the request is unknown.
        InvalidFlowError: the flow has mistakes, or has some with these changes.
    """
    return _Forecasting(definition, read_history(store, definition.spec.name, request.most_runs), request, watch).made()


class _Forecasting:
    """Answers one request."""

    def __init__(
        self, definition: Definition, history: RunHistory, request: ForecastRequest, watch: Watch | None
    ) -> None:
        self._definition = definition
        self._history = history
        self._request = request
        self._watch = watch
        self._latest = history.runs[0].record
        self._params = encode_params(definition, request.params, self._latest.params)
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._lifted: dict[tuple[object, ...], LimitedPlan] = {}
        self._known: dict[tuple[object, ...], tuple[Replay, Plan]] = {}

    def made(self) -> Forecast:
        request = self._request
        limited = self._limited(request.changes)
        offsets = self._offsets()
        replays = self._replays(limited)
        usable = [replay for replay in replays if replay.has_succeeded]
        if not usable:
            raise UsageError(
                f"each of the {len(replays):,} replays of earlier runs fails, so there is no forecast",
                code="no-history",
                hint="has the flow changed since, or the parameters? Run it once with success",
            )
        totals = sorted((replay.seconds + offsets[replay.run.record.id], at) for at, replay in enumerate(usable))
        middle = usable[totals[len(totals) // 2][1]]
        held_up, without = self._held_up(limited, middle)
        made = Forecast(
            flow=self._definition.spec.name,
            start=request.start,
            params=self._params,
            params_of=self._latest.id,
            runs=tuple(replay.run.record.id for replay in usable),
            has_success=self._latest.status is RunStatus.SUCCESS,
            failed=len(replays) - len(usable),
            seconds=predicted_band(seconds for seconds, _ in totals),
            offset=_median([*offsets.values()]),
            middle_run=middle.run.record.id,
            critical_path=self._critical_path(limited.plan, middle),
            held_up=held_up,
            without_limits=without,
            without_history=self._without_history(limited.plan),
        )
        return self._compared(made, usable, offsets) if request.changes else made

    def _watched(self, what: str, each: Sequence[_T]) -> Iterator[_T]:
        """Yield each of these, and tell the progress."""
        for done, one in enumerate(each):
            if self._watch is not None:
                self._watch(what, done, len(each))
            yield one

    def _limited(self, changes: LimitChanges) -> LimitedPlan:
        """Return the plan with the limits of today."""
        plan = self._plan(changes, self._params)
        limit = plan.max_concurrent if changes.max_concurrent is None else changes.max_concurrent
        hosts = self._hosts()
        unknown = [name for name in changes.hosts if name not in hosts]
        if unknown:
            known = ", ".join(hosts) or "no other host"
            raise UsageError(
                f"no earlier run has executed a step on a host {unknown[0]!r}",
                code="unknown-host",
                hint=f"they were on {known}",
            )
        return LimitedPlan(plan=plan, slots=slots_of(limit), hosts={**hosts, **changes.hosts})

    def _hosts(self) -> dict[str, int]:
        """Return the tasks at once on each host: as configured, else as many as ran there at once."""
        config = self._definition.spec.config
        used = {attempt.host: None for run in self._history.runs for attempt in run.tasks.attempts if attempt.host}
        found: dict[str, int] = {}
        for host in used:
            if not is_here(host, config.hosts):
                configured = config.host(host).max_concurrent
                known = self._history.most_at_once(host) if configured is None else configured
                found[host] = known if known > 0 else MOST_TASKS
        return found

    def _replays(self, limited: LimitedPlan) -> list[Replay]:
        runs = self._history.runs
        return [
            self._replay(limited, run, self._request.start) for run in self._watched("runs of today replayed", runs)
        ]

    def _replay(self, limited: LimitedPlan, run: EarlierRun, start: float) -> Replay:
        """Replay a run; the same replay is made once."""
        plan = limited.plan
        waits = any("delay" in node.values for node in plan.nodes)
        key = (run.record.id, id(plan), limited.slots, tuple(limited.hosts.items()), start if waits else 0.0)
        if key not in self._known:
            # The plan is kept, so that no other has its id.
            self._known[key] = (replayed(self._definition, limited, self._history, run, start), plan)
        return self._known[key][0]

    def _plan(self, changes: LimitChanges, params: Mapping[str, str]) -> Plan:
        key = (tuple(changes.pools.items()), tuple(params.items()))
        if key not in self._plans:
            self._plans[key] = compile_flow(changes.applied_to(self._definition.spec), params)
        return self._plans[key]

    def _offsets(self) -> dict[str, float]:
        """Return by how much each run took longer than its replay; if that is not known, as the median run."""
        known = {run.record.id: self._offset(run) for run in self._watched("earlier runs replayed", self._history.runs)}
        usual = _median([offset for offset in known.values() if offset is not None])
        return {name: usual if offset is None else offset for name, offset in known.items()}

    def _offset(self, run: EarlierRun) -> float | None:
        seconds = run.seconds
        if seconds is None:
            return None
        try:
            # A parameter is newer than the run: then it has the value of today.
            stored = {**self._params, **run.record.params}
            plan = self._plan(LimitChanges(), encode_params(self._definition, {}, stored))
        except (UsageError, InvalidFlowError):
            return None
        slots = max(slots_of(plan.max_concurrent), run.tasks.most_at_once(""))
        limited = LimitedPlan(plan=plan, slots=slots, hosts=self._hosts())
        replay = self._replay(limited, run, run.record.created)
        return seconds - replay.seconds if replay.has_succeeded else None

    def _critical_path(self, plan: Plan, replay: Replay) -> CriticalPath:
        start = self._request.start
        # The same replay may have been made for another beginning.
        later = start - replay.start
        moved = (
            replace(each, started=each.started + later, ended=None if each.ended is None else each.ended + later)
            for each in replay.attempts
        )
        attempts = by_step(moved, plan.description)
        return critical_path(attempts, Predecessors(plan.description, attempts), start, start + replay.seconds)

    def _held_up(self, limited: LimitedPlan, replay: Replay) -> tuple[tuple[LimitCost, ...], float]:
        """Return the limits without which that replay would end earlier, and how much earlier without all."""
        limits = [*limited.limits()]
        free = self._without(limited, replay, limits)
        gain = replay.seconds - free.seconds
        used, used_freely = (LimitUse(limited, each.attempts, each.peaks) for each in (replay, free))
        reached = [limit for limit in limits if used.reaches(limit) or used_freely.exceeds(limit)]
        found = list[LimitCost]()
        for limit in self._watched("limits lifted", reached[:MOST_LIFTED]):
            others = [each for each in limits if each is not limit]
            lifted = self._without(limited, replay, [limit]) if used.reaches(limit) else replay
            alone = self._without(limited, replay, others) if used_freely.exceeds(limit) else free
            seconds, later = replay.seconds - lifted.seconds, alone.seconds - free.seconds
            if max(seconds, later) > _SHORTEST_GAIN:
                found.append(LimitCost(limit=limit, seconds=seconds, alone=later))
        found.sort(key=lambda held: (-held.seconds, -held.alone))
        return tuple(found), max(gain, 0.0)

    def _without(self, limited: LimitedPlan, replay: Replay, limits: list[RunLimit]) -> Replay:
        """Return a replay without some limits."""
        key = (id(limited.plan), *sorted((limit.kind, limit.name) for limit in limits))
        if key not in self._lifted:
            self._lifted[key] = limited.without(*limits)
        return self._replay(self._lifted[key], replay.run, self._request.start)

    def _without_history(self, plan: Plan) -> tuple[str, ...]:
        steps = [dotted(node.path) for node in plan.nodes if isinstance(node, StepPlan) and not node.is_empty]
        return tuple(path for path in steps if not self._history.usual.has(path))

    def _compared(self, made: Forecast, replays: list[Replay], offsets: Mapping[str, float]) -> Forecast:
        """Return the forecast beside that without the changes."""
        before = {replay.run.record.id: replay for replay in self._replays(self._limited(LimitChanges()))}
        pairs = [(replay, before[replay.run.record.id]) for replay in replays]
        pairs = [pair for pair in pairs if pair[1].has_succeeded]
        if not pairs:
            return made
        return replace(
            made,
            unchanged=predicted_band(each.seconds + offsets[each.run.record.id] for _, each in pairs),
            difference=_median([now.seconds - then.seconds for now, then in pairs]),
        )


def _median(values: list[float]) -> float:
    return quantile(sorted(values), 0.5) if values else 0.0
