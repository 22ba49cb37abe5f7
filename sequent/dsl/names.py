"""The names of steps, containers and flows."""

from __future__ import annotations

import keyword
import re
import unicodedata

from sequent.dsl.references.reference_search import refuse_text
from sequent.dsl.source_lines import Site
from sequent.errors import DefinitionError, Place
from sequent.model.spec import LONGEST_NAME
from sequent.model.wording import repr_of

RESERVED = frozenset(
    {"result", "result_or", "failures", "returned", "ready", "active", "success", "failed", "complete"}
    | {"skipped", "done", "run", "until"}
)
"""Words of the language, which would be ambiguous as names."""

_PATTERN = "letters, digits and _, not beginning with a digit"
_FLOW_PATTERN = "letters, digits and . _ -, beginning with a letter, a digit or _"
_FLOW_NAME = re.compile(r"\w[\w.-]*")


def check_name(name: object, place: Place | Site) -> str:
    """Check the name of a step or container.

    Raises:
        DefinitionError: it is not an identifier, too long, or a word of the language.
    """
    text = _check_text(name, place, _PATTERN)
    if not text.isidentifier():
        raise _bad_character(text, _identifier_flaw(text), place, _PATTERN)
    if unicodedata.normalize("NFKC", text) != text:
        raise _error(f"the name {text!r} is not in its normal form", place, f"write {_normal(text)!r}")
    if keyword.iskeyword(text):
        raise _error(f"the name {text!r} is a Python keyword", place, f"call it {text + '_'!r}")
    if text in RESERVED:
        raise _error(
            f"the name {text!r} is reserved: x.{text} means something else", place, f"call it {alternative(text)!r}"
        )
    return text


def check_flow_name(name: object, place: Place | Site) -> str:
    """Check the name of a flow, which is freer: ``runly04.py``.

    Raises:
        DefinitionError: it has characters that a file name should not have, or too many.
    """
    text = _check_text(name, place, _FLOW_PATTERN)
    match = _FLOW_NAME.match(text)
    end = match.end() if match else 0
    if end != len(text):
        raise _bad_character(text, text[end], place, _FLOW_PATTERN)
    return text


def alternative(name: str) -> str:
    """Return a free name for a reserved one."""
    return f"{name}_step"


def _check_text(name: object, place: Place | Site, pattern: str) -> str:
    if not isinstance(name, str) or not name:
        raise _error(f"a name is required, got {repr_of(name)}", place, f"a name has {pattern}")
    if type(name) is not str:
        refuse_text(name, "the name", place)
    if len(name) > LONGEST_NAME:
        refuse_text(name, "the name", place)
        raise _error(
            f"the name {name[:20]!r}... has {len(name)} characters", place, f"at most {LONGEST_NAME} are allowed"
        )
    return name


def _identifier_flaw(text: str) -> str:
    return next((letter for letter in text if not f"a{letter}".isidentifier()), text[0])


def _bad_character(text: str, letter: str, place: Place | Site, pattern: str) -> DefinitionError:
    refuse_text(text, "the name", place)
    return _error(f"the name {text!r} contains U+{ord(letter):04X} ({letter!r})", place, f"a name has {pattern}")


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _error(message: str, place: Place | Site, hint: str) -> DefinitionError:
    return DefinitionError(message, code="name", hint=hint, place=place.place if isinstance(place, Site) else place)
