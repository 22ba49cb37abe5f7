"""A driver that comes back to a host: it collects and joins the attempts of its predecessor, and none begins twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from attrs import evolve
from msgspec.structs import replace

from sequent.model.value_text import encode
from sequent.runtime.executors.remote.host_contact import HostContact
from sequent.runtime.executors.remote.host_records import recorded_hosts
from sequent.runtime.hosts.protocol.messages import ForgetOutcomes, WithdrawAttempt
from sequent.runtime.orders import (
    AttemptLost,
    EarlierGone,
    HostUnreachable,
    Message,
)
from tests.patience import PATIENCE, wait_until
from tests.runtime.hosts.gates import begun, gate, kept_outcomes, start_gated
from tests.runtime.hosts.sessions import StandIn, remote, run_on


def test_a_driver_that_comes_back_collects_what_has_ended_meanwhile(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    (directory / "go").touch()
    wait_until(lambda: kept_outcomes(host))
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        # It is over, also for a driver that has not ordered it again yet.
        assert driving.wait(lambda report: isinstance(report, EarlierGone)) == EarlierGone("a1")
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
        assert driving.wait(lambda report: isinstance(report, EarlierGone)) == EarlierGone("a1")
        frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        assert driving.end_of(frame).result == '"gone through"'
    assert len(begun(directory)) == 1


def test_an_attempt_that_goes_on_is_not_over_until_it_ends(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        driving.run("hello")
        assert not [report for report in driving.seen if isinstance(report, EarlierGone)]
        (directory / "go").touch()
        assert driving.wait(lambda report: isinstance(report, EarlierGone)) == EarlierGone("a1")


def test_attempts_of_two_drivers_are_told_apart_even_if_both_gave_them_the_same_number(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        earlier = start_gated(driving, directory, token="a1")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        other = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="b1", sequence="2")
        assert other == earlier
        driving.wait_until(lambda: len(begun(directory)) == 2)
        joined = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        (directory / "go").touch()
        assert [driving.end_of(frame).result for frame in (other, joined)] == ['"gone through"'] * 2
    assert len(begun(directory)) == 2


def test_an_attempt_that_no_task_has_asked_for_again_ends_as_its_run_succeeds(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, gate(tmp_path), token="a1")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        ended = driving.run("hello")
        driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
        driving.executor.expect_nothing()
    wait_until(lambda: not host.agent_pids())
    wait_until(lambda: not Path("/proc", begun(gate(tmp_path))[0]).exists())


def test_what_no_driver_wants_is_ended_before_its_task_runs_again(host, tmp_path):
    directory = gate(tmp_path)
    # On a busy machine it may take the step long to clean up.
    host.start_agents_with(f"from sequent.runtime.executors import worker_pool; worker_pool.GRACE = {PATIENCE}")
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


def test_a_task_of_a_repeat_that_was_opened_anew_waits_for_its_earlier_attempt(host, tmp_path):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        earlier = start_gated(driving, directory, token="a1")
    passed = tmp_path / "passed"
    passed.mkdir()
    (passed / "go").touch()
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        driving.run("hello", attempt=2)
        anew = driving.start("gated", inputs=(encode(str(passed)),), makers=("source",), token="b1", sequence="1")
        assert anew != earlier
        driving.run("hello")
        (directory / "go").touch()
        assert driving.end_of(anew).result == '"gone through"'
    assert (tmp_path / "course").read_text().split() == ["begun", "ended", "begun", "ended"]


def test_of_several_attempts_of_a_task_each_waits_for_the_one_before(host, tmp_path):
    gates = [tmp_path / name for name in ("first", "second")]
    for each in gates:
        each.mkdir()
    first, second = ({"inputs": (encode(str(each)),), "makers": ("source",), "sequence": "1"} for each in gates)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, gates[0], token="a1")
        driving.start("gated", token="b1", **second)
    tokens = ("a1", "b1")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=tokens), tmp_path / "run") as driving:
        early = driving.start("gated", token="c1", **first)
        (gates[0] / "go").touch()
        driving.wait_until(lambda: begun(gates[1]))
        late = driving.start("gated", token="d1", **first)
        driving.run("hello")
        (gates[1] / "go").touch()
        assert [driving.end_of(frame).result for frame in (early, late)] == ['"gone through"'] * 2
    assert (tmp_path / "course").read_text().split() == ["begun", "ended"] * 4


def test_an_attempt_that_one_driver_had_ended_and_the_next_one_wants_is_lost(host, tmp_path):
    directory = gate(tmp_path)
    # The test itself ends it, as late as it likes.
    host.start_agents_with(
        "from sequent.runtime.executors.worker_pool import WorkerPool; WorkerPool.end_attempt = lambda *_: None"
    )
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    with remote(run_on(host, tmp_path / "run", epoch=2), tmp_path / "run") as driving:
        driving.run("hello", token="b1")
    with remote(run_on(host, tmp_path / "run", epoch=3, open_tokens=("a1",)), tmp_path / "run") as driving:
        again = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        driving.run("hello", token="c1")
        os.kill(int(begun(directory)[0]), signal.SIGTERM)
        lost = driving.outcome_of(again)
        assert isinstance(lost, AttemptLost)
        assert "an earlier driver had it ended" in lost.reason


@pytest.mark.parametrize("is_attached", [False, True])
def test_an_attempt_that_no_task_needs_is_ended_and_told(host, tmp_path, is_attached):
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        if is_attached:
            driving.run("hello")
        driving.executor.end_earlier("a1")
        assert driving.wait(lambda report: isinstance(report, EarlierGone)) == EarlierGone("a1")
        wait_until(lambda: not Path("/proc", begun(directory)[0]).exists())


def test_an_older_agent_lets_an_attempt_that_no_task_needs_come_to_its_end(host, tmp_path, monkeypatch):
    host.start_agents_with("from sequent.runtime.hosts.protocol import greeting; greeting.NEWEST = 2")
    said: list[Message] = []
    send = HostContact.send_now
    monkeypatch.setattr(
        HostContact, "send_now", lambda contact, message: (said.append(message), send(contact, message))
    )
    directory = gate(tmp_path)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        start_gated(driving, directory, token="a1")
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        driving.executor.end_earlier("a1")
        driving.run("hello")
        (directory / "go").touch()
        assert driving.wait(lambda report: isinstance(report, EarlierGone)) == EarlierGone("a1")
    assert [message for message in said if not isinstance(message, ForgetOutcomes)] == [WithdrawAttempt("a1")]


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


def test_a_host_that_was_left_without_an_answer_gets_the_attempts_of_the_next_driver(host, tmp_path, monkeypatch):
    close = HostContact.close
    monkeypatch.setattr(HostContact, "close", lambda contact, wait=0.0: close(contact, wait) and False)
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
        ended = driving.run("hello")
        driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
    wait_until(lambda: not host.agent_pids())
    assert recorded_hosts(str(tmp_path / "run")) == ["far"]
    # A driver has meanwhile written the order of an attempt, and was killed before it reached the host.
    with remote(run_on(host, tmp_path / "run", epoch=2, open_tokens=("a1",)), tmp_path / "run") as driving:
        again = driving.start("hello", token="a1", attempt=2)
        assert driving.end_of(again).result == '"hello"'


def with_one_worker(run):
    """Have all attempts write to one log."""
    return evolve(run, setup=replace(run.setup, most_workers=1))


@pytest.mark.parametrize("instead", ["", "clear(attempts)"])
def test_an_agent_that_was_killed_as_it_forgot_the_run_takes_no_log_for_one_of_before(host, tmp_path, instead):
    kill = f"lambda attempts: ({instead or None}, os.kill(os.getpid(), 9))"
    host.start_agents_with(
        "import os; from sequent.runtime.host_agent.hosted_attempts import HostedAttempts as H; "
        f"clear = H.clear; H.clear = {kill}"
    )
    with remote(with_one_worker(run_on(host, tmp_path / "run")), tmp_path / "run") as driving:
        ended = driving.run("hello")
        driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
    wait_until(lambda: not host.agent_pids())
    with remote(with_one_worker(run_on(host, tmp_path / "run", epoch=2)), tmp_path / "run") as driving:
        assert driving.log_of(driving.run("fail", token="b1")) == "about to fail\n"


def test_a_driver_joins_attempts_of_another_machine_after_which_its_own_record_is_outdated(host, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    with remote(run_on(host, here), here) as driving:
        driving.run("hello")
    with remote(run_on(host, there, epoch=2), there) as driving:
        driving.run("hello", token="t2")
        driving.executor.acknowledge(1, 1, 1)
    wait_until(lambda: not host.agent_pids())
    with remote(run_on(host, there, epoch=3), there) as driving:
        start_gated(driving, gate(tmp_path), token="a1")
    (gate(tmp_path) / "go").touch()
    with remote(run_on(host, here, epoch=4, open_tokens=("a1",)), here) as driving:
        again = driving.start("gated", inputs=(encode(str(gate(tmp_path))),), makers=("source",), token="a1", attempt=2)
        assert driving.end_of(again).result == '"gone through"'
    assert len(begun(gate(tmp_path))) == 1


def test_a_driver_that_was_replaced_is_told_so(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as old:
        old.run("hello")
        with remote(run_on(host, tmp_path / "other", epoch=2), tmp_path / "other") as new:
            new.run("hello", token="n1")
            told = old.wait(lambda report: isinstance(report, HostUnreachable) and "taken over" in report.reason)
            # A driver that is really fenced finds out as it writes that the host is out of reach.
            assert told.reason.endswith("this driver still owns it (command)")


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
