"""What is to be drawn of a flow: boxes within boxes, and arrows between the boxes of each."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from sequent.by_fields import ByFields
from sequent.compiler.words import claim_words, option_words, requirement_text, source_text
from sequent.errors import Place
from sequent.model.description import Description, Part, PartKind
from sequent.model.references import dotted
from sequent.model.requirements import AnyOf, Atom, Requirement
from sequent.model.spec import Amounts, PoolSpec
from sequent.model.status import Claim

_REMARKS = ("until", "delay", "acquires")
"""The options of which a drawing tells."""


@frozen(eq=False, repr=False)
class Arrow(ByFields):
    """One box waits for another of the same box, itself or by what stands within it."""

    source: str
    """The dotted path of what is waited for."""
    target: str
    """That of the box beside it which waits."""
    readers: tuple[str, ...]
    """Who says so: the target, or what stands within it."""
    claim: Claim
    label: str
    """What is asked, in a word; empty where it is the success."""
    is_choice: bool
    """Whether it is one of several of which any is enough."""

    @property
    def is_failure(self) -> bool:
        """Whether the way is taken only where something went wrong."""
        return self.claim is Claim.FAILURE


@frozen(eq=False, repr=False)
class Box(ByFields):
    """The flow, a container or a step, with what stands in it; containers come before what is in them."""

    index: int
    path: str
    """Dotted; the flow's own is ''."""
    name: str
    kind: PartKind
    requires: str = ""
    """All that it waits for; empty where that is nothing."""
    repeats: str = ""
    """Its items; empty if it does not repeat."""
    count: int | None = None
    """How many items that is, where they were written down."""
    parallel: str = "1"
    """How many iterations at once: a number, 0 for any, or where that comes from."""
    remarks: tuple[str, ...] = ()
    """How it ends, waits and what it holds, each in a few words."""
    result: str = ""
    """Of a container: the step whose result is its own; empty where none is named."""
    acquires: Amounts = ()
    place: Place | None = None
    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    """Between its boxes; those that end further in are drawn to the box around their end."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said beside its name, each in a few words."""
        if not self.repeats:
            return self.remarks
        at_once = {"1": "", "0": " at once"}.get(self.parallel, f" {self.parallel} at once")
        return (f"repeats{at_once}", *self.remarks)

    def walk(self) -> Iterator[Box]:
        """It and all that is in it, a box before what is in it."""
        yield self
        for box in self.boxes:
            yield from box.walk()


@frozen(eq=False, repr=False)
class Picture(ByFields):
    """A whole flow, to be laid out."""

    flow: Box
    pools: tuple[PoolSpec, ...] = ()


def picture_of(name: str, parts: Description) -> Picture:
    """What is to be drawn of a flow.

    Args:
        name: the flow's.
        parts: its description.
    """
    arrows = _arrows_in(parts)
    inside: dict[str, list[Box]] = {}
    for (path, part), index in reversed([*zip(parts.items(), _indices(parts), strict=True)]):
        boxes = tuple(reversed(inside.pop(path, [])))
        box = _box(index, path, part, boxes, arrows.get(path, ()))
        if not path:
            pools = part.pools.items()
            return Picture(evolve(box, name=name), tuple(PoolSpec(pool, *sizes) for pool, sizes in pools))
        inside.setdefault(path.rpartition(".")[0], []).append(box)
    raise ValueError("the description has no flow in it")


def _indices(parts: Description) -> Iterator[int]:
    """The index of each part in a plan: a repeated step has two."""
    index = 0
    for part in parts.values():
        yield index
        index += 1 if part.is_container or part.repeats is None else 2


def _box(index: int, path: str, part: Part, boxes: tuple[Box, ...], arrows: tuple[Arrow, ...]) -> Box:
    parallel = part.options.get("parallel", 1)
    return Box(
        index=index,
        path=path,
        name=path.rpartition(".")[2],
        kind=part.kind,
        requires=requirement_text(part.requires) if part.requires is not None else "",
        repeats=source_text(part.repeats) if part.repeats is not None else "",
        parallel=str(parallel) if isinstance(parallel, int) else source_text(parallel),
        count=part.count,
        remarks=tuple(option_words(part, _REMARKS)),
        result=part.result,
        acquires=part.options.get("acquires", ()),
        place=part.place,
        boxes=boxes,
        arrows=arrows,
    )


def _arrows_in(parts: Description) -> dict[str, tuple[Arrow, ...]]:
    """By the container that holds both ends."""
    found: dict[str, dict[tuple[str, str, str, bool], Arrow]] = {}
    for path, part in parts.items():
        for asked, is_choice in _claims_of(part.requires):
            depth = len(asked.path)
            source, target = dotted(asked.path), ".".join(path.split(".")[:depth])
            label = "" if asked.claim is Claim.SUCCESS else _label(asked)
            arrows = found.setdefault(dotted(asked.path[:-1]), {})
            key = (source, target, label, is_choice)
            readers = (*arrows[key].readers, path) if key in arrows else (path,)
            arrows[key] = Arrow(source, target, readers, asked.claim, label, is_choice)
    return {around: tuple(arrows.values()) for around, arrows in found.items()}


def _claims_of(requires: Requirement | None) -> Iterator[tuple[Atom, bool]]:
    """Each claim once, and whether it is one of several of which any is enough."""
    pending = [] if requires is None else [(requires, False)]
    seen: set[Atom] = set()
    while pending:
        part, is_choice = pending.pop()
        if not isinstance(part, Atom):
            pending.extend((inner, is_choice or isinstance(part, AnyOf)) for inner in reversed(part.parts))
        elif part not in seen:
            seen.add(part)
            yield part, is_choice


def _label(asked: Atom) -> str:
    has_words = asked.claim is Claim.RETURNED or asked.is_stand_in
    return claim_words(asked) if has_words else asked.claim.value
