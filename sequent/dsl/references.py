"""Values that are known only while the flow runs, as the author names them: results, items, parameters."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from sequent.dsl.places import Site, site_above
from sequent.dsl.requirements import Claimable, Requirement, join_two
from sequent.errors import DefinitionError, Place

if TYPE_CHECKING:
    from sequent.dsl.nodes import Node

# A reference that was formatted into a text leaves a token there. The mark around it is invisible, so that
# help() and Sphinx can show a step's defaults, and it does not occur in words that people write.
MARK = "\u2063"
_TOKEN = re.compile(f"{MARK}<[^{MARK}]*? #(\\d+)(!r|!s|)(?::([^{MARK}]*))?>{MARK}")
_numbers = itertools.count(1)
_formatted: dict[int, Reference] = {}


class Reference:
    """A value that is known only while the flow runs.

    It may be given as an argument, as items to repeat over, or as a word of a command. Anything else
    that is done with it is refused at that line, since it would be done before there is a value.
    """

    __slots__ = ("name", "number", "site")

    def __init__(self, site: Site) -> None:
        self.site = site
        self.name = ""
        self.number = 0

    @property
    def text(self) -> str:
        """What the author would call it."""
        return self.name or "a reference"

    @property
    def label(self) -> str:
        """The same, without looking at the source."""
        return self.text

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.name or name

    def __get__(self, instance: object | None, owner: type) -> Reference:
        if instance is None:
            return self
        raise AttributeError(f"{self.name or self.text!r} was not given to this {owner.__name__}")

    def __format__(self, specification: str) -> str:
        return self._token(f":{specification}" if specification else "")

    def __str__(self) -> str:
        return self._token("!s")

    def __repr__(self) -> str:
        return self._token("!r")

    def _token(self, form: str) -> str:
        if not self.number:
            self.number = next(_numbers)
            _formatted[self.number] = self
        return f"{MARK}<{self.label} #{self.number}{form}>{MARK}"

    def __hash__(self) -> int:
        return id(self)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise _not_yet(self, f".{name}")

    def __getitem__(self, key: object) -> NoReturn:
        raise _not_yet(self, f"[{key!r}]")

    def __bool__(self) -> NoReturn:
        raise _refusal(self, "asked whether it is true", "a step decides: let one return what others repeat over")

    def __iter__(self) -> Iterator[Any]:
        raise _refusal(self, "iterated", "write repeats= to do something for each, or a step that takes the list")

    def __len__(self) -> int:
        raise _refusal(self, "measured", "a step that takes it can")

    def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise _refusal(self, "called", "a step that takes it can")

    def __eq__(self, other: object) -> bool:
        raise _refusal(self, "compared", "a step that takes it can")

    def __and__(self, other: Any) -> Any:
        raise _refusal(self, "combined", "require the step itself: a & b, not a.result & b.result")

    def __or__(self, other: Any) -> Any:
        raise _refusal(self, "combined", "require the step itself: a | b, not a.result | b.result")

    def _refuse_operator(self, *_others: object) -> NoReturn:
        raise _refusal(self, "computed with", "a step that takes it can")

    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _refuse_operator
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _refuse_operator
    __mod__ = __rmod__ = __pow__ = __rpow__ = __contains__ = __int__ = __float__ = __index__ = _refuse_operator
    __rand__ = __ror__ = __xor__ = __invert__ = __neg__ = _refuse_operator


def _refusal(reference: Reference, done: str, hint: str) -> DefinitionError:
    return DefinitionError(
        f"{reference.text} is known only while running, and is {done} here",
        code="reference",
        hint=hint,
        place=site_above(2).place,
    )


def _not_yet(reference: Reference, part: str) -> DefinitionError:
    return DefinitionError(
        f"not supported yet: a part of a reference ({reference.text}{part})",
        code="not-supported",
        hint="take the whole value, and its part in the step",
        place=site_above(2).place,
    )


class ResultReference(Reference):
    """``x.result``: what a step or container gave."""

    __slots__ = ("node",)

    def __init__(self, node: Node, site: Site) -> None:
        super().__init__(site)
        self.node = node

    @property
    def text(self) -> str:
        return f"{self.node.__sequent__.shown}.result"

    @property
    def label(self) -> str:
        return f"{self.node.__sequent__.label}.result"


class OuterResultReference(Reference):
    """``outer.x.result``: what a step or container further out gave."""

    __slots__ = ("target",)

    def __init__(self, target: str, site: Site) -> None:
        super().__init__(site)
        self.target = target

    @property
    def text(self) -> str:
        return f"outer.{self.target}.result"


class ItemReference(Reference):
    """``item()``: the value of the nearest repeat's iteration."""

    __slots__ = ()

    @property
    def text(self) -> str:
        return self.name or "item()"


class OuterReference(Reference, Claimable):
    """``outer.x``: a parameter or an attribute further out, or a step or container there, to be required."""

    __slots__ = ("target",)

    def __init__(self, target: str, site: Site) -> None:
        super().__init__(site)
        self.target = target

    @property
    def text(self) -> str:
        return f"outer.{self.target}"

    def __and__(self, other: Any) -> Requirement:
        return join_two(self, other, is_all=True)

    def __or__(self, other: Any) -> Requirement:
        return join_two(self, other, is_all=False)

    @property
    def result(self) -> Any:
        """What it gave."""
        return OuterResultReference(self.target, _caller())

    @property
    def _target(self) -> str:
        return self.target


class Outer:
    """The door to what lies outside of a container's body: ``outer.day``, ``outer.process.result``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return OuterReference(name, _caller())

    def __repr__(self) -> str:
        return "outer"


outer = Outer()


def outer_alone(name: str, place: Place) -> DefinitionError:
    """The error for the door itself, where something behind it is meant."""
    return DefinitionError(
        f"{name} is 'outer' itself",
        code="reference",
        hint="name what is meant: outer.load.result, outer.day",
        place=place,
    )


def item() -> Any:
    """The value of the nearest repeat's iteration."""
    return ItemReference(_caller())


def _caller() -> Site:
    return site_above(2)


def split(text: str) -> list[str | tuple[Reference, str, str]]:
    """The parts of a text into which references were formatted: text, and (reference, conversion, format).

    Raises:
        ValueError: a reference was formatted and the text changed afterwards, so that it cannot be found again.
    """
    parts: list[str | tuple[Reference, str, str]] = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts.append(text[end : match.start()])
        parts.append((_formatted[int(match[1])], match[2].removeprefix("!"), match[3] or ""))
        end = match.end()
    parts.append(text[end:])
    rest = "".join(part for part in parts if isinstance(part, str))
    if MARK in rest or "\\u2063<" in rest:
        raise ValueError(text)
    return [part for part in parts if part != ""]
