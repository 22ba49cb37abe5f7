"""Builds commands as people type them, for hints and for the end of a run: with the store, quoted for a shell."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_store: ContextVar[str] = ContextVar("sequent_store_option", default="")


def typed(*words: str) -> str:
    """Return a command that can be typed as it stands: ``sequent recover r00001 --store s.db``."""
    return " ".join(("sequent", *map(_quoted, words))) + _store.get()


def approval_command(run: str, task: str) -> str:
    """Return the command that answers the question of a task: ``load.ask/1.2``, or ``ask/1``, where nothing repeats."""
    return typed("approve", run, task.removesuffix("/1"))


def option(name: str, value: str) -> str:
    """Return an option with its value, to append to a command."""
    return f" --{name} {_quoted(value)}"


def _quoted(word: str) -> str:
    # Most commands print none.
    from shlex import quote

    return quote(word)


def store_options() -> str:
    """Return the options by which commands name the store at present."""
    return _store.get()


def name_store(options: str) -> None:
    """Make commands of this thread name the store by these options from now on."""
    _store.set(options)


@contextmanager
def with_store(options: str) -> Generator[None]:
    """Make commands name the store by these options within the block; '' if the store is found without any."""
    token = _store.set(options)
    try:
        yield
    finally:
        _store.reset(token)
