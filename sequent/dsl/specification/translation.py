"""Translates requirements and work to the form of the specification."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

from attrs import define, field

from sequent.dsl.functions.fingerprints import fingerprint
from sequent.dsl.functions.step_functions import FunctionSource
from sequent.dsl.options.pools import PoolAmounts, Pools
from sequent.dsl.parameters.typed_text import shown_fields, shown_type
from sequent.dsl.references.literals import decoded
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_words import OuterReference, OuterSource
from sequent.dsl.references.requirements import Claimable, Claimed, JoinedRequirement, Requirement
from sequent.dsl.source_lines import Site, option_place
from sequent.dsl.specification.reference_reader import ReferenceReader
from sequent.dsl.steps.command_words import TextSource, WordSource, read_word
from sequent.dsl.steps.commands import CommandSource
from sequent.dsl.steps.nodes import Node
from sequent.dsl.steps.nodes import Work as WorkSource
from sequent.dsl.steps.questions import QuestionSource
from sequent.dsl.steps.returning import check_returned
from sequent.errors import Place
from sequent.model import requirements as required
from sequent.model.references import Compound, Literal, Value
from sequent.model.spec import Amounts
from sequent.model.status import Claim
from sequent.model.value_text import encode
from sequent.model.work import (
    Argument,
    CommandWork,
    Formatted,
    FunctionWork,
    NoWork,
    QuestionWork,
    Template,
    Word,
    Work,
)


@define(eq=False)
class Translation:
    """Translates one flow of an author to its specification, and collects its mistakes."""

    references: ReferenceReader
    pools: Pools = field(factory=Pools)

    def requirement(self, written: Requirement | None, site: Site) -> required.Requirement | None:
        """Return the requirement of the call at ``site``, with steps by their paths; None if there is none."""
        if written is None:
            return None
        problems = self.references.problems
        before = len(problems)
        requirement = self._part(written, site.place)
        for problem in problems[before:]:
            # The option's own line is looked for only now, since that means reading the source.
            if problem.place == site.place:
                problem.place = option_place(site, "requires")
        return requirement

    def _part(self, written: Requirement, place: Place) -> required.Requirement | None:
        if isinstance(written, JoinedRequirement):
            parts = tuple(part for part in (self._part(part, place) for part in flattened(written)) if part)
            if len(parts) == 1:
                return parts[0]
            return required.AllOf(parts) if written.is_all else required.AnyOf(parts)
        if isinstance(written, Claimed):
            where = written.site.place if written.site else place
            self._check_returned(written, where)
            values = tuple(encode(value, "the value") for value in written.values)
            target = self.references.target(written.target, where)
            return required.Atom(target, written.claim, where if written.site else None, values)
        if isinstance(written, Claimable):
            own = written.__sequent__.site.place if isinstance(written, OuterReference) else None
            return required.Atom(self.references.target(written, own or place), Claim.SUCCESS, own)
        raise AssertionError(written)

    def _check_returned(self, written: Claimed, place: Place) -> None:
        """Check a name further out, which is known only now; a step that is named directly was checked at once."""
        source = written.target.__sequent__ if isinstance(written.target, OuterReference) else None
        if written.values and isinstance(source, OuterSource):
            node = self.references.around.outer_node(source.target)
            if node is not None:
                self.references.told(lambda: check_returned(node, written.values, place, {}), None)

    def amounts(self, amounts: PoolAmounts) -> Amounts:
        """Return amounts of pools, and add the pools to the flow's."""
        for pool, _ in amounts:
            problem = self.pools.add(pool)
            if problem is not None:
                self.references.problems.append(problem)
        return tuple((pool.name, amount) for pool, amount in amounts)

    def work(self, work: WorkSource | None, node: Node) -> Work:
        """Return the work of a step."""
        if work is None:
            return NoWork()
        if isinstance(work, CommandSource):
            return self._command(work, node)
        if isinstance(work, QuestionSource):
            if work.result_type is None:
                return QuestionWork(self.word(work.text, node))
            return QuestionWork(
                self.word(work.text, node), shown_type(work.result_type), shown_fields(work.result_type)
            )
        return self._function(work, node)

    def _function(self, work: FunctionSource, node: Node) -> FunctionWork:
        arguments = tuple(Argument(name, self.references.input(value, node)) for name, value in work.arguments)
        literals = [text for argument in arguments for text in _literal_texts(argument.value)]
        return FunctionWork(
            work.name,
            work.takes_self,
            arguments,
            work.imports,
            work.pickles,
            fingerprint=fingerprint(work.function, *literals),
        )

    def _command(self, work: CommandSource, node: Node) -> CommandWork:
        return CommandWork(
            words=tuple(self.word(word, node) for word in work.words),
            computed=None if work.computed is None else self._function(work.computed, node),
            shell=work.shell,  # as a field  # nosec B604
            env=tuple((name, None if word is None else self.word(word, node)) for name, word in work.env),
            cwd=None if work.cwd is None else self.word(work.cwd, node),
            stdin=None if work.stdin is None else self.word(work.stdin, node),
            success=work.success,
            result=work.result,
        )

    def word(self, word: WordSource, node: Node) -> Word:
        """Return a word of a command."""
        if isinstance(word, TextSource):
            return Template(
                tuple(part if isinstance(part, str) else self._formatted(*part, node) for part in word.parts)
            )
        value = self.references.input(word, node)
        if isinstance(value, Literal) and isinstance(word, Reference):
            self._check_known(value, word)
        return value

    def _formatted(self, reference: Reference, conversion: str, form: str, node: Node) -> Formatted:
        value = self.references.input(reference, node)
        if isinstance(value, Literal):
            self._check_known(value, reference)
        return Formatted(value, conversion, form)

    def _check_known(self, value: Literal, reference: Reference) -> None:
        """Check that a known value of a reference can be a word."""
        known, source = decoded(value), reference.__sequent__
        words = cast("list[object]", known) if isinstance(known, list | tuple) else [known]
        for word in words:
            self.references.told(partial(read_word, word, source.shown, source.site.place), None)


def _literal_texts(value: Value) -> Iterator[str]:
    """Yield a literal, or those in a compound."""
    if isinstance(value, Literal):
        yield value.text
    elif isinstance(value, Compound):
        yield from value.keys
        for part in value.parts:
            yield from _literal_texts(part)


def flattened(joined: JoinedRequirement) -> Sequence[Requirement]:
    """Return the parts of a chain of ``&``, or of ``|``, from left to right."""
    parts: list[Requirement] = []
    pending: list[Requirement] = [joined]
    while pending:
        part = pending.pop()
        if isinstance(part, JoinedRequirement) and part.is_all is joined.is_all:
            pending.extend(reversed(part.parts))
        else:
            parts.append(part)
    return parts
