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

    from sequent.dsl.builder.blocks import Sequent
    from sequent.dsl.builder.constants import (
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
    from sequent.dsl.containers.container import container
    from sequent.dsl.options.pools import Pool
    from sequent.dsl.parameters.param import param
    from sequent.dsl.references.reference_words import item, outer, previous, secret
    from sequent.dsl.references.requirements import and_, or_
    from sequent.dsl.run_port import RunMode
    from sequent.dsl.steps.approvals import approve
    from sequent.dsl.steps.commands import ExitCode
    from sequent.dsl.steps.programs import command
    from sequent.dsl.steps.step import step
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
    "sequent.dsl.builder.blocks": ("Sequent",),
    "sequent.dsl.builder.constants": (
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
    "sequent.dsl.containers.container": ("container",),
    "sequent.dsl.options.pools": ("Pool",),
    "sequent.dsl.parameters.param": ("param",),
    "sequent.dsl.references.reference_words": ("item", "outer", "previous", "secret"),
    "sequent.dsl.references.requirements": ("and_", "or_"),
    "sequent.dsl.run_port": ("RunMode",),
    "sequent.dsl.steps.approvals": ("approve",),
    "sequent.dsl.steps.commands": ("ExitCode",),
    "sequent.dsl.steps.programs": ("command",),
    "sequent.dsl.steps.step": ("step",),
    "sequent.errors": ("SequentError",),
    "sequent.model.outcome": ("Failure", "Failures", "Outcome"),
    "sequent.model.pickles": ("Pickled",),
    "sequent.runtime.context": ("context",),
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
