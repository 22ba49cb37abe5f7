"""What is to be drawn of a flow: boxes within boxes, and arrows between the boxes of each."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.compiler.conditions import Asked, Joined
from sequent.compiler.reading import read
from sequent.compiler.texts import Name, input_text, items_text, option_words
from sequent.compiler.tree import Node, Tree
from sequent.errors import Place
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.items import Items
from sequent.model.spec import Amounts, ContainerSpec, FlowSpec, PoolSpec
from sequent.model.status import Claim
from sequent.model.work import CommandWork, NoWork


class Kind(StrEnum):
    """What a box stands for."""

    FLOW = "flow"
    CONTAINER = "container"
    STEP = "step"
    COMMAND = "command"
    NOTHING = "nothing"
    """A step without anything to do."""


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
    kind: Kind
    requires: str = ""
    """All that it waits for; empty where that is nothing."""
    repeats: str = ""
    """What it repeats over; empty where it does not repeat."""
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


def picture_of(spec: FlowSpec) -> Picture:
    """What is to be drawn of a flow.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    return picture_of_tree(read(spec)[0])


def picture_of_tree(tree: Tree) -> Picture:
    """What is to be drawn of a flow whose names are resolved."""
    arrows = _arrows_in(tree)
    boxes: dict[int, Box] = {}
    for node in reversed(tree.nodes):
        inner = tuple(boxes.pop(child.index) for child in node.children)
        boxes[node.index] = _box(tree, node, inner, arrows.get(node, ()))
    return Picture(boxes[0], tree.spec.pools)


def _box(tree: Tree, node: Node, boxes: tuple[Box, ...], arrows: tuple[Arrow, ...]) -> Box:
    def name(index: int) -> str:
        return tree.by_index[index].text

    source = node.values.get("parallel")
    parallel = str(node.spec.parallel) if source is None else input_text(source, name)
    return Box(
        index=node.index,
        path=node.text,
        name=node.spec.name if node.path else tree.spec.name,
        kind=_kind(node),
        requires=node.condition.text if node.condition is not None else "",
        repeats=items_text(node.repeats, name) if node.repeats is not None else "",
        parallel=parallel,
        count=len(Items(node.repeats.text)) if isinstance(node.repeats, ItemsLiteralPlan) else None,
        remarks=tuple(_remarks(node, name)),
        result=node.spec.result or "" if isinstance(node.spec, ContainerSpec) else "",
        acquires=node.spec.acquires,
        place=node.spec.place,
        boxes=boxes,
        arrows=arrows,
    )


def _kind(node: Node) -> Kind:
    if isinstance(node.spec, ContainerSpec):
        return Kind.CONTAINER if node.path else Kind.FLOW
    if isinstance(node.spec.work, NoWork):
        return Kind.NOTHING
    return Kind.COMMAND if isinstance(node.spec.work, CommandWork) else Kind.STEP


def _remarks(node: Node, name: Name) -> Iterator[str]:
    yield from option_words(node.spec, node.values, name, ("until", "delay", "acquires")).values()


def _arrows_in(tree: Tree) -> dict[Node | None, tuple[Arrow, ...]]:
    """By the container that holds both ends."""
    found: dict[Node | None, dict[tuple[str, str, str, bool], Arrow]] = {}
    for node in tree.nodes:
        for asked, is_choice in _asked_by(node):
            target = node.ancestor(len(asked.node.path)).text
            label = _label(asked)
            arrows = found.setdefault(asked.node.parent, {})
            key = (asked.node.text, target, label, is_choice)
            readers = (*arrows[key].readers, node.text) if key in arrows else (node.text,)
            arrows[key] = Arrow(asked.node.text, target, readers, asked.claim, label, is_choice)
    return {around: tuple(arrows.values()) for around, arrows in found.items()}


def _asked_by(node: Node) -> Iterator[tuple[Asked, bool]]:
    pending = [] if node.condition is None else [(node.condition, False)]
    seen: set[str] = set()
    while pending:
        part, is_choice = pending.pop()
        if isinstance(part, Joined):
            pending.extend((inner, is_choice or not part.is_all) for inner in reversed(part.parts))
        elif part.text not in seen:
            seen.add(part.text)
            yield part, is_choice


def _label(asked: Asked) -> str:
    if asked.claim is Claim.SUCCESS:
        return ""
    has_words = asked.claim is Claim.RETURNED or asked.is_stand_in
    return asked.text.removeprefix(f"{asked.node.text}.") if has_words else asked.claim.value
