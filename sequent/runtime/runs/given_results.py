"""Reads results that people give to steps, and checks them as a worker checks the result of its step."""

from __future__ import annotations

from sequent.dsl.parameters.typed_text import read_json_value, shown_type
from sequent.errors import NotDataError, SequentError, UsageError
from sequent.model.annotations import unnamed_class
from sequent.model.interventions import needs_result
from sequent.model.references import Path, dotted
from sequent.model.spec import Definition
from sequent.model.value_text import encode_with_classes
from sequent.model.wording import with_article


class ResultReader:
    """Reads results by the annotations of the steps of a flow."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition

    def text_of(self, path: Path, text: str, *, is_answer: bool = False) -> str:
        """Return the text of a result.

        Args:
            path: that of the step.
            is_answer: whether it answers the question of that step; for messages.
            text: JSON; in it, strings stand for types that JSON does not have. Empty: there is no result.

        Raises:
            UsageError: it cannot be the result of that step.
        """
        types, name = self._definition.result_types, dotted(path)
        kind = types.get(path, object)
        noun = "answer to" if is_answer else "result of"
        try:
            value = read_json_value(kind, text or "null")
            written, classes = encode_with_classes(value, "result")
        except (UsageError, NotDataError) as error:
            if not text:
                raise _missing(name, kind, error, is_answer=is_answer) from None
            raise UsageError(f"the {noun} '{name}' is {error.message}", code="result", hint=error.hint) from None
        unnamed = unnamed_class(types.get(path), classes) if classes else None
        if unnamed is not None:
            raise UsageError(f"the annotation of '{name}' does not name {unnamed.__qualname__}", code="unnamed-class")
        return written


def _missing(name: str, kind: object, error: SequentError, *, is_answer: bool) -> UsageError:
    """Return the error for a success without a result that the step must have."""
    if is_answer:
        how = f"{error.hint}; give it: --with JSON" if error.hint else "give it: --with JSON"
        return UsageError(f"the answer to '{name}' needs {with_article(shown_type(kind))}", code="result", hint=how)
    return needs_result(name, shown_type(kind))
