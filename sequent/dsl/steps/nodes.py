"""The common part of steps and containers: they can be required, and their results can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, Self

from attrs import define, field

from sequent.dsl.functions.step_functions import FunctionSource
from sequent.dsl.mistakes import kept_in
from sequent.dsl.options.written_options import WORK, WrittenOptions
from sequent.dsl.references.compounds import Given
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_words import failures_of
from sequent.dsl.references.requirements import Claimable
from sequent.dsl.run_port import asking_step
from sequent.dsl.source_lines import Site, assigned_name, body_of, frame_above, site_above
from sequent.dsl.steps.commands import CommandSource
from sequent.dsl.steps.questions import QuestionSource
from sequent.errors import DefinitionError
from sequent.model.outcome import Failures
from sequent.model.wording import did_you_mean

Work = FunctionSource | CommandSource | QuestionSource
"""The work of a step, as written."""
NO_CHILDREN: Mapping[str, Node] = {}
NO_ATTRIBUTES: Mapping[str, Reference] = {}
NO_NAMES: Mapping[str, object] = {}
NO_VALUES: Mapping[str, Given] = {}


class MissingWordError(DefinitionError, AttributeError):
    """A step or container does not have this word; to tools that look for attributes, it is a missing attribute."""


@define(eq=False)
class Written:
    """A step or container as its author wrote it."""

    site: Site
    options: WrittenOptions
    work: Work | None = None
    name: str = ""
    parent: Node | None = None
    children: Mapping[str, Node] = NO_CHILDREN
    attributes: Mapping[str, Reference] = NO_ATTRIBUTES
    until: Node | None = None
    result: Node | None = None
    body: type | None = None
    """The class that it was written as."""
    template: Node | None = None
    """The container whose children it has, if it is that container used again."""
    given: Mapping[str, Given] = NO_VALUES
    """The values of such a container's parameters."""
    is_leaf: bool = True
    around: Mapping[str, object] = NO_NAMES
    """The names in the function that contains it, if there is one: annotations may use them."""
    is_lost: bool = field(default=False, init=False)
    """Whether its class body could not have it as a child, which the body has reported."""
    is_of_step: bool = field(factory=lambda: asking_step() is not None, init=False)
    """Whether it belongs to a flow that a running step has made."""

    @property
    def shown(self) -> str:
        """Its name for messages: the one that it is assigned to, if its body has not closed yet."""
        return self.name or assigned_name(self.site.place) or self.label

    @property
    def label(self) -> str:
        """Its name without looking at the source."""
        return self.name or (self.work.name if self.work else "") or "a step"

    @property
    def is_repeated(self) -> bool:
        """Whether it has items to repeat over."""
        return self.options.repeats is not None


class Node(Claimable):
    """A step or container; as a requirement, it must succeed.

    Names of children must stay free on it, so all its data are behind one name.
    """

    __slots__ = ("__sequent__",)

    __sequent__: Written

    def __init__(self, written: Written) -> None:
        self.__sequent__ = written

    def __shown__(self, *, read: bool) -> str:
        return self.__sequent__.shown if read else self.__sequent__.label

    @property
    def failures(self) -> Failures:
        """The failures in it: a hundred records at most; a reference."""
        return failures_of(self, site_above(1))

    if not TYPE_CHECKING:
        # For type checkers, a misspelt word stays an error.
        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(name)
            raise missing_word(self, name, site_above(1))

        def __call__(self, *args: object, **kwargs: object) -> Self:
            written, frame = self.__sequent__, frame_above(1)
            body = body_of(frame)
            if body is None or any(value is self for value in body.values()):
                raise _called(written.shown, Site(frame.f_code, frame.f_lasti))
            # It has no name yet, so it is used as a decorator above a method. Its work may be a mistake already.
            if WORK not in written.options.unread:
                name, place = assigned_name(written.site.place), written.site.place
                message = f"{name!r} has words or a function already, and stands above another"
                hint = "leave them out: @command, without (), above a method that returns the words"
                kept_in(body).add(DefinitionError(message, code="call", hint=hint, place=place))
            return self


def _called(name: str, site: Site) -> DefinitionError:
    """Return the error for calling a step."""
    return DefinitionError(
        f"the step {name!r} is called, but it runs only in a run of its flow",
        code="call",
        hint=f"name {name}.result where its result is needed; a unit test calls it on an instance of the flow",
        place=site.place,
    )


def missing_word(node: Node, name: str, site: Site) -> MissingWordError:
    """Return the error for a word that a step or container does not have."""
    hint = did_you_mean(name, (word for word in dir(type(node)) if not word.startswith("_")))
    return MissingWordError(
        f"the step {node.__sequent__.shown!r} has no {name!r}", code="word", hint=hint, place=site.place
    )


def called_by(work: Work | None) -> FunctionSource | None:
    """Return the function that a step calls; None if it calls none."""
    if isinstance(work, CommandSource):
        return work.computed
    return work if isinstance(work, FunctionSource) else None


def own_child(parent: Node, step: object, word: str, site: Site) -> Node:
    """Return the step of a container that ``result`` or ``until`` names.

    Raises:
        DefinitionError: it is not one of the container's.
    """
    children = parent.__sequent__.children
    if not isinstance(step, Node) or step.__sequent__.parent is not parent:
        raise DefinitionError(
            f"{word!r} of {parent.__sequent__.shown!r} names no step of it",
            code="designated",
            hint=f"name one of {', '.join(map(repr, children)) or 'its steps, once it has any'}",
            place=site.place,
        )
    return step


def root_of(node: Node) -> Node:
    """Return the outermost container around a node, or the node itself."""
    while node.__sequent__.parent is not None:
        node = node.__sequent__.parent
    return node


def path_of(node: Node) -> tuple[str, ...]:
    """Return the names from below the root down to a node."""
    names: list[str] = []
    while node.__sequent__.parent is not None:
        names.append(node.__sequent__.name)
        node = node.__sequent__.parent
    return tuple(reversed(names))
