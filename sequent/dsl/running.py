"""The port through which ``flow.run()`` starts a run, and a flow knows which step asks it; who runs flows fills it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import DefinitionError, Place, UsageError
from sequent.model.option_readers import option_error, read_count
from sequent.model.outcome import Outcome
from sequent.model.spec import Definition, FlowSpec
from sequent.model.wording import repr_of


class RunMode(StrEnum):
    """What ``run()`` does: begin anew, or take an earlier run up again."""

    RESTART = "restart"
    RECOVER = "recover"
    CONTINUE = "continue"
    # The original's names.
    restart = RESTART
    recover = RECOVER
    continue_ = CONTINUE


@runtime_checkable
class OpenStore(Protocol):
    """A store that somebody has opened, and closes again."""

    @property
    def name(self) -> str: ...

    def runs(self, flow: str | None = None, limit: int | None = None) -> object: ...

    def close(self) -> None: ...


@frozen(kw_only=True, eq=False, repr=False)
class RunRequest(ByFields):
    """A run that somebody wants."""

    definition: Definition = field(repr=False)
    params: Mapping[str, str]
    """By name, as wire text."""
    store: str | OpenStore | None = None
    """None: where ``SEQUENT_STORE`` says, or ``default_store``, or the user's own."""
    default_store: str = ""
    """That of the flow's own configuration for where nothing else names one."""
    run_mode: RunMode = RunMode.RESTART
    run_id: str | None = None
    """The run to take up again, or the id of the new one."""
    max_loops: int = -1
    """How many passes over what is due to make; negative: all there is to do, delays waited for."""
    recovery_run: int | None = None
    """The recovery, from 0, that a further one is based on; None: the latest."""
    accept_changes: bool = False
    """Of a recovery: whether the flow may have changed since the run was made."""


Runner = Callable[[RunRequest], Outcome]
Locator = Callable[[], tuple[str, str] | None]
"""Gives the name and the sequence of the step that asks; None where that is none of this process."""


Checker = Callable[[FlowSpec], Iterable[DefinitionError]]
"""Gives the mistakes of a flow that show only when its steps are seen together."""


class _RunPort:
    runner: Runner | None = None
    checker: Checker | None = None
    locator: Locator | None = None


_port = _RunPort()
_loaded: ContextVar[str] = ContextVar("sequent_loaded", default="")
_sought: ContextVar[str] = ContextVar("sequent_sought", default="")


class FlowReached(BaseException):
    """A file is being loaded to find a flow, and has come to where it runs that flow."""

    def __init__(self, flow: object) -> None:
        super().__init__(flow)
        self.flow = flow


def set_runner(runner: Runner) -> None:
    """Say who runs flows."""
    _port.runner = runner


def set_checker(checker: Checker) -> None:
    """Say who finds what is wrong with a flow as a whole."""
    _port.checker = checker


def mistakes_of_the_whole(spec: FlowSpec) -> tuple[DefinitionError, ...]:
    """The mistakes that show only when a flow's steps are seen together."""
    return () if _port.checker is None else tuple(_port.checker(spec))


def set_locator(locator: Locator) -> None:
    """Say who knows which step asks."""
    _port.locator = locator


def asking_step() -> tuple[str, str] | None:
    """The name and the sequence of the step that asks; None where that is none of this process."""
    return None if _port.locator is None else _port.locator()


def run(request: RunRequest, place: Place) -> Outcome:
    """Run a flow, here and now.

    Args:
        request: which, and how.
        place: the author's line that asks for it.

    Raises:
        DefinitionError: what is asked for is nothing that can be done.
        UsageError: the file that asks for it is only being loaded, to find its flow.
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
        raise UsageError("nobody runs flows here", hint="import sequent")
    return _port.runner(request)


def read_mode(mode: object, place: Place) -> RunMode:
    """What ``run()`` is to do.

    Raises:
        DefinitionError: it is no such thing.
    """
    if isinstance(mode, RunMode):
        return mode
    raise option_error(f"'run_mode' is {repr_of(mode)}", place, "give RUN_RESTART, RUN_RECOVER or RUN_CONTINUE")


def read_recovery_run(recovery: object, place: Place) -> int | None:
    """The recovery that a further one is based on.

    Raises:
        DefinitionError: it is not its number.
    """
    if recovery is None:
        return None
    count = read_count(recovery, "recovery_run", place)
    if count < 0:
        raise option_error(f"'recovery_run' is {count}", place, "give the number of a recovery, from 0")
    return count


def _check(request: RunRequest, place: Place) -> None:
    read_mode(request.run_mode, place)
    if read_count(request.max_loops, "max_loops", place) == 0:
        hint = "give the number of passes to make; negative: no limit"
        raise option_error("'max_loops' is 0", place, hint)
    recovery = read_recovery_run(request.recovery_run, place)
    if recovery is not None and request.run_mode is not RunMode.RECOVER:
        hint = "give run_mode=RUN_RECOVER as well: recovery_run names the recovery to go back to"
        raise option_error(f"'recovery_run' is {recovery}, but the run is not a recovery", place, hint)


@contextmanager
def loading(file: str) -> Generator[None]:
    """While a file is being loaded to find its flow, ``run()`` in it is refused."""
    token = _loaded.set(file)
    try:
        yield
    finally:
        _loaded.reset(token)


@contextmanager
def seeking(flow: str) -> Generator[None]:
    """While a file is being loaded, ``run()`` of the flow with that name raises ``FlowReached``."""
    token = _sought.set(flow)
    try:
        yield
    finally:
        _sought.reset(token)
