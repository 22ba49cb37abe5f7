"""A real kernel, with a store of its own, in which cells are executed one after the other."""

from __future__ import annotations

import asyncio
import os
import queue
import subprocess

import pytest
from attrs import define, field
from jupyter_client.manager import KernelManager
from jupyter_client.utils import run_sync

from tests.patience import PATIENCE


@define
class Cell:
    """What a cell showed."""

    stdout: str = ""
    stderr: str = ""
    shown: dict[str, str] = field(factory=dict[str, str])
    """The value of its last line, by the form in which it is shown."""
    error: str = ""

    def take(self, kind, content):
        if kind == "stream":
            setattr(self, content["name"], getattr(self, content["name"]) + content["text"])
        elif kind == "execute_result":
            self.shown = content["data"]
        elif kind == "error":
            self.error = f"{content['ename']}: {content['evalue']}"


class Kernel:
    """Executes cells."""

    def __init__(self, manager):
        self._manager = manager
        self._client = manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)

    def begin(self, code):
        return self._client.execute(code)

    def end(self, message, says=None):
        """Wait until a cell has ended, or ``says`` something; give what it showed since the last time."""
        cell = Cell()
        while says is None or says not in cell.stdout:
            try:
                told = self._client.get_iopub_msg(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"the cell does not end; so far: {cell}") from None
            if told["parent_header"].get("msg_id") != message:
                continue
            if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
                return cell
            cell.take(told["msg_type"], told["content"])
        return cell

    def run(self, code):
        return self.end(self.begin(code))

    def interrupt(self):
        self._manager.interrupt_kernel()

    def close(self):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture(scope="session", autouse=True)
def event_loop():
    """The loop of all clients in this process, which stays open."""
    run_sync(asyncio.sleep)(0)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    home = tmp_path_factory.mktemp("kernel")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEQUENT_")}
    environment = {**kept, "SEQUENT_STORE": str(home / "s.db"), "HOME": str(home), "PYTHONPATH": os.getcwd()}
    # No port that another process could take.
    manager = KernelManager(transport="ipc", ip=str(home / "kernel"))
    manager.start_kernel(env=environment, cwd=str(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kernel = Kernel(manager)
    try:
        yield kernel
    finally:
        kernel.close()
