"""Collects the mistakes of a flow, so that all are reported at once."""

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
        """Add a mistake.

        Args:
            code: its stable short name.
            message: what is wrong, with names quoted.
            path: the dotted path of its step or container.
            place: its line.
            hint: what to do.
        """
        self.found.append(DefinitionError(message, code=code, hint=hint, place=place, path=path))

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """Return a hint: the known name that is most like this one, and a list of names."""
        names = list(known)
        return f"{self.guess(name, names)}there are: {listed(names)}" if names else "there are none here"

    def guess(self, name: str, names: Iterable[str]) -> str:
        """Return the name that was probably meant, as the beginning of a hint; '' if none is like it."""
        if len(self.found) >= _MOST_GUESSED:
            return ""
        # Comparing is slow, so only names of about the same length are compared.
        likely = [other for other in names if abs(len(other) - len(name)) <= 2][:_MOST_COMPARED]
        return guess(name, likely)

    def raise_if_any(self) -> None:
        """Raise all of them as one error.

        Raises:
            InvalidFlowError: there are mistakes.
        """
        if self.found:
            raise InvalidFlowError(tuple(self.found))
