"""What is believed of what a worker says: the plain success of what it executes, and nothing near it."""

from __future__ import annotations

import selectors
from contextlib import closing

import pytest
from msgspec import to_builtins

from sequent.model.status import Verdict
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.executors.worker_links import LocalLink
from sequent.runtime.executors.worker_messages import hear
from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages.packets import pair, send
from sequent.runtime.orders import AttemptEnded, AttemptOrder

_WORD = "0123456789abcdef"
_PLAIN: list[object] = ["AttemptEnded", 7, 1, 1, "null", 0, None, None, 0.25]
_NOTHING: list[object] = []
_WRONG: dict[int, list[object]] = {
    **{place: [2, -1, "7", 7.0, True, None, 2**60, _NOTHING] for place in (1, 2, 3)},
    4: ["nul", "9" * 5_000, "[" * 100_000, 0, ["null"]],
    5: [3, "0", None],
    **{place: [0, "", _NOTHING] for place in (6, 7)},
    8: [-0.1, "0", None, 1e300, True],
}
"""By place of the message, what does not belong there."""


def heard(message: object) -> tuple[list[object], str]:
    """What is heard of a message from a worker that executes an attempt, and what harm is seen in it."""
    ours, theirs = pair()
    order = AttemptOrder(frame=7, node=1, attempt=1, token="t", path="a", sequence="1", recovery=0)
    with ours, theirs, selectors.DefaultSelector() as selector, closing(Wakeups(selector)) as wakeups:
        wakeups.heed(lambda: None)
        worker = Worker(1, is_for_draws=False, link=LocalLink(ours, theirs, _WORD.encode(), wakeups), is_loaded=True)
        worker.held.append(order)
        send(theirs, message, _WORD.encode())  # type: ignore[arg-type]
        told = [*hear(worker)]
    return told, worker.harm


def test_a_plain_success_is_heard_as_it_was_reported() -> None:
    report = AttemptEnded(7, 1, 1, "null", seconds=0.25)
    assert list(to_builtins(report)) == _PLAIN
    assert heard(_PLAIN) == ([report], "")


@pytest.mark.parametrize(("place", "value"), [(place, value) for place, wrong in _WRONG.items() for value in wrong])
def test_what_differs_from_it_in_one_place_is_not_believed(place: int, value: object) -> None:
    told, harm = heard([*_PLAIN[:place], value, *_PLAIN[place + 1 :]])
    assert (told, harm) == ([], "the step wrote to a descriptor of its worker")


@pytest.mark.parametrize(
    "message", [_PLAIN[:3], [*_PLAIN, 0.25], ["AttemptBegan", *_PLAIN[1:]], ["Ended", *_PLAIN[1:]]]
)
def test_what_is_longer_or_shorter_or_another_word_is_not_believed(message: list[object]) -> None:
    assert heard(message) == ([], "the step wrote to a descriptor of its worker")


def test_a_verdict_and_a_result_are_heard_as_well() -> None:
    report = AttemptEnded(7, 1, 1, "[1]", Verdict.TRUTHY, seconds=0.25)
    assert heard(report) == ([report], "")
