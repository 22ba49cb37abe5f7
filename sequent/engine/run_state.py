"""The state of a run under way: frames, blocks, and the queues of consequences still to be worked out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sequent.engine.layout import Layout, Layouts, asks_for_begun
from sequent.model.directives import NO_DIRECTIVES
from sequent.model.effects import Effect
from sequent.model.hosts import HERE
from sequent.model.plan import Plan
from sequent.model.saved_state import Revision, SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Scope
from sequent.model.spec import Amounts
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


class StartQueue:
    """The tasks and containers that are ready and wait for an amount or a limit; each list is a heap."""

    __slots__ = ("aside", "containers", "last_entry")

    def __init__(self) -> None:
        self.containers: list[Entry] = []
        """Those that acquire resources; they need no slot."""
        self.aside: dict[int, list[Entry]] = {}
        """Steps that wait for a limit, by the step or container whose limit is reached."""
        self.last_entry = 0
        """The number of the last entry."""


class PoolAccounts:
    """The amount of each pool that is free, the holders of the rest, and the requests that wait."""

    __slots__ = ("free", "has_freed", "held", "queued", "shared", "waiting")

    def __init__(self, plan: Plan) -> None:
        self.free = {pool.name: pool.capacity for pool in plan.pools}
        self.shared = frozenset(pool.name for pool in plan.pools if pool.is_shared)
        """The pools that other runs use as well."""
        self.held: dict[tuple[int, int], dict[str, int]] = {}
        """By frame and position; the run and the flow have holders of their own."""
        self.waiting: dict[tuple[int, Amounts], list[Entry]] = {}
        """By standing and by requested amounts, as heaps."""
        self.queued: dict[int, int] = {}
        """The number of waiting tasks of each step and of each container, including those cancelled meanwhile."""
        self.has_freed = False
        """Whether an amount was given back, or the first request was dropped, since the waiting ones were examined."""


class RunState:
    """All that a run has under way, and the queues of consequences of the last fact.

    Decisions come before judgements (whether a failure is handled is known only after all decisions that follow from
    it), judgements before closings, closings before further iterations, and these before starts. So a stop always comes
    before the starts that it forbids.
    """

    resumes = False
    """Whether the run is continued rather than recovered: failures stay failures."""
    recovery = 0
    """The number of the run's present recovery."""
    directives = NO_DIRECTIVES
    """The directives asked for by hand."""
    revision = Revision()
    """The changes to be written before anything starts."""
    is_stopping = False
    has_ended = False
    on_frame: Callable[[Frame], None] | None = None
    """Called with each iteration that begins, so that its changes are checked."""

    def __init__(self, plan: Plan, slots: int, last_id: int) -> None:
        self.plan = plan
        self.layouts = Layouts(plan)
        self.here = Machine(slots)
        """The machine where the flow is driven."""
        self.machines = {HERE: self.here}
        """By host; this machine by each of its names."""
        self.last_id = last_id
        self.frames: dict[int, Frame] = {}
        """The iterations under way, by their scope's id."""
        self.running = 0
        """The number of tasks that have been handed over and have not ended."""
        self.executing: dict[int, int] = {}
        """The same for each step and container with a limit of its own, by node index."""
        self.queue = StartQueue()
        self.pools = PoolAccounts(plan)
        self.awaited: set[tuple[int, int]] = set()
        """Repeats whose items, or whose next item, were ordered and have not come yet: frame around and node."""
        self.timers: set[tuple[int, int]] = set()
        """Tasks and containers that wait for a time: frame and position."""
        self.asked: set[tuple[int, int]] = set()
        """Those that wait for amounts of pools that other runs share: frame and position."""
        self.granted: set[tuple[int, int]] = set()
        """Those that hold all their amounts, and have not started yet."""
        self.counts: dict[Status, int] = {}
        self.decisions: deque[tuple[Frame, int, bool]] = deque()
        """Requirements that have come true or never can."""
        self.doubts: deque[tuple[Frame, int]] = deque()
        """Kept successes of which a cause has settled."""
        self.judgements: deque[tuple[Frame, int]] = deque()
        """Failures, or failures to be, to judge: whether they are handled."""
        self.closings: deque[Frame] = deque()
        """Frames whose children have all settled."""
        self.advances: deque[BlockState] = deque()
        """Blocks that may begin an iteration, or are done."""
        self.ready: deque[tuple[Frame, int]] = deque()
        """Containers and steps whose requirement holds and that wait for no time, in that order."""
        self.effects: list[Effect] = []
        self.reacts = bool(plan.reactions)
        """Whether kept successes may have to run again because another task did."""
        self.announces = asks_for_begun(plan)
        """Whether any requirement claims that a node is ready or active."""

    def owner_of(self, frame: Frame, node: int) -> tuple[Frame, int]:
        """Return the frame that has that node as a child (this one or one around it), and the child's position."""
        wanted = self.plan.nodes[node]
        around: Frame | None = frame
        while around is not None and around.scope.node != wanted.parent:
            around = around.block.parent
        if around is None:
            raise AssertionError(f"node {node} is not around {frame.scope}")
        return around, wanted.position
