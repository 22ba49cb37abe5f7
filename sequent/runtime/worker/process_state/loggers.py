"""The set-up of logging and loguru, which a step may change for itself, but not for the next step."""

from __future__ import annotations

import copy
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

from sequent.runtime.worker.logs import Loguru, StandardError
from sequent.runtime.worker.process_state.state_kind import StateKind, attributes

_Logger = tuple[int, bool, bool, list[logging.Handler], list[Any]]
_PRISTINE: _Logger = (logging.NOTSET, True, False, [], [])
_Output = tuple[logging.Handler, int, logging.Formatter | None, list[Any]]


def kinds() -> list[StateKind]:
    """Return the state of logging, as it is now."""
    root = logging.getLogger()
    return [
        StateKind(
            "root logger", lambda: (root.level, [*root.handlers], root.manager.disable), _restore_root, is_quick=True
        ),
        StateKind("handlers of the root logger", _outputs, _restore_outputs),
        StateKind("loggers", _loggers, _restore_loggers),
        StateKind("names of levels", logging.getLevelNamesMapping, _restore_names),
        attributes("last resort of logging", logging, "lastResort", "raiseExceptions"),
        StateKind("class of loggers", logging.getLoggerClass, logging.setLoggerClass),
        StateKind("class of records", logging.getLogRecordFactory, logging.setLogRecordFactory),
        StateKind("warnings in logging", lambda: warnings.showwarning, _end_capture),
    ]


def _restore_root(before: tuple[int, list[logging.Handler], int]) -> None:
    level, outputs, disabled = before
    root = logging.getLogger()
    closed = [it for it in outputs if it not in root.handlers and not isinstance(it, StandardError) and _is_closed(it)]
    if closed:
        raise ValueError(f"handlers of the author's are closed: {closed}")
    root.handlers = [*outputs]
    root.setLevel(level)
    logging.disable(disabled)


def _is_closed(output: logging.Handler) -> bool:
    return bool(getattr(output, "_closed", False))


def _outputs() -> list[_Output]:
    return [(it, it.level, it.formatter, [*it.filters]) for it in logging.getLogger().handlers]


def _restore_outputs(before: list[_Output]) -> None:
    for output, level, formatter, filters in before:
        output.level, output.formatter, output.filters = level, formatter, filters


def _loggers() -> dict[str, _Logger]:
    """Return each logger that is not in its initial state; a step changes nothing by naming a new logger."""
    changed: dict[str, _Logger] = {}
    known = logging.Logger.manager.loggerDict
    for name, logger in (*known.items(), ("", logging.getLogger())):
        if isinstance(logger, logging.Logger):
            state = (logger.level, logger.propagate, logger.disabled, [*logger.handlers], [*logger.filters])
            if state != _PRISTINE:
                changed[name] = state
    return changed


def _restore_loggers(before: dict[str, _Logger]) -> None:
    for name in _loggers().keys() | before.keys():
        logger = logging.getLogger(name)
        level, logger.propagate, logger.disabled, outputs, filters = before.get(name, _PRISTINE)
        logger.handlers, logger.filters = [*outputs], [*filters]
        # This clears its cache of enabled levels.
        logger.setLevel(level)


def _restore_names(before: dict[str, int]) -> None:
    for name, level in before.items():
        logging.addLevelName(level, name)


def _end_capture(before: Callable[..., None]) -> None:
    # ``logging`` keeps the function that it has replaced, and must restore it itself.
    logging.captureWarnings(False)
    warnings.showwarning = before


class LoguruState:
    """The set-up of loguru, where the flow or a step uses it.

    Args:
        loguru: lets loguru write to the attempt's log.
    """

    def __init__(self, loguru: Loguru) -> None:
        self._loguru = loguru
        loguru.set_up()
        core = _core_of_loguru()
        self._outputs: dict[int, Any] = {} if core is None else core.handlers
        self._state = None if core is None else _state_of(core)

    def kind(self) -> StateKind:
        """Return the kind of state to observe."""
        return StateKind("loguru", self._is_unchanged, self._restore, is_quick=True)

    def _is_unchanged(self) -> bool:
        core = _core_of_loguru()
        if core is None or self._state is None:
            return core is None
        # Loguru never changes its dictionary of outputs, but makes another.
        return core.handlers is self._outputs and all(getattr(core, name) == self._state[name] for name in _TOLD)

    def _restore(self, _: object) -> None:
        logger = sys.modules["loguru"].logger
        core = logger._core  # noqa: SLF001 - there is no other access to its set-up
        is_new = self._state is None
        state = self._state = self._state or _state_of(type(core)())
        for number in core.handlers.keys() - self._outputs.keys():
            logger.remove(number)
        for name, value in state.items():
            setattr(core, name, copy.copy(value))
        ours = self._loguru.output
        if is_new or (ours is not None and ours not in core.handlers):
            self._outputs = {number: it for number, it in self._outputs.items() if number != ours}
            self._loguru.add_output()
        # The author's other outputs that were removed are closed, and only a fresh process has them again.
        if self._outputs.keys() <= core.handlers.keys():
            self._outputs = core.handlers


_TOLD = ("patcher", "extra", "activation_list", "levels")
_STATE = (*_TOLD, "levels_ansi_codes", "levels_lookup", "enabled", "activation_none")


def _core_of_loguru() -> Any:
    module = sys.modules.get("loguru")
    return None if module is None else module.logger._core  # noqa: SLF001 - as above


def _state_of(core: Any) -> dict[str, Any]:
    return {name: copy.copy(getattr(core, name)) for name in _STATE}
