"""Replays earlier runs in simulated time: the production engine, driver and store, with the durations of the run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.forecast.limits import LimitedPlan
from sequent.model.spec import Definition
from sequent.runtime.records import AttemptRecord
from sequent.testing.earlier_scenario import following
from sequent.testing.history import EarlierRun, RunHistory
from sequent.testing.simulation import EarlyEnd
from sequent.testing.world import MOST_ATTEMPTS, World


@frozen(kw_only=True, eq=False, repr=False)
class Replay(ByFields):
    """The end of a replay."""

    run: EarlierRun
    start: float
    """When it began, by the simulated clock."""
    seconds: float
    attempts: list[AttemptRecord]
    peaks: Mapping[str, int]
    """The largest amount of each pool that was held at once."""
    has_succeeded: bool


def replayed(
    definition: Definition, limited: LimitedPlan, history: RunHistory, run: EarlierRun, start: float
) -> Replay:
    """Replay an earlier run.

    Args:
        definition: the flow.
        limited: its plan, with the limits of the machines.
        history: the other runs, for tasks that this one does not have.
        run: the run to follow.
        start: when the replay begins, in seconds since 1970, for flows that wait for a moment.

    Raises:
        UsageError: a result that decides the course is not known, or the run does not end.
    """
    world = World(
        definition,
        {},
        datetime.fromtimestamp(start, UTC),
        limited.slots,
        max(MOST_ATTEMPTS, 2 * len(run.tasks.attempts)),
        plan=limited.plan,
        make_scenario=following(history.precedent(run)),
    )
    world.change({"hosts": limited.scenario_hosts()}, 0.0)
    simulation = world.begin(EarlyEnd())
    return Replay(
        run=run,
        start=start,
        seconds=simulation.duration,
        attempts=world.attempts(),
        peaks={pool.name: simulation.peak(pool.name) for pool in limited.plan.pools},
        has_succeeded=bool(simulation.outcome),
    )
