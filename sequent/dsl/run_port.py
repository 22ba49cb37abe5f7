"""The port through which ``flow.run()`` starts a run, and finds the calling step; the package ``runtime`` fills it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import DefinitionError, Place, UsageError
from sequent.model.option_readers import option_error, read_count, read_flag, read_optional_text
from sequent.model.outcome import Outcome
from sequent.model.spec import Definition, FlowSpec
from sequent.model.wording import repr_of


class RunMode(StrEnum):
    """The mode of ``run()``: start a new run, or recover or continue an earlier one."""

    RESTART = "restart"
    RECOVER = "recover"
    CONTINUE = "continue"
    # The original's names.
    restart = RESTART
    recover = RECOVER
    continue_ = CONTINUE


@runtime_checkable
class OpenStore(Protocol):
    """An open store, which its opener closes again."""

    @property
    def name(self) -> str: ...

    def runs(self, flow: str | None = None, limit: int | None = None) -> object: ...

    def close(self) -> None: ...


@frozen(kw_only=True, eq=False, repr=False)
class RunRequest(ByFields):
    """A request for a run."""

    definition: Definition = field(repr=False)
    params: Mapping[str, str]
    """By name, as wire text."""
    store: str | os.PathLike[str] | OpenStore | None = None
    """None: the store of ``SEQUENT_STORE``, or ``default_store``, or the user's own."""
    default_store: str = ""
    """The store in the flow's own configuration, used if no other is named."""
    run_mode: RunMode = RunMode.RESTART
    run_id: str | None = None
    """The run to recover or continue, or the id of the new one."""
    max_loops: int = -1
    """The number of passes over what is due; negative: until all is done, waiting for delays."""
    recovery_run: int | None = None
    """The recovery, from 0, that the new one is based on; None: the latest."""
    accept_changes: bool = False
    """Whether the flow may have changed since the run was made, for a recovery."""


Runner = Callable[[RunRequest], Outcome]
Locator = Callable[[], tuple[str, str] | None]
"""Returns name and sequence of the calling step; None if no step of this process calls."""


Checker = Callable[[FlowSpec], Iterable[DefinitionError]]
"""Returns the mistakes of a flow that show only when its steps are seen together."""


class _RunPort:
    runner: Runner | None = None
    checker: Checker | None = None
    locator: Locator | None = None


_port = _RunPort()
_loaded: ContextVar[str] = ContextVar("sequent_loaded", default="")
_sought: ContextVar[str] = ContextVar("sequent_sought", default="")


class FlowReached(BaseException):
    """A file that is loaded to find a flow has come to the call that runs that flow."""

    def __init__(self, flow: object) -> None:
        super().__init__(flow)
        self.flow = flow


def set_runner(runner: Runner) -> None:
    """Set the function that runs flows."""
    _port.runner = runner


def set_checker(checker: Checker) -> None:
    """Set the function that finds the mistakes of a flow as a whole."""
    _port.checker = checker


def mistakes_of_the_whole(spec: FlowSpec) -> tuple[DefinitionError, ...]:
    """Return the mistakes that show only when a flow's steps are seen together."""
    return () if _port.checker is None else tuple(_port.checker(spec))


def set_locator(locator: Locator) -> None:
    """Set the function that finds the calling step."""
    _port.locator = locator


def asking_step() -> tuple[str, str] | None:
    """Return name and sequence of the calling step; None if no step of this process calls."""
    return None if _port.locator is None else _port.locator()


def run(request: RunRequest, place: Place) -> Outcome:
    """Run a flow, here and now.

    Args:
        request: the flow and its options.
        place: the author's line.

    Raises:
        DefinitionError: an option of the request is not valid.
        UsageError: the author's file is only being loaded, to find its flow.
    """
    _check(request, place)
    if file := _loaded.get():
        if request.definition.spec.name == _sought.get():
            raise FlowReached(request.definition.flow)
        raise UsageError(
            f"run() is called while {file} is being loaded to find its flow",
            code="loading",
            hint='put it under if __name__ == "__main__":',
            place=place,
        )
    if _port.runner is None:
        raise UsageError("no runner is loaded", hint="import sequent")
    return _port.runner(request)


def read_mode(mode: object, place: Place) -> RunMode:
    """Check the mode of ``run()``.

    Raises:
        DefinitionError: it is not a mode.
    """
    if isinstance(mode, RunMode):
        return mode
    raise option_error(f"'run_mode' is {repr_of(mode)}", place, "give RUN_RESTART, RUN_RECOVER or RUN_CONTINUE")


def read_recovery_run(recovery: object, place: Place) -> int | None:
    """Read the recovery that the new one is based on.

    Raises:
        DefinitionError: it is not a number of a recovery.
    """
    if recovery is None:
        return None
    count = read_count(recovery, "recovery_run", place)
    if count < 0:
        raise option_error(f"'recovery_run' is {count}", place, "give the number of a recovery, from 0")
    return count


def _check_store(store: object, place: Place) -> None:
    if not isinstance(store, str | os.PathLike | OpenStore | None):
        hint = "give a path, ':memory:', a URL, or an open store"
        raise option_error(f"'store' is {repr_of(store)}", place, hint)


def _check(request: RunRequest, place: Place) -> None:
    _check_store(request.store, place)
    read_mode(request.run_mode, place)
    read_optional_text(request.run_id, "run_id", "r00001", place)
    read_flag(request.accept_changes, "accept_changes", place)
    if read_count(request.max_loops, "max_loops", place) == 0:
        hint = "give the number of passes to make; negative: no limit"
        raise option_error("'max_loops' is 0", place, hint)
    recovery = read_recovery_run(request.recovery_run, place)
    if recovery is not None and request.run_mode is not RunMode.RECOVER:
        hint = "give run_mode=RUN_RECOVER as well: recovery_run names the recovery to go back to"
        raise option_error(f"'recovery_run' is {recovery}, but the run is not a recovery", place, hint)


@contextmanager
def loading(file: str) -> Generator[None]:
    """Refuse ``run()`` in a file while it is loaded to find its flow."""
    token = _loaded.set(file)
    try:
        yield
    finally:
        _loaded.reset(token)


@contextmanager
def seeking(flow: str) -> Generator[None]:
    """Let ``run()`` of the flow with that name raise ``FlowReached`` while a file is loaded."""
    token = _sought.set(flow)
    try:
        yield
    finally:
        _sought.reset(token)
