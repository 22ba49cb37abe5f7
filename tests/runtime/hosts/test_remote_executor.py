"""Attempts on another host: what an executor promises here holds there as well."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sequent.errors import FencedError
from sequent.model.value_text import encode
from sequent.runtime.executors.remote.remote_executor import RemoteExecutor
from sequent.runtime.host_agent.outcome_spool import keeps_outcomes
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptLeft,
    AttemptLost,
    AttemptTakenBack,
    HostReachable,
    HostUnreachable,
    Notice,
    PaceChanged,
    Spooled,
)
from tests.disks import small_disk
from tests.patience import wait_until
from tests.runtime.driving import Driving
from tests.runtime.hosts.sessions import STEPS, StandIn, remote, run_on


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A host that no test harms."""
    directory = tmp_path_factory.mktemp("shared")
    host = StandIn(directory / "far")
    with remote(run_on(host, directory / "run"), directory / "run") as found:
        found.host = host
        yield found
    host.end()


@pytest.fixture
def driving(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as found:
        yield found


def gate(tmp_path: Path) -> Path:
    directory = tmp_path / "gate"
    directory.mkdir(exist_ok=True)
    return directory


def kept_outcomes(host: StandIn) -> int:
    """How many files a host has with outcomes that it keeps."""
    return sum(keeps_outcomes(str(file)) for file in (host.place / "outcomes").iterdir())


def begun(directory: Path) -> list[str]:
    """The processes in which the step behind that gate has begun."""
    file = directory / "begun"
    return file.read_text().split() if file.exists() else []


def start_gated(driving: Driving, directory: Path, **more: object) -> int:
    frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), **more)
    driving.wait_until(lambda: begun(directory))
    return frame


def test_an_attempt_has_its_result_and_its_log(shared):
    ended = shared.run("hello")
    assert (ended.result, ended.problem) == ('"hello"', None)
    assert shared.log_of(ended) == "hello from there\n"


def test_a_silent_attempt_has_no_log(shared):
    assert shared.run("silent").log is None


def test_arguments_travel(shared):
    assert shared.run("add", inputs=("1", "41"), makers=("source", "source")).result == "42"


def test_many_attempts_each_have_an_outcome_and_a_log_of_their_own(shared):
    frames = [shared.start("add", inputs=(str(n), "1"), makers=("source",) * 2) for n in range(200)]
    frames += [shared.start("hello") for _ in range(50)]
    ended = [shared.end_of(frame) for frame in frames]
    assert [found.result for found in ended[:200]] == [str(n + 1) for n in range(200)]
    assert {shared.log_of(found) for found in ended[200:]} == {"hello from there\n"}


def test_a_large_result_comes_whole(shared):
    ended = shared.run("text", inputs=("3000000",), makers=("source",))
    assert json.loads(ended.result) == "é" * 3_000_000


def test_a_large_value_of_an_order_travels_as_a_file(shared, tmp_path):
    spooled = tmp_path / "values"
    spooled.write_text("[\n" + "".join(f"{n}\n" for n in range(300_000)) + "]\n")
    given = (Spooled(os.fsencode(spooled)),)
    assert shared.run("length", inputs=given, makers=("source",)).result == "300000"
    small = (Spooled(os.fsencode(spooled)),)
    assert shared.run("length", inputs=small, makers=("source",)).result == "300000"


def test_a_file_that_was_received_goes_with_its_attempt(shared, tmp_path):
    spooled = tmp_path / "values"
    spooled.write_text("[\n1\n]\n")
    shared.run("length", inputs=(Spooled(os.fsencode(spooled)),), makers=("source",))
    assert list((shared.host.place / "received").iterdir()) == []


def test_a_failure_comes_with_the_authors_line(shared):
    ended = shared.run("fail")
    assert (ended.problem.type, ended.problem.message) == ("ValueError", "as it should")
    assert ended.problem.file.endswith("remote_steps.py")
    assert shared.log_of(ended).startswith("about to fail\n")


def test_a_workers_death_fails_its_attempt_alone(shared):
    dead, other = shared.start("die"), shared.start("hello")
    ended = shared.end_of(dead)
    assert ended.problem.signal == 9
    assert shared.log_of(ended) == "about to die\n"
    assert shared.end_of(other).problem is None


def test_a_timeout_is_kept_there(shared):
    ended = shared.run("sleepy", timeout=0.2)
    assert ended.problem.type == "TimeoutError"


def test_steps_run_in_the_home_directory_with_the_settings_of_the_host(host, tmp_path):
    run = run_on(host, tmp_path / "run", variables={"FAR_AWAY": "yes"})
    with remote(run, tmp_path / "run") as driving:
        cwd, variable, attempt, nice, token = json.loads(driving.run("where", settings={"nice": 5}).result)
    assert (cwd, variable, attempt, nice, token) == (str(host.home), "yes", 1, os.nice(0) + 5, "t1")


def test_steps_run_in_the_directory_that_the_settings_name(host, tmp_path):
    (host.home / "data").mkdir()
    with remote(run_on(host, tmp_path / "run", cwd="~/data"), tmp_path / "run") as driving:
        assert json.loads(driving.run("where").result)[0] == str(host.home / "data")


def test_a_beginning_is_announced_where_that_is_wanted(shared, tmp_path):
    frame = shared.start("hello", announces=True)
    shared.wait(lambda report: isinstance(report, AttemptBegan) and report.frame == frame)
    assert shared.end_of(frame).result == '"hello"'


def test_what_has_not_begun_is_taken_back(driving, tmp_path):
    directory = gate(tmp_path)
    busy = [start_gated(driving, directory), driving.start("sleepy")]
    waiting = driving.start("hello")
    driving.executor.take_back(waiting, 1, 1)
    assert isinstance(driving.outcome_of(waiting), AttemptTakenBack)
    (directory / "go").touch()
    assert driving.end_of(busy[0]).result == '"gone through"'


def test_what_has_begun_is_not_taken_back(shared, tmp_path):
    directory = gate(tmp_path)
    frame = start_gated(shared, directory)
    shared.executor.take_back(frame, 1, 1)
    (directory / "go").touch()
    assert shared.end_of(frame).result == '"gone through"'


def test_the_pace_of_steps_there_is_told_and_what_waits_behind_a_slow_task_is_taken_back(driving, tmp_path):
    while not driving.paces:
        driving.run("silent")
    assert driving.paces == [PaceChanged(1, is_quick=True, host="far")]
    directory = gate(tmp_path)
    values = {"inputs": (encode(str(directory)),), "makers": ("source",)}
    slow = [driving.start("gated", **values) for _ in range(2)]
    ahead = [driving.start("silent") for _ in range(4)]
    assert {type(driving.outcome_of(frame)) for frame in ahead} == {AttemptTakenBack}
    assert driving.paces[-1] == PaceChanged(1, is_quick=False, host="far")
    (directory / "go").touch()
    assert [driving.end_of(frame).result for frame in slow] == ['"gone through"'] * 2


def test_all_is_ended_where_the_run_is_stopped(driving, tmp_path):
    frames = [start_gated(driving, gate(tmp_path)), driving.start("sleepy"), driving.start("hello")]
    driving.executor.end_tasks(at_once=True)
    outcomes = [driving.outcome_of(frame) for frame in frames]
    assert outcomes[0].problem.type == "Signal"
    assert isinstance(outcomes[2], AttemptTakenBack)


def test_a_log_is_live_and_has_neither_gaps_nor_doubles(driving, tmp_path):
    directory = gate(tmp_path)
    frame = start_gated(driving, directory)
    logs = tmp_path / "run" / "logs"
    driving.wait_until(lambda: any(b"first line\n" in file.read_bytes() for file in logs.glob("*.log")))
    (directory / "go").touch()
    assert driving.log_of(driving.end_of(frame)) == "first line\nlast line\n"


def test_of_a_flood_the_first_and_the_last_half_come(shared):
    ended = shared.run("flood")
    log = shared.log_of(ended)
    assert ended.log.dropped > 15 * 1024 * 1024
    assert ended.log.length < 9 * 1024 * 1024
    assert log.startswith("xxx")
    assert log.endswith("the end\n")
    assert shared.log_of(shared.run("hello")) == "hello from there\n"


# -- the connection is lost


def test_an_attempt_goes_on_while_the_connection_is_lost(driving, host, tmp_path):
    directory = gate(tmp_path)
    frame = start_gated(driving, directory)
    host.sessions[-1].cut()
    driving.wait(lambda report: isinstance(report, HostUnreachable))
    (directory / "go").touch()
    ended = driving.end_of(frame)
    assert ended.result == '"gone through"'
    assert driving.log_of(ended) == "first line\nlast line\n"
    assert len(begun(directory)) == 1
    assert len(host.sessions) > 1


def test_what_is_ordered_while_a_host_is_down_waits_and_is_no_failure(driving, host):
    driving.run("hello")
    host.is_down = True
    host.sessions[-1].cut()
    driving.wait(lambda report: isinstance(report, HostUnreachable))
    frame = driving.start("hello")
    assert frame not in [getattr(report, "frame", None) for report in driving.executor.reports()]
    host.is_down = False
    assert driving.end_of(frame).result == '"hello"'


def test_a_session_that_never_answers_is_given_up(host, tmp_path, monkeypatch):
    monkeypatch.setattr("sequent.runtime.executors.remote.host_contact.HANDSHAKE", 0.3)
    host.program = "import time; time.sleep(1000)"
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        told = driving.wait(lambda report: isinstance(report, HostUnreachable))
    assert "no answer of the agent" in told.reason


def test_a_frozen_agent_is_noticed_by_its_silence(driving, host, monkeypatch):
    monkeypatch.setattr("sequent.runtime.executors.remote.host_contact.PING", 0.05)
    frame = driving.start("hello")
    driving.end_of(frame)
    (agent,) = host.agent_pids()
    driving.executor._opened._ping_at = 0.0
    os.kill(agent, 19)
    try:
        told = driving.wait(lambda report: isinstance(report, HostUnreachable))
    finally:
        os.kill(agent, 18)
    assert "no answer for" in told.reason
    assert driving.run("hello").result == '"hello"'


def test_where_a_host_is_down_a_stopped_run_leaves_its_attempt_there_for_a_recovery(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        frame = start_gated(driving, directory, token="a1")
        host.is_down = True
        host.sessions[-1].cut()
        driving.wait(lambda report: isinstance(report, HostUnreachable))
        never = driving.start("hello")
        driving.executor.end_tasks(at_once=False)
        assert isinstance(driving.wait(lambda report: getattr(report, "frame", 0) == frame), AttemptLeft)
        assert isinstance(driving.outcome_of(never), AttemptTakenBack)
    host.is_down = False
    (directory / "go").touch()
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        assert driving.end_of(frame).result == '"gone through"'
    assert len(begun(directory)) == 1


def test_a_full_disk_of_a_host_is_waited_for_and_no_outcome_is_lost(tmp_path):
    with small_disk(tmp_path / "far") as disk:
        host = StandIn(tmp_path / "far")
        directory = gate(tmp_path)
        try:
            with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
                frame = start_gated(driving, directory)
                disk.fill()
                (directory / "go").touch()
                told = driving.wait(lambda report: isinstance(report, Notice))
                assert "outcomes cannot be written on the host" in told.text
                late = driving.start("silent")
                disk.free()
                assert driving.end_of(frame).result == '"gone through"'
                assert driving.end_of(late).problem is None
            assert len(begun(directory)) == 1
        finally:
            host.end()


# -- the driver is gone


def test_a_driver_that_comes_back_collects_what_has_ended_meanwhile(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    (directory / "go").touch()
    wait_until(lambda: kept_outcomes(host))
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        ended = driving.end_of(frame)
        assert (ended.frame, ended.attempt, ended.result) == (frame, 2, '"gone through"')
        assert driving.log_of(ended) == "first line\nlast line\n"
    assert len(begun(directory)) == 1


def test_an_outcome_is_collected_even_if_a_power_cut_has_taken_the_token(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    (directory / "go").touch()
    wait_until(lambda: any(file.stat().st_size for file in (host.place / "outcomes").iterdir()))
    (agent,) = host.agent_pids()
    os.kill(agent, 9)
    wait_until(lambda: not host.agent_pids())
    (host.place / "tokens").write_text("")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        assert driving.end_of(frame).result == '"gone through"'
        driving.run("hello", token="h1")
    assert (host.place / "tokens").read_text() == "h1\n"
    assert len(begun(directory)) == 1


def test_a_driver_that_comes_back_joins_what_goes_on(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        other = driving.run("hello")
        (directory / "go").touch()
        assert driving.end_of(frame).result == '"gone through"'
        assert other.result == '"hello"'
    assert len(begun(directory)) == 1


def test_what_never_arrived_begins_with_the_driver_that_comes_back(host, tmp_path):
    directory = gate(tmp_path)
    (directory / "go").touch()
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        assert driving.end_of(frame).result == '"gone through"'
    assert len(begun(directory)) == 1


def test_what_no_driver_wants_is_ended_before_its_task_runs_again(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        frame = start_gated(driving, directory, token="a1")
    passed = tmp_path / "passed"
    passed.mkdir()
    (passed / "go").touch()
    run = run_on(host, tmp_path / "run", epoch=2)
    with remote(run, tmp_path / "run") as driving:
        inputs = (encode(str(passed)),)
        assert driving.start("gated", inputs=inputs, makers=("source",), token="b1", attempt=2) == frame
        assert driving.end_of(frame).result == '"gone through"'
    assert (tmp_path / "course").read_text().split() == ["begun", "ended", "begun", "ended"]
    wait_until(lambda: not Path("/proc", begun(directory)[0]).exists())


def test_what_ran_as_the_agent_was_killed_is_lost_and_never_begins_again(driving, host, tmp_path):
    directory = gate(tmp_path)
    frame = start_gated(driving, directory)
    (agent,) = host.agent_pids()
    os.kill(agent, 9)
    lost = driving.outcome_of(frame)
    assert isinstance(lost, AttemptLost)
    assert "the agent on its host ended" in lost.reason
    assert len(begun(directory)) == 1
    wait_until(lambda: not Path("/proc", begun(directory)[0]).exists())
    assert driving.run("hello").result == '"hello"'


def test_an_outcome_is_reported_once_however_often_the_connection_is_lost(driving, host):
    ended = driving.run("hello")
    for _ in range(3):
        host.sessions[-1].cut()
        driving.wait(lambda report: isinstance(report, HostReachable))
    driving.run("silent")
    assert [report for report in driving.seen if isinstance(report, AttemptEnded)] == []
    driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)


def test_an_outcome_stays_on_the_host_until_it_is_written(driving, host):
    ended = driving.run("hello")
    assert kept_outcomes(host)
    driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
    driving.wait_until(lambda: not kept_outcomes(host))


def test_a_run_that_has_ended_leaves_only_the_tokens(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        ended = driving.run("hello")
        driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
    wait_until(lambda: not host.agent_pids())
    assert not (host.place / "logs").exists()
    assert (host.place / "tokens").read_text() == "t1\n"
    with remote(run_on(host, tmp_path / "run", epoch=2), tmp_path / "run") as driving:
        again = driving.start("hello", token="t1")
        lost = driving.outcome_of(again)
        assert isinstance(lost, AttemptLost)


def test_a_driver_that_was_replaced_is_told_so(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as old:
        old.run("hello")
        with remote(run_on(host, tmp_path / "other", epoch=2), tmp_path / "other") as new:
            new.run("hello", token="n1")
            with pytest.raises(FencedError, match="a later driver"):
                old.wait(lambda report: False)


def test_an_agent_that_knows_nothing_of_what_was_handed_over_is_not_trusted(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    other = StandIn(tmp_path / "replaced")
    try:
        with remote(run_on(other, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
            driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
            told = driving.wait(lambda report: isinstance(report, HostUnreachable))
        assert "knows nothing of the run" in told.reason
        assert len(begun(directory)) == 1
    finally:
        other.end()


def test_only_the_address_is_tried_behind_which_attempts_are(host, tmp_path):
    directory = gate(tmp_path)
    doors: list[str] = []

    def connect(door):
        doors.append(door)
        session = host.connect(door)
        session.door = "login2"
        return session

    run = run_on(host, tmp_path / "run", connect=connect)
    with remote(run, tmp_path / "run") as driving:
        frame = start_gated(driving, directory)
        host.sessions[-1].cut()
        driving.wait(lambda report: isinstance(report, HostUnreachable))
        (directory / "go").touch()
        driving.end_of(frame)
    assert doors == ["", "login2"]


# -- what comes before


def test_what_a_profile_prints_is_skipped(tmp_path):
    host = StandIn(tmp_path / "far", noise="Welcome!\n" * 1000)
    try:
        with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
            assert driving.run("hello").result == '"hello"'
    finally:
        host.end()


def test_too_much_of_it_is_quoted(tmp_path):
    host = StandIn(tmp_path / "far", noise="Welcome! " * 10_000)
    try:
        with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
            told = driving.wait(lambda report: isinstance(report, HostUnreachable))
        assert "unexpected output before the handshake: 'Welcome! Welcome!" in told.reason
    finally:
        host.end()


def test_another_source_of_the_flow_is_refused_with_both_digests(host, tmp_path):
    run = run_on(host, tmp_path / "run", sources=((STEPS, "0123456789abcdef"),))
    with remote(run, tmp_path / "run") as driving:
        problem = driving.run("hello").problem
        assert problem.type == "UsageError"
        assert "another one on host 'far'" in problem.message
        assert "0123456789ab where the run was started" in problem.message
        assert "another one on host 'far'" in driving.executor.trouble.message


def test_the_same_source_is_not(host, tmp_path):
    run = run_on(host, tmp_path / "run", checks_sources=True)
    with remote(run, tmp_path / "run") as driving:
        assert driving.run("hello").result == '"hello"'
        assert isinstance(driving.executor, RemoteExecutor)
        assert driving.executor.is_ready
