"""Routes the standard streams and loggers of a process that executes attempts among other things."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Generator
from contextvars import ContextVar
from typing import Any, TextIO, cast

from attrs import define, frozen

from sequent.runtime.context import LOGGER
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.orders import WorkerSetup
from sequent.runtime.worker.logs import formatter_of


@frozen(eq=False)
class _Log:
    """The destinations of an attempt's output."""

    out: TextIO
    err: TextIO
    level: int
    formatter: logging.Formatter


_current: ContextVar[_Log | None] = ContextVar("sequent_log", default=None)
_of_process: list[_Log] = []
"""The log for threads that an attempt has started, at most one: during ``invoke`` the driver does nothing else."""


def _log() -> _Log | None:
    return _current.get() or next(iter(_of_process), None)


class _Stream:
    """Standard output or error: that of the attempt being executed, otherwise that of the process."""

    def __init__(self, own: TextIO, name: str) -> None:
        self._own = own
        self._name = name

    def __getattr__(self, name: str) -> Any:
        log = _log()
        return getattr(self._own if log is None else getattr(log, self._name), name)


class _LogOutput(logging.Handler):
    """Writes an attempt's records to its log, and ignores all others."""

    def emit(self, record: logging.LogRecord) -> None:
        log = _log()
        if log is not None:
            if record.levelno >= log.level:
                log.err.write(f"{log.formatter.format(record)}\n")
        elif logging.getLogger().handlers == [self] and logging.lastResort is not None:
            # Without this handler, there would be none.
            logging.lastResort.handle(record)


@define
class _Routing:
    """The replacements in the process, in place as long as any run executes attempts in it."""

    users: int = 0
    streams: tuple[TextIO, TextIO] | None = None
    ours: tuple[TextIO, TextIO] | None = None
    output: _LogOutput | None = None
    sink: int | None = None
    variable: str = ""
    """The environment variable that names the logger, if it was not set; all attempts share it."""

    def begin(self, setup: WorkerSetup) -> None:
        self.streams = (sys.stdout, sys.stderr)
        self.ours = (cast("TextIO", _Stream(sys.stdout, "out")), cast("TextIO", _Stream(sys.stderr, "err")))
        sys.stdout, sys.stderr = self.ours
        self.output = _LogOutput()
        logging.getLogger().addHandler(self.output)
        logger = logging.getLogger(LOGGER)
        if logger.level == logging.NOTSET:
            logger.setLevel(setup.logging_level)
        variable = f"{setup.envvar_prefix}LOGGER_NAME"
        if variable not in os.environ:
            os.environ[variable] = LOGGER
            self.variable = variable
        if "loguru" in sys.modules:
            self.sink = _add_sink(setup.logging_level)

    def end(self) -> None:
        if self.ours is not None and self.streams is not None:
            # Other code may have replaced them meanwhile; then they are not ours to restore.
            if sys.stdout is self.ours[0]:
                sys.stdout = self.streams[0]
            if sys.stderr is self.ours[1]:
                sys.stderr = self.streams[1]
        if self.output is not None:
            logging.getLogger().removeHandler(self.output)
        if self.sink is not None:
            from loguru import logger

            with contextlib.suppress(ValueError):
                logger.remove(self.sink)
        os.environ.pop(self.variable, None)
        self.streams = self.ours = self.output = self.sink = None
        self.variable = ""


def _add_sink(level: int) -> int:
    from loguru import logger

    def write(message: str) -> None:
        log = _log()
        if log is not None:
            log.err.write(message)

    return logger.add(write, level=level, filter=lambda _: _log() is not None)


_routing = _Routing()
_lock = threading.Lock()


@contextlib.contextmanager
def routing(setup: WorkerSetup) -> Generator[None]:
    """Keep the output of attempts apart; several runs in one process may do so at once."""
    with _lock:
        _routing.users += 1
        if _routing.users == 1:
            _routing.begin(setup)
    try:
        yield
    finally:
        with _lock:
            _routing.users -= 1
            if _routing.users == 0:
                _routing.end()


@contextlib.contextmanager
def routed(segment: Segment, setup: WorkerSetup, *, whole_process: bool) -> Generator[None]:
    """Send output from here on, of this thread or of any, to that segment."""
    out, err = segment.open_stream(segment.descriptor), segment.open_stream(segment.descriptor)
    log = _Log(out, err, setup.logging_level, formatter_of(setup))
    token = _current.set(log)
    if whole_process:
        _of_process.append(log)
    try:
        yield
    finally:
        _current.reset(token)
        if whole_process:
            _of_process.remove(log)
        log.out.close()
        log.err.close()
