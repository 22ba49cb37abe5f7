"""Other machines: each has an agent of the run, with the production code, and a disk, which outlive everything else."""

from __future__ import annotations

import contextlib
import errno
import os
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from sequent.errors import HostError, HostStage
from sequent.runtime.host_agent.agent_ports import AgentPorts
from sequent.runtime.host_agent.outcome_spool import OutcomeSpool
from sequent.runtime.host_agent.places import SOCKET, open_place
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.host_agent.serving import HostAgent
from sequent.runtime.hosts.protocol.messages import EndedThere, LostThere, OutcomeThere
from sequent.runtime.orders import WorkerSetup
from tests.simulation.executions import Ledger, SimulatedWorkers
from tests.simulation.faults import Fault
from tests.simulation.network import Endpoint, SimulatedConnection, SimulatedPipes, joined
from tests.simulation.world import Process, SimulatedSelector, World

_LOG_PAUSE = 5.0
"""The seconds between two looks at logs, of which there are none."""
_SECTOR = 16
"""The bytes that a disk here writes at once: outcomes are short."""


class Door:
    """The socket at which an agent accepts sessions."""

    def __init__(self, selector: SimulatedSelector) -> None:
        self.selector: SimulatedSelector | None = selector
        self._sessions: deque[Endpoint] = deque()

    def is_ready(self) -> bool:
        return bool(self._sessions)

    def arrive(self, end: Endpoint) -> None:
        self._sessions.append(end)
        if self.selector is not None:
            self.selector.poke()

    def accept(self) -> tuple[Endpoint, None]:
        return self._sessions.popleft(), None

    def close(self) -> None:
        self.selector = None


class FaultySpool:
    """The production spool, on a disk that is full now and then.

    Args:
        host: its host.
        spool: the spool.
    """

    def __init__(self, host: SimulatedHost, spool: OutcomeSpool) -> None:
        self._host = host
        self._spool = spool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spool, name)

    def __contains__(self, token: str) -> bool:
        return token in self._spool

    def put(self, outcomes: Collection[OutcomeThere]) -> None:
        host = self._host
        host.step("before outcomes are written")
        if host.world.strikes(Fault.SPOOL_FULL):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._spool.put(outcomes)
        host.keep(outcomes)
        host.step("after outcomes are written")

    def flush(self) -> None:
        if self._spool.seconds_left() is None:
            return
        self._host.step("before outcomes are flushed")
        if self._host.world.strikes(Fault.SPOOL_FULL):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._spool.flush()
        self._host.flush(self._spool.tokens)
        self._host.step("after outcomes are flushed")

    def forget(self, tokens: Collection[str]) -> None:
        for token in tokens:
            if isinstance(self._host.kept.get(token), EndedThere):
                self._host.on_forget(token)
        self._spool.forget(tokens)

    def take_unflushed(self) -> list[OutcomeThere]:
        outcomes = self._spool.take_unflushed()
        for outcome in outcomes:
            self._host.kept.pop(outcome.token, None)
        return outcomes


class SimulatedHost:
    """A machine with an agent.

    Args:
        world: the world.
        name: its name in the flow.
        directory: a directory for its disk.
        key: the agent's key of the run.
        ledger: knows all executions.
        slots: the number of attempts that it executes at once.
    """

    def __init__(self, world: World, name: str, directory: str, key: str, ledger: Ledger, slots: int) -> None:
        self.world = world
        self.name = name
        self._path = os.path.join(directory, name)
        self._key = key
        self._ledger = ledger
        self.slots = slots
        self._process: Process | None = None
        self._agent: HostAgent | None = None
        self._door: Door | None = None
        self._workers: list[SimulatedWorkers] = []
        self._ends: list[Endpoint] = []
        """Its ends of the sessions with its agent."""
        self._place = -1
        self._cut_off_until = 0.0
        self._down_until = 0.0
        self._frozen_until = 0.0
        self.kept: dict[str, OutcomeThere] = {}
        """The outcomes that were ever in its files, by token, but for those that a power cut or a full disk took."""
        self.on_forget: Callable[[str], None] = lambda token: None
        """Called before an outcome is kept no more."""
        self.mislaid: set[str] = set()
        """The attempts that an agent calls lost, though their code had come to its end under it."""
        self._flushed: dict[str, bytes] = {}
        """The files of outcomes as of the last flush."""
        self._flushed_tokens: set[str] = set()

    # -- what happens to it

    @property
    def is_reachable(self) -> bool:
        """Whether bytes pass."""
        return self.world.now >= max(self._cut_off_until, self._down_until)

    def cut_off(self, seconds: float) -> None:
        """No bytes pass for a while."""
        self.world.tell(self.name, f"is cut off for {seconds:.0f} s")
        self._cut_off_until = self.world.now + seconds

    def freeze(self, seconds: float) -> None:
        """Nothing goes on there for a while."""
        self.world.tell(self.name, f"is frozen for {seconds:.0f} s")
        self._frozen_until = self.world.now + seconds
        if self._process is not None:
            self._process.pause(seconds)

    def reboot(self, seconds: float) -> None:
        """Its power is cut, and comes back after a while; what was not flushed to the disk may be gone."""
        self.world.tell(self.name, f"loses its power for {seconds:.0f} s")
        self._down_until = self.world.now + seconds
        self.kill_agent()
        self._lose_unflushed()
        # Those whose outcome is not on the disk may be executed again: the window that no system can close.
        self._ledger.lost_tokens.update(token for token in self._ledger.begun_on[self.name] if token not in self.kept)
        path = os.path.join(self._path, "tokens")
        with contextlib.suppress(FileNotFoundError):
            size = os.stat(path).st_size
            os.truncate(path, self.world.random.randrange(size + 1))

    def flush(self, tokens: Collection[str]) -> None:
        """Note that all files of outcomes are on the disk."""
        directory = Path(self._path, "outcomes")
        self._flushed = {file.name: file.read_bytes() for file in directory.iterdir()}
        self._flushed_tokens.update(tokens)
        self.world.tell(self.name, "flushes its disk")

    def _lose_unflushed(self) -> None:
        """Leave of the files of outcomes any sectors of what has been written since the last flush."""
        random = self.world.random
        for file in sorted(Path(self._path, "outcomes").glob("*")):
            both = self._flushed.get(file.name, b""), file.read_bytes()
            size = len(random.choice(both))
            before, now = (data.ljust(size, b"\0")[:size] for data in both)
            sectors = (random.choice((before, now))[at : at + _SECTOR] for at in range(0, size, _SECTOR))
            file.write_bytes(b"".join(sectors))
        self.kept = {token: outcome for token, outcome in self.kept.items() if token in self._flushed_tokens}

    def _cut_power(self) -> None:
        """End the agent, and lose outcomes that are written and not flushed, or not."""
        spool: Any = None if self._agent is None else self._agent._attempts.spool
        unflushed = [*spool._unflushed] if spool is not None else []
        file, whole = ("", 0) if spool is None else (str(spool._last), spool._flushed)
        self.kill_agent()
        if unflushed and self.world.random.random() < 0.5:
            self.world.trace.count("outcomes lost before they were flushed")
            self.world.tell(self.name, f"loses {len(unflushed)} outcomes that were not flushed")
            os.truncate(os.path.join(self._path, "outcomes", file), whole)
            for token in unflushed:
                self.kept.pop(token, None)

    def heal(self) -> None:
        """End all of that."""
        self._cut_off_until = self._down_until = self._frozen_until = self.world.now
        if self._process is not None:
            self._process.paused_until = self.world.now
            self._process.wake()

    def kill_agent(self) -> None:
        """Kill the agent, with its workers."""
        if self._process is not None:
            self._process.kill()

    def keep(self, outcomes: Collection[OutcomeThere]) -> None:
        """Note that outcomes are written."""
        for outcome in outcomes:
            if isinstance(outcome, LostThere) and outcome.token in self._ledger.ended_on[self.name]:
                self.mislaid.add(outcome.token)
            # The loss of an attempt whose outcome was there before is a mistake.
            self.kept.setdefault(outcome.token, outcome)
            self.world.tell(self.name, f"keeps {type(outcome).__name__} of {outcome.token[:6]}")

    # -- the agent

    def connect(self, driver: Process) -> SimulatedConnection:
        """Open a session with the agent, which is started if there is none.

        Raises:
            HostError: the host cannot be reached.
        """
        if not self.is_reachable or self.world.now < self._frozen_until:
            raise HostError("it does not answer", host=self.name, stage=HostStage.CONNECTION)
        if self._process is None:
            self._start()
        assert self._process is not None
        assert self._door is not None
        here, there = joined(self.world, lambda: self.is_reachable, driver, self._process)
        self._door.arrive(there)
        self._ends.append(there)
        return SimulatedConnection(self.name, here)

    def _start(self) -> None:
        selector = SimulatedSelector()
        self._door = door = Door(selector)
        process = self._process = Process(
            self.world, self.name, self._serve, lambda _: self._end(process), killing=Fault.AGENT_KILLED
        )
        selector.process = process
        self._place = open_place(self._path)
        ports = AgentPorts(
            monotonic=lambda: self.world.now,
            selector=selector,
            listen=lambda place: self._listen(place, door),
            receive=lambda end: (SimulatedPipes(end), b""),  # type: ignore[arg-type, return-value]
            log_pause=_LOG_PAUSE,
            make_workers=self._make_workers,
        )
        self._agent = HostAgent(self._key, self._path, self._place, Rules(allow_root=True), ports)
        self.flush(self._agent._attempts.spool.tokens)
        self._agent._attempts.spool = FaultySpool(self, self._agent._attempts.spool)  # type: ignore[assignment]
        self.world.tell(self.name, "an agent begins")

    def _listen(self, place: int, door: Door) -> Any:
        os.close(os.open(SOCKET, os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=place))
        return door

    def _make_workers(self, setup: WorkerSetup, most: int) -> SimulatedWorkers:
        made = SimulatedWorkers(
            self.world,
            self._ledger,
            self.name,
            most,
            is_remote=True,
            directory=setup.directory,
            step=self.step,
            is_frozen=lambda: self._frozen_until,
        )
        self._workers.append(made)
        return made

    def _serve(self) -> None:
        assert self._agent is not None
        self._agent.serve()

    def step(self, what: str) -> None:
        """Mark an operation of the agent."""
        if self._process is not None:
            self._process.step(what)

    def _end(self, process: Process) -> None:
        """Note that the agent has ended, with everything that it had open."""
        if self._process is not process or self._agent is None:
            return
        self.world.tell(self.name, "its agent has ended")
        for workers in self._workers:
            workers.die("its agent ended")
        self._workers.clear()
        self._ledger.ended_on[self.name].clear()
        agent, self._agent, self._process, self._door = self._agent, None, None, None
        has_power = self.world.now >= self._down_until
        for end in self._ends:
            end.shut() if has_power else end.vanish()
        self._ends.clear()
        agent._attempts.seen.close()
        agent._attempts.spool.close()
        os.close(self._place)
        if process.error is not None:
            raise process.error

    def close(self) -> None:
        """End it with the world."""
        self.kill_agent()
