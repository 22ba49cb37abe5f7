"""Asks a host which runs have left something there, and has it removed."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sequent.errors import HostError, HostStage, NotDataError
from sequent.model.hosts import HostSettings
from sequent.model.record_text import read_record
from sequent.runtime.hosts.protocol.remains import ANSWER, AgentThere
from sequent.runtime.hosts.shipping.agent_sessions import open_agent_session

_MOST = 16 * 1024**2
_SHORTEST = 0.001
"""The seconds that are left to a host that sends its answer too slowly."""


def list_agents_on(settings: HostSettings, timeout: float) -> tuple[AgentThere, ...]:
    """Return the remains of runs on a host.

    Raises:
        HostError: it cannot be reached, or has no agent.
    """
    return _answer(settings, ["--list"], timeout)


def remove_agents_on(settings: HostSettings, keys: Iterable[str], timeout: float) -> tuple[AgentThere, ...]:
    """Remove the remains of these runs, which have ended, and end their agents; return the rest.

    Raises:
        HostError: as ``list_agents_on``.
    """
    return _answer(settings, [f"--remove={key}" for key in keys], timeout)


def _answer(settings: HostSettings, words: list[str], timeout: float) -> tuple[AgentThere, ...]:
    session = open_agent_session(settings, words, timeout)
    try:
        deadline = time.monotonic() + timeout
        said = bytearray()
        session.end.settimeout(timeout)
        while (data := session.end.recv(65_536)) and len(said) < _MOST:
            said += data
            session.end.settimeout(max(_SHORTEST, deadline - time.monotonic()))
        _, found, answer = bytes(said).partition(ANSWER)
        if not found:
            raise session.trouble(bytes(said))
        return read_record(tuple[AgentThere, ...], answer.decode("utf-8", "replace"), "the agent's answer")
    except (TimeoutError, NotDataError) as error:
        raise HostError(f"its agent does not answer: {error}", host=settings.name, stage=HostStage.COMMAND) from error
    finally:
        session.close()
