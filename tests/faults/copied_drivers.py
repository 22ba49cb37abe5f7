"""Drivers that are copies of a process which has loaded all that they need, so that a small run takes no time to begin.

The process is started with the shim before the C library. Its copies run or recover a flow by ``run()``, as a script
does, so that their agents and workers are copies, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults import ledger
from tests.patience import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
BROKEN = 70
"""The exit code of a driver that ends with an error that Sequent does not mean."""


class CopiedDriver:
    """One of them."""

    def __init__(self, pid: int, output: Path, code: Path) -> None:
        self._output, self._code = output, code
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = -1

    def has_ended(self, seconds: float = 0) -> bool:
        """Wait for its end, at most so long; give whether it has come."""
        return self._handle < 0 or bool(select.select([self._handle], [], [], seconds)[0])

    def wait(self) -> tuple[int, str]:
        """Wait for its end; give its exit code, negative for a signal, and what it wrote."""
        assert self.has_ended(PATIENCE), f"it does not end: {self._output.read_text()}"
        if self._handle >= 0:
            os.close(self._handle)
        wait_until(self._code.exists)
        return int(self._code.read_text()), self._output.read_text("utf-8", "replace")

    def kill(self) -> None:
        """Kill -9."""
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)


class CopiedDrivers:
    """The process of which they are copies; it ends with the block."""

    def __init__(self, library: Path) -> None:
        self.library = library
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.copied_drivers"],
            cwd=ROOT,
            env={**os.environ, "LD_PRELOAD": str(library)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Its end is that of its input.
        self._process.communicate(timeout=PATIENCE)

    def start(
        self, store: str, path: Path, flow: str, environment: dict[str, str], *, recovers: bool = False
    ) -> CopiedDriver:
        """Start a run of a flow, or the recovery of one.

        Args:
            store: its store.
            path: of the ledger; what the driver writes stands beside it.
            flow: its module and name.
            environment: of a shim, or more.
            recovers: whether the latest run is recovered.
        """
        self._count += 1
        output, code = (path.with_name(f"{name}-{self._count}") for name in ("output", "code"))
        # A driver that is killed at once makes none.
        output.touch()
        environment = {**environment, ledger.LEDGER: str(path)}
        order = {"store": store, "flow": flow, "environment": environment, "recovers": recovers}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**order, "output": str(output), "code": str(code)}) + "\n")
        self._process.stdin.flush()
        return CopiedDriver(int(self._process.stdout.readline()), output, code)


def serve() -> None:
    """Make a copy for each line that is read; a second one waits for its end and writes its code down."""
    for line in sys.stdin:
        order = json.loads(line)
        read, written = os.pipe()
        if (waiting := os.fork()) == 0:
            os.setsid()
            if (child := os.fork()) == 0:
                os._exit(drive(order))
            os.write(written, str(child).encode())
            os.close(written)
            status = os.waitpid(child, 0)[1]
            code = Path(order["code"])
            new = code.with_name(code.name + ".new")
            new.write_text(str(os.waitstatus_to_exitcode(status)))
            new.rename(code)
            os._exit(0)
        os.close(written)
        print(os.read(read, 20).decode(), flush=True)
        os.close(read)
        started.add(waiting)
        started.difference_update([pid for pid in started if os.waitpid(pid, os.WNOHANG)[0]])


started: set[int] = set()


def drive(order: dict[str, Any]) -> int:
    """Be a driver; give the exit code."""
    file = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for descriptor, to in ((null, 0), (file, 1), (file, 2)):
        os.dup2(descriptor, to)
    os.environ.update(order["environment"])
    if "FAULT_SHIM" in order["environment"]:
        ctypes.CDLL(None).shim_begin(os.fsencode(order["environment"]["FAULT_SHIM"]))
    return run(order["store"], order["flow"], recovers=order["recovers"])


def run(store: str, name: str, *, recovers: bool) -> int:
    """Run or recover a flow that only this process has, as far as Sequent can tell."""
    from sequent import RUN_RECOVER
    from sequent.errors import SequentError

    module_name, _, attribute = name.partition(":")
    module = importlib.import_module(module_name)
    flow = getattr(module, attribute)
    delattr(module, attribute)
    try:
        outcome = flow().run(store=store, **({"run_mode": RUN_RECOVER} if recovers else {}))
    except SequentError as error:
        print(f"error: {type(error).__name__}: {error}", flush=True)
        return 4
    except BaseException:  # noqa: BLE001 - whatever it is, the test is told
        traceback.print_exc()
        return BROKEN
    print(outcome, flush=True)
    return 0 if outcome.status.value == "success" else 1


def load_all() -> None:
    """Import what a run imports: see in a copy what that is."""
    from tempfile import TemporaryDirectory

    read, written = os.pipe()
    if (child := os.fork()) == 0:
        with TemporaryDirectory() as place:
            os.environ[ledger.LEDGER] = f"{place}/ledger"
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            for recovers in (False, True):
                run(
                    f"{place}/s.db",
                    ("tests.faults.swept_flows:few", "tests.faults.swept_flows:drawn")[recovers],
                    recovers=False,
                )
            with os.fdopen(written, "w") as file:
                file.write(" ".join(sys.modules))
        os._exit(0)
    os.close(written)
    with os.fdopen(read) as file:
        names = file.read().split()
    os.waitpid(child, 0)
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


if __name__ == "__main__":
    load_all()
    gc.collect()
    gc.freeze()
    serve()
