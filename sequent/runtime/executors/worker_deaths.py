"""Reports on orders that were not carried out, mostly because their worker died."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator

import attrs

from sequent.model.outcome import LogSpan, Problem
from sequent.runtime.agent.timeouts import HARMED, TIMED_OUT
from sequent.runtime.executors.workers import Worker
from sequent.runtime.logs.log_segment import span_from
from sequent.runtime.orders import (
    AttemptEnded,
    AttemptLost,
    AttemptOrder,
    AttemptTakenBack,
    DrawBroke,
    DrawOrder,
    Report,
)
from sequent.runtime.worker.termination import LOST_CHANNEL, signal_name
from sequent.runtime.worker.timeout_report import problem_of_stop, problem_of_timeout


def problem_of(worker: Worker, code: int, cause: str, *, was_ended: bool) -> Problem:
    """Return why the order failed that a worker had begun; the worker ended with that code, for the agent's cause."""
    order = worker.held[0] if worker.held else None
    harm = worker.harm
    if not harm and cause == HARMED:
        harm = "the step wrote to a descriptor of its worker, or shut it down"
    elif not harm and cause == TIMED_OUT and isinstance(order, AttemptOrder) and "timeout" in order.settings:
        return problem_of_timeout(order.settings["timeout"])
    elif not harm and code == LOST_CHANNEL:
        harm = "the step closed or changed a descriptor of its worker"
    if not harm:
        return problem_of_death(code, was_ended=was_ended)
    message = f"{harm}: close, shut down and write to only descriptors that the step has opened"
    return Problem(type="WorkerError", message=message)


def of_begun(worker: Worker, problem: Problem, directory: str) -> Iterator[Report]:
    """Report on the orders that a dead worker had read: at most one has begun, and has failed.

    If there are more, a step has read them, or a process of the step stands between the worker and the driver.
    """
    for place, order in enumerate(worker.held):
        if isinstance(order, DrawOrder):
            yield failed(order, problem)
        elif place or worker.has_lost_orders:
            yield lost(order, "an earlier step has damaged its worker")
        else:
            yield failed(order, problem, output_of(directory, worker.segment, worker.log_end))


def problem_of_death(code: int, *, was_ended: bool) -> Problem:
    """Return why an attempt failed whose worker ended with that code (minus the signal if one ended it)."""
    if code < 0 and was_ended:
        return problem_of_stop(-code)
    if code < 0:
        cause = " (out of memory?)" if -code == signal.SIGKILL else ""
        message = f"its worker was killed by {signal_name(-code)}{cause}"
        return Problem(type="Signal", message=message, signal=-code)
    return Problem(type="ExitStatus", message=f"the step ended its process with status {code}", exit_code=code)


def output_of(directory: str, segment: str, start: int) -> LogSpan | None:
    """Return the output of an attempt whose worker can no longer report it."""
    try:
        return span_from(os.path.join(directory, "logs", segment), start)
    except FileNotFoundError:
        # It was empty, and the agent has removed it.
        return None


def failed(order: AttemptOrder | DrawOrder, problem: Problem, log: LogSpan | None = None) -> AttemptEnded | DrawBroke:
    """Report that an order has failed, for a worker that can no longer do so."""
    if isinstance(order, DrawOrder):
        return DrawBroke(order.frame, order.node, problem)
    return AttemptEnded(order.frame, order.node, order.attempt, problem=problem, log=log)


def lost(order: AttemptOrder, reason: str) -> AttemptLost:
    """Report that an attempt is lost, through no fault of its own."""
    return AttemptLost(order.frame, order.node, order.attempt, reason)


def taken_back(order: AttemptOrder) -> AttemptTakenBack:
    """Report that an attempt has not begun, and that no worker has it."""
    return AttemptTakenBack(order.frame, order.node, order.attempt)


def never_begun(orders: Iterable[AttemptOrder | DrawOrder]) -> list[Report]:
    """Report on all orders that have not begun when a run is being stopped."""
    problem = Problem(type="Lost", message="the run is being stopped")
    return [taken_back(order) if isinstance(order, AttemptOrder) else failed(order, problem) for order in orders]


def problem_of_loading(death: Problem) -> Problem:
    """Return why no order can be executed if one worker after the other ends while it loads the flow."""
    return attrs.evolve(death, message=f"workers end while they load the flow: {death.message}")
