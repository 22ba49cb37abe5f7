"""References in the form of the specification: every step by its path, and known values as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from attrs import define, field

from sequent.dsl.options.repeats import CallSource, RepeatSource, read_repeats
from sequent.dsl.options.written_options import wire_text
from sequent.dsl.parameters.param import ParamSource
from sequent.dsl.references.compounds import CompoundSource, Given
from sequent.dsl.references.literals import decoded, snapshot
from sequent.dsl.references.reference import PartSource, Reference, SecretSource, Source
from sequent.dsl.references.reference_words import (
    FailuresSource,
    ItemSource,
    OuterReference,
    OuterSource,
    PreviousSource,
    ResultOrSource,
    ResultSource,
    target_of,
    within,
)
from sequent.dsl.references.requirements import Claimable
from sequent.dsl.source_lines import option_place
from sequent.dsl.specification.enclosing_containers import EnclosingContainers
from sequent.dsl.steps.nodes import Node, root_of
from sequent.errors import DefinitionError, PartError, Place
from sequent.model import references as model
from sequent.model.compounds import known, part_of_compound
from sequent.model.spec import ItemsLiteral, ItemsSpec
from sequent.model.value_text import part_of

T = TypeVar("T")
NOTHING = model.Literal("null")
"""The substitute for a value with a mistake."""


@define(eq=False)
class ReferenceReader:
    """Resolves references where they are written, and collects those without a meaning."""

    root: Node
    around: EnclosingContainers = field(factory=EnclosingContainers)
    problems: list[DefinitionError] = field(factory=list[DefinitionError])
    lost: list[Node] = field(factory=list[Node])
    """Steps and containers that are referred to, but that their class bodies could not have, and have reported."""

    def target(self, target: Claimable, place: Place) -> model.Target:
        """Return the target of a requirement or a reference: a path, or a name further out."""
        if isinstance(target, Node):
            return self._path(target, place)
        source = target.__sequent__ if isinstance(target, OuterReference) else None
        if isinstance(source, OuterSource):
            return model.OuterName(source.target)
        raise AssertionError(target)

    def _path(self, node: Node, place: Place) -> model.Path:
        path = self.around.path_of(node)
        if path is not None:
            return path
        root = root_of(node)
        if root.__sequent__.is_lost:
            self.lost.append(node)
            return (node.__sequent__.name or node.__sequent__.shown,)
        own, other, shown = self.root.__sequent__.shown, root.__sequent__.shown, node.__sequent__.shown
        alone = "a flow of its own" if node.__sequent__.children else "of no flow"
        where = f"of the flow {other!r}" if root is not node else alone
        self.add_problem(
            f"{shown!r} is {where}, and this is the flow {own!r}", "other-flow", "name steps of the same flow", place
        )
        return (node.__sequent__.name or shown,)

    def given(self, node: Node) -> dict[str, model.Value]:
        """Return the values of the parameters of a container that is used again, as seen from where it is used."""
        return {name: self._seen_from_within(value, node) for name, value in node.__sequent__.given.items()}

    def _seen_from_within(self, given: Given, node: Node) -> model.Value:
        if isinstance(given, CompoundSource):
            parts = tuple(self._seen_from_within(part, node) for part in given.parts)
            return known(model.Compound(given.form, parts, given.keys))
        if isinstance(given, Reference):
            self._refuse_hidden(given.__sequent__)
            return self.value(given, node)
        return given

    def _refuse_hidden(self, source: Source) -> None:
        """Refuse a given name that this body has as well: it is looked up from within, where this body comes first."""
        for part in within(source):
            target = target_of(part)
            outer = target.__sequent__ if isinstance(target, OuterReference) else part
            if isinstance(outer, OuterSource) and self.around.hides(outer.target):
                self.add_problem(
                    f"{outer.shown} is given, and the body in which it is given has {outer.target!r} as well",
                    "reference",
                    f"give one of the two another name than {outer.target!r}",
                    outer.site.place,
                )

    def input(self, given: Given, node: Node) -> model.Value:
        """Return the input of a step: a literal as it is, a reference with its path."""
        if isinstance(given, CompoundSource):
            parts = tuple(self.input(part, node) for part in given.parts)
            return known(model.Compound(given.form, parts, given.keys))
        if not isinstance(given, Reference):
            return given
        value = self.value(given, node)
        name = _attribute_of(given)
        if name and node.__sequent__.is_repeated and _is_of_iteration(value):
            self.add_problem(
                f"{node.__sequent__.shown!r} repeats, and takes {name!r}, of the iteration of its container",
                "item",
                f"write self.{name} for the container's; item() and previous(...) among its arguments are its own",
                node.__sequent__.site.place,
            )
        return value

    def value(self, reference: Reference, node: Node) -> model.Value:
        """Return the value of a reference that a step or container takes; a literal if it is known already."""
        source = reference.__sequent__
        place = source.site.place
        match source:
            case ResultSource(target=target):
                return model.ResultOf(self.target(target, place), place)
            case ResultOrSource(target=target, default=default):
                return model.ResultOr(self.target(target, place), default, place)
            case FailuresSource(target=target):
                return model.FailuresOf(self.target(target, place), place)
            case OuterSource():
                return self._outer(source, place)
            case ItemSource():
                return model.ItemOf(place)
            case PreviousSource(start=start):
                return model.PreviousOf(self.value(start, node) if isinstance(start, Reference) else start, place)
            case PartSource():
                return self._part(source, node, place)
            case SecretSource(secret=name):
                return model.SecretOf(name, place)
            case ParamSource():
                return self._param(reference, node, place)
            case _:
                raise AssertionError(source)

    def _outer(self, source: OuterSource, place: Place) -> model.Value:
        constants = self.around.outer_constant(source.target)
        if not constants:
            return model.OuterValue(source.target, place)
        return self.told(lambda: snapshot(constants[source.target], source.shown, place), NOTHING)

    def _part(self, source: PartSource, node: Node, place: Place) -> model.Value:
        whole, keys = self.value(source.whole, node), source.keys
        try:
            if isinstance(whole, model.Compound):
                whole, keys = part_of_compound(whole, keys, source.whole.__sequent__.shown)
            if not keys:
                return whole
            if isinstance(whole, model.Literal):
                return model.Literal(part_of(whole.text, keys, source.whole.__sequent__.shown), whole.classes)
        except PartError as error:
            self.add_problem(error.message, error.code, error.hint or "ask for a part that it has", place)
            return NOTHING
        if isinstance(whole, model.PartOf):
            return model.PartOf(whole.whole, (*whole.keys, *keys), place)
        if isinstance(whole, model.Compound):
            raise AssertionError(whole)
        return model.PartOf(whole, keys, place)

    def _param(self, reference: Reference, node: Node, place: Place) -> model.Value:
        given = self.around.given(reference)
        if given is not None:
            return given
        flow = self.root.__sequent__
        name = reference.__sequent__.name
        if flow.attributes.get(name) is not reference:
            self.add_problem(
                f"{node.__sequent__.shown!r} takes a parameter that is not one of the flow {flow.shown!r}",
                "param",
                "write name: type = param() in the body of the flow, and name it",
                place,
            )
        return model.ParamOf(name, place)

    def items(self, source: RepeatSource | None, node: Node) -> ItemsSpec | None:
        """Return the items of a repeat."""
        if source is None or isinstance(source, ItemsLiteral):
            return source
        if isinstance(source, CallSource):
            return source.spec
        value = self.value(source, node)
        if not isinstance(value, model.Literal):
            return value
        items = self.told(lambda: read_repeats(decoded(value), option_place(node.__sequent__.site, "repeats")), None)
        return items if isinstance(items, ItemsLiteral) else None

    def option(self, name: str, given: Reference | model.Literal, node: Node) -> model.Value | None:
        """Return an option that may be a reference; None if its known value is the default, or a mistake."""
        value = self.value(given, node) if isinstance(given, Reference) else given
        if isinstance(value, model.Compound) and isinstance(given, Reference):
            place = option_place(node.__sequent__.site, name)
            message = f"{name!r} is {given.__sequent__.shown}, which is a {value.form} here"
            self.add_problem(message, "option", "give one value, or a part of it", place)
            return None
        if value is given or not isinstance(value, model.Literal):
            return value
        if value is NOTHING:
            return None
        return self.told(lambda: wire_text(decoded(value), name, option_place(node.__sequent__.site, name)), None)

    def told(self, read: Callable[[], T], otherwise: T) -> T:
        """Return the value of a call; if it raises a mistake, collect the mistake and return another value."""
        try:
            return read()
        except DefinitionError as error:
            self.problems.append(error)
            return otherwise

    def add_problem(self, message: str, code: str, hint: str, place: Place) -> None:
        """Collect a mistake."""
        self.problems.append(DefinitionError(message, code=code, hint=hint, place=place))


def _attribute_of(reference: Reference) -> str:
    """Return the name of the container's attribute that is named, itself or in a part of it; '' if there is none."""
    return next((source.name for source in within(reference.__sequent__) if source.name), "")


def _is_of_iteration(value: model.Value) -> bool:
    whole = value.whole if isinstance(value, model.PartOf) else value
    return isinstance(whole, model.ItemOf | model.PreviousOf)
