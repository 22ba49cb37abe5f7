"""Starts for which there is no room: tried again, told once, and given up after five minutes."""

from __future__ import annotations

import errno

import pytest

from sequent.errors import ShortageError
from sequent.runtime.backoff import FULL_PATIENCE
from sequent.runtime.executors.agents import launch_agent
from sequent.runtime.executors.shortage import Shortage, start_patiently
from sequent.runtime.messages.message_types import CloseAgent
from tests.descriptors import few_descriptors


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_is_told_once_and_tried_again_until_its_patience_ends():
    clock = Clock()
    shortage = Shortage(clock)
    assert shortage.left() is None
    assert shortage.refuse("no room") == "a worker cannot be started: no room; trying again for up to 300 seconds"
    while clock.now < FULL_PATIENCE - 3:
        left = shortage.left()
        assert left is not None
        assert 0 < left < 2.1
        assert not shortage.take_due()
        clock.now += left
        assert shortage.take_due()
        shortage.check()
        assert shortage.refuse("no room") == ""
    clock.now += 4
    with pytest.raises(ShortageError, match="a worker cannot be started: no room") as caught:
        shortage.check()
    assert caught.value.exit_code == 4


def test_what_has_ended_is_told_and_begins_anew():
    clock = Clock()
    shortage = Shortage(clock)
    assert shortage.end() == ""
    shortage.refuse("no room")
    assert shortage.end() == "workers can be started again"
    assert shortage.left() is None
    clock.now = 2 * FULL_PATIENCE
    assert shortage.refuse("no room")
    shortage.check()


def test_an_agent_for_which_there_are_no_descriptors_is_started_once_there_are(monkeypatch, capsys):
    given_back: list[float] = []
    with few_descriptors(0) as give_back:

        def sleep(seconds: float) -> None:
            given_back.append(seconds)
            give_back()

        monkeypatch.setattr("time.sleep", sleep)
        agent = start_patiently(launch_agent)
    agent.link.send(CloseAgent())
    assert agent.close(30)
    assert len(given_back) == 1
    assert capsys.readouterr().err.startswith("a worker cannot be started: Too many open files; trying again")


def test_what_is_refused_for_another_reason_is_not_waited_for():
    def start() -> None:
        raise OSError(errno.EACCES, "no")

    with pytest.raises(PermissionError):
        start_patiently(start)
