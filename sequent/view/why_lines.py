"""Writes why something waits: the sentence, and below it all that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from sequent.model.status import Status
from sequent.model.terminal import safe
from sequent.runtime.records import PoolHold
from sequent.view.intervention_lines import intervention_lines
from sequent.view.sentences import holder_text, place_text, run_text
from sequent.view.text import ASKED, counted
from sequent.view.truths import TRUTHS, GroupTruth, PartTruth
from sequent.view.waiting import PoolNeed, TaskLimit, Waiting
from sequent.view.why import Why

_SIGNS = {True: "✓", False: "✗", None: "·"}
_WIDTH = max(map(len, TRUTHS.values()))
_MOST_HOLDERS = 10


_Moment = Callable[[float], str]


class Emphasis(Protocol):
    """Makes some words stand out, and others recede."""

    def strong(self, text: str) -> str: ...

    def faint(self, text: str) -> str: ...


def why_lines(why: Why, paint: Emphasis, moment: _Moment) -> Iterator[str]:
    """Yield the sentence, the requirement as a tree, and other waits.

    Args:
        why: the explanation.
        paint: the emphasis of its words.
        moment: returns a time, in seconds since 1970, for people.
    """
    yield f"{paint.strong(safe(place_text(why.place)))} {safe(why.sentence)}"
    if why.requirement is not None:
        yield ""
        yield "requirement"
        yield from _tree(why.requirement, paint, 1)
    if why.waiting is not None:
        lines = [*(_waiting if why.status is Status.READY else _hold)(why.waiting, moment)]
        yield from ("", *lines) if lines else ()


def _tree(part: PartTruth, paint: Emphasis, depth: int) -> Iterator[str]:
    truth = f"{_SIGNS[part.truth]} {TRUTHS[part.truth]:{_WIDTH}}"
    margin = "  " * depth
    if isinstance(part, GroupTruth):
        yield f"{margin}{truth}  {'all' if part.is_all else 'any'} of"
        for inner in part.parts:
            yield from _tree(inner, paint, depth + 1)
        return
    name = safe(place_text(part))
    values = f" {' or '.join(map(safe, part.values))}" if part.values else ""
    now = ASKED if part.asks and part.status is Status.READY else part.status.value
    yield f"{margin}{truth}  {name} {part.claim}{values}  {paint.faint(f'(now {now})')}"


def _hold(waiting: Waiting, moment: _Moment) -> Iterator[str]:
    if waiting.hold is not None:
        yield from (f"held:{line}" for line in intervention_lines([waiting.hold], moment))


def _waiting(waiting: Waiting, moment: _Moment) -> Iterator[str]:
    yield from _hold(waiting, moment)
    if waiting.question:
        yield f"question: {safe(waiting.question)}"
    if waiting.time is not None and waiting.time.has_limit:
        yield f"{'time for an answer ends' if waiting.question else 'due'}: {moment(waiting.time.due)}"
    if waiting.host:
        yield safe(waiting.host)
    for need in waiting.pools:
        yield from _need(need)
    for limit in waiting.limits:
        if limit.most is not None or limit.running:
            yield _limit(limit)


def _need(need: PoolNeed) -> Iterator[str]:
    of = "no limit" if need.capacity is None else f"{max(need.free, 0):,} of {need.capacity:,} free"
    shared = ", shared by all runs" if need.is_shared else ""
    yield f"pool {safe(need.pool)}: wants {need.wanted:,}, {of}{shared}"
    for hold in need.holders[:_MOST_HOLDERS]:
        yield f"  {hold.amount:,} held by {_holder(hold)}"
    if len(need.holders) > _MOST_HOLDERS:
        yield f"  and {len(need.holders) - _MOST_HOLDERS:,} more"


def _holder(hold: PoolHold) -> str:
    if hold.holder is None:
        return f"{safe(run_text(hold))}, which keeps it"
    return f"{safe(holder_text(hold, hold.holder))} of {safe(run_text(hold))}"


def _limit(limit: TaskLimit) -> str:
    most = "" if limit.most is None else f" of {limit.most:,}"
    name = f"max_concurrent of {safe(limit.path)}" if limit.path else "slots"
    return (
        f"{name}: {len(limit.running):,}{most} taken"
        if most
        else f"{name}: {counted(len(limit.running), 'task')} running"
    )
