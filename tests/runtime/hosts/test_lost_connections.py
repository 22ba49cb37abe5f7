"""A connection to a host that is lost, and agents and disks there that fail: attempts go on, and none is doubled."""

from __future__ import annotations

import os
from pathlib import Path

from sequent.model.value_text import encode
from sequent.runtime.orders import (
    AttemptEnded,
    AttemptLeft,
    AttemptLost,
    AttemptTakenBack,
    HostReachable,
    HostUnreachable,
    Notice,
)
from tests.disks import small_disk
from tests.patience import wait_until
from tests.runtime.hosts.gates import begun, gate, kept_outcomes, start_gated
from tests.runtime.hosts.sessions import StandIn, remote, run_on


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
    driving.run("hello")
    (agent,) = host.agent_pids()
    os.kill(agent, 19)
    try:
        # Only while it is frozen: on a busy machine one that is not answers late, too.
        with monkeypatch.context() as impatient:
            impatient.setattr("sequent.runtime.executors.remote.host_contact.PING", 0.05)
            driving.executor._opened._ping_at = 0.0
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


def test_only_the_address_is_tried_behind_which_attempts_are(host, tmp_path):
    directory = gate(tmp_path)
    doors: list[str] = []

    def connect(key, door):
        doors.append(door)
        session = host.connect(key, door)
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
