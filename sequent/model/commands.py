"""Commands as people type them, in hints and after a run: with the store that was used, quoted for a shell."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from shlex import quote

_store: ContextVar[str] = ContextVar("sequent_store_option", default="")


def typed(*words: str) -> str:
    """A command to type as it stands: ``sequent recover r00001 --store s.db``."""
    return " ".join(("sequent", *map(quote, words))) + _store.get()


def option(name: str, value: str) -> str:
    """An option of a command, to be put behind it."""
    return f" --{name} {quote(value)}"


def store_options() -> str:
    """The options by which commands name the store now."""
    return _store.get()


def name_store(options: str) -> None:
    """Have commands name the store by these options, from here in this thread."""
    _store.set(options)


@contextmanager
def with_store(options: str) -> Generator[None]:
    """While this lasts, commands name the store by these options; empty where it is found without any."""
    token = _store.set(options)
    try:
        yield
    finally:
        _store.reset(token)
