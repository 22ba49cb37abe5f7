"""What a worker says, as far as it can be: all else was said by a step that has got at its worker's descriptors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sequent.model.outcome import Problem
from sequent.model.status import Verdict
from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages import Word, read_problem, read_report
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptOrder,
    DrawBroke,
    DrawnReport,
    DrawOrder,
    ItemFound,
    RepeatFound,
    Report,
)
from sequent.runtime.packets import BadMessageError, Message
from sequent.runtime.untrusted import count, seconds_of


class Loaded(NamedTuple):
    """A worker has loaded the flow; its segment is that long."""

    log_end: int


class Unloadable(NamedTuple):
    """A worker cannot load the flow."""

    problem: Problem


WorkerMessage = Loaded | Unloadable | Report


def hear(worker: Worker) -> Iterator[WorkerMessage]:
    """What a worker has said that nobody has heard; where it can say no more, or did not say that, its ``harm``."""
    link = worker.link
    if link is None or worker.harm:
        return
    try:
        while not worker.harm and (message := link.read()) is not None:
            if worker.held and (ended := _plainly_ended(message, worker.held[0])) is not None:
                yield ended
            elif message[0] == Word.IDLE and worker.is_loaded and len(message) > 1:
                worker.has_read(count(message[1]))
            elif message == [Word.LEAVING]:
                # What it was sent and nobody finds unread, a step has read.
                worker.has_lost_orders = True
            else:
                yield _told(worker, message)
    except BadMessageError:
        worker.harm = "the step wrote to a descriptor of its worker"
    else:
        # Since this process has both ends, that of a dead worker stays open too.
        if link.has_ended:
            worker.harm = "the step shut down a descriptor of its worker"


def _plainly_ended(message: Message, order: AttemptOrder | DrawOrder) -> AttemptEnded | None:
    """The success of what a worker executes, without a result, a verdict or a log: nearly all that is ever told.

    Of the message only the seconds are taken: all else is the order's own, or nothing. None where it tells of more.
    """
    if (
        len(message) != _PLAIN_LENGTH
        or type(order) is not AttemptOrder
        or message[:-1] != [Word.ENDED, order.frame, order.node, order.attempt, *_PLAIN]
    ):
        return None
    return AttemptEnded(order.frame, order.node, order.attempt, "null", seconds=seconds_of(message[-1]))


_PLAIN = ("null", Verdict.UNKNOWN.value, None, None)
_PLAIN_LENGTH = 9


def _told(worker: Worker, message: Message) -> WorkerMessage:
    """What a message tells.

    Raises:
        BadMessageError: that worker cannot have sent it now.
    """
    if worker.is_loaded:
        report = read_report(message)
        if not worker.held or not _is_of(report, worker):
            raise BadMessageError("it tells of an order that the worker does not execute")
        return report
    match message:
        case [Word.LOADED, log_end]:
            return Loaded(count(log_end))
        case [Word.UNLOADABLE, problem]:
            return Unloadable(read_problem(problem))
        case _:
            raise BadMessageError("it has told nothing of the flow yet")


def _is_of(report: AttemptBegan | AttemptEnded | DrawnReport, worker: Worker) -> bool:
    """Whether that is what may be told of the order that a worker executes."""
    order = worker.held[0]
    if isinstance(order, AttemptOrder):
        if not isinstance(report, AttemptEnded | AttemptBegan) or report.attempt != order.attempt:
            return False
        if isinstance(report, AttemptEnded):
            is_told = report.log is None or report.log.segment == worker.segment
        else:
            is_told = order.announces and not worker.has_announced
            worker.has_announced = True
    elif isinstance(report, RepeatFound):
        is_told = order.number == 0
    elif isinstance(report, ItemFound):
        is_told = report.number == order.number
    else:
        is_told = isinstance(report, DrawBroke)
    return is_told and (report.frame, report.node) == (order.frame, order.node)
