"""Whatever a process of the same user says to a serving agent, or to its command: it executes nothing, and goes on.

FUZZ_INPUTS says how many inputs there are (see CONTRIBUTING.md).
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys

import pytest

from sequent.runtime.host_agent.places import open_place, reach
from sequent.runtime.hosts.protocol.greeting import knock
from sequent.runtime.hosts.protocol.messages import Ping, Pong
from tests.faults import evidence
from tests.faults.test_untrusted import COUNT
from tests.patience import PATIENCE
from tests.runtime.hosts.noise import noise
from tests.runtime.hosts.sessions import KEY, PROGRAM, ROOT, StandIn
from tests.runtime.hosts.speaking import Speaker

NEWEST = 10**9
"""An epoch that no noise reaches by chance."""


@pytest.fixture
def host(tmp_path):
    made = StandIn(tmp_path / "far")
    yield made
    made.end()


def said(chance: random.Random) -> bytes:
    """Return what a session says: a knock and noise behind it, or anything else."""
    match chance.randrange(6):
        case 0:
            return chance.randbytes(chance.choice((1, 40, 3_000, 100_000)))
        case 1:
            return knock(KEY)[: chance.randrange(len(knock(KEY)))]
        case 2:
            return knock(chance.choice(("cd" * 16, "../..", "", "AB" * 16)))
        case _:
            return knock(KEY) + noise(chance)


def check_is_sound(host: StandIn, speaker: Speaker, pid: int, number: int) -> None:
    """The agent serves its driver, and has begun nothing."""
    speaker.say(Ping(number))
    speaker.wait(lambda message: message == Pong(number))
    assert host.agent_pids() == [pid]
    assert (host.place / "tokens").read_text() == ""


def test_the_socket_of_an_agent_executes_no_noise(host) -> None:
    speaker = Speaker.attached(host, epoch=NEWEST)
    (pid,) = host.agent_pids()
    place = open_place(str(host.place))
    for seed in range(COUNT):
        chance = random.Random(seed)
        end = reach(place)
        assert end is not None
        with end, contextlib.suppress(OSError):
            end.settimeout(PATIENCE)
            end.sendall(said(chance))
            if chance.random() < 0.5:
                end.shutdown(socket.SHUT_WR)
                while end.recv(65_536):
                    pass
        if seed % 50 == 0:
            check_is_sound(host, speaker, pid, seed)
    os.close(place)
    check_is_sound(host, speaker, pid, COUNT)
    evidence.note(23, inputs=COUNT)


def test_the_command_of_a_session_passes_on_noise_and_ends(host) -> None:
    speaker = Speaker.attached(host, epoch=NEWEST)
    (pid,) = host.agent_pids()
    words = [sys.executable, "-P", "-c", PROGRAM, "--attach", KEY, "--allow-root"]
    environment = {**os.environ, "HOME": str(host.home), "PYTHONPATH": ROOT}
    for seed in range(COUNT // 10):
        ended = subprocess.run(
            words, check=False, env=environment, input=said(random.Random(seed)), capture_output=True, timeout=PATIENCE
        )
        assert b"Traceback" not in ended.stderr
        if seed % 50 == 0:
            check_is_sound(host, speaker, pid, seed)
    check_is_sound(host, speaker, pid, COUNT)
    evidence.note(23, inputs=COUNT // 10)
