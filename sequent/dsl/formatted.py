"""What formatting a reference gives: a text of another length than that of the value, which is not there yet."""

from __future__ import annotations

from typing import NoReturn, Protocol

from sequent.dsl.places import site_outside_python
from sequent.errors import DefinitionError


class Named(Protocol):
    """What can be told by a name."""

    @property
    def shown(self) -> str:
        """What the author would call it."""
        ...


class FormattedText(str):
    """A token alone, such as ``f"{x}"`` and ``str(x)`` are: nothing that rests on its letters may be done with it."""

    __slots__ = ("__source",)

    __source: Named

    @classmethod
    def of(cls, token: str, source: Named) -> FormattedText:
        """A token, and where the value of its reference comes from."""
        text = cls(token)
        text.__source = source
        return text

    def __format__(self, specification: str) -> str:
        if specification:
            raise _refusal(self.__source, f"formatted twice, with {specification!r}", f'write f"{{x:{specification}}}"')
        return str(self)

    def __bool__(self) -> bool:
        # Python's library asks that of texts before it does anything with them.
        return True

    def __eq__(self, other: object) -> bool:
        raise self._compared()

    def __ne__(self, other: object) -> bool:
        raise self._compared()

    __hash__ = str.__hash__

    def _compared(self) -> DefinitionError:
        return _refusal(self.__source, "compared", "require x.returned(value), or let a step that takes it compare", 3)

    def refuse(self, *_args: object, **_options: object) -> NoReturn:
        """Stands for what would give another text, or a number, than that of the value.

        Raises:
            DefinitionError: always.
        """
        raise _refusal(self.__source, "changed afterwards, as a text, or measured", "a step that takes it can do that")


for _name in (
    *("__lt__", "__le__", "__gt__", "__ge__", "__getitem__", "__len__", "__mul__", "__rmul__"),
    *("upper", "lower", "title", "capitalize", "casefold", "swapcase", "center", "ljust", "rjust", "zfill"),
):
    setattr(FormattedText, _name, FormattedText.refuse)


def _refusal(source: Named, done: str, hint: str, levels: int = 2) -> DefinitionError:
    return DefinitionError(
        f"a text with {source.shown} in it, which is known only while running, is {done} here",
        code="reference-in-text",
        hint=hint,
        place=site_outside_python(levels).place,
    )
