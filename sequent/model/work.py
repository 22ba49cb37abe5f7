"""The work of a step, as data: a Python callable, a program with its arguments, a question, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.model.references import Compound, Literal, Reference, Value

ARGUMENTS = "+"
"""Precedes, in a fingerprint, the digest of the literals among the arguments."""
WORD_KINDS = "a word is str, Path, bytes, int, float, Decimal, a date or time, UUID"
"""The possible types of a command's word, in words."""


@frozen(eq=False, repr=False)
class Argument(ByFields):
    """One argument of a step: positional if it has no name."""

    name: str | None
    value: Value


@frozen(eq=False, repr=False)
class ModuleImport(ByFields):
    """A module that a step's worker imports before it calls the function."""

    module: str
    """Its dotted name."""
    file: str = ""
    """The path of the file from which it is loaded; '': it is found by its name."""


@frozen(eq=False, repr=False)
class FunctionWork(ByFields):
    """A step's Python callable, described without the object itself."""

    name: str
    """The function's qualified name, for people."""
    takes_self: bool
    """Whether its first parameter is its container."""
    arguments: tuple[Argument, ...] = ()
    imports: tuple[ModuleImport, ...] = ()
    """The modules that ``import_module`` and ``import_file`` name."""
    pickles: bool = False
    """Whether its result is pickled (``result=Pickled``)."""
    fingerprint: str = field(default="", eq=False)
    """A digest of its source, or of its code if there is no source."""


@frozen(eq=False, repr=False)
class Template(ByFields):
    """A word with references in it: literal text, and references with their conversion and format."""

    parts: tuple[str | Formatted, ...]


@frozen(eq=False, repr=False)
class Formatted(ByFields):
    """A reference within a word; or its value, if that is already known."""

    value: Value
    conversion: str = ""
    """``r``, ``s``, ``a`` or '', as in an f-string."""
    format: str = ""


Word = Value | Template
"""One word of a command: a literal (see ``Literal``), a reference, or text with references in it.
A literal or a reference whose value is a list becomes one word per element.
"""


@frozen(eq=False, repr=False)
class CommandWork(ByFields):
    """A step's program with its arguments."""

    words: tuple[Word, ...] = ()
    computed: FunctionWork | None = None
    """The callable that returns the words instead, called in a worker."""
    shell: str | None = None
    """A script for bash, which gets the words as ``"$1"`` and so on."""
    env: tuple[tuple[str, Word | None], ...] = ()
    cwd: Word | None = None
    stdin: Word | None = None
    success: tuple[int, ...] = (0,)
    result: str = "none"
    """How its standard output becomes its result: none, str, bytes, lines, int, float, json, exit_code."""


@frozen(eq=False, repr=False)
class QuestionWork(ByFields):
    """A step's question, which a person answers."""

    text: Word
    """A literal string, or text with references in it."""
    answer: str = ""
    """The type of the answer, as its author would write it; '' if a *yes* is enough."""
    fields: tuple[tuple[str, str], ...] = ()
    """The names and types of the answer's fields, if it is a record."""


def references_of(work: Work) -> Iterator[Reference]:
    """Yield the references among a step's arguments, in its words, env, cwd and stdin or in its question, in order.

    The compiler resolves them in this order, and a worker takes their values in it.
    """
    if isinstance(work, FunctionWork):
        for argument in work.arguments:
            yield from references_in(argument.value)
    elif isinstance(work, CommandWork):
        if work.computed is not None:
            yield from references_of(work.computed)
        for word in (*work.words, *(value for _, value in work.env), work.cwd, work.stdin):
            yield from () if word is None else _references_in_word(word)
    elif isinstance(work, QuestionWork):
        yield from _references_in_word(work.text)


def _references_in_word(word: Word) -> Iterator[Reference]:
    if isinstance(word, Template):
        for part in word.parts:
            yield from () if isinstance(part, str) else references_in(part.value)
    else:
        yield from references_in(word)


def references_in(value: Value) -> Iterator[Reference]:
    """Yield a reference, or those in a compound, in their order."""
    if isinstance(value, Compound):
        for part in value.parts:
            yield from references_in(part)
    elif not isinstance(value, Literal):
        yield value


@frozen(eq=False, repr=False)
class NoWork(ByFields):
    """A step that does nothing, as the builder accepts it: an empty success."""


Work = FunctionWork | CommandWork | QuestionWork | NoWork
