"""Walks an author's flow, from the outside in, and makes its specification."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from attrs import define, field, fields

from sequent.dsl.functions.captured_references import CapturedReferences
from sequent.dsl.options.repeats import CallSource, endless, is_endless
from sequent.dsl.options.written_options import WORK, WrittenOptions, refusal_of_attempts
from sequent.dsl.parameters.type_fit import fits
from sequent.dsl.parameters.typed_text import shown_type
from sequent.dsl.references.literals import decoded
from sequent.dsl.source_lines import OptionPlaces, Site, option_place
from sequent.dsl.specification.translation import Translation
from sequent.dsl.steps.annotations import AnnotatedWork, ResultTypes
from sequent.dsl.steps.nodes import Node, Written, called_by
from sequent.errors import DefinitionError
from sequent.model.option_table import CONTAINER, OPTIONS, STEP
from sequent.model.references import Literal, PartOf, Path, Reference, ResultOf, ResultOr, Target, dotted
from sequent.model.spec import ContainerSpec, PlainOptions, PlainStepOptions, StepSpec
from sequent.model.status import Action, Construct, Status
from sequent.model.work import references_of

_NEEDED = frozenset({"requires", "acquires", "releases", WORK})
"""Options without which the mistakes of a flow as a whole cannot be judged."""


def _plain(kind: type[PlainOptions]) -> tuple[tuple[str, ...], Callable[[WrittenOptions], tuple[Any, ...]]]:
    names = tuple(each.name for each in fields(kind))
    return names, attrgetter(*names)


_PLAIN = {CONTAINER: _plain(PlainOptions), STEP: _plain(PlainStepOptions)}
"""The names of plain options, and a getter of their values."""


@define(eq=False)
class SpecTree:
    """The specification of one flow's steps and containers, and the code that it refers to."""

    translation: Translation
    functions: dict[Path, Callable[..., object]] = field(factory=dict[Path, Callable[..., object]])
    items: dict[Path, Callable[..., object]] = field(factory=dict[Path, Callable[..., object]])
    bodies: dict[Path, type] = field(factory=dict[Path, type])
    works: dict[Path, AnnotatedWork] = field(factory=dict[Path, AnnotatedWork])
    sites: dict[Path, Site] = field(factory=dict[Path, Site])
    warnings: list[str] = field(factory=list[str])
    types: ResultTypes = field(init=False)
    """The types of the steps' results."""
    unread: set[str] = field(factory=set[str])
    """The dotted paths of nodes whose requirement, resources or work could not be read."""
    _hidden: CapturedReferences = field(factory=CapturedReferences)

    def __attrs_post_init__(self) -> None:
        self.types = ResultTypes(self.works)

    def container(self, node: Node, path: Path, construct: Construct | None = None) -> ContainerSpec:
        """Specify a container with its contents.

        Args:
            node: the author's container.
            path: its path.
            construct: the option ``task_construct`` of the containers around it.
        """
        written, options, translation = node.__sequent__, node.__sequent__.options, self.translation
        if path:
            # The flow's own is among its settings.
            construct = options.task_construct or construct
        if written.body is not None:
            self.bodies[path] = written.body
        self._note_items(written, path)
        self._refuse_options(written)
        given = translation.references.given(node)
        with translation.references.around.inside(node, path, given):
            attributes = tuple(
                (name, given[name] if name in given else translation.references.value(value, node))
                for name, value in written.attributes.items()
            )
            children = tuple(self._child(child, (*path, name), construct) for name, child in written.children.items())
        self.warnings.extend(_stale_inputs(children, path))
        own = self._said(node, CONTAINER)
        if not path:
            # The flow's own are among its settings.
            own["max_concurrent"] = own["stop_on_exception"] = None
        return ContainerSpec(
            children=children,
            attributes=attributes,
            until=None if written.until is None else written.until.__sequent__.name,
            result=None if written.result is None else written.result.__sequent__.name,
            **own,
        )

    def _said(self, node: Node, kind: str) -> dict[str, Any]:
        """Return the options of a step or container, by the fields of its specification."""
        written, options, values = node.__sequent__, node.__sequent__.options, self.translation.references
        names, plain = _PLAIN[kind]
        said: dict[str, Any] = dict(zip(names, plain(options), strict=True))
        found = {
            name: values.option(name, value, node)
            for name, value in options.values.items()
            if kind in OPTIONS[name].where
        }
        if isinstance(parallel := found.get("parallel"), Literal):
            said["parallel"] = decoded(parallel)
            del found["parallel"]
        said |= {
            "name": written.name,
            "requires": self.translation.requirement(options.requires, written.site),
            "repeats": values.items(options.repeats, node),
            "values": {name: value for name, value in found.items() if value is not None},
            "acquires": self.translation.amounts(options.acquires),
            "releases": None if options.releases is None else self.translation.amounts(options.releases),
            "place": written.site.place,
            "option_places": OptionPlaces(written.site),
        }
        return said

    def _child(self, node: Node, path: Path, construct: Construct | None) -> StepSpec | ContainerSpec:
        """Specify a child of a container; mistakes in it get its path."""
        problems, lost = self.translation.references.problems, self.translation.references.lost
        before, lost_before = len(problems), len(lost)
        if not _NEEDED.isdisjoint(node.__sequent__.options.unread):
            self.unread.add(dotted(path))
        is_leaf = node.__sequent__.is_leaf
        spec = self._step(node, path, construct) if is_leaf else self.container(node, path, construct)
        if len(lost) > lost_before:
            self.unread.add(dotted(path))
        for problem in problems[before:]:
            problem.path = problem.path or dotted(path)
        return spec

    def _step(self, node: Node, path: Path, construct: Construct | None) -> StepSpec:
        written, options, translation = node.__sequent__, node.__sequent__.options, self.translation
        self._note_work(written, path)
        self._note_items(written, path)
        said = self._said(node, STEP)
        said["task_construct"] = options.task_construct or construct
        said["returns"] = self._returns(path)
        return StepSpec(work=translation.work(written.work, node), until=options.until, **said)

    def _returns(self, path: Path) -> str:
        """Return the type of a step's result in words, if that cannot be None."""
        kind = self.types.get(path, object)
        return "" if fits(kind, None) else shown_type(kind)

    def _note_work(self, written: Written, path: Path) -> None:
        work = written.work
        if work is None:
            self.warnings.append(f"{written.site.place}: {dotted(path)!r} has nothing to do: it succeeds at once")
            return
        called = called_by(work)
        if called is not None:
            self.functions[path] = called.function
            self._refuse_hidden(called.function, "the step", written, path)
        self.sites[path] = written.site
        parent = None if written.parent is None else written.parent.__sequent__
        self.works[path] = AnnotatedWork(work, None if parent is None else parent.body, _around(written))

    def _refuse_options(self, written: Written) -> None:
        """Refuse options that only a step can have; for a class this was checked when its body closed."""
        problem = refusal_of_attempts(written.options, written.site, written.name, written.children)
        if problem is not None:
            self.translation.references.problems.append(problem)
        if written.options.until:
            self.translation.references.problems.append(
                DefinitionError(
                    f"'until' of the container {written.name!r} is True",
                    code="option",
                    hint="name the step whose result is asked: until = check",
                    place=option_place(written.site, "until"),
                )
            )

    def _note_items(self, written: Written, path: Path) -> None:
        repeats = written.options.repeats
        if is_endless(repeats) and written.until is None and not written.options.until:
            self.translation.references.problems.append(endless(written.name, option_place(written.site, "repeats")))
        if isinstance(repeats, CallSource):
            self.items[path] = repeats.function
            self._refuse_hidden(repeats.function, "'repeats' of", written, path)
            around = None if written.parent is None else written.parent.__sequent__.body
            if repeats.takes_self and around is None:
                self.translation.references.add_problem(
                    f"'repeats' of {dotted(path)!r} takes 'self', and its container has no class",
                    "repeats",
                    "leave self out, or give it a default",
                    option_place(written.site, "repeats"),
                )

    def _refuse_hidden(self, function: Callable[..., object], subject: str, written: Written, path: Path) -> None:
        for message, hint in self._hidden.found_in(function):
            self.translation.references.add_problem(
                f"{subject} {dotted(path)!r} uses {message}, where it is not filled in",
                "reference",
                hint,
                written.site.place,
            )
            break


def _around(written: Written) -> Mapping[str, object]:
    """Return the names in the functions around a step or container."""
    if written.parent is None:
        return written.around
    names = _around(written.parent.__sequent__)
    return {**names, **written.around} if written.around else names


def _stale_inputs(children: Sequence[StepSpec | ContainerSpec], path: Path) -> Iterator[str]:
    """Yield a warning for each step of a container that is kept, though a sibling whose result it takes runs again.

    Args:
        children: the children of one container.
        path: the container's path.
    """
    steps = [child for child in children if isinstance(child, StepSpec)]
    renewed = {(*path, step.name) for step in steps if _is_renewed(step)}
    if not renewed:
        return
    for step in steps:
        taken = renewed.intersection(map(_target, references_of(step.work)))
        if taken and not _is_renewed(step):
            yield (
                f"{step.place}: a recovery runs {dotted(min(taken))!r} again though it succeeded, and keeps "
                f"{dotted((*path, step.name))!r}, which takes its result: give it the same directive"
            )


def _is_renewed(step: StepSpec) -> bool:
    return step.recovery.get(Status.SUCCESS) is Action.RERUN


def _target(reference: Reference) -> Target | None:
    while isinstance(reference, PartOf):
        reference = reference.whole
    return reference.target if isinstance(reference, ResultOf | ResultOr) else None
