"""The messages of driver, agent and workers besides orders and reports."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from sequent.model.outcome import Problem
from sequent.model.record_text import Count, Number
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptOrder,
    DrawBroke,
    DrawOrder,
    ItemFound,
    Message,
    RepeatFound,
    StoryTold,
)

# -- driver and worker


class ForgetRepeat(Message, frozen=True):
    """Drop the iterator of a repeat that has settled."""

    frame: Count
    node: Count


class AskTaken(Message, frozen=True):
    """Report how many orders you have read."""


class FlowLoaded(Message, frozen=True):
    """The worker has loaded the flow; its segment has this length."""

    log_end: Count


class FlowUnloadable(Message, frozen=True):
    """The worker cannot load the flow."""

    problem: Problem


class OrdersTaken(Message, frozen=True):
    """The number of orders that the worker has read in all."""

    count: Count


class WorkerLeaving(Message, frozen=True):
    """The worker reads no more orders."""


ToWorker = AttemptOrder | DrawOrder | ForgetRepeat | AskTaken

WorkerReport = AttemptEnded | AttemptBegan | StoryTold | RepeatFound | ItemFound | DrawBroke
FromWorker = WorkerReport | FlowLoaded | FlowUnloadable | OrdersTaken | WorkerLeaving

# -- driver and agent


class SetUpAgent(Message, frozen=True):
    """Set up an agent; ``setup`` is a ``WorkerSetup`` for the workers, as ``text_of_record`` writes it."""

    setup: str


class SpawnWorker(Message, frozen=True):
    """Start a worker."""

    number: int


class EndWorkers(Message, frozen=True):
    """End these workers: TERM, so many seconds of grace, KILL."""

    numbers: tuple[int, ...]
    grace: Annotated[float, Meta(ge=0, le=1e10)]


class CloseAgent(Message, frozen=True):
    """End all workers, and then yourself."""


class AgentSetUp(Message, frozen=True):
    """No process of an earlier agent is left; workers may be started."""


class WorkerStarted(Message, frozen=True):
    """A worker has been started; both ends of its socket pair come along."""

    number: Number
    segment: str
    word: str
    """The beginning of each packet that it sends."""


class WorkerEnded(Message, frozen=True):
    """A worker has ended, and so have all processes that it had started."""

    number: Number
    code: Annotated[int, Meta(ge=-64, le=255)]
    """Its exit code, or minus the number of a signal."""
    cause: str
    """Why the agent has ended it, if it has."""


class AgentRefused(Message, frozen=True):
    """The agent cannot serve this run."""

    reason: str


class NoRoom(Message, frozen=True):
    """There is no room for a worker, or (number 0) for the agent itself."""

    reason: str
    number: Number
    is_scarce: bool
    """Whether there may be room later."""


class AgentCrashed(Message, frozen=True):
    """The agent has failed."""

    story: str


ToAgent = SetUpAgent | SpawnWorker | EndWorkers | CloseAgent
FromAgent = AgentSetUp | WorkerStarted | WorkerEnded | AgentRefused | NoRoom | AgentCrashed
