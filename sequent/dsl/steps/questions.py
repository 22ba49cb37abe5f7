"""A question to people, as written: its text, and the type of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final, cast

from attrs import frozen

from sequent.dsl.mistakes import Mistakes
from sequent.dsl.options.written_options import STEP_OPTIONS
from sequent.dsl.references.literals import snapshot
from sequent.dsl.references.reference import has_form
from sequent.dsl.source_lines import Site, option_place, read_at
from sequent.dsl.steps.command_words import WordSource, read_text
from sequent.errors import DefinitionError, Place
from sequent.model.pickles import Pickled
from sequent.model.wording import described, repr_of


@frozen(kw_only=True, eq=False)
class QuestionSource:
    """A question, and the type of its answer."""

    text: WordSource
    result_type: object = None

    @property
    def name(self) -> str:
        """Its name for messages."""
        return "approve"


_NOT_TRIED = "a question is not tried again: a recovery asks again"
_NOT_RUN = "a person answers it, and nothing is executed"
_REFUSED: Final[Mapping[str, str]] = {
    "retries": _NOT_TRIED,
    "backoff": _NOT_TRIED,
    "retry_on": _NOT_TRIED,
    "task_construct": _NOT_RUN,
    "nice": _NOT_RUN,
    "max_concurrent": _NOT_RUN,
    "hosts": "a question is asked once, whatever the host of other steps",
    "releases": "a question gives back all that it acquires",
}
"""The reasons to refuse the options of other steps."""
QUESTION_OPTIONS: Final = STEP_OPTIONS - _REFUSED.keys()
"""The options of steps that a question may have; it has ``receive`` besides."""
_DATA = (str, bytes, bool, int, float, list, tuple, dict, set)
_TEXT = 'write the question: approve("Ship it?"), or an f-string with references in it'


def refuse_options(options: Iterable[str], site: Site, mistakes: Mistakes) -> set[str]:
    """Refuse the options that only other steps can have; return them."""
    refused = {name for name in options if name in _REFUSED}
    for name in sorted(refused):
        mistakes.add(
            DefinitionError(
                f"a question has no {name!r}: {_REFUSED[name]}",
                code="approve",
                hint=f"leave {name}= out",
                place=option_place(site, name),
            )
        )
    return refused


def read_question(text: object, receive: object, site: Site) -> QuestionSource:
    """Read a question.

    Args:
        text: a string, in which references may be formatted.
        receive: the type of the answer; None if a *yes* is enough.
        site: the call that asks it.

    Raises:
        DefinitionError: it is no question, or has no type of answer.
    """
    # The builder calls this option ``approve``.
    asked = read_at(site, "approve", partial(_read_text, text))
    return QuestionSource(text=asked, result_type=read_at(site, "receive", partial(_read_type, receive)))


def _read_text(text: object, place: Place) -> WordSource:
    if not isinstance(text, str):
        raise _error(f"the question is {described(text)}", place, _TEXT)
    if has_form(text):
        return read_text(text, "the question", place)
    if not text.strip():
        raise _error(f"the question is {text!r}", place, _TEXT)
    return snapshot(text, "the question", place)


def _read_type(receive: object, place: Place) -> object:
    """Read the type of the answer: a type, or an annotation made of types."""
    if isinstance(receive, _DATA) or receive is Pickled:
        hint = "give a type: a dataclass, int, str, list[str]: the answer is read as JSON"
        raise _error(f"'receive' is {repr_of(cast('object', receive))}", place, hint)
    return receive


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="approve", hint=hint, place=place)
