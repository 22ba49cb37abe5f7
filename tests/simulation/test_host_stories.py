"""What steps on hosts leave is in the store once, with their outcomes, whatever fails."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest import mock

import pytest

from sequent.runtime.executors.remote.outcome_reports import OutcomeReports
from sequent.runtime.host_agent.hosted_attempts import HostedAttempts
from sequent.runtime.hosts.protocol.messages import EndedThere, OutcomeThere
from sequent.runtime.orders import Report, StoryTold
from tests.simulation.simulation import simulate_seed

SEEDS = max(20, int(os.environ.get("SIMULATED_SEEDS", "2000")) // 40)
simulate = partial(simulate_seed, tells_stories=True)


@pytest.mark.timeout(1800)
def test_all_promises_are_kept_whatever_fails() -> None:
    seen = [simulate(seed) for seed in range(SEEDS)]
    assert [(each.seed, each.violation) for each in seen if each.violation] == []
    counts = sum((each.counts for each in seen), Counter[str]())
    assert counts["story"] > SEEDS


def _outcomes_alone() -> tuple[type, str, Callable[..., Any]]:
    """A driver that comes back gets the outcomes without what they came with."""
    before = HostedAttempts.outcomes

    def outcomes(self: Any, wanted: Any) -> Iterator[OutcomeThere]:
        for each in before(self, wanted):
            yield EndedThere(each.token, each.ended) if isinstance(each, EndedThere) else each

    return HostedAttempts, "outcomes", outcomes


def _told_late() -> tuple[type, str, Callable[..., Any]]:
    """What an attempt has left is reported after its end."""
    before = OutcomeReports.of

    def of(self: Any, *words: Any) -> list[Report]:
        return sorted(before(self, *words), key=lambda report: isinstance(report, StoryTold))

    return OutcomeReports, "of", of


@pytest.mark.parametrize("mistake", [_outcomes_alone, _told_late])
def test_a_mistake_is_found(mistake: Callable[[], tuple[type, str, Callable[..., Any]]]) -> None:
    owner, name, instead = mistake()
    with mock.patch.object(owner, name, instead):
        assert any("I18" in simulate(seed).violation for seed in range(SEEDS))
