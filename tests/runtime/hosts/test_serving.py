"""The loop of an agent: when it flushes what it reports, and how it takes sessions over."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from selectors import DefaultSelector, SelectorKey
from types import SimpleNamespace

import pytest

from sequent.runtime.host_agent import outcome_spool
from sequent.runtime.host_agent.agent_ports import AgentPorts
from sequent.runtime.host_agent.places import SOCKET, open_place, reach
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.host_agent.serving import HostAgent
from sequent.runtime.hosts.protocol.greeting import find_greeting, knock
from sequent.runtime.hosts.protocol.messages import (
    ForgetOutcomes,
    LeaveHost,
    Ping,
    Pong,
    WithdrawAttempt,
    WithdrawnThere,
)
from sequent.runtime.hosts.shipping.agent_sessions import open_agent_session
from tests.children import Child
from tests.patience import PATIENCE, wait_until
from tests.runtime.hosts.sessions import KEY, PROGRAM, ROOT, settings_of
from tests.runtime.hosts.speaking import Speaker

HOUR = 3600.0


class Served:
    """An agent in a thread of this process, with the flushes of its outcomes."""

    def __init__(self, path: str, flushes: list[int], ports: AgentPorts | None = None) -> None:
        self.flushes = flushes
        self._place = open_place(path)
        self._agent = HostAgent(KEY, path, self._place, Rules(), ports)
        self._thread = threading.Thread(target=self._agent.serve)
        self._thread.start()
        self._sockets: list[socket.socket] = []

    def connect(self) -> SimpleNamespace:
        ours, theirs = socket.socketpair()
        control = reach(self._place)
        with theirs:
            socket.send_fds(control, [b"\0"], [theirs.fileno(), theirs.fileno()])
        self._sockets += [ours, control]
        return SimpleNamespace(end=ours, control=control)

    def end(self) -> None:
        last = Speaker.attached(self, epoch=9)
        last.say(LeaveHost())
        self.leave()

    def leave(self) -> None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        # As the end of its process does.
        self._agent._attempts.seen.close()
        self._agent._attempts.spool.close()
        os.close(self._place)
        for each in self._sockets:
            each.close()


@pytest.fixture
def served(tmp_path, monkeypatch):
    flushes = []
    call = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (flushes.append(file), call(file)))
    path = tmp_path / "agent"
    path.mkdir(mode=0o700)
    made = Served(str(path), flushes)
    yield made
    made.end()


def withdrawn(speaker, token):
    """Have an outcome reported."""
    speaker.say(WithdrawAttempt(token))
    assert speaker.wait(lambda message: isinstance(message, WithdrawnThere)).token == token


def answered(speaker, number):
    """Have all be done that was said before."""
    speaker.say(Ping(number))
    speaker.wait(lambda message: message == Pong(number))


# -- flushes


def test_an_outcome_is_reported_before_it_is_flushed_and_one_that_is_confirmed_never_is(served, monkeypatch):
    monkeypatch.setattr(outcome_spool, "UNCONFIRMED", HOUR)
    speaker = Speaker.attached(served)
    for token in ("a", "b", "c"):
        withdrawn(speaker, token)
        speaker.say(ForgetOutcomes((token,)))
    answered(speaker, 1)
    speaker.session.end.close()
    Speaker.attached(served, epoch=2)
    assert served.flushes == []


def test_an_outcome_that_is_not_confirmed_is_flushed_by_and_by(served):
    speaker = Speaker.attached(served)
    withdrawn(speaker, "a")
    wait_until(lambda: len(served.flushes) == 1)
    withdrawn(speaker, "b")
    wait_until(lambda: len(served.flushes) == 2)


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_outcome_is_flushed_as_soon_as_its_driver_is_gone(served, monkeypatch, is_killed):
    monkeypatch.setattr(outcome_spool, "UNCONFIRMED", HOUR)
    speaker = Speaker.attached(served)
    withdrawn(speaker, "a")
    answered(speaker, 1)
    assert served.flushes == []
    (speaker.session.control if is_killed else speaker.session.end).close()
    wait_until(lambda: len(served.flushes) == 1)
    # Whatever ends without a driver is flushed as well.
    other = Speaker.attached(served, epoch=2, wanted=("a",))
    assert isinstance(other.wait(lambda message: isinstance(message, WithdrawnThere)), WithdrawnThere)


# -- the end without a driver


class PassingTime(DefaultSelector):
    """A clock that passes only while the agent waits, and only as long as nothing keeps it from passing."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.passes = threading.Event()

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait without time for events; with time, only look for them, and let it pass."""
        if not self.passes.is_set():
            return super().select(0.01)
        ready = super().select(0)
        if not ready:
            self.now += timeout or 0.0
        return ready


def test_an_agent_ends_a_minute_after_its_start_if_no_driver_joins_it_and_a_day_after_its_last_driver(tmp_path):
    path = tmp_path / "agent"
    path.mkdir(mode=0o700)
    for has_driver, patience in ((False, 60.0), (True, 24 * HOUR)):
        time = PassingTime()
        agent = Served(str(path), [], AgentPorts(selector=time, monotonic=lambda time=time: time.now))
        if has_driver:
            speaker = Speaker.attached(agent)
            withdrawn(speaker, "a")
            speaker.session.end.close()
        time.passes.set()
        agent.leave()
        assert patience <= time.now < patience + 1
        assert not (path / SOCKET).exists()
    # Its outcome waits for the next driver, in the next agent.
    agent = Served(str(path), [])
    other = Speaker.attached(agent, epoch=2, wanted=("a",))
    assert isinstance(other.wait(lambda message: isinstance(message, WithdrawnThere)), WithdrawnThere)
    agent.end()


# -- sessions


def test_a_session_that_only_joins_an_agent_loads_neither_records_nor_workers():
    program = "import sys, sequent.runtime.host_agent.program; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True).stdout
    assert not {"attr", "msgspec", "paramiko", "psutil", "sequent.model", "sequent.runtime.executors"} & {
        *loaded.split()
    }


def attach_by(host, stdin, stdout):
    """Start the command of a session of the host's."""
    return Child(
        [sys.executable, "-P", "-c", host.program, "--attach", KEY, "--allow-root"],
        env={**os.environ, "HOME": str(host.home), "PYTHONPATH": ROOT},
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("pair", [os.pipe, lambda: [end.detach() for end in socket.socketpair()]])
def test_reads_and_writes_of_other_processes_of_a_session_block_as_before(host, pair, is_killed):
    (their_input, ours), (reading, their_output) = pair(), pair()
    process = attach_by(host, their_input, their_output)
    os.write(ours, knock(KEY))
    data = b""
    while find_greeting(data) is None:
        data += os.read(reading, 1000)
    (agent,) = host.agent_pids()
    if is_killed:
        os.kill(agent, signal.SIGKILL)
    assert os.get_blocking(their_input)
    assert os.get_blocking(their_output)
    os.close(ours)
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == b""
    process.stderr.close()
    os.close(their_output)
    assert os.read(reading, 1000) == b""
    for end in (their_input, reading):
        os.close(end)


def test_a_session_whose_input_is_a_file_ends_at_once_and_its_agent_lives(host, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (tmp_path / "file").open() as file:
        process = attach_by(host, file, subprocess.DEVNULL)
        assert process.wait(PATIENCE) == 0
    process.stderr.close()
    answered(Speaker(host), 1)
    assert len(host.agent_pids()) == 1


def test_a_session_ends_when_its_agent_is_killed(host):
    speaker = Speaker(host)
    (agent,) = host.agent_pids()
    os.kill(agent, 9)
    assert speaker.session.process.wait(PATIENCE) == 0
    assert speaker.ended()


def test_sessions_with_a_stopped_agent_end_with_their_drivers_however_many_there_were(host):
    Speaker(host)
    (agent,) = host.agent_pids()
    os.kill(agent, signal.SIGSTOP)
    try:
        host.program = (
            "from sequent.runtime.host_agent import attaching, places; attaching.FAREWELL = places.PATIENCE = 1; "
            + PROGRAM
        )
        processes = [attach_by(host, subprocess.PIPE, subprocess.PIPE) for _ in range(12)]
        for process in processes:
            process.stdin.close()
            process.stdout.close()
        errors = [process.stderr.read().decode() for process in processes]
        assert any("accepts no further session: it may be stopped" in error for error in errors)
        for process in processes:
            process.wait(PATIENCE)
            process.stderr.close()
    finally:
        os.kill(agent, signal.SIGCONT)
    answered(Speaker(host), 1)


def test_root_whom_an_agent_refuses_reads_how_to_let_it(host):
    settings = settings_of(host, command=f"{sys.executable} -P -c '{PROGRAM}'")
    session = open_agent_session(settings, ["--attach", KEY], PATIENCE)
    try:
        assert session.end.recv(1000) == b""
        error = session.trouble()
    finally:
        session.close()
    assert error.code == "host-root"
    assert "--allow-root' of host 'far' in the configuration" in error.hint
