"""The directives of a recovery: those of the flow, and those given by hand."""

from __future__ import annotations

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import Path, dotted
from sequent.model.saved_state import SavedTask
from sequent.model.scope import Sequence, host_in, numbers_in
from sequent.model.status import DEFAULT_ACTIONS, Action, Status


@frozen(eq=False, repr=False)
class Selection(ByFields):
    """Tasks of a run: those of a step, or all in a container, in some of the iterations around them."""

    path: Path
    sequence: tuple[int, ...] = ()
    """The numbers of the iterations, from the root in; empty: in every iteration."""
    host: str = ""
    """The host whose copy is meant; empty: each."""
    is_open: bool = False
    """Whether the iterations after the last of these numbers are selected as well."""

    @property
    def text(self) -> str:
        """The name as a person types it: ``load``, ``load@etl2/1.2``."""
        numbers = f"/{'.'.join(map(str, self.sequence))}" if self.sequence else ""
        return f"{dotted(self.path)}{f'@{self.host}' if self.host else ''}{numbers}"

    def has(self, path: Path, sequence: Sequence) -> bool:
        """Whether a step of that path is meant, in that sequence."""
        if path[: len(self.path)] != self.path or (self.host and self.host != host_in(sequence)):
            return False
        return self._is_in(numbers_in(sequence), len(self.sequence))

    def may_have(self, path: Path, sequence: Sequence) -> bool:
        """Whether something may be meant in that iteration of a container, or further in."""
        length = min(len(path), len(self.path))
        if path[:length] != self.path[:length] or (self.host and host_in(sequence) not in ("", self.host)):
            return False
        numbers = numbers_in(sequence)
        return self._is_in(numbers, min(len(numbers), len(self.sequence)))

    def _is_in(self, sequence: tuple[int, ...], length: int) -> bool:
        if self.is_open and length == len(self.sequence):
            *around, last = self.sequence
            return sequence[: length - 1] == tuple(around) and len(sequence) >= length and sequence[length - 1] >= last
        return sequence[:length] == self.sequence[:length]


@frozen(kw_only=True, eq=False, repr=False)
class Directives(ByFields):
    """The directives given by hand; they override those of the flow."""

    rerun: tuple[Selection, ...] = ()
    """Run these again even if they succeeded."""
    skip: tuple[Selection, ...] = ()
    """Pass these over, unless they succeeded."""

    def __bool__(self) -> bool:
        return bool(self.rerun or self.skip)

    def passes_over(self, path: Path, sequence: Sequence) -> bool:
        """Whether a step that has not succeeded is not to be run."""
        return _has(self.skip, path, sequence) and not _has(self.rerun, path, sequence)

    def reruns_all(self, step: StepPlan, around: Sequence) -> bool:
        """Whether a step is to run again in every iteration of a repeat, whatever its items.

        ``around`` is the sequence around the repeat. A selection that names an iteration's number means
        the item that the iteration had.
        """
        return _has(self.rerun, step.path, around)

    def action(self, step: StepPlan, sequence: Sequence, found: Status) -> Action:
        """The action for a task by its status; ``skip`` keeps a success."""
        if _has(self.rerun, step.path, sequence):
            return Action.RERUN
        if self.passes_over(step.path, sequence):
            return Action.SKIP
        return step.recovery.get(found, DEFAULT_ACTIONS[found])


def _has(selections: tuple[Selection, ...], path: Path, sequence: Sequence) -> bool:
    return any(selection.has(path, sequence) for selection in selections)


NO_DIRECTIVES = Directives()


def found_status(task: SavedTask) -> Status:
    """Return the status of a task by which directives choose an action.

    An attempt that was lost, or was to be repeated, counts as ready; so does one that was handed over and is known
    not to have begun.
    """
    if task.status is Status.SUCCESS:
        return Status.SUCCESS
    if task.status is Status.FAILURE and not task.waits:
        return Status.FAILURE
    return Status.ACTIVE if task.status is Status.ACTIVE and task.had_begun else Status.READY


@frozen(eq=False, repr=False)
class Reach(ByFields):
    """The places within kept containers where something may have to run again.

    The contents of a kept container are examined only there.
    """

    directives: Directives
    always: frozenset[int] = field(factory=frozenset[int])
    """The containers that contain a step which runs again after every success, by node index."""

    @staticmethod
    def of(plan: Plan, directives: Directives) -> Reach:
        """Return the reach of the directives given by hand and of those of the flow."""
        always: set[int] = set()
        for node in plan.nodes:
            if isinstance(node, StepPlan) and node.recovery.get(Status.SUCCESS) is Action.RERUN:
                around = node.parent
                while around >= 0 and around not in always:
                    always.add(around)
                    around = plan.nodes[around].parent
        return Reach(directives, frozenset(always))

    def is_in(self, container: ContainerPlan, sequence: Sequence) -> bool:
        """Whether a step may run again within these iterations of a container, or of one around it."""
        if container.index in self.always:
            return True
        return any(selection.may_have(container.path, sequence) for selection in self.directives.rerun)
