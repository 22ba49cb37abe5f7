"""The facts about a run that its view is computed from, as the store has them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sequent.errors import StoreError
from sequent.model.description import Part, PartKind
from sequent.model.references import Path, dotted
from sequent.model.requirements import claims_in
from sequent.runtime.records import Pending, PoolHold, RunRecord, TaskPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sequent.model.interventions import InterventionRecord
    from sequent.model.outcome import Failure
    from sequent.runtime.place_port import ReadPlaces
    from sequent.runtime.ports import Store

NOTHING_KNOWN = Part(kind=PartKind.STEP)
"""Stands for the parts of flows that older versions did not describe as data."""


class RunFacts:
    """The facts about one run; those about single places, and failures, are read when they are asked for.

    Args:
        record: the run.
        places: the state of its places.
        pending: its waits for a time, or for an answer.
        interventions: the requests of people.
        read_problems: returns the containers that failed without a failed attempt.
    """

    def __init__(
        self,
        record: RunRecord,
        places: ReadPlaces,
        pending: list[Pending],
        interventions: list[InterventionRecord],
        read_problems: Callable[[], list[Failure]],
    ) -> None:
        self.record = record
        self.places = places
        self.pending = pending
        self.interventions = interventions
        self._read_problems = read_problems

    @cached_property
    def container_problems(self) -> list[Failure]:
        """The containers that failed without a failed attempt: read only if a failure is explained."""
        return self._read_problems()

    @cached_property
    def active(self) -> list[TaskPlace]:
        """The tasks that are being executed; none if no process drives the run."""
        return self.places.active() if self.record.owner is not None else []

    @cached_property
    def holds(self) -> list[PoolHold]:
        """The amounts of pools that are held."""
        return self.places.holds()

    @cached_property
    def children(self) -> Mapping[Path, list[Path]]:
        """By the path of a container, the paths of the steps and containers in it."""
        children: dict[Path, list[Path]] = {}
        for text in self.record.description:
            if text:
                path = tuple(text.split("."))
                children.setdefault(path[:-1], []).append(path)
        return children

    @property
    def is_described(self) -> bool:
        """Whether the store has the flow as data: not for runs of the first version."""
        return all(isinstance(part, Part) for part in self.record.description.values())

    def part(self, path: Path) -> Part:
        """Return the description of a step or container.

        Raises:
            StoreError: the description of another part names it, and it is not there.
        """
        part = self.record.description.get(dotted(path))
        if part is None:
            raise StoreError(f"the flow of run {self.record.id!r} has no {dotted(path)!r:.80}", code="damaged-store")
        return part if isinstance(part, Part) else NOTHING_KNOWN

    def is_block(self, path: Path) -> bool:
        """Return whether it is a container, or behaves as one, since it repeats or has copies."""
        part = self.part(path)
        return part.is_container or part.repeats is not None or "hosts" in part.options

    def stops(self, path: Path) -> bool:
        """Return whether a failure in that place stops the container around the task that failed."""
        for length in range(len(path), -1, -1):
            own = self.part(path[:length]).options.get("stop_on_exception")
            if own is not None:
                return bool(own)
        return True

    def watches(self, path: Path) -> bool:
        """Return whether a step or container still starts in a container that has stopped."""
        part = self.part(path)
        return not part.options.get("handles", True) or any(claim.watches for claim in claims_in(part.requires))

    def handling_siblings(self, path: Path) -> list[Path]:
        """Return the siblings whose start would handle the failure of a step or container."""
        return [
            sibling
            for sibling in self.children.get(path[:-1], ())
            if self.part(sibling).options.get("handles", True)
            and any(claim.handles and claim.path == path for claim in claims_in(self.part(sibling).requires))
        ]


def facts_of(store: Store, record: RunRecord) -> RunFacts:
    """Read the facts about a run."""
    return RunFacts(
        record,
        store.places(record),
        store.pending(record),
        store.interventions(record),
        lambda: store.container_problems(record),
    )
