"""What a flow does, decided a second time from the contract alone: slow, simple, and for tests only.

It is told what was observed (which task started, how it ended) and works out everything again from the whole tree
after each observation. It takes a ``FlowSpec``; it knows neither compiler nor engine. Where the contract leaves a
choice, it chooses:

* One observation is worked out in rounds: first requirements, until nothing changes; then stops; then starts and
  settled containers. So in one moment skipping goes before cancelling, and stopping before starting.
* A failure is handled by a sibling whose requirement came true in this recovery and that was not cancelled before.
* A container that is itself a watcher is not entered by a stop of what is around it, whenever it began.
* A stop ends a repeat early unless all its items are known to have begun; such a repeat is cancelled.
* A draw that fails is judged outside only once the container has settled.
* A lost task starts anew, so not in what has stopped.
* A kept step whose cause came about but whose requirement no longer can hold stays kept; so does one that a stop meets.
* What was not a success waits for its requirement again; only then is an open container opened again.
* A container ran again if it was opened again; a step without work never ran.
* An iteration whose truthy ``until`` was recorded as a success has ended the repeat for good.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from sequent.model.references import Outer, ResultOf
from sequent.model.requirements import AllOf, Atom, Requirement, atoms_of
from sequent.model.spec import ContainerSpec, FlowSpec, NoWork, StepSpec, references_of
from sequent.model.status import Claim, RunStatus, Status, Verdict

Key = tuple[str, tuple[int, ...]]
"""A task: its dotted path and its sequence. A container in one iteration: its path and the sequence around it."""

MAX_LOSSES = 3
OVER = {Status.SUCCESS: RunStatus.SUCCESS, Status.FAILURE: RunStatus.FAILURE, Status.CANCELLED: RunStatus.STOPPED}
MET = {
    Claim.SUCCESS: {Status.SUCCESS},
    Claim.FAILURE: {Status.FAILURE},
    Claim.COMPLETE: {Status.SUCCESS, Status.FAILURE},
    Claim.SKIPPED: {Status.SKIPPED},
    Claim.DONE: {Status.SUCCESS, Status.FAILURE, Status.SKIPPED, Status.CANCELLED},
}


@define(eq=False)
class Recorded:
    """What is remembered of a task or container from recovery to recovery."""

    status: Status = Status.WAITING
    verdict: Verdict = Verdict.UNKNOWN
    losses: int = 0
    drawn: int = 0


class Node:
    """A step or container as written; a repeated step is a container of one."""

    def __init__(self, spec: StepSpec | ContainerSpec, path: tuple[str, ...], stops: bool, inner: bool = False) -> None:
        own = stops if spec.stop_on_exception is None else spec.stop_on_exception
        self.spec, self.path, self.name = spec, path, spec.name
        self.is_step = isinstance(spec, StepSpec) and (inner or spec.repeats is None)
        self.wraps = isinstance(spec, StepSpec) and not self.is_step
        self.is_empty = self.is_step and isinstance(spec.work, NoWork)
        self.repeats = None if self.is_step else spec.repeats
        self.stops = own if self.is_step else stops
        self.children: list[Node] = []
        self.until: str | None = None
        if isinstance(spec, ContainerSpec):
            self.children = [Node(child, (*path, child.name), own) for child in spec.children]
            self.until = spec.until
        elif self.wraps:
            self.children = [Node(spec, path, stops, inner=True)]
            self.until = spec.name if spec.until else None
        self.requires: list[tuple[Requirement, bool]] = [] if inner else list(self._requirements())
        self.atoms = [atom for part, _ in self.requires for atom in atoms_of(part)]
        self.handles = spec.handles and not inner
        self.watches = not inner and (not spec.handles or any(atom.claim is Claim.DONE for atom in self.atoms))

    def _requirements(self) -> Iterator[tuple[Requirement, bool]]:
        """Each thing required, and whether its ``outer`` begins right around this node (else one further out)."""
        if self.spec.requires is not None:
            yield self.spec.requires, False
        if isinstance(self.spec.repeats, ResultOf):
            yield Atom(self.spec.repeats.target, Claim.SUCCESS), False
        for value in references_of(self.spec.work) if isinstance(self.spec, StepSpec) else ():
            if isinstance(value, ResultOf):
                yield Atom(value.target, Claim.SUCCESS), False
        for _, value in self.spec.attributes if isinstance(self.spec, ContainerSpec) else ():
            if isinstance(value, ResultOf):
                yield Atom(value.target, Claim.SUCCESS), True


@define(eq=False)
class Frame:
    """One iteration of a container."""

    cell: Cell
    sequence: tuple[int, ...]
    afresh: bool
    cells: dict[str, Cell] = field(factory=dict)
    status: Status | None = None


@define(eq=False)
class Cell:
    """One child in one iteration of its container; the flow itself is one too."""

    node: Node
    frame: Frame | None
    status: Status = Status.WAITING
    is_kept: bool = False
    came_true: bool = False
    began: bool = False
    frames: dict[int, Frame] = field(factory=dict)
    count: int | None = None
    answered: bool = False
    drawn: int = 0
    drawing: bool = False
    exhausted: bool = False
    broke: bool = False
    number: int = 1
    has_met_until: bool = False

    @property
    def sequence(self) -> tuple[int, ...]:
        return self.frame.sequence if self.frame else ()

    @property
    def key(self) -> Key:
        return ".".join(self.node.path), self.sequence

    @property
    def afresh(self) -> bool:
        """Whether nothing in it is kept: it, or something around it, had succeeded and runs again."""
        return self.came_true and self.is_kept or (self.frame is not None and self.frame.afresh)

    def says(self, claim: Claim) -> bool | None:
        """Whether a claim about it is true; None while that is open."""
        settled = self.status.is_settled
        if claim in {Claim.READY, Claim.ACTIVE}:
            been = self.status in {Status.SUCCESS, Status.FAILURE}
            return been or (self.began if claim is Claim.ACTIVE else self.came_true) or (False if settled else None)
        return self.status in MET[claim] if settled else None


class Reference:
    """A run, or a recovery of it: tell it what was observed, ask it what follows."""

    def __init__(self, spec: FlowSpec, record: dict[Key, Recorded] | None = None) -> None:
        self.record: dict[Key, Recorded] = {} if record is None else record
        self.root = Cell(Node(spec.root, (), spec.config.stop_on_exception), None)
        self.is_halted = False
        self.tasks: dict[Key, Cell] = {}
        self.blocks: dict[Key, Cell] = {}
        self.root.status = Status.READY
        self._work_out()

    # -- what was observed --

    def started(self, key: Key, announces: bool = False) -> None:
        cell = self.tasks[key]
        assert cell.status is Status.READY, f"{key} may not start: it is {cell.status}"
        cell.status = Status.ACTIVE
        cell.began = cell.began or not announces
        self._recorded(key).status = Status.ACTIVE
        self._work_out()

    def began(self, key: Key) -> None:
        self.tasks[key].began = True
        self._work_out()

    def ended(self, key: Key, status: Status, verdict: Verdict = Verdict.UNKNOWN) -> None:
        self.tasks[key].status = status
        recorded = self._recorded(key)
        recorded.status, recorded.verdict, recorded.losses = status, verdict, 0
        self._work_out()

    def lost(self, key: Key) -> None:
        recorded = self._recorded(key)
        recorded.losses += 1
        is_last = recorded.losses >= MAX_LOSSES
        recorded.status = Status.FAILURE if is_last else Status.WAITING
        self.tasks[key].status = Status.FAILURE if is_last else Status.READY
        self._work_out()

    def opened(self, key: Key, count: int | None) -> None:
        self.blocks[key].answered, self.blocks[key].count = True, count
        self._work_out()

    def asked(self, key: Key) -> None:
        assert self._wants_item(self.blocks[key]), f"nothing may be drawn for {key}"
        self.blocks[key].drawing = True

    def drew(self, key: Key) -> None:
        cell = self.blocks[key]
        cell.drawing = False
        cell.drawn += self._goes_on(cell)
        self._work_out()

    def exhausted(self, key: Key) -> None:
        self.blocks[key].drawing, self.blocks[key].exhausted = False, True
        self._work_out()

    def broke(self, key: Key) -> None:
        self.blocks[key].drawing, self.blocks[key].broke = False, True
        self._work_out()

    def stopped(self) -> None:
        self.is_halted = True
        self._work_out()

    # -- what follows --

    def startable(self) -> set[Key]:
        return {key for key, cell in self.tasks.items() if cell.status is Status.READY}

    def active(self) -> set[Key]:
        return {key for key, cell in self.tasks.items() if cell.status is Status.ACTIVE}

    def to_open(self) -> set[Key]:
        """The containers whose items are to be found."""
        return {k for k, c in self.blocks.items() if c.status is Status.ACTIVE and not c.answered and not c.broke}

    def to_draw(self) -> set[Key]:
        """The containers of which the next item is to be drawn, or is being drawn."""
        return {key for key, cell in self.blocks.items() if cell.drawing or self._wants_item(cell)}

    def statuses(self) -> dict[Key, Status]:
        return {key: cell.status for key, cell in self.tasks.items()}

    def outcome(self) -> RunStatus | None:
        return OVER.get(self.root.status)

    # -- the rules --

    def _work_out(self) -> None:
        while self._decide() or self._stop() or self._advance():
            pass

    def _recorded(self, key: Key) -> Recorded:
        return self.record.setdefault(key, Recorded())

    def _open_frames(self, cell: Cell) -> Iterator[Frame]:
        for frame in cell.frames.values():
            if frame.status is None:
                yield frame
                for child in frame.cells.values():
                    yield from self._open_frames(child)

    def _decide(self) -> bool:
        """Requirements: what has become ready, and what never can."""
        changed = False
        for frame in list(self._open_frames(self.root)):
            for cell in frame.cells.values():
                if cell.status is not Status.WAITING:
                    continue
                holds = self._requirement(cell)
                if cell.is_kept:
                    causes = list(self._causes(cell))
                    if not any(fired for _, fired in causes):
                        holds = False if all(cause.status.is_settled for cause, _ in causes) else None
                if holds is not None:
                    cell.came_true = holds
                    cell.status = Status.READY if holds else Status.SUCCESS if cell.is_kept else Status.SKIPPED
                    changed = True
        return changed

    def _requirement(self, cell: Cell) -> bool | None:
        return _all([self._holds(part, cell, near) for part, near in cell.node.requires])

    def _holds(self, part: Requirement, cell: Cell, near: bool) -> bool | None:
        if isinstance(part, Atom):
            return self._target(part, cell, near).says(part.claim)
        values = [self._holds(inner, cell, near) for inner in part.parts]
        if isinstance(part, AllOf):
            return _all(values)
        opposite = _all([None if value is None else not value for value in values])
        return None if opposite is None else not opposite

    def _target(self, atom: Atom, cell: Cell, near: bool) -> Cell:
        frame = cell.frame
        if isinstance(atom.target, Outer):
            if not near:
                frame = frame.cell.frame if frame else None
            while frame and atom.target.name not in frame.cells:
                frame = frame.cell.frame
            assert frame
            return frame.cells[atom.target.name]
        while frame and frame.cell.node.path != atom.target[:-1]:
            frame = frame.cell.frame
        assert frame
        return frame.cells[atom.target[-1]]

    def _causes(self, cell: Cell) -> Iterator[tuple[Cell, bool]]:
        """What would make a kept step run again, and whether it has come about."""
        for part, near in cell.node.requires:
            for atom in atoms_of(part):
                cause = self._target(atom, cell, near)
                if atom.claim in {Claim.FAILURE, Claim.COMPLETE}:
                    yield cause, cause.status is Status.FAILURE
                elif atom.claim is Claim.DONE:
                    yield cause, cause.status.is_settled and cause.began and not cause.node.is_empty

    def _fails(self, cell: Cell) -> bool:
        """It has failed; or it is going to, since it was stopped by a failure in it."""
        return cell.status is Status.FAILURE or (cell.status is Status.ACTIVE and self._stops_itself(cell))

    def _stops_itself(self, cell: Cell) -> bool:
        children = (child for frame in cell.frames.values() for child in frame.cells.values())
        return any(child.node.stops and self._is_unhandled(child) for child in children)

    def _is_unhandled(self, cell: Cell) -> bool:
        if not self._fails(cell) or cell.frame is None:
            return False
        return not any(
            other.came_true or other.status is Status.WAITING
            for other in cell.frame.cells.values()
            if other.node.handles
            for part, near in other.node.requires
            for atom in atoms_of(part)
            if atom.claim in {Claim.FAILURE, Claim.COMPLETE} and self._target(atom, other, near) is cell
        )

    def _is_stopped(self, cell: Cell) -> bool:
        """Whether nothing new starts in that container, watchers excepted."""
        if self.is_halted or self._stops_itself(cell):
            return True
        return cell.frame is not None and not cell.node.watches and self._is_stopped(cell.frame.cell)

    def _stop(self) -> bool:
        changed = False
        for frame in list(self._open_frames(self.root)):
            if not self._is_stopped(frame.cell):
                continue
            for cell in frame.cells.values():
                may_start = cell.node.watches and not self.is_halted
                if cell.status in {Status.WAITING, Status.READY} and not may_start:
                    is_kept = cell.is_kept and cell.status is Status.WAITING
                    cell.status = Status.SUCCESS if is_kept else Status.CANCELLED
                    changed = True
        return changed

    def _advance(self) -> bool:
        if self.root.status is Status.READY:
            return self._open(self.root)
        for frame in list(self._open_frames(self.root)):
            for cell in frame.cells.values():
                if cell.status is Status.READY and cell.node.is_empty:
                    cell.status, cell.began = Status.SUCCESS, True
                    return True
                if cell.status is Status.READY and not cell.node.is_step:
                    return self._open(cell)
        inner = (cell for frame in self._open_frames(self.root) for cell in frame.cells.values())
        return any(
            self._go_on(cell)
            for cell in [self.root, *inner]
            if cell.status is Status.ACTIVE and not cell.node.is_step
        )

    def _open(self, cell: Cell) -> bool:
        recorded = self._recorded(cell.key)
        if cell is self.root and recorded.status is Status.SUCCESS:
            cell.status = Status.SUCCESS
            return True
        recorded.status = cell.status = Status.ACTIVE
        cell.began, cell.drawn = True, recorded.drawn
        if cell.node.repeats is None:
            cell.answered, cell.count = True, 1
        elif not cell.afresh:
            cell.has_met_until = self._recorded_until(cell)
        self.blocks[cell.key] = cell
        return True

    def _recorded_until(self, cell: Cell) -> bool:
        """Whether an iteration that is kept has ended the repeat."""
        path, sequence = cell.key
        if cell.node.until is None:
            return False
        step = path if cell.node.wraps else f"{path}.{cell.node.until}"
        return any(
            self.record.get((step, (*sequence, number)), Recorded()).verdict is Verdict.TRUTHY
            and self._is_recorded_success(cell, number)
            for number in range(1, cell.drawn + 1)
        )

    def _is_recorded_success(self, cell: Cell, number: int) -> bool:
        found = self.record.get((cell.key[0] + ("" if cell.node.wraps else "/"), (*cell.sequence, number)))
        return found is not None and found.status is Status.SUCCESS

    def _goes_on(self, cell: Cell) -> bool:
        """Whether a further iteration may begin once there is room."""
        return not (cell.broke or cell.has_met_until or self._is_stopped(cell))

    def _has_room(self, cell: Cell) -> bool:
        parallel = cell.node.spec.parallel if cell.node.repeats else 1
        under_way = sum(frame.status is None for frame in cell.frames.values())
        return parallel == 0 or under_way < parallel

    def _limit(self, cell: Cell) -> int:
        return cell.drawn if cell.count is None else cell.count

    def _wants_item(self, cell: Cell) -> bool:
        is_open = cell.status is Status.ACTIVE and cell.answered and cell.count is None and not cell.exhausted
        return is_open and cell.number > cell.drawn and self._goes_on(cell) and self._has_room(cell)

    def _go_on(self, cell: Cell) -> bool:
        """Begin or settle an iteration of a container, or settle it; whether there was something to do."""
        for frame in cell.frames.values():
            if frame.status is None and all(child.status.is_settled for child in frame.cells.values()):
                self._settle_frame(cell, frame)
                return True
        if cell.answered and self._goes_on(cell) and cell.number <= self._limit(cell) and self._has_room(cell):
            self._begin(cell)
            return True
        if (cell.answered or cell.broke) and not cell.drawing and not self._wants_item(cell):
            return self._settle_block(cell)
        return False

    def _begin(self, cell: Cell) -> None:
        number, cell.number = cell.number, cell.number + 1
        if self._is_recorded_success(cell, number) and not cell.afresh:
            return
        frame = Frame(cell, (*cell.sequence, number), cell.afresh)
        cell.frames[number] = frame
        recorded = self._recorded(cell.key)
        recorded.drawn = max(recorded.drawn, number)
        if not cell.node.wraps:
            self._recorded((cell.key[0] + "/", frame.sequence)).status = Status.ACTIVE
        for node in cell.node.children:
            child = frame.cells[node.name] = Cell(node, frame)
            if node.is_step:
                self.tasks[child.key] = child
            known = self.record.get(child.key)
            child.is_kept = not frame.afresh and known is not None and known.status is Status.SUCCESS
        for child in frame.cells.values():
            if child.is_kept and not list(self._causes(child)):
                child.status = Status.SUCCESS

    def _settle_frame(self, cell: Cell, frame: Frame) -> None:
        if any(self._is_unhandled(child) for child in frame.cells.values()):
            frame.status = Status.FAILURE
        elif any(child.status is Status.CANCELLED for child in frame.cells.values()):
            frame.status = Status.CANCELLED
        else:
            frame.status = Status.SUCCESS
        if not cell.node.wraps:
            self._recorded((cell.key[0] + "/", frame.sequence)).status = frame.status
        if cell.node.until is not None:
            key = frame.cells[cell.node.until].key
            is_success = frame.cells[cell.node.until].status is Status.SUCCESS
            cell.has_met_until |= is_success and self._recorded(key).verdict is Verdict.TRUTHY

    def _settle_block(self, cell: Cell) -> bool:
        if any(frame.status is None for frame in cell.frames.values()):
            return False
        has_all = cell.number > self._limit(cell) and (cell.count is not None or cell.exhausted)
        statuses = {frame.status for frame in cell.frames.values()}
        if cell.broke or Status.FAILURE in statuses:
            cell.status = Status.FAILURE
        elif Status.CANCELLED in statuses or not (has_all or cell.has_met_until):
            cell.status = Status.CANCELLED
        else:
            cell.status = Status.SUCCESS
        self._recorded(cell.key).status = cell.status
        return True


def _all(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True
