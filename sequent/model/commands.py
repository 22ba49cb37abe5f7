"""Builds commands as people type them, for hints and for the end of a run: with the store, quoted for a shell."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from sequent.model.status import RunStatus

RESUMED_BY = {
    RunStatus.FAILURE: "recover",
    RunStatus.STOPPED: "recover",
    RunStatus.INTERRUPTED: "recover",
    RunStatus.SUSPENDED: "continue",
}
"""The command that resumes a run in each status."""
_store: ContextVar[str] = ContextVar("sequent_store_option", default="")


def typed(*words: str) -> str:
    """Return a command that can be typed as it stands: ``sequent recover r00001 --store s.db``."""
    return " ".join(("sequent", *map(_quoted, words))) + _store.get()


def approval_command(run: str, task: str) -> str:
    """Return the command that answers the question of a task: ``load.ask/1.2``, or ``ask/1``, where nothing repeats."""
    return typed("approve", run, task.removesuffix("/1"))


def resuming_command(status: RunStatus, run: str, max_loops: int = -1) -> str:
    """Return the command that resumes a run in this status; '' if there is nothing left, or a process drives it.

    Args:
        status: the status of the run.
        run: its id.
        max_loops: the limit that was typed: a run that should not wait for times should not in a recovery either.
    """
    word = RESUMED_BY.get(status, "")
    loops = ("--max-loops", str(max_loops)) if word == "recover" and max_loops > 0 else ()
    return typed(word, run, *loops) if word else ""


def resuming_call(status: RunStatus) -> str:
    """Return the call by which a notebook resumes the latest run of a flow; '' if there is nothing left."""
    word = RESUMED_BY.get(status, "")
    return f".run(run_mode=sequent.RUN_{word.upper()})" if word else ""


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
