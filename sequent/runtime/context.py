"""The place of a step: ``sequent.context()``, and the handle of a flow among a step's arguments."""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.digests import blake2b
from sequent.dsl.run_port import set_locator
from sequent.errors import UsageError
from sequent.model.variables import RUNS_AROUND

if TYPE_CHECKING:
    import logging
    from pathlib import Path

LOGGER = "sequent"
"""The name of the logger for steps."""


class StoryRecorder(Protocol):
    """Takes the notes and artifacts of an attempt."""

    def note(self, text: str) -> None:
        """Leave a note."""

    def artifact(self, path: str | os.PathLike[str], title: str) -> None:
        """Leave a copy of a file."""


@frozen(kw_only=True, eq=False, repr=False)
class Context(ByFields):
    """The attempt that is being executed."""

    path: str
    """Dotted."""
    name: str
    """The names of the path, joined by ``_``; also in ``SEQUENT_STEP_NAME``."""
    sequence: str
    """The iteration numbers from outermost in: ``1.2.2``."""
    item: object
    """The value of the nearest repeat's iteration; None outside of repeats."""
    run_id: str
    recovery: int
    attempt: int
    token: str = field(repr=False)
    """Different for every attempt, so that late effects of an earlier attempt can be told from this one's."""
    host: str = ""
    """The host that the step names; '' for the machine on which the flow was started."""
    _directory: str = field(default="", repr=False, alias="directory")
    """The run's directory."""
    _around: str = field(default="", repr=False, alias="around")
    """The runs around it, as ``RUNS_AROUND`` has them."""
    _located: str = field(default="", repr=False, alias="located")
    """The path of a copy on a host, with the host in its place."""
    _story: StoryRecorder | None = field(default=None, repr=False, alias="story")
    """Takes the notes and artifacts of the attempt; None if nothing is executed."""

    @property
    def idempotency_key(self) -> str:
        """Run, path, host and sequence: the same for every attempt of this task, and of no other."""
        return f"{self.run_id}/{self._located or self.path}/{self.sequence}"

    @property
    def scratch(self) -> Path:
        """A directory of this task's own, made when it is first used.

        Every attempt of the task finds the files of earlier ones in it. It is removed with the run.
        """
        # Named by a digest, since paths may be longer than file names.
        task = blake2b(f"{self._located or self.path}/{self.sequence}".encode(), digest_size=10).hexdigest()
        directory = os.path.join(self._directory, "scratch", task)
        # Only the owner can enter the run's directory, so this one is private too.
        os.makedirs(directory, exist_ok=True)
        # Loading it takes longer than most steps.
        from pathlib import Path

        return Path(directory)

    def note(self, text: str) -> None:
        """Leave a short text in Markdown, which is shown with the run; it is kept with the outcome of the attempt.

        Raises:
            UsageError: it has more than 64 KiB, or the attempt has left 100 notes and artifacts.
        """
        self._teller.note(text)

    def artifact(self, path: str | os.PathLike[str], *, title: str = "") -> None:
        """Leave a copy of a file, such as a picture, which is shown with the run.

        Args:
            path: the file, of at most 16 MiB.
            title: its title; by default its name.

        Raises:
            UsageError: it cannot be read, or a limit is reached.
        """
        self._teller.artifact(path, title)

    @property
    def _teller(self) -> StoryRecorder:
        if self._story is None:
            raise UsageError(
                "nothing is executed here, so nothing can be left", code="note", hint="let a step leave it"
            )
        return self._story

    @property
    def logger(self) -> logging.Logger:
        """A logger whose lines go to this attempt's log."""
        import logging

        return logging.getLogger(LOGGER)


_current: ContextVar[Context | None] = ContextVar("sequent_context", default=None)
_of_process: list[Context] = []
"""The context for threads that a step has started, at most one: a worker executes one attempt at a time."""


def current_context() -> Context | None:
    """Return the context of the calling step; None outside of steps."""
    return _current.get() or next(iter(_of_process), None)


def _asking_step() -> tuple[str, str] | None:
    found = current_context()
    return None if found is None else (found.name, found.sequence)


# If this module is not loaded, no step runs.
set_locator(_asking_step)


def context() -> Context:
    """Return the context of the calling step.

    Raises:
        UsageError: the caller is not a step.
    """
    current = current_context()
    if current is None:
        raise UsageError(
            "context() is for steps, while they run", code="no-context", hint="call it within a step's function"
        )
    return current


def runs_around() -> str:
    """Return the runs around the caller, as ``RUNS_AROUND`` has them; '' if there are none."""
    current = _current.get()
    if current is None:
        return os.environ.get(RUNS_AROUND, "")
    return current._around  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  private to this module


def enter(current: Context | None, *, whole_process: bool) -> None:
    """Make that the context of this thread, and of the whole process if it does nothing else."""
    _current.set(current)
    if whole_process:
        _of_process[:] = [] if current is None else [current]


@frozen(eq=False, repr=False)
class FlowInStep(ByFields):
    """The flow, as a step sees it among its arguments."""

    name: str
    """The flow's name."""
    _context: Context

    def get_step_name(self) -> str:
        """Return the names of the step's path, joined by ``_``."""
        return self._context.name

    def get_step_sequence(self) -> str:
        """Return the step's sequence: ``1.2.2``."""
        return self._context.sequence

    @property
    def run_id(self) -> str:
        return self._context.run_id
