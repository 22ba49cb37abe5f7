"""Finds the mistakes of a single node: requirements that never hold, and ends with wrong names."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.compiler.description_text import requirement_text
from sequent.compiler.problems import Problems
from sequent.compiler.satisfiability import why_never
from sequent.compiler.tree import TreeNode
from sequent.compiler.values import maker_of
from sequent.model.option_table import OPTIONS
from sequent.model.references import Path
from sequent.model.requirements import AnyOf, Atom, Requirement, claims_in
from sequent.model.spec import ContainerSpec, ItemsCall, StepSpec
from sequent.model.status import Claim, Construct
from sequent.model.work import QuestionWork

_WITH_RESULT = (Claim.SUCCESS, Claim.RETURNED)


def check_requirement(node: TreeNode, problems: Problems) -> None:
    """Check that a node's requirement can come true, and that it takes no results of a single branch of an *or*."""
    if node.condition is None:
        return
    why = why_never(node, node.condition)
    if why:
        lines = (asked.place for asked in claims_in(node.condition) if asked.place is not None)
        place = node.spec.option_places.get("requires") or next(lines, node.spec.place)
        problems.add(
            "unreachable",
            f"{node.shown} can never run: its requirement can never be true, since {why}",
            path=node.text,
            place=place,
            hint="write | where one part is enough, or leave out the part that excludes the rest",
        )
    elif node.taken:
        _check_branches(node, problems)


def _check_branches(node: TreeNode, problems: Problems) -> None:
    taken = {asked.path: asked for asked in node.taken if asked.claim is Claim.SUCCESS}
    for choice in _choices(node.own):
        branches = [_successes(part, taken) for part in choice.parts]
        in_one = [
            found for found in taken if any(found in b for b in branches) and not all(found in b for b in branches)
        ]
        if in_one:
            names = " and ".join(node.by_path[found].shown for found in in_one)
            plural = "s" if len(in_one) > 1 else ""
            problems.add(
                "result-in-branch",
                f"{node.shown} requires one of {requirement_text(choice)}, and takes the result{plural} of {names}: "
                f"it would wait for {'both' if len(in_one) == 2 else 'all' if plural else 'it in any case'}",
                path=node.text,
                place=taken[in_one[0]].place or node.place_of("requires"),
                hint="take result_or(None) of each, or take each result in a step of its own",
            )


def _choices(condition: Requirement | None) -> Iterator[AnyOf]:
    pending = [] if condition is None else [condition]
    while pending:
        part = pending.pop()
        if not isinstance(part, Atom):
            if isinstance(part, AnyOf):
                yield part
            pending.extend(reversed(part.parts))


def _successes(condition: Requirement, taken: dict[Path, Atom]) -> set[Path]:
    return {asked.path for asked in claims_in(condition) if asked.claim in _WITH_RESULT and asked.path in taken}


def check_failures(node: TreeNode, problems: Problems) -> None:
    """Check that a node takes only failures that its requirement names, or that of a container around it."""
    for other, place in node.told_of:
        around: TreeNode | None = node
        while around is not None and all(asked.path != other.path for asked in claims_in(around.condition)):
            around = around.parent
        if around is None:
            problems.add(
                "failures",
                f"{node.shown} takes the failures of {other.shown}, but does not require anything of it",
                path=node.text,
                place=place,
                hint=f"require it as well: {other.spec.name}.failed, or {other.spec.name}.done to run in any case",
            )


def check_process(node: TreeNode, default: Construct, problems: Problems) -> None:
    """Check that only a step with a process of its own has options of its process."""
    spec = node.spec
    if isinstance(spec, ContainerSpec) or not node.values or isinstance(spec.work, QuestionWork):
        return
    construct = spec.task_construct or default
    if construct is Construct.PROCESS:
        return
    where = "in a thread" if construct is Construct.THREAD else "in the process of the driver itself"
    for option in node.values:
        why = OPTIONS[option].needs_process
        if why:
            problems.add(
                option,
                f"{node.shown} has {why.format(where)}",
                path=node.text,
                place=node.place_of(option),
                hint=f'give it task_construct="process", or leave {option}= out',
            )


def check_ends(node: TreeNode, problems: Problems) -> None:
    """Check the names of the result and of the end of a repeat."""
    spec = node.spec
    if isinstance(spec, ContainerSpec):
        _check_result(node, spec, problems)
        _check_until(node, spec, problems)
    elif spec.until and spec.repeats is None:
        _refuse_until(node, problems)
    if isinstance(spec.repeats, ItemsCall) and spec.repeats.is_endless and not spec.until:
        problems.add(
            "endless",
            f"'repeats' of {node.shown} is {spec.repeats.name!r}, which never ends",
            path=node.text,
            place=node.place_of("repeats"),
            hint="name a step whose result ends it: until = check"
            if isinstance(spec, ContainerSpec)
            else "let its own result end it: until=True",
        )


def _check_result(node: TreeNode, spec: ContainerSpec, problems: Problems) -> None:
    if spec.result is None:
        return
    named = node.names.get(spec.result)
    if named is None:
        _refuse_name(node, "result", spec.result, "which is not in its body", list(node.names), problems)
    elif maker_of(named) is None and isinstance(named.spec, ContainerSpec) and named.spec.result is None:
        problems.add(
            "no-result",
            f"the result of {node.shown} is that of the container {named.shown}, which names none",
            path=node.text,
            place=node.place_of("result"),
            hint=f"write result = ... in the body of {named.shown}",
        )


def _check_until(node: TreeNode, spec: ContainerSpec, problems: Problems) -> None:
    if spec.until is None:
        return
    if spec.repeats is None:
        _refuse_until(node, problems)
    steps = [name for name, child in node.names.items() if _ends_repeats(child)]
    if spec.until not in steps:
        _refuse_name(node, "until", spec.until, _why_no_end(node.names.get(spec.until)), steps, problems)


def _why_no_end(named: TreeNode | None) -> str:
    if named is None:
        return "which is not in its body"
    if named.is_copied:
        return "which has a copy on each host"
    return "which repeats" if named.wraps else "which is a container"


def _ends_repeats(node: TreeNode) -> bool:
    return isinstance(node.spec, StepSpec) and not node.wraps and not node.is_copied


def _refuse_until(node: TreeNode, problems: Problems) -> None:
    problems.add(
        "until",
        f"{node.shown} has 'until', but does not repeat",
        path=node.text,
        place=node.place_of("until"),
        hint="give repeats= as well",
    )


def _refuse_name(node: TreeNode, option: str, name: str, why: str, known: list[str], problems: Problems) -> None:
    problems.add(
        "unknown-name",
        f"{option!r} of {node.shown} names {name!r}, {why}",
        path=node.text,
        place=node.place_of(option),
        hint=problems.nearest(name, known) if known else "name a step of its body that does not repeat",
    )
