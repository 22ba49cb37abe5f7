"""Attempts on another host: what an executor promises here holds there as well."""

from __future__ import annotations

import json
import os
from functools import partial

import pytest

from sequent.model.value_text import encode
from sequent.runtime.executors.remote.remote_executor import RemoteExecutor
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptTakenBack,
    HostUnreachable,
    Notice,
    PaceChanged,
    Spooled,
)
from tests.patience import PATIENCE
from tests.runtime.hosts.gates import gate, start_gated
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


def test_an_attempt_has_its_result_and_its_log(shared):
    ended = shared.run("hello")
    assert (ended.result, ended.problem) == ('"hello"', None)
    assert shared.log_of(ended) == "hello from there\n"


def test_a_silent_attempt_has_no_log(shared):
    assert shared.run("silent").log is None


def test_arguments_travel(shared):
    assert shared.run("add", inputs=("1", "41"), makers=("source", "source")).result == "42"


def test_many_attempts_each_have_an_outcome_and_a_log_of_their_own(shared):
    starts = [partial(shared.start, "add", inputs=(str(n), "1"), makers=("source",) * 2) for n in range(200)]
    starts += [partial(shared.start, "hello")] * 50
    frames = [start() for start in starts]
    ended = []
    for number, start in enumerate(starts):
        # If a worker is busy for long, as on a slow machine, those behind its attempt are taken back.
        while isinstance(outcome := shared.outcome_of(frames[number]), AttemptTakenBack):
            frames[number] = start()
        ended.append(outcome)
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
    assert (cwd, variable, attempt, nice, token) == (str(host.home), "yes", 1, min(19, os.nice(0) + 5), "t1")


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


def test_all_is_ended_where_the_run_is_stopped(host, tmp_path):
    # On a busy machine it may take long.
    host.start_agents_with(f"from sequent.runtime.executors import process_executor as it; it._ANSWER = {PATIENCE}")
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as driving:
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


def test_an_outcome_whose_log_was_removed_there_comes_without_it(driving, host, tmp_path):
    directory = gate(tmp_path)
    frame = start_gated(driving, directory)
    for log in (host.place / "logs").glob("*.log"):
        log.unlink()
    (directory / "go").touch()
    ended = driving.end_of(frame)
    assert (ended.result, ended.log) == ('"gone through"', None)
    assert "the output of an attempt is lost" in driving.wait(lambda report: isinstance(report, Notice)).text


def test_of_a_flood_the_first_and_the_last_half_come(shared):
    ended = shared.run("flood")
    log = shared.log_of(ended)
    assert ended.log.dropped > 15 * 1024 * 1024
    assert ended.log.length < 9 * 1024 * 1024
    assert log.startswith("xxx")
    assert log.endswith("the end\n")
    assert shared.log_of(shared.run("hello")) == "hello from there\n"


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
