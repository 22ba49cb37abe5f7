"""Ways to the two machines, and what is said over them."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.choice import transport_for
from tests.patience import PATIENCE

SSH_WAYS = ["paramiko", "ssh"]
WAYS = [*SSH_WAYS, "command"]
TIMEOUT = PATIENCE
"""Seconds for a connection that must come about."""


def settings(hosts, name="near", *, way="", config=None, **more):
    """A host as the configuration describes it."""
    if way == "command":
        # Any command that runs another one: here it is this machine itself.
        return HostSettings(name=name, address=(name,), connect=("env", "--"), **more)
    more.setdefault("address", (name,))
    return HostSettings(name=name, connect=way, ssh_config=str(config or hosts.config), **more)


def connected(hosts, command, name="near", **more):
    return transport_for(settings(hosts, name, **more)).connect(command, TIMEOUT)


@contextmanager
def command_on(hosts, command, name="near", **more):
    """A command that runs there."""
    connection = connected(hosts, command, name, **more)
    try:
        connection.end.settimeout(PATIENCE)
        yield connection
    finally:
        connection.close()


def say(connection, data):
    """Say all of it, and no more, from a thread: the other side may have to be read meanwhile."""

    def speak():
        try:
            connection.end.sendall(data)
            connection.end.shutdown(socket.SHUT_WR)
        except OSError:
            # It has ended.
            pass

    threading.Thread(target=speak, daemon=True).start()


def heard(connection):
    """All that is said until its end."""
    pieces = []
    try:
        while piece := connection.end.recv(65536):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def descriptors():
    """What this process has open."""
    return {name: target for name in os.listdir("/proc/self/fd") if (target := _target(name))}


def _target(name):
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return ""


def with_key(config: Path, key: Path) -> Path:
    """The same configuration with another private key."""
    lines = (f"  IdentityFile {key}" if "IdentityFile" in line else line for line in config.read_text().splitlines())
    config.write_text("\n".join(lines) + "\n")
    return config
