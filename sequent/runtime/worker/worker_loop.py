"""The process that executes a flow's steps, one after the other."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import socket
import sys

from msgspec.msgpack import Decoder
from msgspec.structs import replace

from sequent.dsl.specification.definitions import definition_of
from sequent.errors import UsageError
from sequent.model.commands import name_store
from sequent.model.outcome import Problem
from sequent.model.spec import Definition
from sequent.model.status import Verdict
from sequent.model.variables import PREFIX, RUN_DIRECTORY, RUNS_AROUND
from sequent.runtime.agent.timeouts import WorkerLimit
from sequent.runtime.loading.flows import load_recorded
from sequent.runtime.loading.modules import NO_MODULE
from sequent.runtime.loading.sources import COPY, refuse_other_sources
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.messages.message_types import (
    AskTaken,
    FlowLoaded,
    FlowUnloadable,
    ForgetRepeat,
    OrdersTaken,
    ToWorker,
    WorkerLeaving,
    WorkerReport,
)
from sequent.runtime.messages.packets import BadMessageError, Channel, send
from sequent.runtime.orders import AttemptEnded, AttemptOrder, DrawBroke, DrawOrder, WorkerSetup
from sequent.runtime.worker.attempt import Attempts
from sequent.runtime.worker.environment import StepEnvironment
from sequent.runtime.worker.logs import set_up_logs
from sequent.runtime.worker.niceness import Niceness
from sequent.runtime.worker.problems import problem_of
from sequent.runtime.worker.process_state.libc import write_lines_at_once
from sequent.runtime.worker.process_state.loggers import LoguruState
from sequent.runtime.worker.process_state.state_kind import StateKind
from sequent.runtime.worker.process_state.streams import Streams
from sequent.runtime.worker.repeat_iterators import RepeatIterators
from sequent.runtime.worker.shutdown import Shutdown
from sequent.runtime.worker.termination import LOST_CHANNEL, Terminated, Termination, die_of
from sequent.runtime.worker.tidying import Tidying
from sequent.runtime.worker.timeout_report import Limit

_ORDERS: Decoder[ToWorker] = Decoder(ToWorker)


def run(
    setup: WorkerSetup, segment_name: str, until: WorkerLimit, end: socket.socket, definition: Definition | None
) -> None:
    """Serve as a worker until it is no longer needed.

    Args:
        setup: the run.
        segment_name: the file for its output.
        until: the link to the agent: for the limits of its attempts, the order to end, and the word that begins each
            message.
        end: its end of the socket pair.
        definition: the flow, if the process was forked from one that has it; else it is loaded.
    """
    name_store(setup.store_options)
    leaving = Shutdown()
    # A crash in C code then leaves its place in the log.
    faulthandler.enable(2)
    # Under a descriptor that no step mistakes for its own.
    segment = Segment(os.path.join(setup.directory, "logs", segment_name), os.dup(1), 1, 2)
    streams = Streams(segment)
    write_lines_at_once()
    loguru = set_up_logs(setup)
    _set_variables(setup)
    try:
        os.chdir(setup.target.cwd or ".")
        if definition is None:
            definition = _load(setup)
    except BaseException as error:  # noqa: BLE001 - loading runs the author's module, which may raise anything
        problem = problem_of(error)
        sys.stderr.write(problem.traceback)
        send(end, FlowUnloadable(problem), until.word)
        return
    kinds = [*streams.kinds(), LoguruState(loguru).kind()]
    _serve(_Worker(end, until, definition, setup, segment, kinds, leaving))


def _serve(worker: _Worker) -> None:
    """Execute orders until the worker is no longer needed; unless it ended as it should, end the process."""
    try:
        worker.serve()
    except ConnectionError:
        # The driver closed its end while this process was sending: the same as at any other time.
        worker.end()
        os._exit(LOST_CHANNEL)
    except (OSError, BadMessageError):
        # A step has damaged our end of the pair.
        os._exit(LOST_CHANNEL)
    except Terminated:
        die_of(signal.SIGTERM)
    else:
        worker.end()


def _set_variables(setup: WorkerSetup) -> None:
    os.environ[f"{PREFIX}RUN_ID"] = setup.run_id
    os.environ[RUN_DIRECTORY] = setup.directory
    os.environ[RUNS_AROUND] = setup.around
    os.environ.update(setup.variables)


def _load(setup: WorkerSetup) -> Definition:
    if setup.sys_path:
        sys.path[:] = setup.sys_path
    try:
        flow = load_recorded(setup.target, needs_own_maker=setup.needs_own_maker)
    except UsageError as error:
        if setup.host and error.code == NO_MODULE:
            error.hint = COPY
        raise
    definition = definition_of(flow)
    refuse_other_sources(setup.sources, setup.host)
    return definition


class _Worker:
    """Executes one order at a time, in the main thread, so that a step may do whatever a program may."""

    def __init__(
        self,
        end: socket.socket,
        until: WorkerLimit,
        definition: Definition,
        setup: WorkerSetup,
        segment: Segment,
        kinds: list[StateKind],
        leaving: Shutdown,
    ) -> None:
        self._channel = channel = Channel(end, _ORDERS, until.word, self._tell_idle)
        self._taken = 0
        """The number of orders that it has read."""
        self._segment = segment
        self._limit = Limit(until.said.fileno(), until.word, until.ordered)
        self._timeout: Problem | None = None
        self._order: Problem | None = None
        """The problem of the last attempt if Sequent ended it, whatever it returned."""
        self._termination = Termination()
        self._termination.install()
        self._leaving = leaving
        environment = StepEnvironment(setup.envvar_prefix)
        self._tidying = Tidying(segment, [*environment.kinds(), *kinds])
        self._attempts = Attempts(
            definition,
            setup,
            segment,
            self._termination,
            environment=environment,
            tell=channel.send,
        )
        self._drawing = RepeatIterators(self._attempts.catalogue)
        self._identities = {
            descriptor: os.fstat(descriptor).st_ino for descriptor in (end.fileno(), self._limit.descriptor)
        }
        self._niceness = Niceness()

    def serve(self) -> None:
        """Execute orders until the driver closes its end, or this process was told to end or should end."""
        self._channel.send(FlowLoaded(os.fstat(self._segment.descriptor).st_size))
        with contextlib.suppress(Terminated):
            try:
                while (message := self._channel.receive()) is not None:
                    self._termination.is_idle = False
                    report = self._report_on(message)
                    if report is not None:
                        self._channel.send(report)
                    if self._termination.was_asked or self._limit.may_be_ended or self._tidying.is_spoilt:
                        self._channel.send(WorkerLeaving())
                        return
                    self._termination.is_idle = True
            finally:
                # From here on a TERM is only noted: exit functions are still to be called.
                self._termination.is_idle = False

    def end(self) -> None:
        """End cleanly, and by the signal if there was one, so that the parent process sees it."""
        self._leaving.leave()
        if self._termination.was_asked:
            die_of(signal.SIGTERM)

    def _report_on(self, message: ToWorker) -> WorkerReport | None:
        match message:
            case AttemptOrder():
                self._taken += 1
                return self._execute(message)
            case DrawOrder():
                self._taken += 1
                return self._draw(message)
            case AskTaken():
                self._tell_idle()
            case ForgetRepeat(frame, node):
                self._drawing.forget(frame, node)
        return None

    def _draw(self, order: DrawOrder) -> WorkerReport:
        try:
            with self._termination:
                report = self._drawing.serve(order)
        except Terminated as error:
            report = DrawBroke(order.frame, order.node, problem_of(error))
        self._check_end(self._channel.end.fileno())
        if not self._drawing.has_iterators:
            # The state of an iterator may also be the state of the process: a directory, a pool, a lock.
            self._tidying.tidy(hash(order.path), 0.0)
        return report

    def _execute(self, order: AttemptOrder) -> AttemptEnded:
        timeout = order.settings.get("timeout")
        if timeout is not None:
            self._check_end(self._limit.descriptor)
        self._limit.begin(timeout)
        ended = self._attempts.run(order, self)
        problem = self._timeout or (self._order if ended.problem is None else None)
        return ended if problem is None else replace(ended, result=None, verdict=Verdict.UNKNOWN, problem=problem)

    def prepare(self, order: AttemptOrder) -> None:
        """Apply the niceness of the step that is about to be called."""
        if "nice" in order.settings:
            self._niceness.raise_by(order.settings["nice"])

    def settle(self, error: BaseException) -> None:
        """Free resources for the report of a failed attempt: see ``Tidying``."""
        self._tidying.settle()

    def tidy(self, function: int, seconds: float) -> None:
        """Clean up after the attempt's code; this takes none of its time."""
        self._check_end(self._channel.end.fileno())
        self._order = self._limit.problem_of_order()
        if self._limit.is_set:
            self._check_end(self._limit.descriptor)
            self._timeout = self._limit.end()
        if not self._niceness.restore():
            self._tidying.is_spoilt = True
        self._tidying.tidy(function, seconds)
        if self._tidying.is_spoilt:
            # Threads and exit functions end now: their output is this attempt's. The next attempt begins in another
            # process.
            self._leaving.leave()
            self._tidying.tell_of_threads()

    def _tell_idle(self) -> None:
        """Report how many orders have been read: the driver may have sent more, and a step may have read some."""
        self._channel.send(OrdersTaken(self._taken))

    def _check_end(self, end: int) -> None:
        """End if a step has closed one of the worker's own descriptors: its number may be another file's by now."""
        try:
            is_ours = os.fstat(end).st_ino == self._identities[end]
        except OSError:
            is_ours = False
        if not is_ours:
            os._exit(LOST_CHANNEL)
