"""Sequent: batch programs, one after another. Its names are loaded when the first of them is used."""

from __future__ import annotations

import sys

__version__ = "0.1.0"
"""The version of the package, which its metadata takes from here."""

# A file beside a script may hide any module, so nothing else is imported here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from sequent.dsl.approvals import approve
    from sequent.dsl.builder import Sequent
    from sequent.dsl.commands import ExitCode
    from sequent.dsl.constants import (
        RUN_CONTINUE,
        RUN_RECOVER,
        RUN_RESTART,
        SEQUENT_RESTART,
        STEP_ACTIVE,
        STEP_COMPLETE,
        STEP_DONE,
        STEP_FAILURE,
        STEP_READY,
        STEP_RERUN,
        STEP_SKIP,
        STEP_SKIPPED,
        STEP_SUCCESS,
        STP_RERUN,
        STP_SKIP,
        StepReplay,
        StepStatus,
    )
    from sequent.dsl.containers import container
    from sequent.dsl.parameters import param
    from sequent.dsl.pools import Pool
    from sequent.dsl.programs import command
    from sequent.dsl.reference_words import item, outer, previous, secret
    from sequent.dsl.requirements import and_, or_
    from sequent.dsl.run_port import RunMode
    from sequent.dsl.steps import step
    from sequent.errors import SequentError
    from sequent.model.outcome import Failure, Failures, Outcome
    from sequent.model.pickles import Pickled
    from sequent.runtime.context import context

__all__ = [
    "RUN_CONTINUE",
    "RUN_RECOVER",
    "RUN_RESTART",
    "SEQUENT_RESTART",
    "STEP_ACTIVE",
    "STEP_COMPLETE",
    "STEP_DONE",
    "STEP_FAILURE",
    "STEP_READY",
    "STEP_RERUN",
    "STEP_SKIP",
    "STEP_SKIPPED",
    "STEP_SUCCESS",
    "STP_RERUN",
    "STP_SKIP",
    "ExitCode",
    "Failure",
    "Failures",
    "Outcome",
    "Pickled",
    "Pool",
    "RunMode",
    "Sequent",
    "SequentError",
    "StepReplay",
    "StepStatus",
    "__version__",
    "and_",
    "approve",
    "command",
    "container",
    "context",
    "item",
    "or_",
    "outer",
    "param",
    "previous",
    "secret",
    "step",
]

_ROOMS = {
    "sequent.dsl.approvals": ("approve",),
    "sequent.dsl.builder": ("Sequent",),
    "sequent.dsl.commands": ("ExitCode",),
    "sequent.dsl.constants": (
        "RUN_CONTINUE",
        "RUN_RECOVER",
        "RUN_RESTART",
        "SEQUENT_RESTART",
        "STEP_ACTIVE",
        "STEP_COMPLETE",
        "STEP_DONE",
        "STEP_FAILURE",
        "STEP_READY",
        "STEP_RERUN",
        "STEP_SKIP",
        "STEP_SKIPPED",
        "STEP_SUCCESS",
        "STP_RERUN",
        "STP_SKIP",
        "StepReplay",
        "StepStatus",
    ),
    "sequent.dsl.containers": ("container",),
    "sequent.dsl.parameters": ("param",),
    "sequent.dsl.pools": ("Pool",),
    "sequent.dsl.programs": ("command",),
    "sequent.dsl.requirements": ("and_", "or_"),
    "sequent.dsl.run_port": ("RunMode",),
    "sequent.dsl.reference_words": ("item", "outer", "previous", "secret"),
    "sequent.dsl.steps": ("step",),
    "sequent.runtime.context": ("context",),
    "sequent.errors": ("SequentError",),
    "sequent.model.outcome": ("Failure", "Failures", "Outcome"),
    "sequent.model.pickles": ("Pickled",),
}
_HOMES = {word: room for room, words in _ROOMS.items() for word in words}


def _show_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from sequent.uncaught import show

    show(kind, error, trace)


if sys.excepthook is sys.__excepthook__:
    sys.excepthook = _show_uncaught


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'sequent' has no attribute {name!r}")
    try:
        from importlib import import_module

        # Flows can be run wherever they are written: importing the interface registers it.
        import_module("sequent.api")
        value = getattr(import_module(_HOMES[name]), name)
    except AttributeError as error:
        # Python would take an AttributeError to mean that there is no such name, and hide the cause.
        raise ImportError(f"{name!r} cannot be loaded: {error}") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
