"""The values that a step gets: literals from the definition, everything else from the order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import cast

from sequent.dsl.containers.instances import instance_of as new_instance
from sequent.dsl.steps.annotations import returned_by
from sequent.errors import NotDataError, PartError, UsageError
from sequent.model import value_text
from sequent.model.annotations import classes_in, unnamed_class
from sequent.model.compounds import composed, filled
from sequent.model.outcome import FAILURE_CLASSES
from sequent.model.pickles import check_spelling, unread
from sequent.model.references import Compound, FlowHandle, Literal, Path, SecretOf, Value, dotted
from sequent.model.spec import ContainerSpec, Definition, StepSpec, steps_in
from sequent.model.value_parts import Key
from sequent.model.wording import with_article
from sequent.model.work import FunctionWork
from sequent.runtime.messages import spools
from sequent.runtime.orders import AttemptOrder, Composed, Cut, Given, Spooled
from sequent.runtime.worker.literal_classes import written_classes
from sequent.runtime.worker.pickles import Pickles
from sequent.runtime.worker.secrets import Secrets


class Catalogue:
    """A definition's steps and the classes of the values that travel between them, found on demand."""

    def __init__(self, definition: Definition, pickles: Pickles | None = None) -> None:
        """Take a definition, and the pickled results of the run; None where nothing is executed."""
        self.definition = definition
        self._pickles = pickles
        self._of_maker: dict[str, Mapping[str, type]] = {}

    @cached_property
    def steps(self) -> dict[str, tuple[Path, StepSpec]]:
        """Every step by its dotted path."""
        return {dotted(path): (path, step) for path, step in steps_in(self.definition.spec.root)}

    def step_at(self, path: str) -> tuple[Path, StepSpec]:
        """Return the step with that dotted path.

        Raises:
            UsageError: the flow that this process has loaded has no such step.
        """
        try:
            return self.steps[path]
        except KeyError:
            raise _unknown(path) from None

    def node_at(self, path: Path) -> ContainerSpec | StepSpec:
        """Return the container or step with that path.

        Raises:
            UsageError: the flow that this process has loaded has no such container or step.
        """
        node: ContainerSpec | StepSpec = self.definition.spec.root
        for name in path:
            children = node.children if isinstance(node, ContainerSpec) else ()
            below = next((child for child in children if child.name == name), None)
            if below is None:
                raise _unknown(dotted(path))
            node = below
        return node

    def classes_of(self, maker: str) -> Mapping[str, type]:
        """Return the classes for reading back a value that this step has returned; for any value where the step is ''.

        They include the classes of values written in place of a result, or as a first value.
        """
        if not maker:
            return self._all_classes
        classes = self._of_maker.get(maker)
        if classes is None:
            classes = self._of_maker[maker] = {**self._written, **self._named_by(maker)}
        return classes

    def _named_by(self, maker: str) -> Mapping[str, type]:
        return classes_in(self.definition.result_types.get(tuple(maker.split("."))))

    @cached_property
    def _written(self) -> Mapping[str, type]:
        return _by_name(written_classes(self.definition.spec.root))

    @cached_property
    def _all_classes(self) -> Mapping[str, type]:
        found: dict[str, type] = dict(FAILURE_CLASSES)
        annotations = [
            *map(returned_by, self.definition.items.values()),
            *self.definition.param_types.values(),
            *self.definition.result_types.values(),
        ]
        for named in (self._written, *map(classes_in, annotations)):
            for name, kind in named.items():
                found[name] = kind if found.get(name, kind) is kind else value_text.Ambiguous
        return found

    def read(self, text: str, maker: str) -> object:
        """Return the value of a wire text that this step has returned; of any value where the step is ''.

        Raises:
            NotDataError: it cannot be read back.
        """
        classes, pickles, is_spelt = self.classes_of(maker), self._pickles, False

        def open_pickle(content: object) -> object:
            nonlocal is_spelt
            if pickles is None:
                return unread(content)
            if not is_spelt:
                check_spelling(text)
                is_spelt = True
            return pickles.open(content, self.steps, maker)

        if maker:
            return value_text.decode_result(text, classes, maker, open_pickle)
        return value_text.decode(text, classes, open_pickle)

    def check_named(self, path: str, classes: tuple[type, ...]) -> None:
        """Refuse a result that contains classes by which it could not be read back.

        Raises:
            NotDataError: the annotation of that step does not name one of them.
        """
        unnamed = unnamed_class(self.definition.result_types.get(tuple(path.split("."))), classes)
        if unnamed is not None:
            raise NotDataError(
                f"the result of {path!r} contains {with_article(unnamed.__qualname__)}, "
                "which its annotation does not name",
                code="unnamed-class",
                hint=f"annotate the step's return with {unnamed.__qualname__}, or with a type that contains it",
                path=path,
            )

    def check_items(self, subject: str, classes: tuple[type, ...]) -> None:
        """Refuse items that contain classes by which they could not be read back.

        Raises:
            NotDataError: no annotation of the flow names one of them.
        """
        for kind in classes:
            if self._all_classes.get(kind.__qualname__) is not kind:
                raise NotDataError(
                    f"{subject} contains {with_article(kind.__qualname__)}, which no annotation of the flow names",
                    code="unnamed-class",
                    hint=f"annotate the function that gives the items: -> Iterator[{kind.__qualname__}]",
                )


def _unknown(path: str) -> UsageError:
    return UsageError(
        f"the flow that this worker has loaded has nothing called {path!r}",
        code="changed-flow",
        hint="recover the run: the flow was changed while it ran",
    )


class Inputs:
    """The values of an order's references, taken one after the other in the order of ``references_of``."""

    def __init__(
        self, order: AttemptOrder, catalogue: Catalogue, secrets: Secrets, handle: Callable[[], object]
    ) -> None:
        self._order = order
        self._catalogue = catalogue
        self._secrets = secrets
        self._handle = handle
        self._next = 0

    def take(self, value: Value) -> object:
        """Return the value of a literal, decoded afresh, or of the next reference.

        Raises:
            PartError: the value has no such part.
            UsageError: the secret does not exist.
        """
        if isinstance(value, Literal):
            return decode_literal(value)
        if isinstance(value, Compound):
            return filled(value.form, value.keys, [self.take(part) for part in value.parts])
        if isinstance(value, FlowHandle):
            return self._handle()
        if isinstance(value, SecretOf):
            return self._secrets.take(value)
        order, at = self._order, self._next
        self._next += 1
        maker = order.makers[at] if at < len(order.makers) else ""
        name = f"the result of {maker!r}" if maker else "the value"
        try:
            return _read(order.inputs[at], self._catalogue, name, maker)
        except PartError as error:
            error.place = value.place or self._catalogue.steps[order.path][1].place
            raise

    def arguments(self, work: FunctionWork) -> tuple[list[object], dict[str, object]]:
        """Return the positional and the named arguments of a call."""
        positional: list[object] = []
        named: dict[str, object] = {}
        for argument in work.arguments:
            value = self.take(argument.value)
            if argument.name is None:
                positional.append(value)
            else:
                named[argument.name] = value
        return positional, named


def _read(given: Given, catalogue: Catalogue, name: str, maker: str = "") -> object:
    match given:
        case str():
            return catalogue.read(given, maker)
        case Spooled():
            return spools.read(given, lambda text: catalogue.read(text, maker))
        case Cut(whole, keys):
            return catalogue.read(value_text.part_of(_text(whole), _keys(keys), name), maker)
        case Composed(form, parts, keys):
            return filled(form, keys, [_read(part, catalogue, name) for part in parts])


def _text(given: Given) -> str:
    match given:
        case str():
            return given
        case Spooled():
            return spools.text_of(given)
        case Cut(whole, keys):
            return value_text.part_of(_text(whole), _keys(keys))
        case Composed(form, parts, keys):
            return composed(form, keys, [_text(part) for part in parts])


def _keys(texts: tuple[str, ...]) -> tuple[Key, ...]:
    return tuple(cast("Key", value_text.decode(text)) for text in texts)


def decode_literal(value: Literal) -> object:
    """Return a fresh copy of a literal."""
    return value_text.decode(value.text, _by_name(value.classes))


@functools.cache
def _by_name(classes: tuple[type, ...]) -> Mapping[str, type]:
    return {kind.__qualname__: kind for kind in classes}


def instance_of(catalogue: Catalogue, path: Path, attributes: tuple[tuple[str, Given], ...]) -> object:
    """Return the object that is ``self`` in the container with that path.

    Raises:
        PartError: the value of an attribute has no such part.
    """
    values: dict[str, object] = {}
    for name, given in attributes:
        try:
            values[name] = _read(given, catalogue, repr(name))
        except PartError as error:
            container = catalogue.node_at(path)
            written = dict(container.attributes).get(name) if isinstance(container, ContainerSpec) else None
            error.place = getattr(written, "place", None) or container.place
            raise
    return new_instance(catalogue.definition.bodies[path], values)
