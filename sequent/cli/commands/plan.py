"""Defines ``plan``, which shows what a flow would run, in order, without running it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, safe
from sequent.cli.runs.flow_lookup import compiled_flow
from sequent.compiler.description_text import claim_text, option_words, part_hosts, requirement_text, source_text
from sequent.model.description import Description, Part, ValueSource
from sequent.model.option_table import OPTIONS
from sequent.model.references import Path
from sequent.model.requirements import Atom, Requirement, claims_in
from sequent.model.spec import capacity_text
from sequent.model.wording import at_a_time

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import Target

Siblings = dict[Path, int]
"""The children of a container, with their positions."""
_LONGEST_SHOWN = 60
_ALSO_NOTED = ("hosts", "until", "acquires", "releases")
_NOTED = [name for name, option in OPTIONS.items() if option.is_tuning or name in _ALSO_NOTED]
"""The options that say where, when and how often a part runs, and which resources it holds."""


def plan(target: Target = None, /, *, options: GlobalOptions = DEFAULTS) -> int:
    """Show what would run, in order, and what each part waits for."""
    definition, compiled = compiled_flow(target, options)
    spec = definition.spec
    parts = planned_parts(compiled.description)
    held = dict(compiled.nodes[0].acquires)
    pools = [{"name": pool.name, "capacity": pool.capacity, "shared": pool.is_shared} for pool in compiled.pools]
    if options.json:
        plan_parts = [part.document() for part in parts]
        json_output.write({"plan": {"flow": spec.name, "acquires": held, "parts": plan_parts, "pools": pools}})
        return 0
    paint = Paint.of(sys.stdout)
    out(paint.strong(safe(spec.name)))
    for pool in compiled.pools:
        shared = ", shared by all runs" if pool.is_shared else ""
        by_flow = f", of which the flow holds {held[pool.name]:,}" if pool.name in held else ""
        out(f"  {paint.faint('pool')} {safe(pool.name)}  {capacity_text(pool.capacity)}{shared}{by_flow}")
    for part in parts:
        out(part.line(paint))
    return 0


@frozen
class PlannedPart:
    """A step or a container of a plan, in words."""

    path: Path
    part: Part
    waits_for: str
    """Its requirement, with names as in the flow; '' if it waits for nothing."""
    repeats: str
    """Its items; '' if it does not repeat."""
    parallel: int | str
    """The number of iterations at once: a number, 0 for any, or its source."""
    hosts: list[str] | str | None
    """The hosts that it has copies on, or their source; None if it has no copies."""
    notes: tuple[str, ...]
    """Its durations, retries and limits, and the amounts that it acquires."""

    def line(self, paint: Paint) -> str:
        """Return the part as one line."""
        words = [f"{'  ' * len(self.path)}{safe(self.path[-1])}"]
        if self.repeats:
            words.append(
                paint.faint(", ".join(filter(None, (f"repeats over {self.repeats}", at_a_time(self.parallel)))))
            )
        if self.waits_for:
            words.append(f"after {self.waits_for}")
        if self.notes:
            words.append(paint.faint(", ".join(self.notes)))
        return "  ".join(words)

    def document(self) -> json_output.Document:
        """Return the part as data that becomes JSON."""
        place = self.part.place
        return {
            "path": ".".join(self.path),
            "kind": "container" if self.part.is_container else "step",
            "waits_for": self.waits_for or None,
            "repeats": self.repeats or None,
            "parallel": self.parallel,
            "hosts": self.hosts,
            "notes": list(self.notes),
            "place": None if place is None else {"file": place.file, "line": place.line},
        }


def planned_parts(parts: Description) -> Iterator[PlannedPart]:
    """Yield the steps and containers in the order in which they can start, each container before its contents."""
    by_path = {tuple(path.split(".")): part for path, part in parts.items() if path}
    bodies: dict[Path, Siblings] = {}
    for path in by_path:
        siblings = bodies.setdefault(path[:-1], {})
        siblings[path] = len(siblings)
    pending = _ordered(bodies.get((), {}), by_path)
    while pending:
        path = pending.pop()
        yield _planned(path, by_path[path], bodies[path[:-1]])
        pending += _ordered(bodies.get(path, {}), by_path)


def _ordered(siblings: Siblings, by_path: dict[Path, Part]) -> list[Path]:
    """Return a container's children in reverse order: each after those that it waits for, else as written."""
    claimed = ({claim.path for claim in claims_in(by_path[path].requires)} for path in siblings)
    paths = list(siblings)
    order = TopologicalSorter(
        {at: sorted(siblings[path] for path in others & siblings.keys()) for at, others in enumerate(claimed)}
    )
    order.prepare()
    ready, found = list(order.get_ready()), list[Path]()
    heapify(ready)
    while ready:
        position = heappop(ready)
        found.append(paths[position])
        order.done(position)
        for freed in order.get_ready():
            heappush(ready, freed)
    return found[::-1]


def _planned(path: Path, part: Part, siblings: Siblings) -> PlannedPart:
    parallel = part.options.get("parallel", 1)
    return PlannedPart(
        path=path,
        part=part,
        waits_for="" if part.requires is None else _waits_for(part.requires, siblings),
        repeats=_repeats(part),
        parallel=safe(source_text(parallel)) if isinstance(parallel, ValueSource) else parallel,
        hosts=part_hosts(part),
        notes=tuple(map(safe, [*([f"asks: {part.question}"] if part.question else []), *option_words(part, _NOTED)])),
    )


def _waits_for(requires: Requirement, siblings: Siblings) -> str:
    def text_of(claim: Atom) -> str:
        outer = "" if claim.path in siblings else "outer."
        return safe(claim_text(claim, f"{outer}{claim.path[-1]}"))

    return requirement_text(_as_written(requires, siblings), text_of)


def _as_written(requires: Requirement, siblings: Siblings) -> Requirement:
    """Return a requirement with siblings first, in the order of the flow, and joins last."""
    if isinstance(requires, Atom):
        return requires

    def rank(part: Requirement) -> tuple[int, int]:
        if not isinstance(part, Atom):
            return (2, 0)
        return (0, siblings[part.path]) if part.path in siblings else (1, 0)

    return evolve(requires, parts=tuple(_as_written(part, siblings) for part in sorted(requires.parts, key=rank)))


def _repeats(part: Part) -> str:
    if part.repeats is None or part.count is None:
        return "" if part.repeats is None else safe(source_text(part.repeats))
    tree = json.loads(part.items)
    shown = safe(json.dumps(tree, ensure_ascii=False))
    return shown if isinstance(tree, list) and len(shown) <= _LONGEST_SHOWN else f"{part.count:,} items"
