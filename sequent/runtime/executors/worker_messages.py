"""The messages of a worker, as far as they are genuine; a step that got at its worker's descriptors sent all others."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sequent.errors import NotDataError
from sequent.model.value_forms import check_forms
from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages.message_types import (
    FlowLoaded,
    FlowUnloadable,
    FromWorker,
    OrdersTaken,
    WorkerLeaving,
    WorkerReport,
)
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptOrder,
    DrawBroke,
    ItemFound,
    RepeatFound,
    StoryTold,
)

_LARGEST_READ = 16 * 1024 * 1024
"""Characters of a value's text up to which it is parsed as a check; longer texts would take gigabytes."""

_decode = json.JSONDecoder().decode


def hear(worker: Worker) -> Iterator[WorkerReport | FlowLoaded | FlowUnloadable]:
    """Yield a worker's new messages; set its ``harm`` if one is not genuine, or if none can come any more."""
    link = worker.link
    if link is None or worker.harm:
        return
    try:
        while not worker.harm and (message := link.read()) is not None:
            if isinstance(message, OrdersTaken) and worker.is_loaded:
                worker.has_read(message.count)
            elif isinstance(message, WorkerLeaving):
                # A step has read orders that were sent to it and that are not found unread.
                worker.has_lost_orders = True
            else:
                yield _told(worker, message)
    except BadMessageError:
        worker.harm = "the step wrote to a descriptor of its worker"
    else:
        # This process has both ends, so the end of a dead worker stays open too.
        if link.has_ended:
            worker.harm = "the step shut down a descriptor of its worker"


def _told(worker: Worker, message: FromWorker) -> WorkerReport | FlowLoaded | FlowUnloadable:
    """Return the message, if that worker can have sent it now.

    Raises:
        BadMessageError: it cannot.
    """
    if isinstance(message, FlowLoaded | FlowUnloadable):
        if not worker.is_loaded:
            return message
    elif isinstance(message, WorkerReport) and worker.is_loaded and worker.held and _is_of(message, worker):
        return message
    raise BadMessageError("it reports an order that the worker does not execute")


def _is_of(report: WorkerReport, worker: Worker) -> bool:
    """Return whether the report fits the order that the worker executes."""
    order = worker.held[0]
    if (report.frame, report.node) != (order.frame, order.node):
        return False
    if isinstance(order, AttemptOrder):
        if not isinstance(report, AttemptEnded | AttemptBegan | StoryTold) or report.attempt != order.attempt:
            return False
        if isinstance(report, StoryTold):
            return True
        if isinstance(report, AttemptEnded):
            return (report.log is None or report.log.segment == worker.segment) and is_data(report.result)
        is_first, worker.has_announced = not worker.has_announced, True
        return order.announces and is_first
    if isinstance(report, RepeatFound):
        fits = len(report.again) == (len(order.missing) if report.items is None else 0)
        return order.number == 0 and fits and is_data(report.items) and all(map(is_data, report.again))
    if isinstance(report, ItemFound):
        return report.number == order.number and is_data(report.item)
    return isinstance(report, DrawBroke)


def is_data(text: str | None) -> bool:
    """Return whether the text, if there is one, is that of a value, which can be read back."""
    return text is None or not fault_in(text)


def fault_in(text: str) -> str:
    """Return why the text of a value cannot be read back; '' if it can, or is too long to be examined."""
    if text == "null" or len(text) > _LARGEST_READ:
        return ""
    try:
        check_forms(text, _decode(text))
    except (ValueError, RecursionError):
        return "it is not JSON"
    except NotDataError as error:
        return error.message
    return ""
