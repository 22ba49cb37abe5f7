"""``approve``: the leaves of a flow that wait for a person."""

from __future__ import annotations

from functools import partial
from typing import TypeVar, Unpack, overload

from sequent.dsl.mistakes import Mistakes
from sequent.dsl.options.option_types import QuestionOptions, RepeatQuestionOptions, Repeats
from sequent.dsl.options.written_options import read_options
from sequent.dsl.source_lines import Site, frame_above
from sequent.dsl.steps.questions import QUESTION_OPTIONS, read_question, refuse_options
from sequent.dsl.steps.step import RepeatedStep, Step, make_step

R = TypeVar("R")


@overload
def approve(
    question: str, /, *, repeats: Repeats, receive: type[R], **options: Unpack[RepeatQuestionOptions]
) -> RepeatedStep[..., R, R]: ...
@overload
def approve(
    question: str, /, *, repeats: Repeats, **options: Unpack[RepeatQuestionOptions]
) -> RepeatedStep[..., None, None]: ...
@overload
def approve(question: str, /, *, receive: type[R], **options: Unpack[QuestionOptions]) -> Step[..., R, R]: ...
@overload
def approve(question: str, /, **options: Unpack[QuestionOptions]) -> Step[..., None, None]: ...
def approve(question: object, /, *, receive: object = None, **options: object) -> object:
    """Make a step that asks a question, and waits until a person answers: ``sequent approve RUN PATH``.

    Args:
        question: its text, which may be an f-string with references in it.
        receive: the type of the answer, which becomes the step's result; without it, a *yes* is enough.
        **options: those of ``step`` that make sense for a question; ``timeout`` is the time for an answer.

    Raises:
        DefinitionError: the question or an option is not one that a step can have.
    """
    frame = frame_above(1)
    site = Site(frame.f_code, frame.f_lasti)
    mistakes = Mistakes()
    refused = refuse_options(options, site, mistakes)
    further = {name: value for name, value in options.items() if name not in refused}
    chosen = read_options(further, site, QUESTION_OPTIONS | {"receive"}, "approve", mistakes)
    mistakes.settle(frame)
    return make_step(partial(read_question, question, receive, site), chosen, site, frame)
