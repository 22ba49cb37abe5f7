"""A way to a server that loses answers: TCP on 127.0.0.1, passed on until a test says otherwise."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from selectors import EVENT_READ, DefaultSelector

SIZE = 1 << 16


class Proxy:
    """Passes connections on to a port.

    Once ``loses`` is set, the next message of a client that contains it is passed on, and the server's answer is
    not: the client's connection is closed as soon as the server has answered.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.loses = b""
        self.loses_at = 0
        """Counts down with each message of a client; the answer to the one that brings it to 0 is lost."""
        self.lost = 0
        """The number of answers that were lost."""
        self.refuses = False
        """Whether new connections are closed at once."""
        self.pools = False
        """Whether clients are told of another backend than theirs, as a pooler does."""
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.refuses:
                    client.close()
                else:
                    threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server, DefaultSelector() as selector:
            selector.register(client, EVENT_READ, server)
            selector.register(server, EVENT_READ, client)
            loses = False
            with contextlib.suppress(OSError):
                while True:
                    for key, _ in selector.select():
                        data = key.fileobj.recv(SIZE)  # type: ignore[union-attr]
                        if not data or (loses and key.fileobj is server):
                            self.lost += loses
                            return
                        if key.fileobj is client and self._is_lost(data):
                            loses = True
                        key.data.sendall(_of_another(data) if self.pools else data)

    def _is_lost(self, data: bytes) -> bool:
        if self.loses_at:
            self.loses_at -= 1
            return not self.loses_at
        if not self.loses or self.loses not in data:
            return False
        self.loses = b""
        return True

    def close(self) -> None:
        """Listen no more: first, lest the thread goes on with another socket that gets the number of this one."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()


_BACKEND = b"K\0\0\0\x0c"
"""The head of the message with the number of the backend, which is the next four bytes."""


def _of_another(data: bytes) -> bytes:
    place = data.find(_BACKEND) + len(_BACKEND)
    return data if place < len(_BACKEND) else data[:place] + b"\0\0\0\x01" + data[place + 4 :]


@contextmanager
def proxy(port: int) -> Generator[Proxy]:
    """A proxy to that port."""
    made = Proxy(port)
    try:
        yield made
    finally:
        made.close()
