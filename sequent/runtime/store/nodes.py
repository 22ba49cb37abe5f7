"""The steps, containers and iterations that rows refer to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sequent.errors import StoreError

if TYPE_CHECKING:
    from sequent.model.plan import ContainerPlan, Plan
    from sequent.model.scope import Sequence

STEP = "step"
COPIES = "copies"
REPEAT = "repeat"
CONTAINER = "container"


class KnownNodes:
    """The nodes of a run as the store knows them: by their indexes in the plan with which it was made, and more."""

    def __init__(self, nodes: Mapping[int, tuple[str, str]]) -> None:
        """Take path and kind by index, from 0 and without a gap."""
        self.nodes = dict(nodes)
        self.ids: list[int] | None = None
        """Per index of the plan in use, the store's index; None if they are the same."""
        self._by_path = {place: index for index, place in nodes.items()}

    def rename(self, path: Callable[[str], str]) -> None:
        """Rename the paths of all nodes."""
        self.nodes = {index: (path(old), kind) for index, (old, kind) in self.nodes.items()}
        self._by_path = {place: index for index, place in self.nodes.items()}

    def learn(self, plan: Plan) -> list[tuple[str, str]]:
        """Add the nodes of another plan after those that are known; return all of them, by index."""
        for place in places_of(plan):
            if place not in self._by_path:
                index = len(self.nodes)
                self.nodes[index] = place
                self._by_path[place] = index
        return [self.nodes[index] for index in range(len(self.nodes))]

    def path(self, node: int) -> str:
        """Return the dotted path of a node; a question mark if the store does not know it."""
        return self.nodes.get(node, ("?", ""))[0]

    def at(self, path: str, kind: str) -> int | None:
        """Return the index of the node with that path and kind."""
        return self._by_path.get((path, kind))

    def steps_at(self, path: str) -> int | None:
        """Return the index of the step with that path."""
        return self._by_path.get((path, STEP))

    def repeat_of(self, step: int) -> int | None:
        """Return the index of the container of a step's iterations; None if it is not repeated."""
        return self._by_path.get((self.path(step), REPEAT))

    def is_step(self, node: int) -> bool:
        """Return whether the node is a step, not a container."""
        return self.nodes.get(node, ("", ""))[1] == STEP

    def has_copies(self, node: int) -> bool:
        """Return whether the node is the container of the copies of a step or container, one on each host."""
        return self.nodes.get(node, ("", ""))[1] == COPIES

    @property
    def has_any_copies(self) -> bool:
        """Whether any step or container may have copies on hosts."""
        return any(kind == COPIES for _, kind in self.nodes.values())

    def use(self, plan: Plan) -> bool:
        """Use the indexes of a plan from now on; return False if the store does not know one of its nodes."""
        ids = [self._by_path[place] for place in places_of(plan) if place in self._by_path]
        if len(ids) != len(plan.nodes):
            return False
        self.ids = None if ids == list(range(len(ids))) else ids
        return True

    def stored(self, index: int) -> int:
        """Return the store's index of the node with this index in the plan."""
        return index if self.ids is None else self.ids[index]

    def used(self, index: int) -> int | None:
        """Return the index in the plan of the node with this index in the store; None if the plan does not have it."""
        if self.ids is None:
            return index
        return self.ids.index(index) if index in self.ids else None


def places_of(plan: Plan) -> list[tuple[str, str]]:
    """Return path and kind of each node: what repeats or has copies shares its path with the containers of these."""
    from sequent.model.plan import StepPlan

    return [(".".join(node.path), STEP if isinstance(node, StepPlan) else _kind(node)) for node in plan.nodes]


def _kind(node: ContainerPlan) -> str:
    if node.is_copied:
        return COPIES
    return REPEAT if node.wraps else CONTAINER


def sequence_above(frame: int, find: Callable[[int], tuple[int, int | str] | None]) -> Sequence:
    """Return the sequence of a frame; ``find`` gives its parent, and its number or the host of the copy that it is.

    Raises:
        StoreError: the frames are not a tree.
    """
    numbers: list[int | str] = []
    seen: set[int] = set()
    while frame:
        place = None if frame in seen else find(frame)
        if place is None:
            raise StoreError(f"the store does not contain iteration {frame}", code="damaged-store")
        seen.add(frame)
        frame, number = place
        numbers.append(number)
    return tuple(reversed(numbers))
