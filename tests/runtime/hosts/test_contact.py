"""The connection of a driver to a host: trouble on either side neither ends the driver nor keeps it waiting."""

from __future__ import annotations

import os
import threading

from sequent.errors import HostError
from sequent.runtime.executors.remote import remote_executor
from sequent.runtime.executors.remote.host_records import recorded_hosts
from sequent.runtime.hosts.protocol.messages import LogBegun, LogPiece
from sequent.runtime.orders import HostReachable, Spooled
from tests.runtime.hosts.hostile import HostileHost, ended, hostile, refusal_of
from tests.runtime.hosts.sessions import StandIn, remote, run_on


def test_a_log_that_cannot_be_written_here_is_a_trouble_of_its_host_until_it_can_be(tmp_path):
    with hostile(tmp_path, lambda order: [LogBegun("w1.log", 0, order.token), ended(order)]) as driving:
        (mark,) = (tmp_path / "logs" / f"{word}.w1.live" for word in ["ab" * 8])
        mark.mkdir(parents=True)
        frame = driving.start("hello")
        assert refusal_of(driving).reason == "its data cannot be written here: Is a directory (connection)"
        mark.rmdir()
        assert driving.end_of(frame).problem is None


def test_a_directory_of_logs_that_cannot_be_made_is_a_trouble_of_the_host_until_it_can_be(tmp_path):
    logs = tmp_path / "logs"
    logs.touch()
    with hostile(tmp_path, lambda order: [LogPiece("w1.log", 0, b"x"), ended(order)]) as driving:
        assert "its data cannot be written here" in refusal_of(driving).reason
        logs.unlink()
        assert driving.run("hello").problem is None


def test_a_value_that_cannot_be_read_here_is_a_trouble_of_the_host_until_it_can_be(host, tmp_path):
    values = tmp_path / "values"
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        frame = driving.start("length", inputs=(Spooled(os.fsencode(values)),), makers=("source",))
        assert "its files cannot be read here: No such file or directory" in refusal_of(driving).reason
        values.write_text("[\n1\n]\n")
        assert driving.end_of(frame).result == "1"


def test_a_driver_goes_on_while_it_finds_out_why_a_session_has_ended(tmp_path):
    host, is_asked, may_answer = StandIn(tmp_path / "far"), threading.Event(), threading.Event()
    host.program = "raise SystemExit('no agent there')"
    connect = host.connect

    def connect_slowly(key: str = "", door: str = ""):
        session = connect(key, door)
        explain = session.trouble

        def trouble(said: bytes = b"") -> HostError:
            is_asked.set()
            may_answer.wait()
            return explain(said)

        session.trouble = trouble
        return session

    try:
        with remote(run_on(host, tmp_path / "run", connect=connect_slowly), tmp_path / "run") as driving:
            driving.wait_until(is_asked.is_set)
            assert driving.executor.reports() == []
            may_answer.set()
            assert refusal_of(driving).reason == "no agent there (command)"
    finally:
        may_answer.set()
        host.end()


def test_a_host_counts_as_left_only_if_its_agent_has_ended_the_session(tmp_path, monkeypatch):
    monkeypatch.setattr(remote_executor, "_LEAVE_WAIT", 0.1)
    host = HostileHost(lambda _: ())
    with remote(run_on(host, tmp_path), tmp_path) as driving:
        driving.wait(lambda report: isinstance(report, HostReachable))
    assert recorded_hosts(str(tmp_path)) == ["far"]
