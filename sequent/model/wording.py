"""Words for messages: values and their types, and similar names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sequent.errors import SequentError

_MOST_LISTED = 20


def with_article(noun: str) -> str:
    """Return a noun with its article: ``a str``, ``an int``."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def kind_of(value: object) -> str:
    """Return the type of a value, in words: ``None``, ``a str``, ``an int``."""
    return "None" if value is None else with_article(type(value).__name__)


def repr_of(value: object, longest: int = 100) -> str:
    """Return the ``repr`` of a value, shortened; a placeholder if it raises."""
    try:
        text = repr(value)
    except SequentError:
        # A reference in a step has its own error for this.
        raise
    except Exception as error:  # noqa: BLE001 - a class of the author's may raise anything
        text = f"<{with_article(type(value).__name__)}, whose __repr__ raises {type(error).__name__}>"
    return text[:longest]


def described(value: object) -> str:
    """Return a value, shortened, with its type: ``'5', a str``; for None, its name alone."""
    return "None" if value is None else f"{repr_of(value)}, {kind_of(value)}"


def guess(name: str, known: Iterable[str], ending: str = "") -> str:
    """Return the beginning of a hint: ``did you mean 'load'? ``; '' if no name is similar.

    Args:
        name: the name that was typed.
        known: the names that there are.
        ending: the end that names have for another reason, as those of files: it makes none of them similar.
    """
    # Mistakes are rare, and this module is slow to load.
    from difflib import get_close_matches

    # A key that differs only in case, such as logging for LOGGING, is meant to be the same.
    folded = {other.removesuffix(ending).casefold(): other for other in known}
    close = get_close_matches(name.removesuffix(ending).casefold(), folded, n=1)
    return f"did you mean {folded[close[0]]!r}? " if close else ""


def at_a_time(count: int | str) -> str:
    """Return how many iterations of a repeat run in parallel: ``2 at a time``; '' if one runs after another.

    Args:
        count: the number, 0 for any, or its source.
    """
    text = f"{count:,}" if isinstance(count, int) else count
    return {"0": "all at once", "1": ""}.get(text, f"{text} at a time")


def one_of(first: int, last: int) -> str:
    """Return the hint to name a number of a range."""
    return f"name one from {first} to {last}" if first < last else f"name {first}, the only one"


def listed(names: Sequence[str]) -> str:
    """Return the first of some names, as a list in words."""
    return ", ".join(names[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return a hint: the nearest of the known names, and all of them."""
    names = sorted(known)
    text = name if isinstance(name, str) else repr_of(name)
    return f"{guess(text, names)}there are: {listed(names)}" if names else "there are none"
