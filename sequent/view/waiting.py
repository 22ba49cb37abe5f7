"""The last waits of a step or container that may start: for people, a time, a host, pools, limits and slots."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from sequent.model.directives import Selection
from sequent.model.interventions import InterventionRecord, held_places
from sequent.model.references import Path
from sequent.model.scope import Sequence, host_in, is_within, numbers_in, sequence_text, split_host
from sequent.model.spec import UNLIMITED
from sequent.runtime.records import Pending, PoolHold, TaskPlace
from sequent.view.run_facts import RunFacts


class PoolNeed(Struct, frozen=True, kw_only=True):
    """An amount of a pool that is wanted, and the rest of the pool."""

    pool: str
    wanted: int
    free: int
    capacity: int | None
    """None: no limit."""
    is_shared: bool
    """Whether other runs use it as well."""
    holders: tuple[PoolHold, ...]

    @property
    def is_missing(self) -> bool:
        """Whether less is free than is wanted."""
        return self.free < self.wanted


class TaskLimit(Struct, frozen=True, kw_only=True):
    """A number of tasks that may run at once: of a step or container, or of the whole run."""

    path: str
    """The step or container; '' for the run."""
    most: int | None
    """None if the store does not know it: the number of processors, unless the command said otherwise."""
    running: tuple[TaskPlace, ...]
    """The tasks that run within it, on the same machine."""

    @property
    def is_reached(self) -> bool:
        """Whether no more may run, as far as that is known."""
        return self.most is not None and len(self.running) >= self.most


class Waiting(Struct, frozen=True, kw_only=True):
    """Everything besides its requirement that may keep a step or container from starting."""

    hold: InterventionRecord | None
    """The request of a person that holds it."""
    time: Pending | None
    """The wait for its delay, before another attempt, or for an answer."""
    question: str
    """The question that it asks; '' if it asks none now."""
    host: str
    """Why its host cannot be reached; '' if it can, or if it has none."""
    pools: tuple[PoolNeed, ...]
    limits: tuple[TaskLimit, ...]
    """The limits of the step, of the containers around it, and of the run; none for a container."""
    is_driven: bool


def waiting_of(facts: RunFacts, path: Path, sequence: Sequence) -> Waiting:
    """Return the waits of a step or container, or of one iteration of a repeated step."""
    time = _time(facts, path, sequence)
    part = facts.part(path)
    is_asked = part.question != "" and time is not None and time.attempt > 0
    return Waiting(
        hold=_hold(facts, path, sequence),
        time=time,
        question=part.question if is_asked else "",
        host=_host(facts, sequence),
        pools=tuple(_pools(facts, path)),
        limits=() if part.is_container or part.question else tuple(_limits(facts, path, sequence)),
        is_driven=facts.record.owner is not None,
    )


def _hold(facts: RunFacts, path: Path, sequence: Sequence) -> InterventionRecord | None:
    for text, asked in held_places(facts.interventions).items():
        where, _, numbers = text.partition("/")
        name, host = split_host(where, facts.record.outline)
        place = Selection(tuple(name.split(".")), tuple(map(int, numbers.split("."))) if numbers else (), host)
        if place.has(path, sequence):
            return asked
    return None


def _time(facts: RunFacts, path: Path, sequence: Sequence) -> Pending | None:
    place = (".".join(path), sequence_text(sequence), host_in(sequence))
    return next((wait for wait in facts.pending if (wait.path, wait.sequence, wait.host) == place), None)


def _host(facts: RunFacts, sequence: Sequence) -> str:
    """Return the line of the driver about the host of a copy."""
    host = host_in(sequence)
    lines = facts.record.reason.splitlines() if host and facts.record.owner is not None else []
    return next((line for line in lines if line.startswith(f"host '{host}' ")), "")


def _pools(facts: RunFacts, path: Path) -> Iterator[PoolNeed]:
    flow = facts.part(())
    for pool, wanted in facts.part(path).options.get("acquires", ()):
        capacity, is_shared = flow.pools.get(pool, (UNLIMITED, False))
        holders = [hold for hold in facts.holds if hold.pool == pool and (is_shared or hold.run == facts.record.id)]
        own = dict(flow.options.get("acquires", ())).get(pool, 0)
        if own and not is_shared:
            holders.append(PoolHold(pool, own, facts.record.id, TaskPlace("", ())))
        yield PoolNeed(
            pool=pool,
            wanted=wanted,
            free=capacity - sum(hold.amount for hold in holders),
            capacity=None if capacity == UNLIMITED else capacity,
            is_shared=is_shared,
            holders=tuple(holders),
        )


def _limits(facts: RunFacts, path: Path, sequence: Sequence) -> Iterator[TaskLimit]:
    for length in range(len(path), 0, -1):
        most = facts.part(path[:length]).options.get("max_concurrent")
        if most is not None:
            name = ".".join(path[:length])
            within = (place for place in facts.active if is_within(place.path, name))
            yield TaskLimit(path=name, most=most, running=tuple(within))
    host = host_in(sequence)
    here = tuple(place for place in facts.active if host_in(place.sequence) == host and not _asks(facts, place))
    yield TaskLimit(path="", most=None if host else facts.part(()).options.get("max_concurrent"), running=here)


def _asks(facts: RunFacts, place: TaskPlace) -> bool:
    return facts.part(tuple(place.path.split("."))).question != ""


def parallel_of(facts: RunFacts, path: Path) -> int | None:
    """Return how many iterations of a step or container may be under way at once; None if that is not known."""
    parallel = facts.part(path).options.get("parallel", 1)
    return parallel if isinstance(parallel, int) and parallel > 0 else None


def under_way(facts: RunFacts, path: Path, whole: Sequence) -> int:
    """Return how many iterations of a repeated step are known to be under way: they run, or wait for a time."""
    name = ".".join(path)
    running = {place.sequence for place in facts.active if place.path == name and place.sequence[:-1] == whole}
    texts = {sequence_text(sequence) for sequence in running}
    around = ".".join(map(str, numbers_in(whole)))
    waiting = {
        wait.sequence
        for wait in facts.pending
        if wait.path == name and wait.host == host_in(whole) and wait.sequence.rpartition(".")[0] == around
    }
    return len(texts | waiting)
