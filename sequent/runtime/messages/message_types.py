"""What driver, agent and workers say to each other beside orders and reports."""

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
)

# -- driver and worker


class ForgetRepeat(Message, frozen=True):
    """A repeat has settled: its iterator is needed no more."""

    frame: Count
    node: Count


class AskTaken(Message, frozen=True):
    """Say how many orders you have read."""


class FlowLoaded(Message, frozen=True):
    """The worker has loaded the flow; its segment is that long."""

    log_end: Count


class FlowUnloadable(Message, frozen=True):
    """The worker cannot load the flow."""

    problem: Problem


class OrdersTaken(Message, frozen=True):
    """How many orders the worker has read in all."""

    count: Count


class WorkerLeaving(Message, frozen=True):
    """The worker reads no further order."""


ToWorker = AttemptOrder | DrawOrder | ForgetRepeat | AskTaken

WorkerReport = AttemptEnded | AttemptBegan | RepeatFound | ItemFound | DrawBroke
FromWorker = WorkerReport | FlowLoaded | FlowUnloadable | OrdersTaken | WorkerLeaving

# -- driver and agent


class SetUpAgent(Message, frozen=True):
    """What the workers are to be told, as ``text_of_record`` writes a ``WorkerSetup``."""

    setup: str


class SpawnWorker(Message, frozen=True):
    """Start a worker."""

    number: int


class EndWorkers(Message, frozen=True):
    """End these workers: TERM, so many seconds of grace, KILL."""

    numbers: tuple[int, ...]
    grace: Annotated[float, Meta(ge=0, le=1e10)]


class CloseAgent(Message, frozen=True):
    """End everything, and then yourself."""


class AgentSetUp(Message, frozen=True):
    """Nothing of an earlier agent is left; workers may be started."""


class WorkerStarted(Message, frozen=True):
    """A worker has been started; both ends of its pair come along."""

    number: Number
    segment: str
    word: str
    """What begins each packet that it sends."""


class WorkerEnded(Message, frozen=True):
    """A worker has ended, and so has all that it had started."""

    number: Number
    code: Annotated[int, Meta(ge=-64, le=255)]
    """Its status, or minus the number of a signal."""
    cause: str
    """Why the agent has ended it, where it has."""


class AgentRefused(Message, frozen=True):
    """The agent cannot serve this run, and why."""

    reason: str


class NoRoom(Message, frozen=True):
    """There is no room for a worker, or (number 0) for what the agent itself needs."""

    reason: str
    number: Number
    is_scarce: bool
    """Whether there may be room later."""


class AgentCrashed(Message, frozen=True):
    """The agent has failed."""

    story: str


ToAgent = SetUpAgent | SpawnWorker | EndWorkers | CloseAgent
FromAgent = AgentSetUp | WorkerStarted | WorkerEnded | AgentRefused | NoRoom | AgentCrashed
