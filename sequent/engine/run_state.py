"""The state of a run under way: frames, blocks, and what is still to be worked out about them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sequent.engine.layout import Layout, Layouts, asks_for_begun
from sequent.model.directives import NO_DIRECTIVES
from sequent.model.effects import Effect
from sequent.model.plan import Plan
from sequent.model.saved import Revision, SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Scope
from sequent.model.spec import Amounts
from sequent.model.status import Status, Verdict

_NOTHING = SavedBlock(Status.WAITING)

Entry = tuple[int, int, "Frame", int]
"""Who wants to start: its rank (the lower, the sooner), a number in order of coming, the frame and the position."""

HAS_BEEN_READY = 1
HAS_BEEN_ACTIVE = 2
HAS_RUN = 4
"""It, or something in it, has run in this recovery; known only where kept successes react to that."""


class Doubt:
    """What is known of the causes that would make a kept success run again."""

    __slots__ = ("has_cause", "open")

    def __init__(self) -> None:
        self.has_cause = False
        """Whether one has come about."""
        self.open = 0
        """How many have not settled yet."""


class Frame:
    """An iteration under way: what each of the container's children is in, and what they wait for.

    It lives from the iteration's start until it has settled, so memory follows what is active.
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
        self.statuses: list[Status] = [Status.WAITING] * size
        self.requirements: list[bool | None] = [None] * size
        """Per child: whether its requirement has come true, or never can; None while that is open."""
        self.reached = [0] * size
        """Per child: what it has been through, as the sum of such marks."""
        self.gates = layout.gate_sizes.copy()
        """Per gate: how many inputs are still needed to decide it; -1 once it is decided."""
        self.open = size
        """How many children have not settled."""
        self.saved: SavedFrame | None = None
        """What an earlier recovery left of it."""
        self.attempts: dict[int, int] = {}
        """Per step: the number of its last attempt."""
        self.losses: dict[int, int] = {}
        """Per step: how many of its last attempts were lost, one after the other."""
        self.failures: dict[int, int] = {}
        """Per child: how many of its attempts have failed, of those that count against its retries."""
        self.answers: dict[int, tuple[int, ...]] = {}
        """Per child: which of what is asked of its result it is."""
        self.is_asleep = False
        """Whether nothing in it goes on until a time has come; known only where iterations have no limit."""
        self.blocks: dict[int, BlockState] = {}
        """Containers among the children that have begun, now or before."""
        self.pending: dict[int, int] = {}
        """Failures of which it is open whether somebody handles them; how many of the first handlers cannot."""
        self.judged: set[int] = set()
        """Failures, or failures to be, of which it is known whether somebody handles them."""
        self.doubtful: dict[int, Doubt] = {}
        """Kept successes that may have to run again, as their causes are not settled yet."""
        self.watched: dict[int, dict[int, Frame]] = {}
        """Per child: the frames further in that wait for what becomes of it, by their id."""
        self.watching: list[tuple[Frame, int]] = []
        """The frames further out, with the position, in whose ``watched`` this one is."""
        self.has_failed = False
        self.was_cancelled = False
        self.verdict = Verdict.UNKNOWN

    def found(self, position: int) -> SavedTask | SavedBlock:
        """What an earlier recovery left of a child, if it did."""
        if self.saved is None:
            return _NOTHING
        node = self.layout.plan.children[position]
        return self.saved.tasks.get(node) or self.saved.blocks.get(node) or _NOTHING


class BlockState:
    """A container's one activation within a frame: its iterations under way, and how far it has come."""

    __slots__ = (
        "answers",
        "asleep",
        "count",
        "drawn",
        "frames",
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
        """How many of its iterations only wait for a time."""
        self.is_fresh = False
        """Everything in it runs again: what was saved only tells ids and attempts' numbers."""
        self.frames: dict[int, Frame] = {}
        """The iterations under way, by number."""
        self.reopen: deque[int] = deque()
        """Iterations of an earlier recovery that are to be opened again."""
        self.drawn = 0
        """The highest iteration that has ever begun."""
        self.is_open = False
        """Whether its items have been found."""
        self.count: int | None = None
        """How many items there are, where that is known."""
        self.is_drawing = False
        self.is_cut = False
        """Its items have ended, or it was known to have no more of them."""
        self.is_stopped = False
        self.stopped_by: tuple[Scope, int] | None = None
        """The task or container whose failure stopped it: the innermost that is known."""
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


class StartQueue:
    """Who is ready and waits for a slot or for a limit: each list is a heap."""

    __slots__ = ("aside", "containers", "last_entry", "steps")

    def __init__(self) -> None:
        self.steps: list[Entry] = []
        self.containers: list[Entry] = []
        """Those that want resources; they need no slot."""
        self.aside: dict[int, list[Entry]] = {}
        """Steps that wait for a limit, by the step or container whose limit is reached."""
        self.last_entry = 0
        """The number of the last who came."""


class PoolAccounts:
    """What is free of each pool, who holds how much, and who waits for some."""

    __slots__ = ("free", "has_freed", "held", "queued", "shared", "waiting")

    def __init__(self, plan: Plan) -> None:
        self.free = {pool.name: pool.capacity for pool in plan.pools}
        self.shared = frozenset(pool.name for pool in plan.pools if pool.is_shared)
        """The pools that other runs use as well."""
        self.held: dict[tuple[int, int], dict[str, int]] = {}
        """By frame and position; the run and the flow have holders of their own."""
        self.waiting: dict[tuple[int, Amounts], list[Entry]] = {}
        """By how they stand and what they ask for, as heaps."""
        self.queued: dict[int, int] = {}
        """How many of each step and container wait, those included who were cancelled meanwhile."""
        self.has_freed = False
        """Whether something was given back, or left by who came first, since who waits was looked at."""


class RunState:
    """All that a run has under way, and the queues of what follows from what was just learnt.

    Decisions come before judgements (whether a failure is handled can be said only once all that it
    entails is known), judgements before closings, closings before further iterations, and these before
    starts: so a stop always comes before the starts that it forbids.
    """

    resumes = False
    """Whether the run is continued rather than recovered: what has failed stays so."""
    recovery = 0
    """The number of the run's present recovery."""
    directives = NO_DIRECTIVES
    """What is asked for by hand."""
    revision = Revision()
    """What is to be written before anything starts."""
    is_stopping = False
    has_ended = False
    on_frame: Callable[[Frame], None] | None = None
    """Is shown each iteration that begins, so that its changes are checked."""

    def __init__(self, plan: Plan, slots: int, last_id: int) -> None:
        self.plan = plan
        self.layouts = Layouts(plan)
        self.slots = slots
        self.last_id = last_id
        self.frames: dict[int, Frame] = {}
        """The iterations under way, by their scope's id."""
        self.running = 0
        """How many tasks have been handed over and have not ended."""
        self.executing: dict[int, int] = {}
        """The same of each step and container that has a limit of its own, by node index."""
        self.quick: set[int] = set()
        """Steps whose tasks may be handed over ahead of their turn, by node index."""
        self.queue = StartQueue()
        self.pools = PoolAccounts(plan)
        self.awaited: set[tuple[int, int]] = set()
        """Repeats whose items, or whose next item, were ordered and are not there yet: frame around and node."""
        self.timers: set[tuple[int, int]] = set()
        """Tasks and containers that wait for a time: frame and position."""
        self.asked: set[tuple[int, int]] = set()
        """Those that wait for amounts of pools that other runs share: frame and position."""
        self.granted: set[tuple[int, int]] = set()
        """Those that hold all that they want, and have not started yet."""
        self.counts: dict[Status, int] = {}
        self.decisions: deque[tuple[Frame, int, bool]] = deque()
        """Requirements that have come true or never can."""
        self.doubts: deque[tuple[Frame, int]] = deque()
        """Kept successes of which a cause has settled."""
        self.judgements: deque[tuple[Frame, int]] = deque()
        """Failures, or failures to be, of which to say whether somebody handles them."""
        self.closings: deque[Frame] = deque()
        """Frames whose children have all settled."""
        self.advances: deque[BlockState] = deque()
        """Blocks that may begin an iteration, or are done."""
        self.ready: deque[tuple[Frame, int]] = deque()
        """Containers and steps whose requirement holds, and which wait for no time, in that order."""
        self.effects: list[Effect] = []
        self.reacts = bool(plan.reactions)
        """Whether kept successes may have to run again because something else did."""
        self.announces = asks_for_begun(plan)
        """Whether anybody is to be told that something is ready or active."""

    def owner_of(self, frame: Frame, node: int) -> tuple[Frame, int]:
        """The frame around (or the frame itself) that has that node as a child, and the child's position."""
        wanted = self.plan.nodes[node]
        around: Frame | None = frame
        while around is not None and around.scope.node != wanted.parent:
            around = around.block.parent
        if around is None:
            raise AssertionError(f"node {node} is not around {frame.scope}")
        return around, wanted.position
