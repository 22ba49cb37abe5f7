"""The errors that Sequent raises on purpose, each with its place and a hint."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, NamedTuple


class Place(NamedTuple):
    """A line of the author's code."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SequentError(Exception):
    """The root of all errors that Sequent raises on purpose.

    Args:
        message: the mistake, with quoted names and numbers.
        code: a short stable name of the mistake, such as ``cycle``; for machines.
        hint: the way to correct it.
        place: the line of the author's code that is wrong, if there is one.
        path: the dotted path of the step or container concerned, if there is one.
    """

    exit_code: ClassVar[int] = 1
    default_code: ClassVar[str] = "error"

    def __init__(
        self, message: str, *, code: str = "", hint: str = "", place: Place | None = None, path: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.place = place
        self.path = path

    @property
    def sentence(self) -> str:
        """The message, with the path in front unless the message names it."""
        named = repr(self.path)
        return self.message if not self.path or named in self.message else f"{named}: {self.message}"

    @property
    def where(self) -> str:
        """The place before the message; '' if there is none, or if the message begins with it, and its column."""
        return f"{self.place}: " if self.place and not self.message.startswith(str(self.place)) else ""

    @property
    def advice(self) -> str:
        """The message and the hint, in one line."""
        return f"{self.message}; {self.hint}" if self.hint else self.message

    def __str__(self) -> str:
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{self.where}{self.sentence}{hint}"


class UsageError(SequentError):
    """A command, parameter or option is invalid."""

    exit_code = 2
    default_code = "usage"


class DefinitionError(SequentError):
    """One mistake in the definition of a flow."""

    exit_code = 2
    default_code = "definition"
    flow: object = None
    """The container with the mistake, if it could be made; it may have more mistakes."""


class InvalidFlowError(DefinitionError):
    """All mistakes of one flow."""

    default_code = "invalid-flow"

    def __init__(self, problems: tuple[DefinitionError, ...]) -> None:
        self.problems = problems
        count = f"{len(problems)} mistakes" if len(problems) > 1 else "a mistake"
        super().__init__(f"the flow has {count}")

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class NotDataError(SequentError):
    """A value cannot be stored and read back exactly."""

    exit_code = 2
    default_code = "not-data"


class PartError(SequentError):
    """A value lacks the requested part."""

    exit_code = 2
    default_code = "no-part"


class BusyError(SequentError):
    """Another process drives the run."""

    exit_code = 3
    default_code = "busy"


class StoreError(SequentError):
    """The store cannot be used: missing, foreign, damaged, full or locked."""

    exit_code = 4
    default_code = "store"


class StoreBusyError(StoreError):
    """Another process has locked the store; the same write may succeed later."""

    default_code = "store-busy"


class StoreLostError(StoreError):
    """The connection to the store is lost; the same write may succeed once its server is there again."""

    default_code = "store-lost"


class StoreFullError(StoreError):
    """The disk is full; the same write may succeed once there is room."""

    default_code = "store-full"


class LogElsewhereError(StoreError):
    """A log is on another machine, which drove the run."""

    default_code = "logs-elsewhere"


class OutputError(SequentError):
    """The output of a command cannot be written: its disk is full, or its reader is gone."""

    exit_code = 4
    default_code = "output"


class ShortageError(SequentError):
    """A process cannot be started for lack of memory, descriptors, processes or room on a disk."""

    exit_code = 4
    default_code = "shortage"


class AgentError(SequentError):
    """The process that starts and ends the workers of a run has failed; the flow may be correct."""

    exit_code = 4
    default_code = "agent"


class HostStage(StrEnum):
    """The stages of reaching a host, in order."""

    NAME = "name"
    CONNECTION = "connection"
    HOST_KEY = "host key"
    AUTHENTICATION = "authentication"
    COMMAND = "command"
    HOME = "home directory"
    PYTHON = "Python"
    VERSION = "version"
    MODULE = "module"


class HostError(SequentError):
    """A host cannot be reached, or cannot run steps.

    Args:
        problem: the trouble, without the host's name.
        host: the host, as the flow names it.
        stage: the stage that failed.
        tried: the destination and the keys, or the command, with which it was tried.
    """

    exit_code = 4
    default_code = "host"

    def __init__(
        self,
        problem: str,
        *,
        host: str,
        stage: HostStage,
        tried: str = "",
        code: str = "",
        hint: str = "",
    ) -> None:
        words = f"host {host!r}: {problem}" + (f" (tried {tried})" if tried else "")
        super().__init__(words, code=code or f"host-{stage.replace(' ', '-')}", hint=hint)
        self.problem = problem
        self.host = host
        self.stage = stage
        self.tried = tried


class UnreachableHostsError(SequentError):
    """Several hosts cannot be reached, or cannot run steps.

    Args:
        errors: the error of each.
        count: the number of hosts that were tried.
    """

    exit_code = 4
    default_code = "hosts"

    def __init__(self, errors: Sequence[SequentError], count: int) -> None:
        lines = "".join(f"\n  {self._line(error)}" for error in errors)
        super().__init__(f"{len(errors)} of {count} hosts cannot run steps, so nothing has started:{lines}")
        self.errors = tuple(errors)

    @staticmethod
    def _line(error: SequentError) -> str:
        stage = f" [{error.stage}]" if isinstance(error, HostError) else ""
        return f"{error.message}{stage}" + (f"\n    hint: {error.hint}" if error.hint else "")


class UnknownRunError(SequentError):
    """No run, or more than one, has that id."""

    exit_code = 2
    default_code = "unknown-run"


class FencedError(SequentError):
    """Another driver has taken this run over; this one may no longer write."""

    exit_code = 5
    default_code = "fenced"
