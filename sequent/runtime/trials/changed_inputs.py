"""Changes inputs of one step: arguments of its function, attributes of ``self``, parameters, results and items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import get_annotations
from types import GenericAlias
from typing import Any, Final

from attrs import evolve, frozen
from msgspec.structs import replace

from sequent.by_fields import ByFields
from sequent.dsl.functions.callables import annotations_of, names_of, signature_of
from sequent.dsl.parameters.typed_text import parse_text, read_json_value
from sequent.dsl.steps.annotations import attribute_type
from sequent.errors import NotDataError, UsageError
from sequent.model.annotations import Form, meaning_of
from sequent.model.evaluation import Unfound, evaluated
from sequent.model.inputs import (
    CompoundInput,
    Input,
    ItemInput,
    LiteralInput,
    PartInput,
    PreviousInput,
    ResultInput,
    ResultOrInput,
    inputs_in,
)
from sequent.model.plan import ContainerPlan, Plan, StepPlan, taken_by
from sequent.model.references import Literal, Path, dotted
from sequent.model.selections import containers_around
from sequent.model.spec import ContainerSpec, Definition, StepSpec
from sequent.model.value_text import encode_with_classes
from sequent.model.wording import guess
from sequent.model.work import Argument, CommandWork, FunctionWork, Work

ITEM: Final = "item"
"""The name of the item of the nearest repeat, where no argument or attribute names it."""
_UNTYPED: Final = object()
"""The type of an input without an annotation: its text is read as JSON, and else as it is."""


@frozen(eq=False, repr=False)
class Changes(ByFields):
    """The parts of a flow that a trial has instead of those of the run."""

    definition: Definition
    """Its arguments are literals where they were changed."""
    params: Mapping[str, str]
    texts: Mapping[str, str]
    """By name, the wire text of an attribute, a result or the item."""

    def made_in(self, plan: Plan, step: StepPlan) -> StepPlan:
        """Return a step of the plan with the changed values in place of its inputs."""
        if not self.texts:
            return step

        def changed(value: Input) -> Input:
            name = _source_of(value, plan, step)
            if name in self.texts:
                return LiteralInput(self.texts[name])
            match value:
                case PartInput():
                    return replace(value, whole=changed(value.whole))
                case CompoundInput():
                    return replace(value, parts=tuple(map(changed, value.parts)))
                case PreviousInput():
                    return replace(value, start=changed(value.start))
                case _:
                    return value

        attributes = (
            (name, LiteralInput(self.texts[name]) if name in self.texts else changed(value))
            for name, value in step.attributes
        )
        return evolve(step, inputs=tuple(map(changed, step.inputs)), attributes=tuple(attributes))


def changes_of(
    definition: Definition, plan: Plan, step: StepPlan, params: Mapping[str, str], pairs: Mapping[str, str]
) -> Changes:
    """Return the changes that were typed.

    Args:
        definition: the flow.
        plan: its plan.
        step: the step.
        params: the parameters of the run.
        pairs: the typed values by name; each is read by the type of its input, as parameters are.

    Raises:
        UsageError: the step has no such input, or a text is not a value of its type.
    """
    inputs = _Inputs(definition, plan, step)
    texts, given = dict[str, str](), dict[str, str]()
    for name, text in pairs.items():
        if name in inputs.arguments:
            literal = Literal(*_encoded(name, inputs.argument_type(name), text))
            definition = _with_argument(definition, step.path, inputs.arguments, name, literal)
        elif name in inputs.attributes:
            texts[name] = _encoded(name, inputs.attribute_type(name), text)[0]
        elif name in inputs.sources:
            texts[name] = _encoded(name, inputs.source_type(name), text)[0]
        elif name in inputs.params:
            given[name] = _encoded(name, definition.param_types.get(name, _UNTYPED), text)[0]
        else:
            raise _unknown(name, dotted(step.path), inputs.names)
    return Changes(definition, {**params, **given}, texts)


def _unknown(name: str, path: str, known: list[str]) -> UsageError:
    allowed = f"its inputs: {', '.join(known)}" if known else "it has none"
    return UsageError(
        f"--with {name}: the step {path!r} has no input {name!r}",
        code="unknown-input",
        hint=f"{guess(name, known)}{allowed}",
        path=path,
    )


def _encoded(name: str, kind: object, text: str) -> tuple[str, tuple[type, ...]]:
    """Return the wire text of a typed value, and the classes in it.

    Raises:
        UsageError: it is not a value of that type.
    """
    try:
        return encode_with_classes(_read(kind, text), f"--with {name}")
    except (UsageError, NotDataError) as error:
        raise UsageError(f"--with {name} is {error.message}", code="param", hint=error.hint) from None


def _read(kind: object, text: str) -> object:
    if kind is not _UNTYPED:
        return read_json_value(kind, text) if meaning_of(kind).form is Form.RECORD else parse_text(kind, text)
    try:
        return read_json_value(Any, text)
    except UsageError:
        return text


class _Inputs:
    """The inputs of a step by their names, and their types."""

    def __init__(self, definition: Definition, plan: Plan, step: StepPlan) -> None:
        self._definition = definition
        self._plan = plan
        self._step = step
        self._function = definition.functions.get(step.path)
        self.arguments = _parameters_of(self._function, _function_work(_step_at(definition, step.path).work))
        """The names of the function's parameters, in their order."""
        self.attributes = [name for name, _ in step.attributes]
        values = (part for value in taken_by(step) for part in inputs_in(value))
        self.sources = {name: value for value in values if (name := _source_of(value, plan, step))}
        self.params = [param.name for param in definition.spec.params]

    @property
    def names(self) -> list[str]:
        """All names."""
        return [*dict.fromkeys((*self.arguments, *self.attributes, *self.sources, *self.params))]

    def argument_type(self, name: str) -> object:
        """Return the type of an argument of the function."""
        if self._function is None:
            return _UNTYPED
        body = self._definition.bodies.get(self._step.path[:-1])
        annotation = annotations_of(self._function).get(name, _UNTYPED)
        further: Mapping[str, object] = {} if body is None else vars(body)
        return (
            annotation if annotation is _UNTYPED else _found(evaluated(annotation, names_of(self._function), further))
        )

    def attribute_type(self, name: str) -> object:
        """Return the type of an attribute of ``self``."""
        body = self._definition.bodies.get(self._step.path[:-1])
        annotation = _UNTYPED if body is None else get_annotations(body).get(name, _UNTYPED)
        if body is None or annotation is _UNTYPED:
            return self._definition.param_types.get(name, _UNTYPED)
        return _found(attribute_type(body, annotation, {}))

    def source_type(self, name: str) -> object:
        """Return the type of a result; it is not known for an item."""
        value = self.sources[name]
        if not isinstance(value, ResultInput | ResultOrInput):
            return _UNTYPED
        kind = self._definition.result_types.get(value.maker, _UNTYPED)
        node = self._plan.nodes[value.node]
        is_list = isinstance(node, ContainerPlan) and node.repeats is not None
        return kind if kind is _UNTYPED or not is_list else GenericAlias(list, (kind,))


def _found(kind: object) -> object:
    return _UNTYPED if isinstance(kind, Unfound) else kind


def _source_of(value: Input, plan: Plan, step: StepPlan) -> str:
    """Return the name of a result or an item: the path of its step, or ``item``; '' for others."""
    match value:
        case ResultInput() | ResultOrInput():
            return dotted(plan.nodes[value.node].path)
        case ItemInput():
            around = (each.index for each in containers_around(plan, step.index) if each.repeats and not each.is_copied)
            return ITEM if value.container == next(around, None) else ""
        case _:
            return ""


def _function_work(work: Work) -> FunctionWork | None:
    computed = work.computed if isinstance(work, CommandWork) else work
    return computed if isinstance(computed, FunctionWork) else None


def _parameters_of(function: Callable[..., object] | None, work: FunctionWork | None) -> list[str]:
    """Return the names of a function's parameters, without ``self``; if it does not tell them, those that are given."""
    if function is None or work is None:
        return []
    shape = signature_of(function)
    if shape is None:
        return [argument.name for argument in work.arguments if argument.name]
    named = [each for each in shape.parameters.values() if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    return [each.name for each in named[work.takes_self :]]


# -- changed arguments ----------------------------------------------------------------------------


def _step_at(definition: Definition, path: Path) -> StepSpec:
    node: ContainerSpec | StepSpec = definition.spec.root
    for name in path:
        node = next(child for child in _children(node) if child.name == name)
    if not isinstance(node, StepSpec):
        raise AssertionError(f"{path} is not a step")
    return node


def _children(node: ContainerSpec | StepSpec) -> tuple[StepSpec | ContainerSpec, ...]:
    return node.children if isinstance(node, ContainerSpec) else ()


def _with_argument(definition: Definition, path: Path, names: list[str], name: str, value: Literal) -> Definition:
    """Return a definition in which an argument of a step is a literal."""

    def within(node: ContainerSpec, rest: Path) -> ContainerSpec:
        children = (child if child.name != rest[0] else changed(child, rest[1:]) for child in node.children)
        return evolve(node, children=tuple(children))

    def changed(node: ContainerSpec | StepSpec, rest: Path) -> ContainerSpec | StepSpec:
        if isinstance(node, ContainerSpec):
            return within(node, rest)
        return evolve(node, work=_changed_work(node.work, names, name, value))

    return evolve(definition, spec=evolve(definition.spec, root=within(definition.spec.root, path)))


def _changed_work(work: Work, names: list[str], name: str, value: Literal) -> Work:
    if isinstance(work, CommandWork) and work.computed is not None:
        return evolve(work, computed=_with_literal(work.computed, names, name, value))
    return _with_literal(work, names, name, value) if isinstance(work, FunctionWork) else work


def _with_literal(work: FunctionWork, names: list[str], name: str, value: Literal) -> FunctionWork:
    arguments = [*_named(work.arguments, names)]
    if name not in [known for known, _ in arguments]:
        return evolve(work, arguments=(*work.arguments, Argument(name, value)))
    return evolve(
        work,
        arguments=tuple(Argument(each.name, value) if known == name else each for known, each in arguments),
    )


def _named(arguments: tuple[Argument, ...], names: list[str]) -> Iterator[tuple[str, Argument]]:
    """Yield the arguments with the names of their parameters."""
    positions = iter(names)
    for argument in arguments:
        yield argument.name or next(positions, ""), argument
