"""The changes of a flow since its run was made, and whether the run can be recovered with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.compiler.differences import ChangeKind, Difference, differences
from sequent.errors import DefinitionError
from sequent.model.commands import typed
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.status import Action, Status
from sequent.model.work import ARGUMENTS
from sequent.runtime.ports import DrivenRun, ReadRun
from sequent.runtime.recovery.renaming import SAME_NAMES, Renaming
from sequent.runtime.store.nodes import CONTAINER, COPIES, REPEAT, STEP, places_of

_KINDS = {
    STEP: "as a step",
    REPEAT: "as a step that repeats",
    CONTAINER: "as a container",
    COPIES: "with copies on hosts",
}
_SHOWN = 5
"""Steps that a sentence names at most."""


def check_changes(run: ReadRun, plan: Plan, *, accepts: bool, renaming: Renaming = SAME_NAMES) -> tuple[str, ...]:
    """Check that a run can be recovered with this plan; return a sentence for each accepted difference.

    Parts that are new or different must be accepted. A step or container that has begun must still exist, with the same
    kind. ``renaming`` has the new names of renamed ones.

    Raises:
        DefinitionError: it cannot, or the differences must be accepted; the message lists them.
    """
    record = run.record
    changed = differences(*renaming.compared(record.description, plan.description))
    if not changed:
        return ()
    lost = _lost(run, plan, changed)
    told = [
        difference.text + (f". {lost[difference.path]}" if difference.path in lost else "") for difference in changed
    ]
    if lost or not accepts:
        raise DefinitionError(
            f"the flow '{record.target.flow}' has changed since run {record.id} was made:\n  " + "\n  ".join(told),
            code="changed-flow",
            hint=_put_back(record.id, lost, changed)
            if lost
            else "undo the changes; or accept them, to keep all successes and run the rest as the flow is now: "
            + typed("recover", record.id, "--accept-changes"),
        )
    return tuple(f"accepted: {text}" for text in told)


def _put_back(run: str, lost: Mapping[str, str], changed: Iterable[Difference]) -> str:
    """Return the ways on if steps or containers are missing that have begun."""
    was = "it was" if len(lost) == 1 else "they were"
    return f"put {_listed(tuple(lost))} back as {was}, or start a new run{_renamed(run, lost, changed)}"


def _renamed(run: str, lost: Mapping[str, str], changed: Iterable[Difference]) -> str:
    """Return the command to type if a missing step may be a new one under another name."""
    new = [difference.path for difference in changed if difference.kind is ChangeKind.ADDED]
    # The contents of a container go with it.
    outermost = [path for path in lost if path.rpartition(".")[0] not in lost]
    if not new:
        return ""
    if len(outermost) > 1:
        again = typed("recover", run, "--renamed", "OLD=NEW")
        return f"; if they were renamed, give --renamed once for each: {again}"
    old = outermost[0]
    return f"; if it was renamed to {new[0]!r}: {typed('recover', run, '--renamed', f'{old}={new[0]}')}"


def _lost(run: ReadRun, plan: Plan, changed: Iterable[Difference]) -> dict[str, str]:
    """Return the steps and containers that have begun in the run, and are missing or of another kind, by path."""
    places, begun = set(places_of(plan)), run.begun_places()
    kinds = dict(begun - places)
    around = {path for path, kind in places - begun if kind in (REPEAT, COPIES)}
    kinds |= {path: kind for kind in (STEP, CONTAINER, REPEAT) for path in around if (path, kind) in begun}
    return {
        difference.path: "This run has begun it"
        + ("" if difference.kind is ChangeKind.REMOVED else f" {_KINDS[kinds[difference.path]]}")
        for difference in changed
        if difference.path in kinds
    }


@frozen(eq=False, repr=False)
class ChangedCode(ByFields):
    """The steps whose code or arguments have changed."""

    finished: tuple[str, ...] = ()
    """Steps with successes that may be kept, in some iterations at least."""
    others: tuple[str, ...] = ()
    """Steps that have not succeeded, or that run again."""
    given: tuple[str, ...] = ()
    """Steps of these with the same code but other arguments."""

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences about them."""
        sentences: list[str] = []
        if self.others:
            sentences.append(f"the code or the arguments of {_listed(self.others)} have changed: the new ones run")
        if self.finished:
            sentences.append(
                f"the code or the arguments of {_listed(self.finished)} have changed since they succeeded: "
                "successes that are kept stay as they were"
            )
        if self.given:
            sentences.append(
                f"of {_listed(self.given)} only the arguments have changed: a value that is computed when the "
                "module is imported, such as the time, differs each time; compute it in a step, or make it a "
                "parameter, which a run keeps"
            )
        return tuple(sentences)


def changed_code(
    run: ReadRun, plan: Plan, renaming: Renaming = SAME_NAMES, directives: Directives = NO_DIRECTIVES
) -> ChangedCode:
    """Compare the code of each step with its code when the run was made or last recovered.

    Steps that the directives run again in all iterations, or that the flow always runs again, are not kept.
    """
    before, now = _known(run, renaming), fingerprints_of(plan)
    changed = [path for path, digest in before.items() if now.get(path, digest) != digest]
    if not changed:
        return ChangedCode()
    steps = [node for node in plan.nodes if isinstance(node, StepPlan)]
    rerun = {dotted(step.path) for step in steps if directives.action(step, (), Status.SUCCESS) is Action.RERUN}
    succeeded = run.succeeded_paths() - rerun
    return ChangedCode(
        finished=tuple(path for path in changed if path in succeeded),
        others=tuple(path for path in changed if path not in succeeded),
        given=tuple(path for path in changed if _same_code(before[path], now[path])),
    )


def _same_code(before: str, now: str) -> bool:
    return ARGUMENTS in before and before.partition(ARGUMENTS)[0] == now.partition(ARGUMENTS)[0]


def adopt(run: DrivenRun, plan: Plan, changed: ChangedCode, renaming: Renaming = SAME_NAMES) -> None:
    """Let later recoveries compare with the present flow, except for steps that have succeeded."""
    before = _known(run, renaming)
    now = {**fingerprints_of(plan), **{path: before[path] for path in changed.finished}}
    if dict(run.record.description) != dict(plan.description) or dict(before) != now:
        run.adopt(plan, now)


def _known(run: ReadRun, renaming: Renaming) -> dict[str, str]:
    """Return the fingerprint of each step's code as the run knows it, by its present path."""
    return {renaming.path(path): digest for path, digest in run.record.fingerprints.items()}


def fingerprints_of(plan: Plan) -> dict[str, str]:
    """Return the fingerprint of each step's code, by dotted path."""
    return {dotted(node.path): node.fingerprint for node in plan.nodes if isinstance(node, StepPlan)}


def _listed(paths: tuple[str, ...]) -> str:
    return ", ".join(f"'{path}'" for path in paths[:_SHOWN]) + (", ..." if len(paths) > _SHOWN else "")
