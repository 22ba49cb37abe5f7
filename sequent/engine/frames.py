"""Iterations under way, the containers that they belong to, and the machines on which their steps execute."""

from __future__ import annotations

from collections import deque

from sequent.engine.layout import Layout
from sequent.model.saved_state import SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Scope
from sequent.model.status import Status, Verdict

_NOTHING = SavedBlock(Status.WAITING)

Entry = tuple[int, int, "Frame", int]
"""A child that is to start: its rank (the lower, the sooner), a number in order of arrival, its frame and position."""

HAS_BEEN_READY = 1
HAS_BEEN_ACTIVE = 2
HAS_RUN = 4
"""The child, or a task in it, has run in this recovery; known only if kept successes react to that."""


class Doubt:
    """The causes that would make a kept success run again, as far as they are known."""

    __slots__ = ("has_cause", "open")

    def __init__(self) -> None:
        self.has_cause = False
        """Whether one is true."""
        self.open = 0
        """The number of causes that have not settled yet."""


class Frame:
    """An iteration under way: the statuses of the container's children, and their open requirements.

    It lives from the iteration's start until it has settled, so memory follows the number of active iterations.
    """

    __slots__ = (
        "answers",
        "attempts",
        "block",
        "blocks",
        "doubtful",
        "failures",
        "gates",
        "has_failed",
        "is_asleep",
        "judged",
        "layout",
        "losses",
        "machine",
        "open",
        "pending",
        "reached",
        "requirements",
        "saved",
        "scope",
        "statuses",
        "verdict",
        "was_cancelled",
        "watched",
        "watching",
    )

    def __init__(self, block: BlockState, layout: Layout, scope: Scope) -> None:
        size = layout.size
        self.block = block
        self.layout = layout
        self.scope = scope
        self.machine: Machine  # where its steps execute
        self.statuses: list[Status] = [Status.WAITING] * size
        self.requirements: list[bool | None] = [None] * size
        """Per child: whether its requirement has come true, or never can; None while it is open."""
        self.reached = [0] * size
        """Per child: the marks of the states that it has been in, as a sum."""
        self.gates = layout.gate_sizes.copy()
        """Per gate: the number of inputs still needed to decide it; -1 once it is decided."""
        self.open = size
        """The number of children that have not settled."""
        self.saved: SavedFrame | None = None
        """Its state from an earlier recovery."""
        self.attempts: dict[int, int] = {}
        """Per step: the number of its last attempt."""
        self.losses: dict[int, int] = {}
        """Per step: the number of its last attempts in a row that were lost."""
        self.failures: dict[int, int] = {}
        """Per child: the number of its failed attempts that count against its retries."""
        self.answers: dict[int, tuple[int, ...]] = {}
        """Per child: the claims about its result that are true."""
        self.is_asleep = False
        """Whether it only waits for a time; known only if iterations have no limit."""
        self.blocks: dict[int, BlockState] = {}
        """Containers among the children that have begun, now or before."""
        self.pending: dict[int, int] = {}
        """Failures that may still be handled; for each, the number of its first handlers that cannot."""
        self.judged: set[int] = set()
        """Failures, or failures to be, for which it is known whether they are handled."""
        self.doubtful: dict[int, Doubt] = {}
        """Kept successes that may have to run again, as their causes are not settled yet."""
        self.watched: dict[int, dict[int, Frame]] = {}
        """Per child: the frames further in that wait for its end, by their id."""
        self.watching: list[tuple[Frame, int]] = []
        """The frames further out, with the position, whose ``watched`` contains this one."""
        self.has_failed = False
        self.was_cancelled = False
        self.verdict = Verdict.UNKNOWN

    def found(self, position: int) -> SavedTask | SavedBlock:
        """Return the state of a child from an earlier recovery, if there is any."""
        if self.saved is None:
            return _NOTHING
        node = self.layout.plan.children[position]
        return self.saved.tasks.get(node) or self.saved.blocks.get(node) or _NOTHING


class BlockState:
    """The one activation of a container within a frame: its iterations under way, and its progress."""

    __slots__ = (
        "answers",
        "asleep",
        "count",
        "drawn",
        "frames",
        "hosts",
        "is_cut",
        "is_drawing",
        "is_fresh",
        "is_open",
        "is_stopped",
        "layout",
        "parallel",
        "parent",
        "position",
        "reopen",
        "saved",
        "state",
        "stopped_by",
        "until_met",
    )

    def __init__(self, parent: Frame | None, position: int, layout: Layout, saved: SavedBlock | None) -> None:
        self.parent = parent
        self.position = position
        self.layout = layout
        self.saved = saved
        self.parallel = layout.plan.parallel
        self.answers: tuple[int, ...] = ()
        self.asleep = 0
        """The number of its iterations that only wait for a time."""
        self.is_fresh = False
        """All that is in it runs again; the saved state only gives ids and attempts' numbers."""
        self.frames: dict[int, Frame] = {}
        """The iterations under way, by number."""
        self.reopen: deque[int] = deque()
        """Iterations of an earlier recovery that are to be opened again."""
        self.drawn = 0
        """The highest iteration that has ever begun."""
        self.is_open = False
        """Whether its items have been found."""
        self.hosts: tuple[str, ...] = ()
        """Of copies: the host of each, once they are known."""
        self.count: int | None = None
        """The number of items, if it is known."""
        self.is_drawing = False
        self.is_cut = False
        """Whether its items have ended, or it has no more of them."""
        self.is_stopped = False
        self.stopped_by: tuple[Scope, int] | None = None
        """The task or container whose failure stopped it: the innermost one known."""
        self.until_met = False
        self.state = Status.SUCCESS
        """The worst of its iterations so far: success, cancelled or failure."""

    @property
    def has_more(self) -> bool:
        """Whether iterations remain that could begin."""
        if self.reopen:
            return True
        if self.until_met or self.is_cut:
            return False
        return self.count is None or self.drawn < self.count

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen in it."""
        return not self.frames and (self.is_stopped or (self.is_open and not self.has_more))


class Machine:
    """Where steps execute: this machine, or another host."""

    __slots__ = ("is_reachable", "quick", "running", "slots", "steps")

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.is_reachable = True
        self.running = 0
        """The number of tasks that have been handed over to it and have not ended."""
        self.quick: set[int] = set()
        """Steps whose tasks may be handed over to it ahead of their turn, by node index."""
        self.steps: list[Entry] = []
        """The steps that are ready and wait for a slot, as a heap."""
