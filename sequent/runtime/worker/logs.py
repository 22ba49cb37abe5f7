"""How ``logging`` and loguru write to the logs of attempts, and from which level on."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sequent.runtime.orders import WorkerSetup

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def formatter_of(setup: WorkerSetup) -> logging.Formatter:
    """Return the formatter that the flow's configuration describes."""
    datefmt = setup.logging_datefmt or None
    host = setup.host or os.uname().nodename
    formats: dict[int, logging.Formatter] = {
        level: _OfHost(text, datefmt, host) for level, text in setup.logging_formats
    }
    default = formats.pop(0, None) or _OfHost(FORMAT, datefmt, host)
    return _ByLevel(formats, default) if formats else default


class _OfHost(logging.Formatter):
    """Knows the original's fields as well: the host, and fractions of a second in a time."""

    def __init__(self, text: str, datefmt: str | None, host: str) -> None:
        super().__init__(text, datefmt, defaults={"host": host})

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  its name there
        if datefmt and "%f" in datefmt:
            # time.strftime, which logging uses, does not know it.
            return datetime.fromtimestamp(record.created).astimezone().strftime(datefmt)
        return super().formatTime(record, datefmt)


class _ByLevel(logging.Formatter):
    """Formats each level with its own formatter."""

    def __init__(self, formatters: Mapping[int, logging.Formatter], default: logging.Formatter) -> None:
        super().__init__()
        self._formatters = formatters
        self._default = default

    def format(self, record: logging.LogRecord) -> str:
        return self._formatters.get(record.levelno, self._default).format(record)


class StandardError(logging.StreamHandler[Any]):
    """Writes to the current standard error."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


def set_up_logs(setup: WorkerSetup) -> Loguru:
    """Let both libraries write to the attempt's log, in a process that exists only for steps.

    Handlers that the author's own script has set up stay as they are.
    """
    root = logging.getLogger()
    if not any(_writes_to_log(output) for output in root.handlers):
        output = StandardError()
        output.setFormatter(formatter_of(setup))
        root.addHandler(output)
        root.setLevel(setup.logging_level)
    name = loguru_level(setup.logging_level)
    # Loguru reads it when it is imported, which a step may do at any time.
    os.environ.setdefault("LOGURU_LEVEL", name)
    return Loguru(name)


class Loguru:
    """The set-up of loguru that writes to the attempt's log, as soon as the flow or a step uses loguru.

    Args:
        level: the name of the lowest level that is written.
    """

    def __init__(self, level: str) -> None:
        self._level = level
        self.output: int | None = None
        """The number of our own output; None if the author has set up others."""

    def set_up(self) -> None:
        """Replace loguru's default output, if loguru has been imported."""
        if "loguru" not in sys.modules:
            return
        from loguru import logger

        # An author who has removed the default output has set up others.
        with contextlib.suppress(ValueError):
            logger.remove(0)
            self.add_output()

    def add_output(self) -> None:
        """Let loguru write to the attempt's log."""
        from loguru import logger

        self.output = logger.add(_write, level=self._level)


def _write(message: str) -> None:
    sys.stderr.write(message)


_LOGURU_LEVELS = ((5, "TRACE"), (10, "DEBUG"), (20, "INFO"), (25, "SUCCESS"), (30, "WARNING"), (40, "ERROR"))


def loguru_level(level: int) -> str:
    """Return the name of the lowest of loguru's levels that is not below a number of ``logging``."""
    return next((name for number, name in _LOGURU_LEVELS if level <= number), "CRITICAL")


def _writes_to_log(output: logging.Handler) -> bool:
    try:
        return isinstance(output, logging.StreamHandler) and cast("Any", output).stream.fileno() in (1, 2)
    except (OSError, ValueError, AttributeError):
        # A stream in memory, or a closed one.
        return False
