"""Opens a session with an agent that is sent along: first its files, if the host does not have them."""

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
from sequent.runtime.hosts.transports.transport import Connection

_MOST_NOISE = 64 * 1024
_PATIENCE = 120.0
"""The seconds to send and unpack everything."""


def shipping_command(python: str) -> str:
    """Return the command that reads the program from one line of its input, also behind a profile that prints."""
    return f"{shlex.quote(python or 'python3')} -c 'exec(open(0,\"rb\",0,closefd=False).readline())'"


def ship(connection: Connection, bundle: Bundle, words: list[str], host: str) -> None:
    """Send the bundle, if the host does not have it; the session's command then becomes the agent.

    Args:
        connection: a session with ``shipping_command``.
        bundle: the archive.
        words: the arguments of the agent.
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
            raise connection.trouble(answer)
    except TimeoutError:
        message = f"no answer to the program that was sent within {_PATIENCE:.0f} seconds"
        raise HostError(message, host=host, stage=HostStage.PYTHON) from None
    except OSError:
        raise connection.trouble() from None


def _answer(connection: Connection, host: str) -> bytes:
    """Return the program's answer, after any output of a profile."""
    data = b""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        # The following bytes are the agent's.
        seen = connection.end.recv(4096, socket.MSG_PEEK)
        if not seen:
            raise connection.trouble(data)
        noise, found, rest = (data + seen).partition(bootstrap.WORD)
        answer, is_whole, behind = rest.partition(b"\n")
        data += connection.end.recv(len(seen) - len(behind))
        if found and is_whole:
            return answer + is_whole
        if len(noise) > _MOST_NOISE:
            message = f"unexpected output before the handshake: {quoted(noise)}"
            raise HostError(message, host=host, stage=HostStage.COMMAND)
    raise TimeoutError
