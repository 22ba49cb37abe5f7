"""Checks whether steps could run on a host: the way to it, and its equipment."""

from __future__ import annotations

import shlex
import time
from contextlib import suppress

import msgspec
from attrs import evolve, field, frozen

import sequent
from sequent.by_fields import ByFields
from sequent.errors import HostError
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts import probe
from sequent.runtime.hosts.probe import ProbeAnswer
from sequent.runtime.hosts.transports.choice import transport_for
from sequent.runtime.hosts.transports.host_errors import HostErrors
from sequent.runtime.hosts.transports.transport import Connection, Transport

_OLDEST = (3, 11)
"""The oldest Python that Sequent runs on."""
_SKEW = 300.0
"""The seconds by which the host's clock may differ from ours."""
_LEAST_ROOM = 64 * 1024**2
"""The bytes that a home directory should have free."""
_LONGEST = 64 * 1024
"""The maximum number of bytes to read of a host's answer."""
_STAY, _SETTLE = 10, 1.0
"""The seconds for which a process stays there, and those in which the host may end it after its session."""
_PYTHON, _AGENT = "python3", "sequent-agent"
_MODULE = "sequent.runtime.host_agent"
"""The agent, if the settings name an interpreter and no command."""
_ROOT = "--allow-root"
"""The word in the agent's command that lets root use it."""
_EATEN = "invalid literal for int()"
"""The complaint of the probe if its first line is missing."""
_AGENT_WORD = b"\0sequent-agent\0"
"""The answer of the agent if ``authorized_keys`` allows nothing else."""


@frozen(kw_only=True, eq=False, repr=False)
class HostReport(ByFields):
    """The findings of a check."""

    host: str
    transport: str = ""
    """``paramiko``, ``ssh`` or ``command``; '' if none could be chosen."""
    reason: str = ""
    """The reason for this transport."""
    address: str = ""
    """The address that answered; '' if none did, or if there is none."""
    seconds: float | None = None
    """The duration of connecting."""
    answer: ProbeAnswer | None = None
    """The host's answer; None if there was none."""
    is_shipped: bool = False
    """Whether Sequent travels there with each run."""
    skew: float = 0.0
    """The seconds by which the host's clock is ahead of ours."""
    stays: bool | None = None
    """Whether a process outlives the session that started it; None if that could not be observed."""
    problems: tuple[HostError, ...] = ()
    """The reasons for which steps cannot run there."""
    warnings: tuple[str, ...] = field(default=())


def check_host(settings: HostSettings, timeout: float) -> HostReport:
    """Reach a host, query it, leave a process there, and check whether that outlives the session.

    Args:
        settings: the host.
        timeout: seconds for each connection, and for each answer.
    """
    report = HostReport(host=settings.name, is_shipped=settings.ship)
    try:
        transport = transport_for(settings)
        report = evolve(report, transport=transport.name, reason=transport.reason)
        begun = time.monotonic()
        # Only the host's acceptance shows that there is a connection.
        connection = transport.connect(_command(settings), timeout)
        report = evolve(report, address=connection.door, seconds=time.monotonic() - begun)
        start = time.time()
        answer = _probe(settings, connection, timeout, _STAY, 0)
        skew = answer.now - (start + time.time()) / 2
    except HostError as error:
        return evolve(report, problems=(error,))
    if settings.python and not settings.command and answer.sequent:
        answer = msgspec.structs.replace(answer, agent=f"{answer.executable} -m {_MODULE}")
    stays = _stays(settings, transport, report.address, timeout, answer.pid)
    report = evolve(report, answer=answer, skew=skew, stays=stays)
    errors = HostErrors(settings, report.address)
    return evolve(report, problems=tuple(_problems(settings, answer, errors)), warnings=tuple(_warnings(report)))


def _command(settings: HostSettings) -> str:
    return f"{shlex.quote(settings.python or _PYTHON)} {probe.COMMAND}"


def _probe(settings: HostSettings, connection: Connection, timeout: float, seconds: int, pid: int) -> ProbeAnswer:
    """Query the host, and leave it."""
    errors = HostErrors(settings, connection.door)
    said = b""
    try:
        connection.end.settimeout(timeout)
        with suppress(ConnectionError):
            connection.end.sendall(probe.program(_agent(settings), seconds, pid))
            while len(said) < _LONGEST and probe.read_answer(said) is None and _AGENT_WORD not in said:
                piece = connection.end.recv(_LONGEST)
                if not piece:
                    break
                said += piece
        if (answer := probe.read_answer(said)) is not None:
            return answer
        if len(said) >= _LONGEST:
            raise errors.noisy(said)
        raise errors.agent_alone() if _AGENT_WORD in said else _trouble(settings, errors, connection, said)
    except TimeoutError as error:
        raise errors.mute(settings.python or _PYTHON, timeout, said) from error
    finally:
        connection.close()


def _trouble(settings: HostSettings, errors: HostErrors, connection: Connection, said: bytes) -> HostError:
    error = connection.trouble(said)
    if _EATEN in error.problem:
        return errors.eaten(settings.python or _PYTHON)
    is_missing = error.code in ("host-no-command", "host-not-executable")
    return errors.no_python(settings.python or _PYTHON, error.problem) if is_missing else error


def _stays(settings: HostSettings, transport: Transport, door: str, timeout: float, pid: int) -> bool | None:
    """Reconnect, and return whether the process that was left still runs."""
    time.sleep(_SETTLE)
    with suppress(HostError):
        connection = transport.connect(_command(settings), timeout, door)
        return _probe(settings, connection, timeout, 0, pid).is_there
    return None


def _problems(settings: HostSettings, answer: ProbeAnswer, errors: HostErrors) -> list[HostError]:
    problems: list[HostError] = []
    python = tuple(int(part) for part in answer.python.split("."))
    if python < _OLDEST:
        problems.append(errors.old_python(answer.python, answer.executable, ".".join(map(str, _OLDEST))))
    if answer.trouble:
        problems.append(errors.home(f"nothing can be written to its home directory {answer.home!r}: {answer.trouble}"))
    if answer.is_root and _ROOT not in shlex.split(settings.command):
        problems.append(errors.root(settings.command or _AGENT))
    if not settings.ship and python >= _OLDEST:
        if not answer.agent and not answer.sequent:
            problems.append(errors.no_sequent(answer.executable, sequent.__version__))
        elif not answer.agent:
            problems.append(errors.no_agent(_agent(settings), answer.executable))
    return problems


def _agent(settings: HostSettings) -> str:
    """Return the program that is the agent there."""
    return shlex.split(settings.command or _AGENT)[0]


def _warnings(report: HostReport) -> list[str]:
    answer = report.answer
    if answer is None:
        return []
    warnings: list[str] = []
    if answer.sequent and answer.sequent != sequent.__version__:
        warnings.append(f"it has Sequent {answer.sequent}; here is {sequent.__version__}")
    if abs(report.skew) > _SKEW:
        side = "ahead" if report.skew > 0 else "behind"
        warnings.append(f"its clock is {abs(report.skew):.0f} s {side}; see that it is synchronised (timedatectl)")
    if answer.room < _LEAST_ROOM and not answer.trouble:
        warnings.append(f"its home directory {answer.home!r} has only {answer.room / 1e6:.0f} MB left")
    if not answer.executes:
        warnings.append(f"its home directory {answer.home!r} is mounted noexec: programs there cannot be started")
    if report.stays is False:
        warnings.append(
            "all processes of a session are ended with it, and so would be steps whose driver is gone; let them stay: "
            f"loginctl enable-linger {answer.user or 'USER'} there"
        )
    return warnings
