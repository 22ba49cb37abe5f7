"""Describes the drawing of a flow: boxes within boxes, and arrows between the boxes of each."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from sequent.by_fields import ByFields
from sequent.compiler.description_text import claim_words, option_words, part_hosts, requirement_text, source_text
from sequent.errors import Place
from sequent.model.description import Description, Part, PartKind
from sequent.model.references import dotted
from sequent.model.requirements import AnyOf, Atom, Requirement
from sequent.model.spec import Amounts, PoolSpec
from sequent.model.status import Claim
from sequent.model.wording import at_a_time

_REMARKS = ("hosts", "until", "delay", "acquires")
"""The options that a drawing mentions."""


@frozen(eq=False, repr=False)
class Arrow(ByFields):
    """The wait of one box for another in the same box, by itself or by a part within it."""

    source: str
    """The dotted path of the box that is awaited."""
    target: str
    """The dotted path of the box that waits."""
    readers: tuple[str, ...]
    """The parts with this requirement: the target, or parts within it."""
    claim: Claim
    label: str
    """The claim, in a word; '' for success."""
    is_choice: bool
    """Whether it is one of several of which one is enough."""

    @property
    def is_failure(self) -> bool:
        """Whether the way is taken only after a failure."""
        return self.claim is Claim.FAILURE


@frozen(eq=False, repr=False)
class Box(ByFields):
    """The flow, a container or a step, with the boxes in it; containers come before their contents."""

    index: int
    path: str
    """The dotted path; '' for the flow itself."""
    name: str
    kind: PartKind
    requires: str = ""
    """Its requirement; '' if it waits for nothing."""
    repeats: str = ""
    """Its items; '' if it does not repeat."""
    count: int | None = None
    """The number of items, if they were written as a literal."""
    parallel: str = "1"
    """The number of iterations at once: a number, 0 for any, or its source."""
    hosts: list[str] | str | None = None
    """The hosts that it has copies on, or their source; None if it has no copies."""
    remarks: tuple[str, ...] = ()
    """Short notes on its end, its waits, and the pools that it holds."""
    result: str = ""
    """The step whose result is that of the container; '' if none is named."""
    acquires: Amounts = ()
    place: Place | None = None
    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    """The arrows between its boxes; one that ends further in is drawn to the box around its end."""

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes beside its name, each in a few words."""
        if not self.repeats:
            return self.remarks
        return (", ".join(filter(None, ("repeats", at_a_time(self.parallel)))), *self.remarks)

    def walk(self) -> Iterator[Box]:
        """Yield the box and all boxes in it, each before its contents."""
        yield self
        for box in self.boxes:
            yield from box.walk()


@frozen(eq=False, repr=False)
class Picture(ByFields):
    """A whole flow, to be laid out."""

    flow: Box
    pools: tuple[PoolSpec, ...] = ()


def picture_of(name: str, parts: Description) -> Picture:
    """Return the picture of a flow.

    Args:
        name: the name of the flow.
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
    """Yield the index of each part in a plan: a repeated step has two, and a part with copies on hosts one more."""
    index = 0
    for part in parts.values():
        yield index
        index += 1 if part.is_container or part.repeats is None else 2
        index += "hosts" in part.options


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
        hosts=part_hosts(part),
        remarks=(*([f"asks: {part.question}"] if part.question else []), *option_words(part, _REMARKS)),
        result=part.result,
        acquires=part.options.get("acquires", ()),
        place=part.place,
        boxes=boxes,
        arrows=arrows,
    )


def _arrows_in(parts: Description) -> dict[str, tuple[Arrow, ...]]:
    """Return the arrows by the container that contains both ends."""
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
    """Yield each claim once, and whether it is one of several of which one is enough."""
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
