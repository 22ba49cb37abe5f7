"""References, requirements and words as the specification has them: every step by its path."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from sequent.dsl.commands import CommandSource
from sequent.dsl.fingerprints import fingerprint
from sequent.dsl.functions import FunctionSource
from sequent.dsl.nodes import Node, path_of, root_of
from sequent.dsl.parameters import ParamSource
from sequent.dsl.pools import PoolAmounts, Pools
from sequent.dsl.references import PartSource, Reference, SecretSource, Source
from sequent.dsl.repeats import CallSource, RepeatSource
from sequent.dsl.requirements import Claimable, Claimed, Joined, Requirement
from sequent.dsl.sources import (
    FailuresSource,
    ItemSource,
    OuterReference,
    OuterSource,
    PreviousSource,
    ResultOrSource,
    ResultSource,
)
from sequent.dsl.words import TextSource, WordSource
from sequent.errors import DefinitionError, Place
from sequent.model import references as model
from sequent.model import requirements as required
from sequent.model.spec import (
    Amounts,
    Argument,
    CommandWork,
    Formatted,
    FunctionWork,
    Items,
    ItemsLiteral,
    NoWork,
    Template,
    Word,
    Work,
)
from sequent.model.status import Claim
from sequent.model.wire import encode


@define(eq=False)
class Translation:
    """Turns what the author wrote of one flow into its specification, and collects what cannot be."""

    root: Node
    pools: Pools = field(factory=Pools)
    problems: list[DefinitionError] = field(factory=list[DefinitionError])

    def requirement(self, written: Requirement | None, place: Place) -> required.Requirement | None:
        """A requirement, with steps by their paths."""
        if written is None:
            return None
        if isinstance(written, Joined):
            parts = tuple(part for part in (self.requirement(part, place) for part in flattened(written)) if part)
            if len(parts) == 1:
                return parts[0]
            return required.AllOf(parts) if written.is_all else required.AnyOf(parts)
        if isinstance(written, Claimed):
            where = written.site.place if written.site else place
            values = tuple(encode(value, "the value") for value in written.values)
            return required.Atom(self.target(written.target, where), written.claim, where, values)
        if isinstance(written, Claimable):
            where = written.__sequent__.site.place if isinstance(written, OuterReference) else place
            return required.Atom(self.target(written, where), Claim.SUCCESS, where)
        raise AssertionError(written)

    def target(self, target: Claimable, place: Place) -> model.Target:
        """What a requirement or a reference is about: a path, or a name further out."""
        if isinstance(target, Node):
            return self.path(target, place)
        source = target.__sequent__ if isinstance(target, OuterReference) else None
        if isinstance(source, OuterSource):
            return model.Outer(source.target)
        raise AssertionError(target)

    def path(self, node: Node, place: Place) -> model.Path:
        """The path of a step or container, which must be one of this flow."""
        root = root_of(node)
        if root is not self.root:
            own, other, shown = self.root.__sequent__.shown, root.__sequent__.shown, node.__sequent__.shown
            where = f"of the flow {other!r}" if root is not node else "of no flow"
            self.problems.append(
                DefinitionError(
                    f"{shown!r} is {where}, and this is the flow {own!r}",
                    code="other-flow",
                    hint="name steps of the same flow",
                    place=place,
                )
            )
        return path_of(node)

    def reference(self, reference: Reference, node: Node) -> model.Reference:
        """A reference that a step or container takes."""
        source = reference.__sequent__
        place = source.site.place
        match source:
            case ResultSource(target=target):
                return model.ResultOf(self.target(target, place), place)
            case ResultOrSource(target=target, default=default):
                return model.ResultOr(self.target(target, place), default, place)
            case FailuresSource(target=target):
                return model.FailuresOf(self.target(target, place), place)
            case OuterSource(target=name):
                return model.OuterValue(name, place)
            case ItemSource():
                return model.ItemOf(place)
            case PreviousSource(start=start):
                given = start if isinstance(start, model.Literal) else self.reference(start, node)
                return model.PreviousOf(given, place)
            case PartSource(whole=whole, keys=keys):
                return model.PartOf(self.reference(whole, node), keys, place)
            case SecretSource(secret=name):
                return model.SecretOf(name, place)
            case ParamSource():
                self._check_param(reference, node, place)
                return model.ParamOf(source.name, place)
            case _:
                raise AssertionError(source)

    def _check_param(self, reference: Reference, node: Node, place: Place) -> None:
        flow = self.root.__sequent__
        if flow.attributes.get(reference.__sequent__.name) is not reference:
            self.problems.append(
                DefinitionError(
                    f"{node.__sequent__.shown!r} takes a parameter that is not one of the flow {flow.shown!r}",
                    code="param",
                    hint="write name: type = param() in the body of the flow, and name it",
                    place=place,
                )
            )

    def input(self, given: Reference | model.Literal | model.FlowHandle, node: Node) -> model.Value:
        """What a step is given: a literal as it is, a reference with its path."""
        if not isinstance(given, Reference):
            return given
        name = _attribute_of_item(given.__sequent__)
        if name and node.__sequent__.is_repeated:
            self.problems.append(
                DefinitionError(
                    f"{node.__sequent__.shown!r} repeats, and takes {name!r}, the item of its container",
                    code="item",
                    hint=f"write self.{name} for the container's, or item() for its own",
                    place=node.__sequent__.site.place,
                )
            )
        return self.reference(given, node)

    def items(self, source: RepeatSource | None, node: Node) -> Items | None:
        """What something repeats over."""
        if source is None or isinstance(source, ItemsLiteral):
            return source
        if isinstance(source, CallSource):
            return source.spec
        return self.reference(source, node)

    def limit(self, parallel: int | Reference, node: Node) -> model.Reference | None:
        """Where the number of iterations at once comes from, if it is known only while running."""
        return None if isinstance(parallel, int) else self.reference(parallel, node)

    def timing(self, timing: Reference | model.Literal | None, node: Node) -> model.Value | None:
        """A length of time or a moment."""
        return None if timing is None else self.input(timing, node)

    def amounts(self, amounts: PoolAmounts) -> Amounts:
        """So much of each pool, which is thereby one of the flow's."""
        for pool, _ in amounts:
            problem = self.pools.add(pool)
            if problem is not None:
                self.problems.append(problem)
        return tuple((pool.name, amount) for pool, amount in amounts)

    def work(self, work: FunctionSource | CommandSource | None, node: Node) -> Work:
        """What a step does."""
        if work is None:
            return NoWork()
        if isinstance(work, CommandSource):
            return self._command(work, node)
        return self._function(work, node)

    def _function(self, work: FunctionSource, node: Node) -> FunctionWork:
        arguments = tuple(Argument(name, self.input(value, node)) for name, value in work.arguments)
        literals = (argument.value.text for argument in arguments if isinstance(argument.value, model.Literal))
        return FunctionWork(
            work.name, work.takes_self, arguments, work.imports, fingerprint=fingerprint(work.function, *literals)
        )

    def _command(self, work: CommandSource, node: Node) -> CommandWork:
        return CommandWork(
            words=tuple(self.word(word, node) for word in work.words),
            computed=None if work.computed is None else self._function(work.computed, node),
            shell=work.shell,
            env=tuple((name, None if word is None else self.word(word, node)) for name, word in work.env),
            cwd=None if work.cwd is None else self.word(work.cwd, node),
            stdin=None if work.stdin is None else self.word(work.stdin, node),
            success=work.success,
            result=work.result,
        )

    def word(self, word: WordSource, node: Node) -> Word:
        """A word of a command."""
        if not isinstance(word, TextSource):
            return self.input(word, node)
        parts: list[str | Formatted] = []
        for part in word.parts:
            if isinstance(part, str):
                parts.append(part)
            else:
                reference, conversion, form = part
                value = self.input(reference, node)
                assert not isinstance(value, model.Literal)  # noqa: S101  a reference is never a literal
                parts.append(Formatted(value, conversion, form))
        return Template(tuple(parts))


def _attribute_of_item(source: Source) -> str:
    """The name of the container's attribute that an item, or a part of it, was assigned to; or nothing."""
    whole = source
    while isinstance(whole, PartSource):
        whole = whole.whole.__sequent__
    return (source.name or whole.name) if isinstance(whole, ItemSource) else ""


def flattened(joined: Joined) -> Sequence[Requirement]:
    """The parts of a chain of ``&``, or of ``|``, from left to right."""
    parts: list[Requirement] = []
    pending: list[Requirement] = [joined]
    while pending:
        part = pending.pop()
        if isinstance(part, Joined) and part.is_all is joined.is_all:
            pending.extend(reversed(part.parts))
        else:
            parts.append(part)
    return parts
