"""Starts and ends the workers of one run, and sees to it that nothing of them is left."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, cast

from sequent.runtime import trees
from sequent.runtime.packets import Channel, Message, pair

GONE_GRACE = 2.0
"""Seconds between TERM and KILL once the driver is gone."""
_LOCK_WAIT = 15.0
_RETRY = 0.02

RunWorker = Callable[[dict[str, Any], socket.socket], None]
"""What a worker does with the setup and its end, until nobody wants it any more."""


class Agent:
    """The loop of the agent.

    It has one thread, so that it may fork workers at any time, and so that the kernel ends them with it.
    It adopts what the workers leave behind, so nothing that they started can get away from it.
    """

    def __init__(self, control: socket.socket, run_worker: RunWorker, prepare: Callable[[], None]) -> None:
        self._channel = Channel(control)
        self._prepare = prepare
        self._run_worker = run_worker
        self._setup: dict[str, Any] = {}
        self._workers: dict[int, int] = {}
        """The number of each worker that lives, by pid."""
        self._segments: dict[int, str] = {}
        self._kill_at: dict[int, float] = {}
        """When each worker that is being ended gets no more grace, by pid."""
        self._orphans_until = 0.0
        """What ended workers left behind has grace until then."""
        self._is_closing = False
        self._is_set_up = False
        self._next_segment = 1

    def serve(self) -> None:
        """Serve the driver until it is gone or says so, and end only when the whole tree has."""
        woken, wake = socket.socketpair()
        woken.setblocking(False)
        wake.setblocking(False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        trees.adopt_orphans()
        selector = selectors.DefaultSelector()
        selector.register(self._channel.end, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        _forget_streams()
        self._say(["ready", os.getpid()])
        self._prepare()
        while not (self._is_closing and not self._tree_remains()):
            for key, _ in selector.select(self._seconds_left()):
                if key.fileobj is woken:
                    with contextlib.suppress(BlockingIOError):
                        woken.recv(4096)
                else:
                    self._listen(selector)
            self._reap()
            self._enforce()

    def _listen(self, selector: selectors.BaseSelector) -> None:
        try:
            message = self._channel.receive()
        except ConnectionError:
            message = None
        if message is None:
            selector.unregister(self._channel.end)
            self._close()
            return
        match message:
            case ["setup", dict() as setup]:
                self._set_up(cast("dict[str, Any]", setup))
            case ["spawn", int() as number] if self._is_set_up:
                self._spawn(number)
            case ["end", list() as numbers, int() | float() as grace]:
                self._end(cast("list[int]", numbers), grace)
            case ["close"]:
                self._close()
            case _:
                pass

    def _say(self, message: Message) -> None:
        # The driver may be gone: then the end of its messages tells so next.
        with contextlib.suppress(OSError):
            self._channel.send(message)

    # -- setting up

    def _set_up(self, setup: dict[str, Any]) -> None:
        self._setup = setup
        directory = str(setup["directory"])
        os.makedirs(os.path.join(directory, "logs"), mode=0o700, exist_ok=True)
        lock = os.open(
            os.path.join(directory, "agent.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        if not _locked_within(lock, _LOCK_WAIT):
            self._say(["refused", "processes of an earlier recovery of this run are still being ended"])
            return
        trees.end_recorded(os.path.join(directory, "workers"), str(setup["run_id"]))
        self._record(os.getpid(), os.O_TRUNC)
        taken = [int(name[1:-4]) for name in os.listdir(os.path.join(directory, "logs")) if _is_segment(name)]
        self._next_segment = max(taken, default=0) + 1
        self._is_set_up = True
        self._say(["set up"])

    def _record(self, pid: int, flags: int) -> None:
        process = trees.process_at(pid)
        if process is None:
            return
        line = json.dumps({"pid": pid, "started": process.started, "boot": trees.boot_id()}) + "\n"
        path = os.path.join(str(self._setup["directory"]), "workers")
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o600)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    # -- workers

    def _spawn(self, number: int) -> None:
        """Fork a worker; its first act is to wait until it has been recorded."""
        segment, log = self._open_segment()
        ours, theirs = pair()
        gate = os.pipe()
        agent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_worker(theirs, segment, log, gate, agent)
        os.close(gate[0])
        os.close(log)
        self._workers[pid] = number
        self._segments[pid] = segment
        self._record(pid, 0)
        os.close(gate[1])
        with contextlib.suppress(OSError):
            self._channel.send_with(["worker", number, os.path.basename(segment)], [ours.fileno(), theirs.fileno()])
        ours.close()
        theirs.close()

    def _become_worker(
        self, end: socket.socket, segment: str, log: int, gate: tuple[int, int], agent: int
    ) -> NoReturn:
        waits, opens = gate
        status = 70
        try:
            os.setsid()
            trees.die_with_parent(agent)
            signal.set_wakeup_fd(-1)
            for known in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
                signal.signal(known, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            trees.adopt_orphans()
            self._channel.end.close()
            os.close(opens)
            os.read(waits, 1)
            os.close(waits)
            _redirect(log)
            self._run_worker({**self._setup, "segment": os.path.basename(segment)}, end)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def _open_segment(self) -> tuple[str, int]:
        while True:
            path = os.path.join(str(self._setup["directory"]), "logs", f"w{self._next_segment}.log")
            self._next_segment += 1
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            with contextlib.suppress(FileExistsError):
                return path, os.open(path, flags, 0o600)

    # -- ends

    def _end(self, numbers: list[int], grace: float) -> None:
        ended = [pid for pid, number in self._workers.items() if number in numbers]
        deadline = time.monotonic() + grace
        for pid in ended:
            self._kill_at[pid] = min(deadline, self._kill_at.get(pid, deadline))
        self._orphans_until = deadline if grace == 0 else max(deadline, self._orphans_until)
        if grace > 0:
            self._signal_trees(ended, signal.SIGTERM)

    def _close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._end(list(self._workers.values()), GONE_GRACE)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self._workers.pop(pid, None)
            if number is None:
                continue
            self._kill_at.pop(pid, None)
            _remove_if_empty(self._segments.pop(pid))
            code = os.waitstatus_to_exitcode(status)
            self._say(["ended", number, code])

    def _enforce(self) -> None:
        """Kill what has had its grace, and what dead workers have left behind."""
        now = time.monotonic()
        due = [pid for pid, deadline in self._kill_at.items() if deadline <= now]
        if due:
            self._signal_trees(due, signal.SIGKILL)
        if self._orphans_until <= now:
            mine = os.getpid()
            orphans = [child.pid for child in trees.children_of(mine) if child.pid not in self._workers]
            self._signal_trees(orphans, signal.SIGKILL)

    def _signal_trees(self, roots: list[int], number: int) -> None:
        if not roots:
            return
        for process in [*filter(None, map(trees.process_at, roots)), *trees.descendants(roots)]:
            if not process.is_zombie:
                trees.send_signal(process, number)

    def _tree_remains(self) -> bool:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return True

    def _seconds_left(self) -> float | None:
        deadlines = [*self._kill_at.values()]
        if self._has_orphans():
            deadlines.append(self._orphans_until)
        if not deadlines:
            return None
        # A little longer than nothing: what was killed takes a moment to go, and may have been forking.
        return max(_RETRY, min(deadlines) - time.monotonic())

    def _has_orphans(self) -> bool:
        if not self._tree_remains():
            return False
        return any(child.pid not in self._workers for child in trees.children_of(os.getpid()))


def _is_segment(name: str) -> bool:
    return name.startswith("w") and name.endswith(".log") and name[1:-4].isdigit()


def _locked_within(file: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            if time.monotonic() > deadline:
                return False
            time.sleep(_RETRY)
        else:
            return True


def _forget_streams() -> None:
    """Let nobody wait for the agent who waits for the end of what the driver writes."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def _redirect(log: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(nothing)


def _remove_if_empty(path: str) -> None:
    with contextlib.suppress(OSError):
        if os.stat(path, follow_symlinks=False).st_size == 0:
            os.unlink(path)


def run(control: socket.socket, run_worker: RunWorker, prepare: Callable[[], None] = lambda: None) -> NoReturn:
    """Be the agent, and never return.

    Args:
        control: the agent's end of the pair that the driver has the other end of.
        run_worker: what each worker does.
        prepare: called once, before anything is forked: what it imports, no worker needs to.
    """
    try:
        Agent(control, run_worker, prepare).serve()
    except BaseException:
        text = traceback.format_exc()
        with contextlib.suppress(OSError):
            Channel(control).send(["crashed", text[-20_000:]])
        os._exit(1)
    os._exit(0)


def _run_loaded(setup: dict[str, Any], end: socket.socket) -> None:
    """Run a worker that loads the flow itself."""
    from sequent.runtime import worker

    worker.run(setup, end, None)


def _import_worker() -> None:
    from sequent.runtime import worker

    del worker


def main() -> None:
    """Serve the driver whose socket's descriptor is the first argument."""
    run(socket.socket(fileno=int(sys.argv[1])), _run_loaded, _import_worker)


if __name__ == "__main__":
    main()
