"""Defines the command ``sequent-agent``, which drivers start on other hosts."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import sys

from sequent.errors import StoreError
from sequent.runtime.host_agent.attaching import READY, attach, attach_as_told
from sequent.runtime.host_agent.places import LOCK_OF_AGENT, open_place, place_of
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.hosts.protocol.greeting import is_key

_SAID = 3
"""The descriptor on which a new agent reports that it is reachable, or why not."""


def main() -> None:
    """Join a session to an agent, or run as one, as the arguments say."""
    parser = argparse.ArgumentParser(
        prog="sequent-agent", description="Execute steps of flows that are driven elsewhere; a driver starts this."
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--attach", metavar="KEY", help="join this session to the agent of a run")
    action.add_argument("--stdio", action="store_true", help="the same, for a line of authorized_keys")
    action.add_argument("--serve", metavar="KEY", help=argparse.SUPPRESS)
    action.add_argument("--list", action="store_true", help="list the runs with files here")
    action.add_argument(
        "--remove", metavar="KEY", action="append", help="remove the files of a run here, and end its agent"
    )
    Rules.add_to(parser)
    options = parser.parse_args()
    rules = Rules.of(options)
    key = options.serve if options.attach is None else options.attach
    if key is not None and not is_key(key):
        parser.error(f"{key!r} is not a key: 16 to 64 hexadecimal digits")
    if options.list or options.remove:
        # Most sessions only join an agent.
        from sequent.runtime.host_agent.inventory import list_agents, remove_agents

        sys.stdout.buffer.write(remove_agents(options.remove) if options.remove else list_agents())
        return
    if options.stdio:
        attach_as_told(rules)
    if options.attach:
        attach(options.attach, rules)
    serve(options.serve, rules)


def serve(key: str, rules: Rules) -> None:
    """Run as the agent of a run."""
    # Most sessions only join an agent.
    from sequent.runtime.host_agent.serving import HostAgent
    from sequent.runtime.store.directories import check_directory

    path = place_of(key, rules.mark)
    place = open_place(path)
    lock = os.open(LOCK_OF_AGENT, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=place)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        check_directory(os.path.realpath(path), "the files of runs")
        agent = HostAgent(key, path, place, rules)
    except BlockingIOError:
        _answer("another agent is ending; try again")
        sys.exit(1)
    except StoreError as error:
        _answer(error.advice)
        sys.exit(1)
    except OSError as error:
        _answer(f"{path}: {error.strerror}")
        raise
    _answer(READY)
    agent.serve()


def _answer(text: str) -> None:
    # The process that started the agent may be gone.
    with contextlib.suppress(OSError):
        os.write(_SAID, text.encode())
        os.close(_SAID)
