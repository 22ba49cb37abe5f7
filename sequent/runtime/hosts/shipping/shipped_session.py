"""A session with an agent that comes along: first its files are sent, where they are not there already."""

from __future__ import annotations

import inspect
import json
import shlex
import socket
import time

from sequent.errors import HostError, HostStage
from sequent.runtime.hosts.protocol.greeting import quoted
from sequent.runtime.hosts.shipping import bootstrap
from sequent.runtime.hosts.shipping.bundle import COMPILED, Bundle
from sequent.runtime.hosts.transports.port import Connection

_MOST_NOISE = 64 * 1024
_PATIENCE = 120.0
"""Seconds for all of it to be sent and unpacked."""


def shipping_command(python: str) -> str:
    """Return the command that takes in the program: one line of its input, whatever else a profile does."""
    return f"{shlex.quote(python or 'python3')} -c 'exec(open(0,\"rb\",0,closefd=False).readline())'"


def ship(connection: Connection, bundle: Bundle, words: list[str], host: str) -> None:
    """Send the bundle, if the host does not have it; the session's command is the agent then.

    Args:
        connection: a session with ``shipping_command``.
        bundle: what is sent.
        words: what the agent is started with.
        host: the name of the host.

    Raises:
        HostError: its Python cannot use it, or it does not answer.
    """
    told = {
        "digest": bundle.digest,
        "size": len(bundle.data),
        "soabi": bundle.soabi,
        "compiled": COMPILED,
        "words": words,
    }
    program = f"exec({inspect.getsource(bootstrap) + 'main()'!r})"
    end = connection.end
    end.settimeout(_PATIENCE)
    try:
        end.sendall(f"{program}\n{json.dumps(told)}\n".encode())
        answer = _answer(connection, host)
        if answer == bootstrap.SEND:
            end.sendall(bundle.data)
        elif answer != bootstrap.HAVE:
            raise _trouble(connection, answer)
    except TimeoutError:
        message = f"no answer to what was sent within {_PATIENCE:.0f} seconds"
        raise HostError(message, host=host, stage=HostStage.PYTHON) from None
    except OSError:
        raise _trouble(connection, b"") from None


def _answer(connection: Connection, host: str) -> bytes:
    """What the program has said, behind whatever a profile has written."""
    data = b""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        # What follows is of the agent, and not for us.
        seen = connection.end.recv(4096, socket.MSG_PEEK)
        if not seen:
            raise _trouble(connection, data)
        noise, found, rest = (data + seen).partition(bootstrap.WORD)
        answer, is_whole, behind = rest.partition(b"\n")
        data += connection.end.recv(len(seen) - len(behind))
        if found and is_whole:
            return answer + is_whole
        if len(noise) > _MOST_NOISE:
            message = f"unexpected output before the handshake: {quoted(noise)}"
            raise HostError(message, host=host, stage=HostStage.COMMAND)
    raise TimeoutError


def _trouble(connection: Connection, said: bytes) -> HostError:
    error = connection.trouble(said)
    connection.close()
    return error
