"""References: values that are known only while the flow runs, and the operations on them that are refused before."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, NoReturn

from attrs import define, field

from sequent.dsl.references.formatted import FormattedText, padding_by_percent
from sequent.dsl.run_port import asking_step
from sequent.dsl.source_lines import Site, frame_above, is_author_s, site_above, site_outside_python
from sequent.errors import DefinitionError
from sequent.model.wording import repr_of

# A reference that is formatted into a string leaves a token there. The mark around it is invisible, so that help() and
# Sphinx can show a step's defaults, and it does not occur in words that people write.
MARK = "\u2063"
_TOKEN = f"{MARK}<[^{MARK}]*? #(\\d+)(!r|!s|)(?::([^{MARK}]*))?>{MARK}"
_FORMS = (f"{MARK}<", f">{MARK}", "\\u2063<", f"{MARK}&lt;", "%E2%81%A3%3C")
"""The mark with the beginning or the end of a token; and as ``repr``, JSON, HTML and URLs write it."""
_HASHED = "let a step that takes it look it up; arguments may hold it in lists, in tuples and as values of dicts"
_NUMBER = re.compile(r" #(\d+)|(?:%20|\+)%23(\d+)")
_numbers = itertools.count(1)
_formatted: dict[int, Reference] = {}
_tokens: set[str] = set()
"""All tokens that were made. Any other token was changed, by ``upper()`` or the like."""


@define(eq=False)
class Source:
    """The source of a reference's value, as its author wrote it."""

    site: Site
    name: str = field(default="", kw_only=True)
    """The name that it is assigned to in its body."""
    number: int = field(default=0, kw_only=True)
    """Identifies it in strings into which it was formatted."""
    was_made_in_step: bool = field(factory=lambda: asking_step() is not None, init=False)
    """Whether a running step has made it."""

    @property
    def is_of_step(self) -> bool:
        """Whether it belongs to a flow that a running step has made, and so refers to nothing made before."""
        return self.was_made_in_step

    @property
    def shown(self) -> str:
        """The author's name for it."""
        return self.name or "a reference"

    @property
    def label(self) -> str:
        """That name, without looking at the source."""
        return self.shown


class Reference:
    """A value that is known only while the flow runs.

    It may be given as an argument, as items to repeat over, or as a word of a command; and so may a part of it:
    ``x.result["a"]``, ``x.result.a``. Any other operation on it is refused at its line, since there is no value yet.
    Names of parts must stay free on it, so all its data are behind one name.
    """

    __slots__ = ("__sequent__",)

    __sequent__: Source

    def __init__(self, source: Source) -> None:
        self.__sequent__ = source

    def __set_name__(self, owner: type, name: str) -> None:
        source = self.__sequent__
        source.name = source.name or name

    def __get__(self, instance: object | None, owner: type) -> Reference:
        if instance is None:
            return self
        source = self.__sequent__
        advice = f": write {owner.__name__}({source.name}=...)" if source.name else ""
        raise AttributeError(f"{source.name or source.shown!r} was not given to this {owner.__name__}{advice}")

    def __format__(self, specification: str) -> str:
        return self._token(f":{specification}" if specification else "")

    def __str__(self) -> str:
        self._refuse_percent()
        return self._token("!s")

    def __repr__(self) -> str:
        self._refuse_percent()
        return self._token("!r")

    def __fspath__(self) -> NoReturn:
        hint = 'write an f-string as a word of a command, f"{x}.csv"; or let a step make the path'
        raise _refusal(self, "made a path", hint)

    def _refuse_percent(self) -> None:
        """Refuse a width after ``%``, which would count the letters of the token, and which no operator can see."""
        padding = padding_by_percent(frame_above(2))
        if padding:
            raise _refusal(self, f"formatted with {padding.written!r}", f"write an f-string: {padding.as_f_string}", 3)

    def _token(self, form: str) -> str:
        source = self.__sequent__
        _refuse_in_step(source, site_above(2))
        if not source.number:
            source.number = next(_numbers)
            _formatted[source.number] = self
        token = f"{MARK}<{source.label} #{source.number}{form}>{MARK}"
        _tokens.add(token)
        if form == "!r" and not is_author_s(frame_above(2)):
            # Tools that show a step to people may measure and cut its text.
            return token
        return FormattedText.of(token, source, self._token if form in ("!s", "!r") else None, form)

    def __hash__(self) -> int:
        raise _refusal(self, "looked up, or put into a set", _HASHED)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        _refuse_in_step(self.__sequent__, site_above(1))
        return part_of(self, name, f".{name}", site_above(1))

    def __getitem__(self, key: object) -> Any:
        if isinstance(key, bool) or not isinstance(key, str | int):
            asked = "sliced" if isinstance(key, slice) else f"asked for [{repr_of(key, 60)}]"
            raise _refusal(self, asked, "ask for one key or one position; let a step do the rest")
        _refuse_in_step(self.__sequent__, site_above(1))
        return part_of(self, key, f"[{key!r}]", site_above(1))

    def __setitem__(self, key: object, value: object) -> NoReturn:
        raise _refusal(self, "changed", "let a step that takes it return another")

    def __bool__(self) -> NoReturn:
        raise _refusal(
            self,
            "asked whether it is true",
            "require x.returned(True), or let a step decide: it can return what others repeat over, repeats=x.result",
        )

    def __iter__(self) -> Iterator[Any]:
        raise _refusal(self, "iterated", "write repeats= to do something for each, or a step that takes the list")

    def __len__(self) -> int:
        raise _refusal(self, "measured", "let a step that takes it do that")

    def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise _refusal(self, "called", "let a step that takes it do that")

    def __eq__(self, other: object) -> bool:
        raise _refusal(self, "compared", "require x.returned(value), or let a step that takes it compare")

    def __and__(self, other: Any) -> Any:
        raise _refusal(self, "combined", "require the step itself: a & b, not a.result & b.result")

    def __or__(self, other: Any) -> Any:
        raise _refusal(self, "combined", "require the step itself: a | b, not a.result | b.result")

    def _refuse_operator(self, *_others: object) -> NoReturn:
        raise _refusal(self, "computed with", "let a step that takes it do that")

    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _refuse_operator
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _refuse_operator
    __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _refuse_operator
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __rand__ = __ror__ = __xor__ = __rxor__ = _refuse_operator
    __neg__ = __pos__ = __abs__ = __invert__ = __round__ = _refuse_operator
    __contains__ = __int__ = __float__ = __index__ = _refuse_operator


def _refuse_in_step(source: Source, site: Site) -> None:
    """Refuse a reference that a step sees: it has bypassed the step's arguments, and has no value there.

    Raises:
        DefinitionError: a step runs, and it has not made the reference itself.
    """
    step = None if source.is_of_step else asking_step()
    if step is not None:
        raise reached(source, step[0], site)


def reached(source: Source, step: str, site: Site | None = None) -> DefinitionError:
    """Return the error for a reference that has come to a step by another way than its arguments."""
    return DefinitionError(
        f"{source.shown} has come to the step {step!r} as a reference, not as its value",
        code="reference",
        hint="give it as an argument: the default of a parameter, or in args= or kwargs=; nothing else is filled in",
        place=None if site is None else site.place,
    )


def _refusal(reference: Reference, done: str, hint: str, levels: int = 2) -> DefinitionError:
    source = reference.__sequent__
    site = site_outside_python(levels)
    _refuse_in_step(source, site)
    return DefinitionError(
        f"{source.shown} is known only while running, and is {done} here",
        code="reference",
        hint=hint,
        place=site.place,
    )


@define(eq=False)
class PartSource(Source):
    """``x.result["a"]``, ``x.result.a``, ``item()[1]``: a part of the value of another reference."""

    whole: Reference
    keys: tuple[str | int, ...]
    suffix: str
    """The keys, as they were written."""

    @property
    def is_of_step(self) -> bool:
        return self.whole.__sequent__.is_of_step

    @property
    def shown(self) -> str:
        return self.whole.__sequent__.shown + self.suffix

    @property
    def label(self) -> str:
        return self.whole.__sequent__.label + self.suffix


@define(eq=False)
class SecretSource(Source):
    """``secret("NAME")``: a value that only the step that uses it may see."""

    secret: str

    @property
    def shown(self) -> str:
        return f"secret({self.secret!r})"


def part_of(whole: Reference, key: str | int, suffix: str, site: Site) -> Reference:
    """Return a part of a reference's value, as a reference.

    Raises:
        DefinitionError: a secret has no parts.
    """
    source = whole.__sequent__
    if isinstance(source, SecretSource):
        raise DefinitionError(
            f"{source.shown} is taken as a whole, but {suffix} of it is asked for",
            code="reference",
            hint="let the step that takes it take it apart",
            place=site.place,
        )
    if isinstance(source, PartSource):
        return Reference(PartSource(site, source.whole, (*source.keys, key), source.suffix + suffix))
    return Reference(PartSource(site, whole, (key,), suffix))


def has_form(text: str) -> bool:
    """Return whether a string contains a reference."""
    return any(form in text for form in _FORMS)


def formatted_in(value: object) -> str:
    """Return the text of the first reference formatted into a string, or a path or bytes of one; '' without one."""
    match value:
        case str():
            text = str.__str__(value)
        case bytes() | bytearray():
            text = bytes(value).decode("utf-8", "replace")
        case PurePath():
            text = str(value)
        case _:
            return ""
    if not has_form(text):
        return ""
    number = _NUMBER.search(text, min(at for form in _FORMS if (at := text.find(form)) >= 0))
    reference = _formatted.get(int(number[1] or number[2])) if number else None
    return "a reference" if reference is None else reference.__sequent__.shown


def refuse_formatted(text: str, step: str) -> None:
    """Check that no reference was formatted into a step's result; quick if none was ever formatted.

    Raises:
        DefinitionError: it contains one.
    """
    if _formatted and MARK in text:
        for match in re.finditer(_TOKEN, text):
            reference = _formatted.get(int(match[1]))
            if reference is not None and not reference.__sequent__.is_of_step:
                raise reached(reference.__sequent__, step)


def split(text: str) -> list[str | tuple[Reference, str, str]]:
    """Return the parts of a string with references in it: strings, and (reference, conversion, format).

    Raises:
        ValueError: the string was changed after a reference was formatted into it, so that the reference is lost.
    """
    text = str.__str__(text)
    parts: list[str | tuple[Reference, str, str]] = []
    end = 0
    for match in re.finditer(_TOKEN, text):
        if match[0] not in _tokens:
            raise ValueError(text)
        parts.append(text[end : match.start()])
        parts.append((_formatted[int(match[1])], match[2].removeprefix("!"), match[3] or ""))
        end = match.end()
    parts.append(text[end:])
    rest = "".join(part for part in parts if isinstance(part, str))
    if has_form(rest):
        raise ValueError(text)
    return [part for part in parts if part != ""]
