"""Turns the reason why something waits into the document that --json prints."""

from __future__ import annotations

from sequent.cli.output.json_output import Document, failure_document, intervention_document, moment
from sequent.model.scope import host_in, sequence_text
from sequent.runtime.records import PoolHold, TaskPlace
from sequent.view.truths import TRUTHS, GroupTruth, PartTruth
from sequent.view.waiting import PoolNeed, TaskLimit
from sequent.view.why import Why


def reason_document(why: Why) -> Document:
    """Return a place with its status and its sentence."""
    return {**_place(why.place), "status": why.status.value, "sentence": why.text}


def why_document(why: Why) -> Document:
    """Return a place with all that its sentence rests on."""
    waiting = why.waiting
    time = None if waiting is None else waiting.time
    return {
        **reason_document(why),
        "attempt": why.attempt or None,
        "requirement": None if why.requirement is None else _requirement(why.requirement),
        "container": None if why.container is None else _place(why.container),
        "cause": None if why.cause is None else failure_document(why.cause),
        "hold": None if waiting is None or waiting.hold is None else intervention_document(waiting.hold),
        "due": moment(time.due) if time is not None and time.has_limit else None,
        "question": None if waiting is None else waiting.question or None,
        "unreachable": None if waiting is None else waiting.host or None,
        "pools": [] if waiting is None else [_need(need) for need in waiting.pools],
        "limits": [] if waiting is None else [_limit(limit) for limit in waiting.limits],
    }


def _place(place: TaskPlace) -> Document:
    host = host_in(place.sequence)
    return {"path": place.path, "sequence": sequence_text(place.sequence), "host": host or None}


def _requirement(part: PartTruth) -> Document:
    """Return a requirement: a claim about a step or container, or several parts of which all or any must be true."""
    truth = TRUTHS[part.truth]
    if isinstance(part, GroupTruth):
        return {"truth": truth, "of": "all" if part.is_all else "any", "parts": [*map(_requirement, part.parts)]}
    return {
        "truth": truth,
        "of": None,
        "parts": [],
        "claim": part.claim,
        "values": [*part.values],
        "about": _place(TaskPlace(part.path, part.sequence)),
        "status": part.status.value,
    }


def _need(need: PoolNeed) -> Document:
    return {
        "pool": need.pool,
        "wanted": need.wanted,
        "free": need.free,
        "capacity": need.capacity,
        "shared": need.is_shared,
        "holders": [_hold(hold) for hold in need.holders],
    }


def _hold(hold: PoolHold) -> Document:
    return {
        "run": hold.run,
        "amount": hold.amount,
        "holder": None if hold.holder is None else _place(hold.holder),
    }


def _limit(limit: TaskLimit) -> Document:
    return {"path": limit.path or None, "most": limit.most, "running": [_place(place) for place in limit.running]}
