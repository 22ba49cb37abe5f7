"""Starts and ends the workers of one run, and leaves none of their processes behind."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import selectors
import socket
import sys
import time
import traceback
from collections.abc import Callable, Collection
from typing import NoReturn

from msgspec.msgpack import Decoder

from sequent.errors import BusyError, NotDataError
from sequent.model.record_text import read_record
from sequent.runtime.agent.ended_children import ChildWatch, next_ended
from sequent.runtime.agent.run_directory import RunDirectory, remove_if_empty
from sequent.runtime.agent.timeouts import HARMED, TIMED_OUT, WorkerLimit, exceeded, new_word, soonest
from sequent.runtime.agent.worker_endings import GRACE, WorkerEndings
from sequent.runtime.disk_room import is_scarce
from sequent.runtime.logs.trimming import Trimming
from sequent.runtime.messages import message_types as messages
from sequent.runtime.messages.packets import BadMessageError, Channel, pair, send
from sequent.runtime.orders import Message, WorkerSetup
from sequent.runtime.processes import process_trees
from sequent.runtime.processes.standard_streams import leave_streams

_LOCK_WAIT = 15.0
_LONGEST_SLEEP = 3600.0
"""Seconds until the agent looks again at the latest: the kernel refuses to sleep for a month."""
_ORDERS: Decoder[messages.ToAgent] = Decoder(messages.ToAgent)

RunWorker = Callable[[WorkerSetup, str, WorkerLimit, socket.socket], None]
"""Runs a worker with the setup, its segment's name, its limit and its end, until it is no longer needed."""


class Agent:
    """The loop of the agent.

    It has one thread, so that it may fork workers at any time, and that the kernel ends them with it.
    It adopts the orphans of its workers, so no process that they started can escape.
    """

    def __init__(self, control: socket.socket, run_worker: RunWorker, prepare: Callable[[], None]) -> None:
        self._channel = Channel(control, _ORDERS)
        self._run_worker = run_worker
        self._prepare = prepare
        self._setup: WorkerSetup | None = None
        self._directory: RunDirectory | None = None
        self._is_set_up = False
        self._workers: dict[int, int] = {}
        """The number of each living worker, by pid."""
        self._segments: dict[int, str] = {}
        """The segment of each living worker, by pid."""
        self._trimming: Trimming | None = None
        self._endings = WorkerEndings(self._workers.keys(), self._say)
        self._limits: dict[int, WorkerLimit] = {}
        """The time limit of each living worker's attempt, by pid."""
        self._causes: dict[int, str] = {}
        """Why the agent itself ends a worker, by pid."""
        self._is_closing = False
        self._selector = selectors.DefaultSelector()
        self._children = ChildWatch()

    def serve(self) -> None:
        """Serve the driver until it is gone or says so, and end only when the whole tree has."""
        process_trees.adopt_orphans()
        self._selector.register(self._channel.end, selectors.EVENT_READ, self._listen)
        self._selector.register(self._children, selectors.EVENT_READ, self._children.clear)
        leave_streams()
        self._prepare()
        while not (self._is_closing and not process_trees.has_children()):
            for key, _ in self._selector.select(self._seconds_left()):
                key.data()
            self._reap()
            self._enforce()

    def _listen(self) -> None:
        try:
            message = self._channel.receive()
        except (ConnectionError, BadMessageError):
            message = None
        if message is None:
            self._leave_driver()
            return
        try:
            self._obey(message)
        except (NotDataError, ValueError):
            # A driver sends no such order, so no further one can be trusted.
            self._leave_driver()
        except OSError as error:
            # There is no room for a file, a process or a descriptor.
            number = message.number if isinstance(message, messages.SpawnWorker) else 0
            self._say(messages.NoRoom(error.strerror or str(error), number, is_scarce(error)))

    def _leave_driver(self) -> None:
        self._selector.unregister(self._channel.end)
        self._close()

    def _obey(self, message: messages.ToAgent) -> None:
        match message:
            case messages.SetUpAgent(text):
                setup = read_record(WorkerSetup, text, "a setup")
                if self._is_set_up:
                    # For workers that are started from now on; the run and its directory are the same.
                    self._setup = setup
                else:
                    self._set_up(setup)
            case messages.SpawnWorker(number) if not self._is_closing:
                self._spawn(number)
            case messages.EndWorkers(numbers, grace):
                self._end(numbers, grace)
            case messages.CloseAgent():
                self._close()
            case _:
                pass

    def _say(self, message: Message) -> None:
        # The driver may be gone; reading from it will show that next.
        with contextlib.suppress(OSError):
            self._channel.send(message)

    def _set_up(self, setup: WorkerSetup) -> None:
        self._setup = setup
        if self._directory is None:
            self._directory = RunDirectory(setup.directory)
        directory = self._directory
        if not directory.take(_LOCK_WAIT):
            self._say(messages.AgentRefused("processes of an earlier recovery of this run are still being ended"))
            return
        try:
            directory.begin(is_new=setup.is_new)
        except BusyError as error:
            self._say(messages.AgentRefused(error.message))
            return
        self._is_set_up = True
        # If the kernel has no more watches, logs are cut only once their attempts end.
        with contextlib.suppress(OSError):
            self._trimming = Trimming(directory.logs, self._segments.values)
            self._selector.register(self._trimming, selectors.EVENT_READ, self._trimming.wake)
        self._say(messages.AgentSetUp())

    # -- workers

    def _spawn(self, number: int) -> None:
        """Fork a worker, which begins once it has been recorded, and ends otherwise.

        Raises:
            OSError: there is no room for it; no part of it is left.
        """
        directory, setup = self._directory, self._setup
        if directory is None or setup is None or not self._is_set_up:
            return
        with contextlib.ExitStack() as ends:
            segment, log = directory.open_segment()
            ends.callback(os.close, log)
            try:
                ours, theirs = map(ends.enter_context, pair())
                gate = os.pipe()
                limit = WorkerLimit.make(new_word())
                undo = ends.enter_context(contextlib.ExitStack())
                undo.callback(limit.close)
                for end in gate:
                    ends.callback(os.close, end)
                agent = os.getpid()
                pid = os.fork()
                if pid == 0:
                    # Otherwise it would never see that the other end is closed.
                    ours.close()
                    run = functools.partial(self._run_worker, setup, os.path.basename(segment), limit, theirs)
                    self._become_worker(run, log, gate, agent, limit)
                directory.record(pid)
            except OSError:
                remove_if_empty(segment)
                raise
            self._workers[pid] = number
            self._segments[pid] = segment
            undo.pop_all()
            self._limits[pid] = limit
            self._selector.register(limit.heard, selectors.EVENT_READ, functools.partial(self._hear, pid, limit))
            os.write(gate[1], b"!")
            # The driver may be gone, as at any message.
            with contextlib.suppress(ConnectionError):
                started = messages.WorkerStarted(number, os.path.basename(segment), limit.word.decode())
                self._channel.send_with(started, [ours.fileno(), theirs.fileno()])

    def _become_worker(
        self, run: Callable[[], None], log: int, gate: tuple[int, int], agent: int, limit: WorkerLimit
    ) -> NoReturn:
        status = 70
        try:
            os.setsid()
            process_trees.die_with_parent(agent)
            process_trees.adopt_orphans()
            self._children.close_in_child()
            os.close(gate[1])
            if not os.read(gate[0], 1):
                os._exit(status)
            os.close(gate[0])
            limit.heard.close()
            self._close_own()
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.close(log)
            run()
            status = 0
        except BaseException:  # noqa: BLE001 - a worker must end here in any case: the code that follows is the agent's
            traceback.print_exc()
        finally:
            os._exit(status)

    def _close_own(self) -> None:
        """Close the agent's own descriptors: a step that tries each descriptor of its process must not reach them."""
        self._channel.end.close()
        self._selector.close()
        for limit in self._limits.values():
            limit.close()
        if self._trimming is not None:
            self._trimming.close()

    # -- ends

    def _hear(self, pid: int, limit: WorkerLimit) -> None:
        limit.hear()
        if limit.is_harmed:
            self._forget_limit(pid)
            self._causes[pid] = HARMED
            self._endings.begin([pid], 0)

    def _forget_limit(self, pid: int) -> None:
        limit = self._limits.pop(pid, None)
        if limit is not None:
            self._selector.unregister(limit.heard)
            limit.close()

    def _end(self, numbers: Collection[int], grace: float) -> None:
        pids = [pid for pid, number in self._workers.items() if number in numbers]
        for pid in pids:
            if pid in self._limits:
                self._limits[pid].order_end()
        self._endings.begin(pids, grace)

    def _close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._end(list(self._workers.values()), GRACE)

    def _reap(self) -> None:
        said: dict[int, messages.WorkerEnded] = {}
        while (ended := next_ended()) is not None:
            pid, status = ended
            number = self._workers.pop(pid, None)
            if number is None:
                continue
            self._forget_limit(pid)
            remove_if_empty(self._segments.pop(pid))
            said[pid] = messages.WorkerEnded(number, os.waitstatus_to_exitcode(status), self._causes.pop(pid, ""))
        if said:
            self._endings.ended(said)

    def _enforce(self) -> None:
        """End workers whose attempts take too long, and kill processes whose grace is over."""
        late = exceeded(self._limits)
        if late:
            self._causes.update(dict.fromkeys(late, TIMED_OUT))
            self._endings.begin(late, GRACE)
        self._endings.enforce()

    def _seconds_left(self) -> float | None:
        limit = soonest(self._limits)
        until = None if limit is None else max(0.0, limit - time.monotonic())
        left = [seconds for seconds in (self._endings.seconds_left(), until) if seconds is not None]
        return min(*left, _LONGEST_SLEEP) if left else None


def run(control: socket.socket, run_worker: RunWorker, prepare: Callable[[], None] = lambda: None) -> NoReturn:
    """Serve as the agent, and never return.

    Args:
        control: the agent's end of the pair; the driver has the other.
        run_worker: runs each worker.
        prepare: called once, before any fork: workers need not import the modules that it imports.
    """
    try:
        Agent(control, run_worker, prepare).serve()
    except BaseException as error:  # noqa: BLE001 - only the driver can be told
        said: Message = messages.AgentCrashed(traceback.format_exc()[-20_000:])
        if isinstance(error, OSError) and is_scarce(error):
            said = messages.NoRoom(error.strerror or str(error), 0, is_scarce=True)
        with contextlib.suppress(OSError):
            send(control, said)
        os._exit(1)
    os._exit(0)


def run_loaded(setup: WorkerSetup, segment: str, limit: WorkerLimit, end: socket.socket) -> None:
    """Run a worker that loads the flow itself."""
    # The agent itself executes no attempts: it forks workers that do.
    from sequent.runtime.worker import worker_loop

    worker_loop.run(setup, segment, limit, end, None)


def import_worker() -> None:
    """Import once the modules that every worker needs to load a flow."""
    importlib.import_module("sequent.dsl.specification.definitions")
    importlib.import_module("sequent.runtime.loading.flows")
    importlib.import_module("sequent.runtime.worker.worker_loop")


def main() -> None:
    """Serve the driver whose socket's descriptor is the first argument."""
    run(socket.socket(fileno=int(sys.argv[1])), run_loaded, import_worker)
