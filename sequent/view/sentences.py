"""The sentences that say why something has not started, or how it ended; each follows the name of its task."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.commands import typed
from sequent.model.interventions import InterventionRecord
from sequent.model.outcome import Failure, Problem
from sequent.model.scope import path_on_host, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.runtime.clock import local_text
from sequent.runtime.records import PoolHold, RowState, TaskPlace
from sequent.view.text import counted, waiting_time
from sequent.view.truths import ClaimTruth, GroupTruth, PartTruth
from sequent.view.waiting import PoolNeed, TaskLimit, Waiting

_MOST_NAMED = 3
_BECAME = {
    Status.SUCCESS: "succeeded",
    Status.FAILURE: "failed",
    Status.SKIPPED: "was skipped",
    Status.CANCELLED: "was cancelled",
    Status.ACTIVE: "has not ended",
    Status.READY: "has not begun",
    Status.WAITING: "has not begun",
}


def place_text(place: TaskPlace | ClaimTruth) -> str:
    """Return a task or container as people read it."""
    if not place.path:
        return "the flow"
    # Everything in a sequence but its host is a number; the host stands after the name with the copies.
    depth = next((depth for depth, part in enumerate(place.sequence) if isinstance(part, str)), 0)
    host = str(place.sequence[depth]) if depth else ""
    return f"{path_on_host(place.path, host, depth)}/{sequence_text(place.sequence)}"


def failure_text(failure: Failure) -> str:
    """Return the task or container of a failure as people read it."""
    return f"{failure.located}/{failure.sequence}"


# -- how it ended


def ended_sentence(standing: RowState, status: Status) -> str:
    """Return the sentence of a task or container that has ended."""
    if standing.is_passed:
        return "was passed over in a recovery, and counts as a success"
    at = "" if standing.ended is None else f" at {local_text(standing.ended)}"
    told = f": {problem_text(standing.problem)}" if status is Status.FAILURE and standing.problem is not None else ""
    return f"{_BECAME[status]}{at}{_attempt(standing.attempt)}{told}"


def running_sentence(standing: RowState | None, status: RunStatus) -> str:
    """Return the sentence about a running task or container, and about one that nothing drives any more."""
    is_lost = status is RunStatus.INTERRUPTED
    if standing is None or standing.started is None:
        return f"has begun and not ended: the run is {status.value}" if is_lost else "is under way"
    since = f"since {local_text(standing.started)}{_attempt(standing.attempt)}"
    return f"had been running {since} when its driver ended" if is_lost else f"has been running {since}"


def problem_text(problem: Problem) -> str:
    """Return the reason for a failure in one line."""
    message = problem.message.strip().splitlines()
    return f"{problem.type}: {message[0]}" if message else problem.type


def _attempt(number: int) -> str:
    return f" (attempt {number})" if number > 1 else ""


# -- requirements


def claim_sentence(claim: ClaimTruth) -> str:
    """Return the present state of a claim's step or container, as the reason for its truth."""
    name = place_text(claim)
    if claim.claim == "returned" and claim.status is Status.SUCCESS:
        return f"{name} returned {'one of these values' if claim.truth else 'another value'}"
    if claim.truth is None and claim.status is Status.SUCCESS:
        return f"{name} may have to run again"
    if claim.is_lost:
        return f"{name} was running when its driver ended"
    if claim.asks and claim.status is Status.READY:
        return f"{name} is not answered"
    return f"{name} {_BECAME[claim.status]}"


def deciding(part: PartTruth, truth: bool | None) -> Iterator[ClaimTruth]:
    """Yield the claims that give a requirement this truth."""
    if isinstance(part, GroupTruth):
        for inner in part.parts:
            if inner.truth is truth:
                yield from deciding(inner, truth)
    elif part.truth is truth:
        yield part


def open_sentence(requirement: PartTruth) -> str:
    """Return the sentence of something whose requirement is not true yet."""
    return f"waits: {_open_text(requirement)}"


def _open_text(part: PartTruth) -> str:
    """Return the parts that are still open, joined as in the requirement."""
    if not isinstance(part, GroupTruth):
        return claim_sentence(part)
    inner = [each for each in part.parts if each.truth is None]
    texts = [f"({text})" if " or " in text and len(inner) > 1 else text for text in map(_open_text, inner)]
    more = [counted(len(texts) - _MOST_NAMED, "other")] if len(texts) > _MOST_NAMED else []
    return (" and " if part.is_all else " or ").join([*texts[:_MOST_NAMED], *more])


def skipped_sentence(chain: list[ClaimTruth]) -> str:
    """Return the sentence of something that was skipped, with the claims that became impossible one by the other."""
    return f"was skipped because {', because '.join(map(claim_sentence, chain))}" if chain else "was skipped"


def cancelled_sentence(failure: Failure | None) -> str:
    """Return the sentence of something that was cancelled."""
    if failure is None:
        return "was cancelled"
    return f"was cancelled because {failure_text(failure)} failed ({problem_text(failure.problem)})"


# -- the start


def ready_sentence(waiting: Waiting, status: RunStatus, now: float) -> str:
    """Return the sentence of something that may start: the first thing that it waits for."""
    return next(_waits(waiting, status, now))


def unbegun_run_sentence(waiting: Waiting, status: RunStatus) -> str:
    """Return the sentence of anything in a run that has not begun: pools of its flow, or a driver."""
    if not waiting.is_driven:
        return _driver_sentence(status)
    missing = [need for need in waiting.pools if need.is_missing]
    return f"waits: the run has not begun{f', and waits for {_pools_text(missing)}' if missing else ''}"


def held_as_well(sentence: str, waiting: Waiting) -> str:
    """Return the sentence of something that could not start yet, and that a person holds, if one does."""
    return sentence if waiting.hold is None else f"{sentence}; it {_hold_sentence(waiting.hold)}"


def _waits(waiting: Waiting, status: RunStatus, now: float) -> Iterator[str]:
    if waiting.hold is not None:
        yield _hold_sentence(waiting.hold)
    if waiting.question:
        yield f"waits for an answer to '{waiting.question}'"
    if waiting.time is not None:
        number = f" (attempt {waiting.time.attempt})" if waiting.time.attempt > 1 else ""
        left = waiting.time.due - now
        yield f"starts in {waiting_time(left)}{number}" if left > 0 else f"is due{number}"
    if not waiting.is_driven:
        yield _driver_sentence(status)
    if waiting.host:
        yield f"waits: {waiting.host}"
    if missing := [need for need in waiting.pools if need.is_missing]:
        yield f"waits for {_pools_text(missing)}"
    if reached := [limit for limit in waiting.limits if limit.is_reached]:
        yield _limit_sentence(reached[0])
    yield from _turn(waiting)


def _driver_sentence(status: RunStatus) -> str:
    word = "continue" if status is RunStatus.SUSPENDED else "recover"
    return f"waits for a driver: the run is {status.value}; {word} it"


def _hold_sentence(asked: InterventionRecord) -> str:
    why = f": {asked.request.why}" if asked.request.why else ""
    return f"has been held by {asked.request.who} since {local_text(asked.at)}{why}"


def _pools_text(needs: list[PoolNeed]) -> str:
    return " and ".join(map(_pool_text, needs))


def _pool_text(need: PoolNeed) -> str:
    holders = [f"{_holder(hold, need)}" for hold in need.holders]
    more = [counted(len(holders) - _MOST_NAMED, "other")] if len(holders) > _MOST_NAMED else []
    held = f", held by {' and '.join([*holders[:_MOST_NAMED], *more])}" if holders else ""
    return f"{need.wanted} of pool '{need.pool}'{held}"


def _holder(hold: PoolHold, need: PoolNeed) -> str:
    if hold.holder is None:
        return f"{run_text(hold)}, which keeps it"
    if need.is_shared and not hold.holder.path:
        return run_text(hold)
    return f"{holder_text(hold, hold.holder)}{f' of {run_text(hold)}' if need.is_shared else ''}"


def run_text(hold: PoolHold) -> str:
    """Return the run that holds an amount, and what it takes to have it back if no process drives that run."""
    return f"run {hold.run}" + ("" if hold.is_driven else f" (not driven: {typed('recover', hold.run)})")


def holder_text(hold: PoolHold, holder: TaskPlace) -> str:
    """Return the task or container that holds an amount as people read it."""
    if hold.orphan_on:
        return f"an attempt of {holder.path} on host '{hold.orphan_on}' that is being ended"
    return place_text(holder)


def _limit_sentence(limit: TaskLimit) -> str:
    if not limit.path:
        return f"waits: all {limit.most} slots are taken"
    names = " and ".join(place_text(place) for place in limit.running[:_MOST_NAMED])
    return f"waits: at most {limit.most} of {limit.path} at once, now {names}"


def _turn(waiting: Waiting) -> Iterator[str]:
    running = next((len(limit.running) for limit in waiting.limits if not limit.path), 0)
    if waiting.pools and not running:
        yield "waits for its turn at its pools"
    yield f"waits for a slot: {running} running" if running else "is about to start"
