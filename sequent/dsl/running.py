"""The port through which ``flow.run()`` starts a run; who can run flows fills it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum

from attrs import define, field, frozen

from sequent.errors import UsageError
from sequent.model.outcome import Outcome
from sequent.model.spec import Definition


class RunMode(StrEnum):
    """What ``run()`` does: begin anew, or take an earlier run up again."""

    RESTART = "restart"
    RECOVER = "recover"
    CONTINUE = "continue"


@frozen(kw_only=True)
class RunRequest:
    """A run that somebody wants."""

    definition: Definition = field(repr=False)
    params: Mapping[str, str]
    """By name, as wire text."""
    store: str | None = None
    """None: where ``SEQUENT_STORE`` says, or the user's own."""
    run_mode: RunMode = RunMode.RESTART
    run_id: str | None = None
    max_loops: int = -1


Runner = Callable[[RunRequest], Outcome]


@define
class _Port:
    runner: Runner | None = None


_port = _Port()
_loaded: ContextVar[str] = ContextVar("sequent_loaded", default="")


def set_runner(runner: Runner) -> None:
    """Say who runs flows."""
    _port.runner = runner


def run(request: RunRequest) -> Outcome:
    """Run a flow, here and now.

    Raises:
        UsageError: the file that asks for it is only being loaded, to find its flow.
    """
    if file := _loaded.get():
        raise UsageError(
            f"run() is called while {file} is being loaded to find its flow",
            code="loading",
            hint='put it under if __name__ == "__main__":',
        )
    if _port.runner is None:
        raise UsageError("nobody runs flows here", hint="import sequent")
    return _port.runner(request)


@contextmanager
def loading(file: str) -> Generator[None]:
    """While a file is being loaded to find its flow, ``run()`` in it is refused."""
    token = _loaded.set(file)
    try:
        yield
    finally:
        _loaded.reset(token)
