"""Attempts that Sequent has ended are no success, whatever they return."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.orders import AttemptTakenBack
from tests.patience import PATIENCE
from tests.runtime.driving import forked


def ready(directory):
    Path(directory, "ready").touch()


def catches(directory):
    try:
        ready(directory)
        time.sleep(1000)
    except BaseException:  # noqa: BLE001 - as steps do that mean well
        return "in spite of all"


def catches_all_the_time(directory):
    ready(directory)
    # Until it is told to end, and then for a while.
    for seconds in (PATIENCE, 0.5):
        with contextlib.suppress(BaseException):
            time.sleep(seconds)
    return "in spite of all"


def ignores(directory):
    with subprocess.Popen(["sleep", "1000"]) as child:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ready(directory)
        # The child does not ignore it, so that this ends once it has come.
        child.wait()
    return "in spite of all"


def blocks(directory):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ready(directory)
    while signal.SIGTERM not in signal.sigpending():
        time.sleep(0.01)
    return "in spite of all"


def has_its_own(directory):
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    ready(directory)
    while not told:
        time.sleep(0.01)
    return "in spite of all"


def waits_for_a_thread(directory):
    told, done = threading.Event(), threading.Event()
    threading.Thread(target=lambda: (told.wait(), time.sleep(0.5), done.set()), daemon=True).start()
    ready(directory)
    while not done.is_set():
        try:
            done.wait()
        except BaseException:  # noqa: BLE001 - as steps do that mean well
            told.set()
    return "in spite of all"


async def awaits(directory):
    ready(directory)
    for seconds in (PATIENCE, *[0.05] * 10):
        with contextlib.suppress(BaseException):
            await asyncio.sleep(seconds)
    return "in spite of all"


async def is_called_back(directory):
    loop = asyncio.get_running_loop()

    def busy():
        ready(directory)
        time.sleep(PATIENCE)

    loop.call_soon(busy)
    await asyncio.sleep(0.1)
    return "in spite of all"


STEPS = (*(catches, catches_all_the_time, ignores, blocks, has_its_own, waits_for_a_thread, awaits, is_called_back),)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_what_was_ended_is_a_failure_though_it_returns_something(tmp_path, step):
    flow = Sequent("flow")
    flow.add_step("step", func=step, args=(str(tmp_path),))
    with forked(flow, tmp_path) as driving:
        frame = driving.start("step", wants_verdict=True)
        deadline = time.monotonic() + PATIENCE
        while not (tmp_path / "ready").exists():
            driving.executor.reports()
            for key, _ in driving.selector.select(0.01):
                key.data()
            assert time.monotonic() < deadline
        driving.executor.end_tasks(at_once=False)
        ended = driving.end_of(frame)
    assert ended.result is None
    assert ended.problem
    assert (ended.problem.type, ended.problem.signal) == ("Signal", signal.SIGTERM)


def test_what_has_ended_before_is_left_alone(tmp_path):
    flow = Sequent("flow")
    flow.add_step("pid", func=os.getpid)
    with forked(flow, tmp_path) as driving:
        frame = driving.start("pid")
        ended = driving.end_of(frame)
        driving.executor.end_tasks(at_once=False)
    assert ended.problem is None


def test_an_order_that_is_written_after_the_end_goes_to_no_idle_worker(tmp_path, monkeypatch):
    flow = Sequent("flow")
    flow.add_step("pid", func=os.getpid)
    with forked(flow, tmp_path) as driving:
        driving.end_of(driving.start("pid"))
        driving.executor.end_tasks(at_once=False)
        assignments = driving.executor._pool._assignments
        assert assignments.has_idle
        monkeypatch.setattr(assignments, "hand_over", lambda: pytest.fail("it is handed over"))
        late = driving.outcome_of(driving.start("pid"))
    assert isinstance(late, AttemptTakenBack)
