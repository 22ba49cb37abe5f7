"""A connection that is made once nobody wants it any more."""

from __future__ import annotations

import socket
from collections.abc import Callable
from selectors import DefaultSelector

from sequent.model.run_target import Target
from sequent.runtime.executors.remote.remote_executor import RemoteExecutor
from sequent.runtime.executors.remote.remote_run import RemoteRun
from sequent.runtime.hosts.protocol.messages import HostSetup
from sequent.runtime.orders import WorkerSetup


class Session:
    """A session that notes whether it was closed."""

    door = "far"

    def __init__(self) -> None:
        self.end, self.other = socket.socketpair()
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True
        self.end.close()
        self.other.close()


def test_a_connection_that_comes_after_the_driver_has_left_is_closed(tmp_path) -> None:
    session, connecting = Session(), []

    def in_background(act: Callable[[], None], name: str) -> None:
        connecting.append(act)

    workers = WorkerSetup(run_id="r", directory="", target=Target(flow="flow"))
    run = RemoteRun(
        host="far",
        key="0123456789abcdef",
        epoch=1,
        directory=str(tmp_path),
        setup=HostSetup(workers=workers, host="far"),
        connect=lambda *_: session,
        in_background=in_background,
    )
    with DefaultSelector() as selector:
        executor = RemoteExecutor(run)
        executor.open(selector)
        executor.close()
        for act in connecting:
            act()
    assert session.is_closed
