"""A transport by any command: ``srun``, ``kubectl exec``, ``docker exec``, ``sudo``."""

from __future__ import annotations

import shlex

from attrs import frozen

from sequent.errors import HostError, HostStage
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.host_errors import HostErrors
from sequent.runtime.hosts.transports.program_pipes import PipedProgram


class CommandConnection:
    """A command on a host, started by a command here."""

    def __init__(self, program: PipedProgram, errors: HostErrors, command: str) -> None:
        self.end = program.end
        self.door = ""
        self._program = program
        self._errors = errors
        self._command = command

    def trouble(self, said: bytes = b"") -> HostError:
        end = self._program.ending()
        return self._errors.ended(self._command, end.status, end.errors, said)

    def close(self) -> None:
        self._program.close()


@frozen
class CommandTransport:
    """The transport to a host by a command that runs another one there."""

    settings: HostSettings
    words: tuple[str, ...]
    reason: str = "the configuration names it"
    name: str = "command"

    def connect(self, command: str, timeout: float, door: str = "") -> CommandConnection:
        errors = HostErrors(self.settings, shlex.join(self.words))
        try:
            program = PipedProgram([*self.words, *shlex.split(command)])
        except OSError as error:
            raise HostError(
                f"{self.words[0]!r} cannot be started here: {error.strerror}",
                host=self.settings.name,
                stage=HostStage.CONNECTION,
                tried=shlex.join(self.words),
                code="host-connect-command",
                hint=f"install it, or correct 'connect' of host {self.settings.name!r} in the configuration",
            ) from error
        return CommandConnection(program, errors, command)
