"""Fills in the questions of a flow, for the people that answer them."""

from __future__ import annotations

from sequent.model.references import Literal, Path, Value, dotted
from sequent.model.spec import Definition
from sequent.model.work import QuestionWork
from sequent.runtime.worker.command_words import fill_word
from sequent.runtime.worker.inputs import Catalogue, decode_literal


class QuestionTexts:
    """The questions of the steps of a flow."""

    def __init__(self, definition: Definition) -> None:
        self._catalogue = Catalogue(definition)

    def text_of(self, path: Path, values: tuple[str, ...]) -> str:
        """Return the question of a step.

        Args:
            path: that of the step.
            values: the wire text of each of its references, in their order.

        Raises:
            SequentError: a value cannot stand in a text.
        """
        work = self._catalogue.step_at(dotted(path))[1].work
        if not isinstance(work, QuestionWork):
            raise AssertionError(f"{dotted(path)} asks no question")
        left = iter(values)

        def take(value: Value) -> object:
            return decode_literal(value) if isinstance(value, Literal) else self._catalogue.read(next(left), "")

        return fill_word(work.text, take, "the question")
