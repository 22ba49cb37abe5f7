"""How messages speak of values and their types."""

from __future__ import annotations


def with_article(noun: str) -> str:
    """A noun in a sentence: ``a str``, ``an int``."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def kind_of(value: object) -> str:
    """What a value is, in a sentence: ``None``, ``a str``, ``an int``."""
    return "None" if value is None else with_article(type(value).__name__)


def described(value: object) -> str:
    """A value, shortened, and what it is: ``'5', a str``; None is just that."""
    return "None" if value is None else f"{value!r:.100}, {kind_of(value)}"
