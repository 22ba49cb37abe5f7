"""Ports for servers that tests start, stop and start again."""

from __future__ import annotations

import random
import socket

_FIRST, _LAST = 10_000, 32_000
"""Below those that the kernel gives to clients: no connection of another test takes one while its server is away."""


def free_port(address: str = "127.0.0.1") -> int:
    """Find a port on which nobody listens."""
    while True:
        port = random.SystemRandom().randint(_FIRST, _LAST)
        with socket.socket() as tried:
            try:
                tried.bind((address, port))
            except OSError:
                continue
            return port
