"""The state of a run under way: its frames, and the queues of consequences still to be worked out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sequent.engine.frames import BlockState, Entry, Frame, Machine
from sequent.engine.layout import Layouts, asks_for_begun
from sequent.model.directives import NO_DIRECTIVES, Selection
from sequent.model.effects import Effect
from sequent.model.facts import QuestionAnswered, TaskMarked
from sequent.model.hosts import HERE
from sequent.model.plan import Plan
from sequent.model.saved_state import Revision, StoredPlace
from sequent.model.spec import Amounts
from sequent.model.status import Status


class StartQueue:
    """The tasks and containers that are ready and wait for an amount or a limit; each list is a heap."""

    __slots__ = ("aside", "containers", "last_entry")

    def __init__(self) -> None:
        self.containers: list[Entry] = []
        """Those that acquire resources, and steps that ask a question; they need no slot."""
        self.aside: dict[int, list[Entry]] = {}
        """Steps that wait for a limit, by the step or container whose limit is reached."""
        self.last_entry = 0
        """The number of the last entry."""


class PoolAccounts:
    """The amount of each pool that is free, the holders of the rest, and the requests that wait."""

    __slots__ = ("borrowed", "free", "has_freed", "held", "queued", "reserved", "shared", "waiting")

    def __init__(self, plan: Plan) -> None:
        self.free = {pool.name: pool.capacity for pool in plan.pools}
        self.shared = frozenset(pool.name for pool in plan.pools if pool.is_shared)
        """The pools that other runs use as well."""
        self.held: dict[tuple[int, int], dict[str, int]] = {}
        """By frame and position; the run and the flow have holders of their own."""
        self.reserved: dict[StoredPlace, dict[str, int]] = {}
        """The amounts of tasks and containers whose earlier attempts may go on on hosts."""
        self.borrowed: dict[StoredPlace, dict[str, int]] = {}
        """Those that their tasks and containers hold again, but must not free before these attempts are over."""
        self.waiting: dict[tuple[int, Amounts], list[Entry]] = {}
        """By standing and by requested amounts, as heaps."""
        self.queued: dict[int, int] = {}
        """The number of waiting tasks of each step and of each container, including those cancelled meanwhile."""
        self.has_freed = False
        """Whether an amount was given back, or the first request was dropped, since the waiting ones were examined."""


class HeldPlaces:
    """The places that people hold, and all that would have started there."""

    __slots__ = ("children", "places", "repeats")

    def __init__(self) -> None:
        self.places: dict[Selection, None] = {}
        """In the order in which they were held."""
        self.children: dict[tuple[int, int], tuple[Frame, int]] = {}
        """The ready children that stand aside, by frame and position."""
        self.repeats: dict[tuple[int, int], BlockState] = {}
        """The repeats that would have begun another iteration, by the frame around and position."""


class RunState:
    """All that a run has under way, and the queues of consequences of the last fact.

    Decisions come before judgements (a failure is handled or not once all decisions that follow from it are made),
    judgements before closings, closings before further iterations, and these before starts, which a stop may forbid.
    """

    resumes = False
    """Whether the run is continued rather than recovered: failures stay failures."""
    recovery = 0
    """The number of the run's present recovery."""
    directives = NO_DIRECTIVES
    """The directives asked for by hand."""
    revision = Revision()
    """The changes to be written before anything starts."""
    has_begun = False
    """Whether it has been started: a person may hold a place before that."""
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
        """The number of tasks that have been handed over, and have neither ended nor been left."""
        self.left: set[tuple[int, int]] = set()
        """Tasks that may go on on hosts, where this driver learns nothing of them: frame and position."""
        self.executing: dict[int, int] = {}
        """The same for each step and container with a limit of its own, by node index."""
        self.queue = StartQueue()
        self.pools = PoolAccounts(plan)
        self.held = HeldPlaces()
        self.marks: dict[int, TaskMarked] = {}
        """The outcomes that people have given to tasks whose iteration has not begun, or that have settled before."""
        self.questions: set[tuple[int, int]] = set()
        """Steps whose question is open: frame and position."""
        self.early_answers: dict[int, QuestionAnswered] = {}
        """The answers that were given before the run began, to questions of earlier drivers."""
        self.awaited: set[tuple[int, int]] = set()
        """Repeats whose items, or whose next item, were ordered and have not come yet: frame around and node."""
        self.timers: set[tuple[int, int]] = set()
        """Tasks and containers that wait for a time: frame and position."""
        self.awaiting_grant: set[tuple[int, int]] = set()
        """Those that wait for amounts of pools that other runs share: frame and position."""
        self.granted: set[tuple[int, int]] = set()
        """Those that hold them all, and have not started yet."""
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
