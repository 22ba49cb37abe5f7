"""Finds mistakes about pickled results, which only the worker of a step reads: not driver, host or thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sequent.compiler.problems import Problems
from sequent.compiler.tree import Tree, TreeNode
from sequent.compiler.values import maker_of
from sequent.model.inputs import (
    Input,
    ItemsCallPlan,
    ItemsLiteralPlan,
    PartInput,
    PreviousInput,
    ResultInput,
    ResultOrInput,
    inputs_in,
)
from sequent.model.references import Path, dotted
from sequent.model.requirements import claims_in
from sequent.model.spec import ContainerSpec, StepSpec
from sequent.model.status import Claim, Construct
from sequent.model.work import CommandWork, FunctionWork, QuestionWork

_WHERE = {Construct.THREAD: "in a thread of the driver", Construct.INVOKE: "in the process of the driver itself"}
_ASK = "let another step take the result and return data, and ask for that"
_TAKE = "let another step take the result and return data, and take that"


def check_pickles(tree: Tree, problems: Problems) -> None:
    """Check that pickled results are made and taken only by steps in workers of this machine, and decide nothing."""
    pickled = {node.path for node in tree.nodes if isinstance(node.spec, StepSpec) and node.spec.pickles}
    if not pickled:
        return
    check = _PickleCheck(pickled, problems, tree.spec.config.task_construct)
    for node in tree.nodes:
        check.ends(node)
        check.options(node)
        check.claims(node)
        check.place(node)
        check.parts(node)


class _PickleCheck:
    def __init__(self, pickled: set[Path], problems: Problems, default: Construct) -> None:
        self._pickled = pickled
        self._problems = problems
        self._default = default

    def ends(self, node: TreeNode) -> None:
        """Refuse the end of a repeat by a pickled result."""
        until = node.spec.until
        named = node if until is True else node.names.get(until) if isinstance(until, str) else None
        if named is not None and named.path in self._pickled:
            self._refuse(node, "until", f"{node.shown} ends once the pickled result of {named.shown} is truthy", _ASK)

    def options(self, node: TreeNode) -> None:
        """Refuse options whose values are pickled: the driver reads them."""
        taken = dict(node.values)
        if node.repeats is not None and not isinstance(node.repeats, ItemsLiteralPlan | ItemsCallPlan):
            taken["repeats"] = node.repeats
        for option, value in taken.items():
            maker = next(self._makers([value]), None)
            if maker is not None:
                verb = "repeats over" if option == "repeats" else f"has as its {option}"
                message = f"{node.shown} {verb} the pickled result of {dotted(maker)!r}, which only a step reads"
                self._refuse(node, option, message, _TAKE)

    def claims(self, node: TreeNode) -> None:
        """Refuse requirements on pickled results."""
        for asked in claims_in(node.own):
            maker = maker_of(node.of(asked)) if asked.claim is Claim.RETURNED and asked.path in node.by_path else None
            if maker in self._pickled:
                message = f"{node.shown} asks for the result of {dotted(maker)!r}, which is pickled"
                self._refuse(node, "requires", message, _ASK)

    def place(self, node: TreeNode) -> None:
        """Refuse steps on other hosts, and in the driver, that make or take a pickled result."""
        spec = node.spec
        if isinstance(spec, ContainerSpec):
            return
        taken = self._taken(node)
        if spec.pickles:
            predicate, option = "has a pickled result", "result"
        elif (maker := next(self._makers(taken), None)) is not None:
            predicate, option = f"takes the pickled result of {dotted(maker)!r}", ""
        else:
            return
        if isinstance(spec.work, QuestionWork):
            self._refuse(node, option, f"{node.shown} {predicate}, which only a step reads", _TAKE)
            return
        place = node.place_of(option) if option else spec.place
        if any(block.is_copied for block in (node, *node.around)):
            self._problems.add(
                "pickle-host",
                f"{node.shown} {predicate}, and runs on other hosts, which have no key for it",
                path=node.text,
                place=place,
                hint="return data there, or a path; or leave hosts= out",
            )
        construct = spec.task_construct or self._default
        if construct in _WHERE:
            self._problems.add(
                "pickle-construct",
                f"{node.shown} {predicate}, and runs {_WHERE[construct]}, where nothing is unpickled",
                path=node.text,
                place=node.place_of("task_construct"),
                hint='give it task_construct="process"',
            )

    def parts(self, node: TreeNode) -> None:
        """Refuse parts of pickled results: they are cut out of the text."""
        parts = [
            part for value in (*node.inputs, *_known(node)) for part in inputs_in(value) if isinstance(part, PartInput)
        ]
        maker = next(self._makers(parts), None)
        if maker is not None:
            message = f"{node.shown} takes a part of the pickled result of {dotted(maker)!r}"
            self._refuse(node, "", message, "take the whole result, and its part within the step")

    def _taken(self, node: TreeNode) -> tuple[Input, ...]:
        """Return the values of a step's arguments and of its ``self``."""
        work = node.spec.work if isinstance(node.spec, StepSpec) else None
        function = work.computed if isinstance(work, CommandWork) else work
        takes_self = isinstance(function, FunctionWork) and function.takes_self
        return (*node.inputs, *(_known(node.parent) if takes_self and node.parent is not None else ()))

    def _makers(self, values: Iterable[Input]) -> Iterator[Path]:
        """Yield the steps with a pickled result among the sources of values."""
        for value in values:
            for part in inputs_in(value):
                if isinstance(part, ResultInput | ResultOrInput | PreviousInput) and part.maker in self._pickled:
                    yield part.maker

    def _refuse(self, node: TreeNode, option: str, message: str, hint: str) -> None:
        place = node.place_of(option) if option else node.spec.place
        self._problems.add("pickle", message, path=node.text, place=place, hint=hint)


def _known(node: TreeNode) -> tuple[Input, ...]:
    return tuple(value for value in node.attributes.values() if value is not None)
