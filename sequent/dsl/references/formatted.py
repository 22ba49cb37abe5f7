"""Formatted references: a string of another length than the value, which does not exist yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from opcode import opmap
from types import FrameType
from typing import NamedTuple, NoReturn, Protocol

from sequent.dsl.source_lines import frame_above, left_operand, site_outside_python
from sequent.errors import DefinitionError


class Named(Protocol):
    """A value that has a name for messages."""

    @property
    def shown(self) -> str:
        """The author's name for it."""
        ...


class FormattedText(str):
    """A token alone, as ``f"{x}"`` and ``str(x)`` make it: no operation on its letters is allowed."""

    __slots__ = ("__form", "__make", "__source")

    __source: Named
    __make: Callable[[str], str] | None
    __form: str

    @classmethod
    def of(cls, token: str, source: Named, make: Callable[[str], str] | None, form: str) -> FormattedText:
        """Make a token.

        Args:
            token: the string.
            source: the source of its reference's value.
            make: makes a token of the same reference in another form; None if it is formatted already.
            form: its conversion and format.
        """
        text = cls(token)
        text.__source = source
        text.__make = make
        text.__form = form
        return text

    def __format__(self, specification: str) -> str:
        if not specification:
            return str.__str__(self)
        if self.__make is None:
            raise _refusal(self.__source, f"formatted twice, with {specification!r}", f'write f"{{x:{specification}}}"')
        # "%5s" % (x,) is compiled to this as well.
        return self.__make(f"{self.__form}:{specification}")

    def __str__(self) -> str:
        padding = padding_by_percent(frame_above(1))
        if padding:
            done, hint = f"formatted with {padding.written!r}", f"write an f-string: {padding.as_f_string}"
            raise _refusal(self.__source, done, hint)
        return self

    def __bool__(self) -> bool:
        # Python's library tests strings before it does anything with them.
        return True

    def __eq__(self, other: object) -> bool:
        raise self._compared()

    def __ne__(self, other: object) -> bool:
        raise self._compared()

    def __hash__(self) -> int:
        raise _refusal(self.__source, "looked up, or put into a set", "let a step that takes it do that")

    def _compared(self) -> DefinitionError:
        return _refusal(self.__source, "compared", "require x.returned(value), or let a step that takes it compare", 3)

    def refuse(self, *_args: object, **_options: object) -> NoReturn:
        """Refuse an operation that would give another string, or a number, than it does for the value.

        Raises:
            DefinitionError: always.
        """
        raise _refusal(
            self.__source, "changed afterwards, as a string, or measured", "let a step that takes it do that"
        )


for _name in (
    *("__lt__", "__le__", "__gt__", "__ge__", "__getitem__", "__len__", "__mul__", "__rmul__"),
    *("upper", "lower", "title", "capitalize", "casefold", "swapcase", "center", "ljust", "rjust", "zfill"),
):
    setattr(FormattedText, _name, FormattedText.refuse)


class Padding(NamedTuple):
    """A conversion of ``%`` that counts letters."""

    written: str

    @property
    def as_f_string(self) -> str:
        """The f-string for it."""
        flags, width, precision = _PADDED.fullmatch(self.written).groups()  # type: ignore[union-attr]
        side = "<" if "-" in flags else ">"
        return f'f"{{x:{side + width if width else ""}{precision}}}"'


_PADDED = re.compile(r"%(?:\([^()]*\))?([-+ #0]*)(\*|\d*)((?:\.(?:\*|\d*))?)[hlL]?[sra]")
_OPERATOR = opmap["BINARY_OP"]


def padding_by_percent(frame: FrameType) -> Padding | None:
    """Return the conversion that counts letters, in the string with which a frame is formatting by ``%``; or None.

    A string that cannot be read there counts as one with such a conversion.
    """
    if frame.f_code.co_code[frame.f_lasti] != _OPERATOR:
        return None
    text = left_operand(frame)
    if text is None:
        return Padding("%5s")
    conversions = (match for match in re.finditer(rf"%%|{_PADDED.pattern}", text) if match[0] != "%%")
    return next((Padding(match[0]) for match in conversions if match[2] or match[3]), None)


def _refusal(source: Named, done: str, hint: str, levels: int = 2) -> DefinitionError:
    return DefinitionError(
        f"a string with {source.shown} in it, which is known only while running, is {done} here",
        code="reference-in-text",
        hint=hint,
        place=site_outside_python(levels).place,
    )
