"""The tree on which the reference works: what was written, and what has become of each thing in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import IntEnum

from attrs import define, field

from sequent.model.references import Literal, ResultOf
from sequent.model.requirements import Atom, Requirement
from sequent.model.scope import Sequence
from sequent.model.spec import ContainerSpec, StepSpec
from sequent.model.status import Claim, Status, Verdict
from sequent.model.work import QuestionWork, references_of
from tests.atoms import atoms_of

Key = tuple[str, Sequence]
"""A task: its dotted path and its sequence. A container in one iteration: its path and the sequence around it.

What has copies on hosts is a container of these, whose iterations are the copies: a sequence has the host.
"""

SUCCESS, FAILURE, SKIPPED, CANCELLED = Status.SUCCESS, Status.FAILURE, Status.SKIPPED, Status.CANCELLED
SETTLED = {SUCCESS, FAILURE, SKIPPED, CANCELLED}
COMPLETE = {SUCCESS, FAILURE}
MET = {Claim.SUCCESS: {SUCCESS}, Claim.FAILURE: {FAILURE}, Claim.SKIPPED: {SKIPPED}, Claim.DONE: SETTLED}
MET |= dict.fromkeys((Claim.COMPLETE, Claim.READY, Claim.ACTIVE), COMPLETE)
ON_FAILURE = {Claim.FAILURE, Claim.COMPLETE}


@define(eq=False)
class Recorded:
    """What is remembered of a task, an iteration or a container from recovery to recovery."""

    status: Status = Status.WAITING
    verdict: Verdict = Verdict.UNKNOWN
    answer: str = ""
    waits: bool = False
    """Whether a wait before its next attempt has begun."""
    drawn: int = 0
    count: int | None = None
    """Of a repeat: how many items it has, where they were found whole."""
    attempts: int = 0
    has_begun: bool = False
    """Whether the code of its last attempt has begun, as far as anybody may ask."""
    recovery: int = -1
    """The recovery of its last attempt."""
    ran_in: int = -1
    """The last recovery in which it ran."""
    passed_in: int = -1
    """The recovery in which it was passed over."""


class Level(IntEnum):
    """What a node stands for, of one thing that was written: each is in the one before, where there is that."""

    WHOLE = 0
    COPY = 1
    ITERATION = 2


class Node:
    """A step or container as written; a repeated step is a container of one, and so is what has copies on hosts."""

    def __init__(
        self, spec: StepSpec | ContainerSpec, path: tuple[str, ...], stops: bool, level: Level = Level.WHOLE
    ) -> None:
        own = stops if spec.stop_on_exception is None else spec.stop_on_exception
        self.spec, self.path, self.name = spec, path, spec.name
        self.hosts = _hosts_of(spec) if level is Level.WHOLE else ()
        self.is_repeated = bool(self.hosts) or spec.repeats is not None
        self.parallel = 0 if self.hosts else spec.parallel
        is_alone = not self.hosts and (level is Level.ITERATION or spec.repeats is None)
        self.is_step = isinstance(spec, StepSpec) and is_alone
        self.asks = self.is_step and isinstance(spec, StepSpec) and isinstance(spec.work, QuestionWork)
        self.stops = own if self.is_step else stops
        self.children: list[Node] = []
        self.until: str | None = spec.until if isinstance(spec, ContainerSpec) and not self.hosts else None
        self.wraps = False
        if self.hosts:
            self.children = [Node(spec, path, own, Level.COPY)]
        elif isinstance(spec, ContainerSpec):
            self.children = [Node(child, (*path, child.name), own) for child in spec.children]
        elif not self.is_step:
            self.children, self.wraps = [Node(spec, path, stops, Level.ITERATION)], True
            self.until = spec.name if spec.until else None
        inner = level is not Level.WHOLE
        self.requires: list[tuple[Requirement, bool]] = [] if inner else list(self._requirements())
        claims = {atom.claim for part, _ in self.requires for atom in atoms_of(part)}
        self.handles = spec.handles and bool(claims & ON_FAILURE)
        self.watches = not inner and (not spec.handles or Claim.DONE in claims)
        self.reacts = bool(claims & {*ON_FAILURE, Claim.DONE})

    def _requirements(self) -> Iterator[tuple[Requirement, bool]]:
        """Each thing required, and whether its ``outer`` begins right around this node (else one further out)."""
        spec = self.spec
        if spec.requires is not None:
            yield spec.requires, False
        for value in (spec.repeats, *(references_of(spec.work) if isinstance(spec, StepSpec) else ())):
            if isinstance(value, ResultOf):
                yield Atom(value.target, Claim.SUCCESS), False
        for _, value in spec.attributes if isinstance(spec, ContainerSpec) else ():
            if isinstance(value, ResultOf):
                yield Atom(value.target, Claim.SUCCESS), True


def _hosts_of(spec: StepSpec | ContainerSpec) -> tuple[str, ...]:
    hosts = spec.values.get("hosts")
    return tuple(json.loads(hosts.text)) if isinstance(hosts, Literal) else ()


@define(eq=False)
class Frame:
    """One iteration of a container, or one copy."""

    block: Child
    sequence: Sequence
    children: dict[str, Child] = field(factory=dict)
    status: Status = Status.ACTIVE


@define(eq=False)
class Child:
    """A step or container in one iteration of what is around it; the flow itself is one too."""

    node: Node
    frame: Frame | None
    status: Status = Status.WAITING
    was_success: bool = False
    came_true: bool = False
    """Whether its requirement came true in this recovery."""
    began: bool = False
    """Whether its code has begun, as far as anybody may ask."""
    has_opened: bool = False
    is_passed: bool = False
    """Whether it is a success without having run, since this recovery passes it over."""
    losses: int = 0
    failures: int = 0
    """How many of its attempts have failed in this recovery."""
    is_delayed: bool = False
    """Whether it is ready, and waits for a time."""
    answer: str = ""
    """What it returned, as text."""
    frames: dict[int, Frame] = field(factory=dict)
    is_open: bool = False
    count: int | None = None
    drawn: int = 0
    drawn_before: int = 0
    is_exhausted: bool = False
    is_broken: bool = False
    number: int = 1
    """The iteration that is to begin next."""
    has_met_until: bool = False

    @property
    def key(self) -> Key:
        return ".".join(self.node.path), self.frame.sequence if self.frame else ()

    @property
    def is_afresh(self) -> bool:
        """Whether nothing in it is kept: it, or something around it, had succeeded and runs again."""
        return (self.was_success and self.has_opened) or (self.frame is not None and self.frame.block.is_afresh)

    @property
    def is_kept(self) -> bool:
        """Whether it is, so far, the success that an earlier recovery left."""
        return self.was_success and not self.is_afresh and not self.came_true

    def sequence_of(self, number: int) -> Sequence:
        """The sequence of one of its iterations, or of a copy; of none where there are not so many."""
        hosts = self.node.hosts
        return (*self.key[1], hosts[number - 1] if number <= len(hosts) else number)

    @property
    def limit(self) -> int:
        """The highest iteration that may begin as far as items go."""
        if self.is_broken:
            return 0
        if self.has_met_until:
            return self.drawn_before
        return self.drawn if self.count is None else self.count

    @property
    def has_room(self) -> bool:
        under_way = sum(frame.status is Status.ACTIVE for frame in self.frames.values())
        return under_way < self.node.parallel or self.node.parallel == 0

    @property
    def wants_item(self) -> bool:
        is_drawn = self.is_open and self.count is None and not self.is_exhausted and not self.is_broken
        return is_drawn and not self.has_met_until and self.number > self.limit

    def says(self, claim: Claim) -> bool | None:
        """Whether a claim about it is true; None while that is open."""
        if (claim is Claim.READY and self.came_true) or (claim is Claim.ACTIVE and self.began):
            return True
        return self.status in MET[claim] if self.status in SETTLED else None

    def returned(self, values: tuple[str, ...]) -> bool | None:
        """Whether its result is one of these; None while that is open."""
        return self.status is SUCCESS and self.result in values if self.status in SETTLED else None

    @property
    def result(self) -> str:
        """What it returned, or what the child of its only iteration did that it names."""
        spec = self.node.spec
        if isinstance(spec, StepSpec) or self.node.is_repeated or spec.result is None or not self.frames:
            return self.answer
        return self.frames[1].children[spec.result].result

    @property
    def may_be_tried_again(self) -> bool:
        return self.node.is_step and self.failures <= self.node.spec.retries
