"""Which step, container and iteration a row means."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sequent.errors import StoreError
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted

STEP = "step"


class KnownNodes:
    """The nodes of a run as the store knows them: by their indexes in the plan with which it was made, and further."""

    def __init__(self, nodes: Mapping[int, tuple[str, str]]) -> None:
        """Take path and kind by index, from 0 and without a gap."""
        self.nodes = dict(nodes)
        self.ids: list[int] | None = None
        """Per index of the plan that is in use, the store's index; None where they are the same."""
        self._by_path = {place: index for index, place in nodes.items()}

    def rename(self, path: Callable[[str], str]) -> None:
        """Know the nodes by other paths."""
        self.nodes = {index: (path(old), kind) for index, (old, kind) in self.nodes.items()}
        self._by_path = {place: index for index, place in self.nodes.items()}

    def learn(self, plan: Plan) -> list[tuple[str, str]]:
        """Know the nodes of another plan as well, after those that are known; give them all, by index."""
        for place in places_of(plan):
            if place not in self._by_path:
                index = len(self.nodes)
                self.nodes[index] = place
                self._by_path[place] = index
        return [self.nodes[index] for index in range(len(self.nodes))]

    def path(self, node: int) -> str:
        """The dotted path of a node; a question mark where the store does not know it."""
        return self.nodes.get(node, ("?", ""))[0]

    def steps_at(self, path: str) -> int | None:
        """The index of the step with that path."""
        return self._by_path.get((path, STEP))

    def is_step(self, node: int) -> bool:
        """Whether it is a step, and no container."""
        return self.nodes.get(node, ("", ""))[1] == STEP

    def use(self, plan: Plan) -> bool:
        """Take the indexes of a plan from now on; False where a node of it is unknown to the store."""
        ids = [self._by_path[place] for place in places_of(plan) if place in self._by_path]
        if len(ids) != len(plan.nodes):
            return False
        self.ids = None if ids == list(range(len(ids))) else ids
        return True

    def stored(self, index: int) -> int:
        """The store's index of a node that has this one in the plan."""
        return index if self.ids is None else self.ids[index]


def places_of(plan: Plan) -> list[tuple[str, str]]:
    """Path and kind of each node: a repeated step shares its path with the container that repeats it."""
    return [(dotted(node.path), STEP if isinstance(node, StepPlan) else _kind(node)) for node in plan.nodes]


def _kind(node: ContainerPlan) -> str:
    return "repeat" if node.wraps else "container"


def sequence_above(frame: int, find: Callable[[int], tuple[int, int] | None]) -> tuple[int, ...]:
    """The numbers from the root in; ``find`` gives the parent and the number of a frame.

    Raises:
        StoreError: the frames are not a tree.
    """
    numbers: list[int] = []
    seen: set[int] = set()
    while frame:
        found = None if frame in seen else find(frame)
        if found is None:
            raise StoreError(f"the store does not say what iteration {frame} is", code="damaged-store")
        seen.add(frame)
        frame, number = found
        numbers.append(number)
    return tuple(reversed(numbers))
