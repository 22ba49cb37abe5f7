"""Shows a flow, or a run of it, as data that becomes a JSON document."""

from __future__ import annotations

from sequent.pictures.outline import arrows
from sequent.pictures.picture import Box, Picture
from sequent.pictures.states import States


def document_of(picture: Picture, states: States | None = None) -> dict[str, object]:
    """Return its nodes in order, each container before its contents, its arrows, and its pools."""
    found: dict[str, object] = {"flow": picture.flow.name}
    if states is not None:
        found |= {"run": states.run, "status": states.status.value}
    return found | {
        "nodes": [_node(box, states) for box in picture.flow.walk() if box.path],
        "arrows": [
            {
                "from": arrow.source,
                "to": reader,
                "status": arrow.claim.value,
                "label": arrow.label or None,
                "choice": arrow.is_choice,
            }
            for arrow, reader in arrows(picture.flow)
        ],
        "pools": [{"name": pool.name, "capacity": pool.capacity, "shared": pool.is_shared} for pool in picture.pools],
    }


def _node(box: Box, states: States | None) -> dict[str, object]:
    found: dict[str, object] = {
        "path": box.path,
        "kind": box.kind,
        "repeats": box.repeats or None,
        "hosts": box.hosts,
        "parallel": int(box.parallel) if box.parallel.isdecimal() else box.parallel,
        "requires": box.requires or None,
        "acquires": dict(box.acquires),
        "place": None if box.place is None else box.place._asdict(),
    }
    if states is not None:
        standing = states.of(box.path)
        found["status"] = None if standing.status is None else standing.status.value
        found["remarks"] = [*standing.remarks]
        found["counts"] = {status.value: count for status, count in standing.counts.items() if count}
    return found
