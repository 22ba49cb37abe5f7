"""Workers that hold attempts ahead: each is executed once, never two at a time, whatever becomes of the one before."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.context import context
from sequent.runtime.orders import AttemptEnded, AttemptLost, AttemptTakenBack, PaceChanged, Report
from tests.patience import wait_until
from tests.runtime.driving import Driving, forked

LEDGER = "ledger"


def act():
    """Do what the item says, between two lines of a ledger."""
    note("start")
    match context().item:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "kill the agent":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(1000)
        case "stay in C code":
            # One call until the gate is opened, in which no other thread nor signal's handler of Python's could act.
            os.close(ctypes.PyDLL(None).open(b"gate", os.O_RDONLY))
        case "wait":
            while not Path("go on").exists():
                time.sleep(0.001)
        case _:
            pass
    note("end")


def note(event):
    line = f"{event} {context().token} {os.getpid()} {time.monotonic_ns()}\n"
    file = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, line.encode())
    os.close(file)


flow = Sequent("flow")
flow.add_step("act", func=act)


class Line(NamedTuple):
    event: str
    token: str
    pid: int
    at: int


def ledger(driving: Driving) -> list[Line]:
    path = driving.directory / LEDGER
    rows = (line.split() for line in path.read_text().splitlines()) if path.exists() else ()
    return [Line(event, token, int(pid), int(at)) for event, token, pid, at in rows]


@contextlib.contextmanager
def warm(directory: Path, workers: int) -> Generator[Driving]:
    """So many workers that have loaded the flow, and a step that is quick."""
    with forked(flow, directory, most_workers=workers) as driving:
        held = [driving.start("act", item='"wait"') for _ in range(workers)]
        (directory / "go on").touch()
        for frame in held:
            driving.end_of(frame)
        (directory / "go on").unlink()
        while not (driving.paces and driving.paces[-1].is_quick):
            driving.run("act")
        (directory / LEDGER).unlink()
        driving.paces.clear()
        yield driving


def start(driving: Driving, items: list[str]) -> list[int]:
    return [driving.start("act", item=f'"{item}"') for item in items]


def outcomes(driving: Driving, frames: list[int]) -> list[type[Report]]:
    return [type(driving.outcome_of(frame)) for frame in frames]


def executed(driving: Driving, frames: list[int], items: list[str]) -> list[AttemptEnded]:
    """Wait until they have ended; what comes back (a busy machine is slow) is ordered again, one at a time."""
    ends: list[AttemptEnded] = []
    for first, item in zip(frames, items, strict=True):
        frame = first
        while isinstance(report := driving.outcome_of(frame), AttemptTakenBack):
            (frame,) = start(driving, [item])
        assert isinstance(report, AttemptEnded)
        ends.append(report)
    return ends


def wait_until_begun(driving: Driving, *frames: int) -> None:
    wait_until(lambda: {f"t{frame}" for frame in frames} <= begun_once(driving))


def begun_once(driving: Driving) -> set[str]:
    """The tokens of all that has begun, none of which has twice."""
    starts = Counter(line.token for line in ledger(driving) if line.event == "start")
    assert set(starts.values()) <= {1}
    return set(starts)


def test_what_is_handed_over_ahead_is_executed_once_and_no_more_at_a_time_than_there_are_workers(tmp_path):
    with warm(tmp_path, 2) as driving:
        items = ["nothing"] * 400
        executed(driving, start(driving, items), items)
        assert len(begun_once(driving)) == 400
        lines = ledger(driving)
        assert len({line.pid for line in lines}) == 2
        executing = 0
        for line in sorted(lines, key=lambda line: line.at):
            executing += 1 if line.event == "start" else -1
            assert executing <= 2


def test_what_waits_behind_one_that_is_slow_in_c_code_is_executed_by_another(tmp_path):
    with warm(tmp_path, 2) as driving:
        os.mkfifo(tmp_path / "gate")
        slow, *quick = start(driving, ["stay in C code"] + ["nothing"] * 30)
        executed(driving, quick, ["nothing"] * 30)
        os.close(os.open(tmp_path / "gate", os.O_WRONLY))
        assert driving.end_of(slow).problem is None
        assert driving.paces[0] == PaceChanged(1, is_quick=False)
        assert len(begun_once(driving)) == 31


def test_what_waits_behind_the_only_worker_is_given_back_once_that_is_slow(tmp_path):
    with warm(tmp_path, 1) as driving:
        slow, *quick = start(driving, ["wait"] + ["nothing"] * 30)
        assert outcomes(driving, quick) == [AttemptTakenBack] * 30
        late = driving.start("act")
        assert outcomes(driving, [late]) == [AttemptTakenBack]
        (tmp_path / "go on").touch()
        assert driving.end_of(slow).problem is None
        assert begun_once(driving) == {f"t{slow}"}
        assert driving.run("act").problem is None


def test_what_is_asked_for_comes_back_unless_it_has_begun(tmp_path):
    with warm(tmp_path, 1) as driving:
        first, *others = start(driving, ["wait"] + ["nothing"] * 9)
        wait_until_begun(driving, first)
        for frame in (first, *others[::2]):
            driving.executor.take_back(frame, 1, 1)
        assert outcomes(driving, others[::2]) == [AttemptTakenBack] * 5
        (tmp_path / "go on").touch()
        assert driving.end_of(first).problem is None
        assert not begun_once(driving) & {f"t{frame}" for frame in others[::2]}


def test_to_ask_for_what_has_ended_changes_nothing(tmp_path):
    with warm(tmp_path, 1) as driving:
        (frame,) = start(driving, ["nothing"])
        driving.end_of(frame)
        driving.executor.take_back(frame, 1, 1)
        assert driving.run("act").problem is None
        assert driving.seen == []


def test_a_worker_that_dies_takes_with_it_what_it_had_begun_alone(tmp_path):
    with warm(tmp_path, 2) as driving:
        items = ["nothing"] * 120
        items[20] = items[45] = items[90] = "die"
        frames = start(driving, items)
        for end, item in zip(executed(driving, frames, items), items, strict=True):
            problem = end.problem
            assert (problem is not None and problem.signal) == (item == "die" and signal.SIGKILL)
        assert len(begun_once(driving)) == 120


def test_when_the_agent_dies_what_had_begun_is_lost_and_all_else_is_executed_once(tmp_path):
    # On a busy machine the one that is to kill it may be taken back before it begins.
    wait_until(lambda: _kill_from_within(Path(tempfile.mkdtemp(dir=tmp_path))))


def _kill_from_within(directory: Path) -> bool:
    """Whether one of many attempts has killed the agent; what becomes of the others is as it must be."""
    with warm(directory, 2) as driving:
        items = ["nothing"] * 100
        items[30] = "kill the agent"
        frames = start(driving, items)
        ends = dict(zip(frames, outcomes(driving, frames), strict=True))
        lost = [frame for frame, kind in ends.items() if kind is AttemptLost]
        assert ends[frames[30]] in (AttemptLost, AttemptTakenBack)
        assert len(lost) <= 2
        assert set(ends.values()) <= {AttemptEnded, AttemptLost, AttemptTakenBack}
        begun = begun_once(driving)
        assert begun >= {f"t{frame}" for frame, kind in ends.items() if kind is AttemptEnded}
        assert not begun & {f"t{frame}" for frame, kind in ends.items() if kind is AttemptTakenBack}
        return frames[30] in lost


def test_when_all_is_ended_what_has_not_begun_never_does(tmp_path):
    with warm(tmp_path, 2) as driving:
        waiting = start(driving, ["wait", "wait"])
        others = start(driving, ["nothing"] * 80)
        driving.executor.end_tasks(at_once=True)
        assert outcomes(driving, others) == [AttemptTakenBack] * 80
        for frame in waiting:
            driving.outcome_of(frame)
        assert begun_once(driving) <= {f"t{frame}" for frame in waiting}


@pytest.mark.parametrize("victim", ["agent", "worker"])
def test_at_whatever_moment_one_of_them_is_killed_each_attempt_begins_once_and_has_one_outcome(tmp_path, victim):
    with warm(tmp_path, 2) as driving:
        agent = driving.executor.agent
        frames = start(driving, ["nothing"] * 60)
        for frame in frames[::7]:
            driving.outcome_of(frame)
            pid = agent.pid if victim == "agent" else ledger(driving)[-1].pid
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            agent = driving.executor.agent
            frames += start(driving, ["nothing"] * 10)
        rest = [frame for frame in frames if frame not in frames[:60:7]]
        ends = dict(zip(rest, outcomes(driving, rest), strict=True))
        begun = begun_once(driving)
        assert set(ends.values()) <= {AttemptEnded, AttemptLost, AttemptTakenBack}
        assert not begun & {f"t{frame}" for frame, kind in ends.items() if kind is AttemptTakenBack}
        assert driving.seen == []
