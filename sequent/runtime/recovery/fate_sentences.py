"""Explains why a recovery keeps a task, runs it, passes it over, or cannot run it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.inputs import ResultInput, ResultOrInput, inputs_in
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan, taken_by
from sequent.model.references import Path, dotted
from sequent.model.scope import Sequence
from sequent.model.status import SETTLES, Action, Claim, Status
from sequent.runtime.recovery.dry_run import RecoveryCourse, Task, beginnings
from sequent.runtime.recovery.task_selection import SelectedTasks, dependents_in, shared_sequence

_CLAIMS: Mapping[Claim, str] = {
    Claim.READY: "is ready",
    Claim.ACTIVE: "is active",
    Claim.SUCCESS: "succeeds",
    Claim.FAILURE: "fails",
    Claim.COMPLETE: "succeeds or fails",
    Claim.SKIPPED: "is skipped",
    Claim.DONE: "is done",
    Claim.RETURNED: "returns certain values",
}


@frozen(eq=False, repr=False)
class FoundStatus(ByFields):
    """The status of a task, in words."""

    status: Status
    waits: bool = False
    """Whether it was to be tried again."""
    was_handed_over: bool = False
    had_not_succeeded: bool = False
    """Whether it has succeeded only since the recovery that this one is based on."""
    is_kept_whole: bool = False
    """Whether it is in a container that is kept as a whole."""


class Reasons:
    """Sentences about the fates of tasks."""

    def __init__(
        self, plan: Plan, course: RecoveryCourse, found: Mapping[Task, FoundStatus], selected: SelectedTasks
    ) -> None:
        self._plan = plan
        self._course = course
        self._found = found
        self._selected = selected
        passed = ((plan.nodes[node].path, sequence) for node, sequence in course.passed)
        self._passed = {place for path, sequence in passed for place in beginnings(path, sequence)}
        self._dependents = dependents_in(plan)
        self._required: dict[int, list[tuple[int, Claim]]] = {}
        """Per node, its claims on other nodes."""
        for index, waiting in sorted(self._dependents.items()):
            for dependent, claim in waiting:
                self._required.setdefault(dependent, []).append((index, claim))
        self._open = self._decided_by()

    # -- each fate ----------------------------------------------------------------------------

    def of_rerun(self, task: Task) -> str:
        """Return why it runs; of a question, also its text."""
        why, step = self._why_rerun(task), self._plan.nodes[task[0]]
        if not (isinstance(step, StepPlan) and step.asks):
            return why
        return f"{why}; it asks: {self._plan.description[dotted(step.path)].question}"

    def _why_rerun(self, task: Task) -> str:
        found = self._found.get(task)
        if task in self._course.again and (by_directive := self._by_directive(task)):
            return by_directive
        if found is None:
            is_renewed = self._course.is_renewed(self._plan, task)
            return (is_renewed and self._asked(task)) or "it has not run yet"
        if found.had_not_succeeded:
            return "it had not succeeded by the end of the recovery that this one is based on"
        if found.status is Status.SUCCESS:
            return self._cause(task)
        if found.status is Status.FAILURE:
            return "it failed"
        if found.waits:
            return "it failed, and was waiting for a retry"
        if found.status is Status.ACTIVE:
            return "it was running"
        return (
            "it was handed to a worker, but had not begun" if found.was_handed_over else "it has no outcome that counts"
        )

    def _by_directive(self, task: Task) -> str:
        """Return which directive runs a success again; '' if it runs again with the container around it."""
        step = self._plan.step(task[0])
        if self._selected.directives.action(step, task[1], Status.SUCCESS) is not Action.RERUN:
            return ""
        return self._asked(task) or "it has succeeded, but its directive runs it again"

    def _asked(self, task: Task) -> str:
        path = self._plan.nodes[task[0]].path
        return next((why for meant, why in self._selected.reasons.items() if meant.has(path, task[1])), "")

    def _cause(self, task: Task) -> str:
        """Return why a success runs again without a directive: it reacts to a change, or a container around it does."""
        path = self._plan.nodes[task[0]].path
        node: NodePlan | None = self._plan.nodes[task[0]]
        while node is not None:
            reaction = self._plan.reactions.get(node.index)
            if reaction is not None and reaction.to_run_of:
                causes = [dotted(self._plan.nodes[cause].path) for cause in reaction.to_run_of]
                names = " or ".join(f"'{name}'" for name in causes)
                subject = "it" if node.path == path else f"'{dotted(node.path)}'"
                return f"{subject} waited until {names} was done, which runs again"
            node = self._plan.nodes[node.parent] if node.parent >= 0 else None
        return "the container around it runs again as a whole"

    def of_renewed(self, task: Task, *, is_rewound: bool) -> str:
        """Return why a repeat begins anew."""
        asked = self._asked(task) or (
            "it had not begun by the end of the recovery that this one is based on"
            if is_rewound
            else "the directives of its steps run all of them again"
        )
        return f"{asked}; its items are computed anew"

    def of_passed(self, task: Task) -> str:
        """Return why it is passed over."""
        path = self._plan.nodes[task[0]].path
        if self._selected.directives.passes_over(path, task[1]):
            return "you asked for it: it counts as a success without a result"
        found = self._found.get(task)
        status = "" if found is None else f" where it is found in {found.status.value}"
        return f"by its directive{status}: it counts as a success without a result"

    def of_kept(self, task: Task) -> str:
        """Return why it does not run again."""
        found = self._found[task]
        if found.status is not Status.SUCCESS:
            return "it failed, and its failure was handled: the container around it is kept as a whole"
        again = [name for name, place in self._inputs(task) if place in self._course.made]
        if again:
            return f"it has succeeded, and is kept, though its input from {_listed(again)} is made again"
        reaction = self._plan.reactions.get(task[0])
        if reaction is not None and reaction.to_failure_of and not found.is_kept_whole:
            causes = [dotted(self._plan.nodes[cause].path) for cause in reaction.to_failure_of]
            return f"it has succeeded; it runs again only if {' or '.join(map(repr, causes))} fails again"
        return "it has succeeded"

    def of_blocked(self, task: Task) -> str:
        """Return which of its requirements cannot come true."""
        unmet = [text for text in self._unmet(task) if text]
        return f"it requires that {' and that '.join(unmet)}" if unmet else "its requirement does not come true"

    def of_doubt(self, task: Task) -> str:
        """Return the decision on which its run depends; '' if it is certain."""
        if task in self._course.uncertain:
            return "whether it runs depends on the 'until' of a container around it"
        node: NodePlan | None = self._plan.nodes[task[0]]
        while node is not None:
            if node.index in self._open:
                return f"whether it runs depends on the result of '{self._open[node.index]}'"
            node = self._plan.nodes[node.parent] if node.parent >= 0 else None
        return ""

    def of_kept_doubt(self, task: Task) -> str:
        """Return the decision on which the rerun of a success with a ``done`` depends; '' if it is certain."""
        reaction = self._plan.reactions.get(task[0])
        if reaction is None or self._found[task].is_kept_whole:
            return ""
        open_causes = [cause for cause in reaction.to_run_of if cause in self._open]
        if not open_causes:
            return ""
        return f"it has succeeded; whether it runs again depends on the result of '{self._open[open_causes[0]]}'"

    def lacking(self) -> Iterator[tuple[str, str]]:
        """Yield the tasks that would run and need a missing result, with the steps that lack it."""
        for node, sequence in sorted({*self._course.started, *self._course.opened, *self._course.delayed}):
            for name, place in self._inputs((node, sequence), needed=True):
                if place in self._passed:
                    yield dotted(self._plan.nodes[node].path), name

    # -- its inputs ---------------------------------------------------------------------

    def _inputs(self, task: Task, *, needed: bool = False) -> Iterator[tuple[str, tuple[Path, Sequence]]]:
        """Yield the steps whose results it takes, and in which iterations."""
        for value in taken_by(self._plan.nodes[task[0]]):
            for part in inputs_in(value):
                if isinstance(part, ResultInput) or (isinstance(part, ResultOrInput) and not needed):
                    yield dotted(part.maker), (part.maker, shared_sequence(self._plan, part.node, task[1]))

    def _unmet(self, task: Task) -> Iterator[str]:
        """Yield the claims on others that do not hold."""
        for index, claim in self._required.get(task[0], ()):
            yield self._claim(index, claim, task[1])

    def _claim(self, index: int, claim: Claim, sequence: Sequence) -> str:
        """Return a claim that does not come true; '' if it does."""
        node = self._plan.nodes[index]
        is_skipped = (index, shared_sequence(self._plan, index, sequence)) in self._course.skipped
        status = Status.SKIPPED if is_skipped else Status.SUCCESS
        if claim in SETTLES[status]:
            return ""
        verb = "is skipped" if is_skipped else "succeeds"
        return f"'{dotted(node.path)}' {_CLAIMS[claim]}, which {verb}"

    def _decided_by(self) -> dict[int, str]:
        """Return the nodes that may run or not, with the step whose result decides."""
        if not self._course.asking:
            return {}
        deciders: dict[int, str] = {}
        pending = [(waiting, dotted(self._plan.nodes[maker].path)) for maker, waiting in self._asked_of()]
        while pending:
            node, maker = pending.pop()
            if node not in deciders:
                deciders[node] = maker
                dependents = self._dependents.get(node, ())
                pending += [(waiting, maker) for waiting, claim in dependents if claim is not Claim.DONE]
        return deciders

    def _asked_of(self) -> Iterator[tuple[int, int]]:
        """Yield each step that runs, with the nodes that claim something about its result or that of its container."""
        for index, waiting in self._dependents.items():
            maker = self._maker(index)
            if maker in self._course.asking:
                yield from ((maker, dependent) for dependent, claim in waiting if claim is Claim.RETURNED)

    def _maker(self, index: int) -> int:
        node = self._plan.nodes[index]
        while isinstance(node, ContainerPlan) and node.result is not None:
            node = self._plan.nodes[node.children[node.result]]
        return node.index


def _listed(names: list[str]) -> str:
    return " and ".join(repr(name) for name in dict.fromkeys(names))
