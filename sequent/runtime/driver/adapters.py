"""The adapters behind a driver's ports."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from selectors import BaseSelector
from typing import Protocol

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.hosts import LOOPBACK
from sequent.model.references import Path
from sequent.model.status import Construct
from sequent.runtime.clock import Clock
from sequent.runtime.driver.stop_signals import stop_signals
from sequent.runtime.observer_port import Observer
from sequent.runtime.ports import DrivenRun, Executor
from sequent.runtime.rows import AttemptOnHost

Signals = Callable[[BaseSelector, Callable[[int], None]], AbstractContextManager[None]]
"""While it lasts, the selector's loop calls the function with the number of each signal that is to stop the run."""


QuestionText = Callable[[Path, tuple[str, ...]], str]
"""Returns the question of a step, by its path, with these values (wire text) of its references.

It raises ``SequentError`` if a value cannot stand in it.
"""


def no_question(path: Path, values: tuple[str, ...]) -> str:
    """Return the question of a step in a flow that has none."""
    raise AssertionError(f"{path} asks nothing of {values}")


def is_local(host: str) -> bool:
    """Return whether a step that names this host, or none, runs on this machine wherever that is."""
    return not host or host in LOOPBACK


class HostExecutor(Executor, Protocol):
    """Executes attempts on another host, which keeps each outcome until it is acknowledged."""

    def acknowledge(self, frame: int, node: int, attempt: int) -> None:
        """Note that the end of an attempt is written."""
        ...

    def end_earlier(self, token: str) -> None:
        """End an attempt of an earlier driver that no task needs; ``EarlierGone`` follows."""
        ...

    def send(self) -> None:
        """Send the host all that was ordered and acknowledged since the last call."""
        ...


class ResultReading(Protocol):
    """Reads a result, or the answer to a question, for a step."""

    def __call__(self, path: Path, text: str, *, is_answer: bool = False) -> str: ...


@frozen(kw_only=True, eq=False, repr=False)
class Adapters(ByFields):
    """The world as a driver sees it."""

    run: DrivenRun
    executors: dict[Construct, Executor]
    drawer: Executor | None
    """The executor that draws items."""
    clock: Clock
    observer: Observer
    selector: BaseSelector
    """The selector that the driver waits with; it outlives the driver, since executors close later."""
    signals: Signals = stop_signals
    random_bytes: Callable[[int], bytes] = os.urandom
    """Returns so many bytes that nobody can guess, and that never come again."""
    accepts_changes: bool = False
    """Whether an iterator may give other items than those with which its iterations began."""
    is_here: Callable[[str], bool] = is_local
    """Tells whether a host that a step names is this machine."""
    host_executor: Callable[[str], HostExecutor] | None = None
    """Makes the executor of another host; None if no other host can be reached."""
    handed_over: tuple[AttemptOnHost, ...] = ()
    """The attempts that an earlier driver has handed to hosts: these may know their outcomes."""
    hears_people: bool = False
    """Whether the driver looks for interventions of people."""
    question_text: QuestionText = no_question
    people: Executor | None = None
    """Answers questions in place of people, as it executes attempts; None: they answer through the store."""
    read_result: ResultReading | None = None
    """Reads the result that a person gives to a step, by its path, from JSON; returns the text of the value.

    It raises ``UsageError`` if that cannot be the step's result. None: nobody gives results.
    """
    stays_awake: bool = True
    """Whether the driver may spin for a moment, which is right only if time passes meanwhile."""
