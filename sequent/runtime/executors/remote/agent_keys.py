"""Finds the key by which the agent on a host knows the run: that of the host's name, or an earlier version's."""

from __future__ import annotations

from collections.abc import Collection

from sequent.runtime.executors.remote.host_records import HostRecord, read_agent_key, write_agent_key
from sequent.runtime.executors.remote.remote_run import RemoteRun, beginning_of


class AgentKey:
    """The key of the agent that has the run's attempts, or gets them if none has.

    Each name of a host has a key of its own. Earlier versions used that of the run for all of them, and agents still
    have attempts under it. The run's directory tells which one it is, once an agent has been reached from this machine.
    If it does not, and an agent may have attempts, the earlier key is tried first: an agent that knows none of them has
    none under it.

    Args:
        run: the run on the host.
        record: the agent that was reached last.
    """

    def __init__(self, run: RemoteRun, record: HostRecord) -> None:
        self._run = run
        self._kept = read_agent_key(run.directory, run.host)
        earlier = beginning_of(run.key)
        was_earlier = not self._kept and bool(record.directory)
        self._is_trial = not self._kept and not record.directory and bool(run.open_tokens) and earlier != run.key
        self.value = self._kept or (earlier if was_earlier or self._is_trial else run.key)

    def turn(self, known: Collection[str]) -> bool:
        """Turn to the host's own key if the earlier one is on trial, and its agent knows no attempts; return whether.

        Args:
            known: the wanted attempts that the agent knows.
        """
        is_turning = self._is_trial and not known
        self._is_trial = False
        if is_turning:
            self.value = self._run.key
        return is_turning

    def keep(self) -> None:
        """Have later drivers on this machine use it.

        Raises:
            OSError: it cannot be written.
        """
        if self._kept != self.value:
            write_agent_key(self._run.directory, self._run.host, self.value)
            self._kept = self.value
