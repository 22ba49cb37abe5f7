"""What a flow does, decided a second time from the contract alone: slow, simple, and for tests only.

It is told what was observed (which task started, how it ended) and works everything out again from the whole tree
after each observation. It takes a ``FlowSpec``; it knows neither compiler nor engine. Where the contract leaves a
choice, it chooses:

* One observation is worked out in rounds: requirements until nothing changes, then stops, then what has settled, then
  what begins. So in one moment skipping goes before cancelling, and stopping before starting.
* A failure is handled by a sibling whose requirement came true in this recovery before a stop could cancel it.
* A container that is itself a watcher is not entered by a stop of what is around it, whenever it began.
* A stop ends a repeat early, a success no more, unless all its items are known to have begun, or what is kept had
  ended it. It waits for no draw.
* A draw that fails is judged outside only once the container has settled.
* A lost task starts anew, so not in what has stopped. Losses in a row are counted within one recovery.
* A kept step runs again once a cause has come about and its requirement holds. Where that can't be, or a stop comes
  first, it stays kept.
* What was not a success waits for its requirement again; only then is an open container opened again.
* A container ran again if anything in it did. One that had succeeded and runs again keeps nothing in it.
* What a kept step waited for by ``done`` may have run again in an earlier recovery, later than itself.
* A task that has not begun, and is to be passed over by hand, is passed over when its requirement has come true.
* Iterations that had begun are opened again even where ``until`` has ended the repeat; further ones never begin.
* A step that waits for a further attempt when its container stops has failed, and is not cancelled.
* Copies on hosts are iterations of a container around them, all at once; a failure in one stops the others as it stops
  iterations. Hosts with which copies began stay; where all run again, the hosts are found anew.
* A step that asks a question is ready until a person answers, or nobody does in time; a slot or a host means nothing
  to it, and one that waits for an answer is never active.
* When somebody asks for a stop, nothing is cancelled: the run ends once nothing is executed: a success or stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sequent.model.references import OuterName
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.scope import host_in
from sequent.model.spec import FlowSpec
from sequent.model.status import Claim, RunStatus, Status, Verdict
from tests.atoms import atoms_of
from tests.reference_directives import Asked, direct, outdate, pass_over
from tests.reference_tree import (
    CANCELLED,
    FAILURE,
    ON_FAILURE,
    SETTLED,
    SKIPPED,
    SUCCESS,
    Child,
    Frame,
    Key,
    Node,
    Recorded,
)

MAX_LOSSES = 3
NOTHING = Asked()


class Reference:
    """A run, or a recovery of it: tell it what was observed, ask it what follows."""

    def __init__(
        self, spec: FlowSpec, record: dict[Key, Recorded] | None = None, recovery: int = 0, asked: Asked = NOTHING
    ) -> None:
        self.record: dict[Key, Recorded] = {} if record is None else record
        self.recovery, self.asked = recovery, asked
        self.root = Child(Node(spec.root, (), spec.config.stop_on_exception), None)
        self.forgotten: dict[Key, Recorded] = {}
        """What was in repeats that begin anew: who waited for it by ``done`` runs again, if it had run since."""
        if recovery:
            self.forgotten = direct(self.root.node, self.record, recovery, asked)
        self.is_finished = self._recorded(("/", (1,))).status is SUCCESS
        """Whether there is nothing to do."""
        self.is_halted = False
        self.unreachable: set[str] = set()
        self.left: set[Key] = set()
        self.tasks: dict[Key, Child] = {}
        self.blocks: dict[Key, Child] = {}
        self._open(self.root)
        self._work_out()

    # -- what was observed --

    def started(self, key: Key) -> None:
        child = self.tasks[key]
        assert key in self.startable(), f"{key} may not start: it is {child.status}"
        child.status = Status.ACTIVE
        recorded = self._recorded(key)
        recorded.status, recorded.has_begun = Status.ACTIVE, False
        recorded.attempts += 1
        recorded.recovery = recorded.ran_in = self.recovery
        self._note_iteration(child)
        self._work_out()

    def began(self, key: Key) -> None:
        self.tasks[key].began = self._recorded(key).has_begun = True
        self._work_out()

    def ended(self, key: Key, status: Status, verdict: Verdict = Verdict.UNKNOWN, answer: str = "") -> None:
        child = self.tasks[key]
        assert child.frame is not None
        stays = self.is_halted or (not child.node.watches and self._is_stopped(child.frame.block))
        child.status, child.answer = status, answer
        self._recorded(key).status, self._recorded(key).verdict, self._recorded(key).answer = status, verdict, answer
        child.failures += status is FAILURE
        child.losses = 0
        if status is FAILURE and child.may_be_tried_again and not stays:
            child.status, child.is_delayed = Status.READY, child.node.spec.backoff.first > 0
            self._recorded(key).waits = child.is_delayed
        self._work_out()

    def marked(self, key: Key, status: Status, verdict: Verdict, answer: str) -> None:
        """A person gives a task that has not begun its outcome, or answers its question; or nobody does in time."""
        child, recorded = self.tasks[key], self._recorded(key)
        assert child.status in {Status.WAITING, Status.READY}
        child.status, child.answer, child.is_delayed = status, answer, False
        recorded.status, recorded.verdict, recorded.answer = status, verdict, answer
        recorded.attempts += 1
        recorded.has_begun, recorded.waits = True, False
        recorded.recovery = recorded.ran_in = self.recovery
        self._note_iteration(child)
        self._work_out()

    def time_came(self, key: Key) -> None:
        self.tasks[key].is_delayed = self._recorded(key).waits = False

    def lost(self, key: Key) -> None:
        child = self.tasks[key]
        child.losses += 1
        child.status = FAILURE if child.losses == MAX_LOSSES else Status.READY
        self._recorded(key).status = FAILURE if child.losses == MAX_LOSSES else Status.WAITING
        self._work_out()

    def opened(self, key: Key, count: int | None) -> None:
        self.blocks[key].is_open, self.blocks[key].count = True, count
        self._recorded(key).count = count
        self._work_out()

    def drew(self, key: Key) -> None:
        block = self.blocks[key]
        block.drawn += key in self.to_draw()
        self._work_out()

    def exhausted(self, key: Key) -> None:
        self.blocks[key].is_exhausted = True
        self._work_out()

    def broke(self, key: Key) -> None:
        self.blocks[key].is_broken = self.blocks[key].is_open = True
        self._work_out()

    def stopped(self) -> None:
        self.is_halted = True

    def host_changed(self, host: str, *, is_reachable: bool) -> None:
        """A host can be reached, or cannot: nothing else follows but that a stop does not wait for it."""
        self.unreachable.discard(host) if is_reachable else self.unreachable.add(host)

    def was_left(self, key: Key) -> None:
        """A task goes on on its host unseen: it settles only in a recovery that learns its end."""
        self.left.add(key)

    # -- what follows --

    def startable(self) -> set[Key]:
        return set() if self.is_halted else {key for key in self._ready() if not self.tasks[key].node.asks}

    def asking(self) -> set[Key]:
        """The tasks that wait for the answer of a person."""
        return {key for key in self._ready() if self.tasks[key].node.asks}

    def _ready(self) -> set[Key]:
        return {key for key, task in self.tasks.items() if task.status is Status.READY and not task.is_delayed}

    def delayed(self) -> set[Key]:
        """The tasks that wait for a time."""
        return {key for key, task in self.tasks.items() if task.status is Status.READY and task.is_delayed}

    def active(self) -> set[Key]:
        return {key for key, task in self.tasks.items() if task.status is Status.ACTIVE} - self.left

    def to_open(self) -> set[Key]:
        """The containers whose items are to be found."""
        return {key for key, block in self.blocks.items() if block.status is Status.ACTIVE and not block.is_open}

    def count_of(self, key: Key) -> int | None:
        """With how many items a repeat has begun, where it goes on with them; None where they are to be found."""
        return self._recorded(key).count

    def to_draw(self) -> set[Key]:
        """The containers of which the next item is to be drawn."""
        wanted = (block for block in self.blocks.values() if block.wants_item and block.status is Status.ACTIVE)
        return {block.key for block in wanted if block.has_room and not self._is_stopped(block)}

    def statuses(self) -> dict[Key, Status]:
        """What has become of each task that did not stay as an earlier recovery had left it."""
        return {key: task.status for key, task in self.tasks.items() if not (task.is_kept or task.is_passed)}

    def is_tried_again(self, key: Key) -> bool:
        """Whether its last attempt has failed, and another is to follow."""
        return self.tasks[key].status is Status.READY and self.tasks[key].failures > 0

    def outcome(self) -> RunStatus | None:
        active = [key for key in self.active() if host_in(key[1]) not in self.unreachable]
        if self.root.status in SETTLED:
            if self.root.status is SUCCESS:
                return RunStatus.SUCCESS
            return RunStatus.STOPPED if self.is_halted else RunStatus.FAILURE
        return RunStatus.STOPPED if self.is_halted and not active else None

    # -- the rules --

    def _work_out(self) -> None:
        changed = True
        while changed:
            # The next rule is asked only if the last has changed nothing.
            inside = self._under_way(self.root)
            changed = self._decide(inside) or self._stop(inside) or self._settle(inside)
            changed = changed or (not self.is_halted and self._begin(inside))

    def _recorded(self, key: Key) -> Recorded:
        return self.record.setdefault(key, Recorded())

    def _under_way(self, block: Child) -> list[Child]:
        """All that is in the iterations under way, outermost first."""
        open_frames = (frame for frame in block.frames.values() if frame.status is Status.ACTIVE)
        children = [child for frame in open_frames for child in frame.children.values()]
        # Steps have none inside.
        return children + [inner for child in children if child.frames for inner in self._under_way(child)]

    def _decide(self, inside: list[Child]) -> bool:
        """Requirements: what is ready, what never can be, and which kept steps run again or stay."""
        changed = False
        for child in inside:
            if child.status is Status.WAITING:
                holds = _all([self._holds(part, child, near) for part, near in child.node.requires])
                if child.is_kept and holds is not False:
                    causes = list(self._causes(child))
                    if not any(fired for _, fired in causes):
                        holds = False if all(cause.status in SETTLED for cause, _ in causes) else None
                if holds is not None:
                    child.status = self._decided(child, holds=holds)
                    child.came_true = holds
                    child.is_delayed = child.node.is_step and self._waits_first(child)
                    changed = True
        return changed

    def _note_iteration(self, child: Child) -> None:
        """An iteration of a repeated step leaves something behind from now on."""
        if child.frame and child.frame.block.node.wraps:
            around = self._recorded(child.frame.block.key)
            around.drawn = max(around.drawn, child.key[1][-1])

    def _decided(self, child: Child, *, holds: bool) -> Status:
        if child.is_passed or (child.is_kept and not holds):
            return SUCCESS
        if not holds or not child.node.is_step or self.is_halted or not self.asked.skips(child.key):
            return Status.READY if holds else SKIPPED
        pass_over(self._recorded(child.key), self.recovery)
        self._note_iteration(child)
        return SUCCESS

    def _waits_first(self, child: Child) -> bool:
        return "delay" in child.node.spec.values or self._recorded(child.key).waits

    def _holds(self, part: Requirement, child: Child, near: bool) -> bool | None:
        if isinstance(part, Atom):
            target = self._target(part, child, near)
            return target.returned(part.values) if part.claim is Claim.RETURNED else target.says(part.claim)
        values = [self._holds(inner, child, near) for inner in part.parts]
        return _all(values) if isinstance(part, AllOf) else _not(_all([_not(value) for value in values]))

    def _target(self, atom: Atom, child: Child, near: bool) -> Child:
        frame = child.frame
        assert frame is not None
        if isinstance(atom.target, OuterName):
            frame = frame if near else frame.block.frame
            while frame is not None and (frame.block.node.hosts or atom.target.name not in frame.children):
                frame = frame.block.frame
            assert frame is not None
            return frame.children[atom.target.name]
        while frame.block.node.path != atom.target[:-1] or frame.block.node.wraps or frame.block.node.hosts:
            frame = frame.block.frame
            assert frame is not None
        return frame.children[atom.target[-1]]

    def _causes(self, child: Child) -> Iterator[tuple[Child, bool]]:
        """What would make a kept step run again, and whether it has come about."""
        for claim, cause in self._claims(child):
            if claim in ON_FAILURE:
                yield cause, cause.status is FAILURE
            elif claim is Claim.DONE:
                has_run = self._last(cause, "ran_in") > self._last(child, "recovery")
                yield cause, cause.status in SETTLED and has_run

    def _last(self, child: Child, what: str) -> int:
        """The last recovery in which something was recorded of a task, or of anything in a container."""
        path, sequence = child.key
        known = [*self.record.items(), *self.forgotten.items()]
        inside = ((key, recorded) for key, recorded in known if key[0] == path or key[0].startswith(f"{path}."))
        found = (recorded for key, recorded in inside if key[1][: len(sequence)] == sequence)
        return max((getattr(recorded, what) for recorded in found), default=-1)

    def _claims(self, child: Child) -> Iterator[tuple[Claim, Child]]:
        for part, near in child.node.requires:
            for atom in atoms_of(part):
                yield atom.claim, self._target(atom, child, near)

    def _is_unhandled(self, child: Child) -> bool:
        """It fails, or is bound to since a failure in it stopped it, and no sibling handles that or still may."""
        if child.frame is None or not (child.status is FAILURE or self._stops_itself(child)):
            return False
        siblings = [other for other in child.frame.children.values() if other.node.handles]
        hopeful = (other for other in siblings if other.came_true or other.status is Status.WAITING)
        return not any((claim, child) in self._claims(other) for other in hopeful for claim in ON_FAILURE)

    def _stops_itself(self, block: Child) -> bool:
        inside = (child for frame in block.frames.values() for child in frame.children.values())
        return any(child.node.stops and self._is_unhandled(child) for child in inside)

    def _is_stopped(self, block: Child) -> bool:
        """Whether nothing new starts in that container, watchers excepted."""
        if self._stops_itself(block):
            return True
        return block.frame is not None and not block.node.watches and self._is_stopped(block.frame.block)

    def _stop(self, inside: list[Child]) -> bool:
        changed = False
        for child in inside:
            is_waiting = child.status in {Status.WAITING, Status.READY}
            if is_waiting and not child.node.watches and child.frame and self._is_stopped(child.frame.block):
                has_failed = child.failures and not child.losses
                child.status = SUCCESS if child.is_kept else FAILURE if has_failed else CANCELLED
                changed = True
        return changed

    def _active_blocks(self, inside: list[Child]) -> list[Child]:
        blocks = [self.root, *inside]
        return [block for block in blocks if block.status is Status.ACTIVE and not block.node.is_step]

    def _settle(self, inside: list[Child]) -> bool:
        """Settle one iteration or container in which nothing more will happen."""
        for block in self._active_blocks(inside):
            for frame in block.frames.values():
                if frame.status is Status.ACTIVE and all(c.status in SETTLED for c in frame.children.values()):
                    self._settle_frame(block, frame)
                    return True
            if not any(frame.status is Status.ACTIVE for frame in block.frames.values()) and self._settle_block(block):
                return True
        return False

    def _settle_frame(self, block: Child, frame: Frame) -> None:
        children = frame.children.values()
        is_failure = any(self._is_unhandled(child) for child in children)
        is_cancelled = any(child.status is CANCELLED for child in children)
        frame.status = FAILURE if is_failure else CANCELLED if is_cancelled else SUCCESS
        if not block.node.wraps:
            self._recorded((f"{block.key[0]}/", frame.sequence)).status = frame.status
        if block.node.until:
            check = frame.children[block.node.until]
            is_truthy = self._recorded(check.key).verdict is Verdict.TRUTHY
            block.has_met_until |= check.status is SUCCESS and is_truthy

    def _settle_block(self, block: Child) -> bool:
        has_all = block.number > block.limit and not block.wants_item
        if not ((has_all and block.is_open) or self._is_stopped(block)):
            return False
        has_all = has_all and (block.is_open or block.has_met_until)
        statuses = {frame.status for frame in block.frames.values()}
        is_failure = block.is_broken or FAILURE in statuses
        block.status = FAILURE if is_failure else SUCCESS if has_all and CANCELLED not in statuses else CANCELLED
        self._recorded(block.key).status = block.status
        if block.status is SUCCESS and not block.node.is_repeated:
            self._recorded(block.key).answer = block.result
        return True

    def _begin(self, inside: list[Child]) -> bool:
        """Begin one iteration, or open one container."""
        for block in self._active_blocks(inside):
            may_begin = block.is_open and not self._is_stopped(block)
            if may_begin and block.number <= block.limit and block.has_room:
                self._begin_iteration(block)
                return True
        for child in inside:
            if child.status is Status.READY and not child.node.is_step:
                self._open(child)
                return True
        return False

    def _open(self, block: Child) -> None:
        recorded = self._recorded(block.key)
        recorded.status = block.status = Status.ACTIVE
        block.began = block.has_opened = True
        if block.is_afresh:
            outdate(self.record, block.key)
        self.blocks[block.key] = block
        if not block.node.is_repeated:
            block.is_open, block.count = True, 1
        if not block.is_afresh:
            block.drawn = block.drawn_before = recorded.drawn
            block.has_met_until = any(self._ended_repeat(block, n) for n in range(1, block.drawn + 1))
        self._pass_kept(block)

    def _ended_repeat(self, block: Child, number: int) -> bool:
        """Whether an iteration that is kept has ended the repeat."""
        path, sequence = _iteration(block, number)
        step = path.removesuffix("/") if block.node.wraps else f"{path}{block.node.until}".replace("/", ".")
        verdict = self.record.get((step, sequence), Recorded()).verdict
        return block.node.until is not None and verdict is Verdict.TRUTHY and self._is_kept(block, number)

    def _is_kept(self, block: Child, number: int) -> bool:
        return not block.is_afresh and self.record.get(_iteration(block, number), Recorded()).status is SUCCESS

    def _pass_kept(self, block: Child) -> None:
        while self._is_kept(block, block.number):
            block.number += 1

    def _begin_iteration(self, block: Child) -> None:
        frame = block.frames[block.number] = Frame(block, block.sequence_of(block.number))
        recorded = self._recorded(block.key)
        if not block.node.wraps:
            recorded.drawn = max(recorded.drawn, block.number)
            self._recorded(_iteration(block, block.number)).status = Status.ACTIVE
        block.number += 1
        self._pass_kept(block)
        for node in block.node.children:
            child = frame.children[node.name] = Child(node, frame)
            recorded = self.record.get(child.key, Recorded())
            child.was_success, child.answer = recorded.status is SUCCESS, recorded.answer
            child.is_passed = child.was_success and recorded.passed_in == self.recovery
            if child.is_kept and not node.reacts:
                child.status = SUCCESS
            if node.is_step:
                self.tasks[child.key] = child


def _iteration(block: Child, number: int) -> Key:
    """Under which key an iteration is recorded; that of a repeated step is its task."""
    return block.key[0] + ("" if block.node.wraps else "/"), block.sequence_of(number)


def _all(values: Sequence[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
