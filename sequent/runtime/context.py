"""Where a step is: what ``sequent.context()`` tells, and the handle of a flow among its arguments."""

from __future__ import annotations

import logging
import os
from contextvars import ContextVar
from hashlib import blake2b
from typing import TYPE_CHECKING

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.dsl.running import set_locator
from sequent.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

RUNS_AROUND = "SEQUENT_RUNS_AROUND"
"""The variable by which programs of steps know the runs around them."""
LOGGER = "sequent"
"""The name of the logger that steps are offered."""


@frozen(kw_only=True, eq=False, repr=False)
class Context(ByFields):
    """The attempt that is being executed."""

    path: str
    """Dotted."""
    name: str
    """The names of the path, joined by ``_``: what ``SEQUENT_STEP_NAME`` has as well."""
    sequence: str
    """The iteration numbers from outermost in: ``1.2.2``."""
    item: object
    """The value of the nearest repeat's iteration; None outside of repeats."""
    run_id: str
    recovery: int
    attempt: int
    token: str = field(repr=False)
    """Different for every attempt, so that what an earlier one does late can be told from this one's."""
    host: str = ""
    """The host that the step names; empty where the flow was started."""
    _directory: str = field(default="", repr=False, alias="directory")
    """The run's."""
    _around: str = field(default="", repr=False, alias="around")
    """The runs around it, as ``RUNS_AROUND`` has them."""

    @property
    def idempotency_key(self) -> str:
        """Run, path and sequence: the same for every attempt of this task, and of no other."""
        return f"{self.run_id}/{self.path}/{self.sequence}"

    @property
    def scratch(self) -> Path:
        """A directory of this task's own, made when it is first asked for.

        Every attempt of the task finds what earlier ones have left in it. It is removed with the run.
        """
        # By a digest, since paths may be longer than names of files.
        task = blake2b(f"{self.path}/{self.sequence}".encode(), digest_size=10).hexdigest()
        directory = os.path.join(self._directory, "scratch", task)
        # The run's directory is its owner's alone, and so is all below it.
        os.makedirs(directory, exist_ok=True)
        # Loading it takes longer than most steps.
        from pathlib import Path

        return Path(directory)

    @property
    def logger(self) -> logging.Logger:
        """A logger whose lines go to this attempt's log."""
        return logging.getLogger(LOGGER)


_current: ContextVar[Context | None] = ContextVar("sequent_context", default=None)
_of_process: list[Context] = []
"""What threads see that a step has started, at most one: in a worker there is one attempt at a time."""


def current_context() -> Context | None:
    """Where the calling step is; None where no step calls."""
    return _current.get() or next(iter(_of_process), None)


def _asking_step() -> tuple[str, str] | None:
    found = current_context()
    return None if found is None else (found.name, found.sequence)


# Where this module is not loaded, no step runs.
set_locator(_asking_step)


def context() -> Context:
    """Where the calling step is.

    Raises:
        UsageError: it is not called from within a step.
    """
    found = current_context()
    if found is None:
        raise UsageError(
            "context() is for steps, while they run", code="no-context", hint="call it within a step's function"
        )
    return found


def runs_around() -> str:
    """The runs around whoever asks, as ``RUNS_AROUND`` has them; empty where there are none."""
    found = _current.get()
    if found is None:
        return os.environ.get(RUNS_AROUND, "")
    return found._around  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  private to this module


def enter(current: Context | None, *, whole_process: bool) -> None:
    """Make that the context of this thread, and of the whole process where it does nothing else."""
    _current.set(current)
    if whole_process:
        _of_process[:] = [] if current is None else [current]


@frozen(eq=False, repr=False)
class FlowInStep(ByFields):
    """The flow, as a step sees it among its arguments."""

    name: str
    """The flow's."""
    _context: Context

    def get_step_name(self) -> str:
        """The names of the step's path, joined by ``_``."""
        return self._context.name

    def get_step_sequence(self) -> str:
        """The step's sequence: ``1.2.2``."""
        return self._context.sequence

    @property
    def run_id(self) -> str:
        return self._context.run_id
