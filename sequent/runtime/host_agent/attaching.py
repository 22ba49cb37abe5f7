"""Hands a session over to the agent of a run, and starts the agent if there is none."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
from typing import NoReturn

from sequent.runtime.host_agent.places import is_at, open_place, place_of, reach, starting
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.host_agent.session_pipes import send_pipes
from sequent.runtime.hosts.protocol.greeting import BadGreetingError, read_knock

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from sequent.runtime.host_agent.program import main; main()"
FAREWELL = 20.0
"""The seconds that the agent has to close a session whose driver is gone: it may be stopped."""
READY = "ready"
"""The word of an agent that has become reachable."""


class StartError(Exception):
    """The agent could not be started."""


def attach(key: str, rules: Rules) -> NoReturn:
    """Connect a session with the agent of a run, until either side ends."""
    _join(key, rules, b"")


def attach_as_told(rules: Rules) -> NoReturn:
    """Do the same for the run that the driver itself names; the command of the session is ignored."""
    data = b""
    while True:
        try:
            found = read_knock(data)
        except BadGreetingError as error:
            sys.exit(f"sequent-agent: {error}")
        if found is not None:
            _join(found[0], rules, data)
        more = os.read(0, 1024)
        if not more:
            sys.exit(0)
        data += more


def _join(key: str, rules: Rules, first: bytes) -> NoReturn:
    reason = rules.refusal_of_user()
    if reason:
        sys.exit(f"sequent-agent: {reason}")
    try:
        end = _reach_or_start(place_of(key, rules.mark), key, rules)
    except (OSError, StartError) as error:
        sys.exit(f"sequent-agent: it cannot be started: {error}")
    # From now on the agent talks to the driver itself; this process only keeps the session.
    with contextlib.suppress(OSError):
        send_pipes(end, first)
        _await_end(end)
    sys.exit(0)


def _await_end(end: socket.socket) -> None:
    """Wait until the agent closes the session, or until the driver is gone and the agent does not notice."""
    poll = select.poll()
    # It says nothing on this.
    poll.register(end, select.POLLIN)
    # An error or the end is reported in any case.
    poll.register(1, 0)
    if end.fileno() not in dict(poll.poll()):
        poll.unregister(1)
        poll.poll(1000 * FAREWELL)


def _reach_or_start(path: str, key: str, rules: Rules) -> socket.socket:
    while True:
        place = open_place(path)
        try:
            if (end := reach(place)) is not None:
                return end
            # Whoever starts an agent holds the lock until it can be reached.
            with starting(place, waits=True):
                if is_at(place, path):
                    end = reach(place)
                    return _start(key, rules, place) if end is None else end
        except FileNotFoundError:
            # The directory was removed meanwhile, as where it is no longer at its path.
            continue
        finally:
            os.close(place)


def _start(key: str, rules: Rules, place: int) -> socket.socket:
    """Start an agent that shares no descriptor with the session, and return a connection to it.

    Raises:
        StartError: the agent has ended; the error has its message.
    """
    heard, said = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _become_agent(key, rules, place, said)
        finally:
            os._exit(70)
    os.close(said)
    os.waitpid(pid, 0)
    with open(heard, encoding="utf-8", errors="replace") as answers:
        answer = answers.read(4_096)
    if answer != READY:
        raise StartError(answer.strip() or "it ended at once")
    end = reach(place)
    if end is None:
        raise StartError("it ended at once")
    return end


def _become_agent(key: str, rules: Rules, place: int, said: int) -> None:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    log = os.open("agent.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600, dir_fd=place)
    for descriptor, ours in ((0, nothing), (1, log), (2, log), (3, said)):
        os.dup2(ours, descriptor)
        os.set_inheritable(descriptor, True)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    os.chdir(os.path.expanduser("~"))
    # Its text is the driver's choice, and no step needs it.
    os.environ.pop("SSH_ORIGINAL_COMMAND", None)
    words = [sys.executable, "-P", "-c", _START, _ROOT, "--serve", key, *rules.words]
    os.execv(sys.executable, words)  # noqa: S606 - it is this very program
