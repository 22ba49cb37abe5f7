"""A worker that is told to end: the step that runs, or is about to, hears of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from sequent.runtime.worker.termination import Terminated, Termination


@pytest.fixture
def termination() -> Iterator[Termination]:
    before = signal.getsignal(signal.SIGTERM)
    made = Termination(is_idle=False)
    made.install()
    yield made
    signal.signal(signal.SIGTERM, before)


def test_a_term_in_a_step_is_an_exception_in_it(termination: Termination) -> None:
    with pytest.raises(Terminated), termination:
        os.kill(os.getpid(), signal.SIGTERM)
    assert termination.was_asked
    assert not termination.is_in_step


def test_a_term_just_before_a_step_keeps_its_code_from_running(termination: Termination) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    ran = False
    with pytest.raises(Terminated), termination:
        ran = True
    assert not ran
    assert not termination.is_in_step


def test_a_term_just_after_a_step_leaves_its_outcome_alone(termination: Termination) -> None:
    with termination:
        outcome = "done"
    os.kill(os.getpid(), signal.SIGTERM)
    assert outcome == "done"
    assert termination.was_asked
