"""Collects what is wrong with a flow, so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from sequent.errors import DefinitionError, InvalidFlowError, Place
from sequent.model.wording import guess, listed

_MOST_COMPARED = 1_000
_MOST_GUESSED = 100


@define
class Problems:
    """The mistakes found so far."""

    found: list[DefinitionError] = field(factory=list[DefinitionError])

    def add(self, code: str, message: str, *, path: str = "", place: Place | None = None, hint: str = "") -> None:
        """Note a mistake.

        Args:
            code: its stable short name.
            message: what is wrong, with names quoted.
            path: the dotted path of the step or container that is wrong.
            place: the line that is wrong.
            hint: what to do.
        """
        self.found.append(DefinitionError(message, code=code, hint=hint, place=place, path=path))

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """A hint: the known name that is most like this one, and what names there are."""
        names = list(known)
        return f"{self.guess(name, names)}there are: {listed(names)}" if names else "there are none here"

    def guess(self, name: str, names: Iterable[str]) -> str:
        """The name that was probably meant, as the beginning of a hint; empty where none is like it."""
        if len(self.found) >= _MOST_GUESSED:
            return ""
        # Comparing is slow: among very many names only those of about the same length are looked at.
        likely = [other for other in names if abs(len(other) - len(name)) <= 2][:_MOST_COMPARED]
        return guess(name, likely)

    def raise_if_any(self) -> None:
        """Tell all of them.

        Raises:
            InvalidFlowError: there are some.
        """
        if self.found:
            raise InvalidFlowError(tuple(self.found))
