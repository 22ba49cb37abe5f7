"""What every way to a host promises: a pair of pipes to one command there, and why it ended."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import evolve

from sequent.errors import HostError, HostStage
from sequent.runtime.hosts.transports.choice import transport_for
from tests.children import Child
from tests.patience import wait_until
from tests.runtime.hosts.ways import SSH_WAYS, TIMEOUT, WAYS, command_on, descriptors, heard, say, settings

EVERY_BYTE = bytes(range(256))


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


def test_every_byte_goes_there_and_comes_back(ssh_hosts, way):
    data = EVERY_BYTE * 40_000
    with command_on(ssh_hosts, "cat", way=way) as connection:
        say(connection, data)
        assert hashlib.sha256(heard(connection)).digest() == hashlib.sha256(data).digest()


def test_an_answer_comes_before_the_input_has_ended(ssh_hosts, way):
    with command_on(ssh_hosts, "cat", way=way) as connection:
        for word in (b"one\n", b"two\n"):
            connection.end.sendall(word)
            assert connection.end.recv(100) == word


@pytest.mark.parametrize("word", ["'\";$()`\\", "$HOME", "a  b", "%h %p %%", "é\tü"])
def test_a_word_arrives_as_it_was_quoted(ssh_hosts, way, word):
    with command_on(ssh_hosts, shlex.join(["printf", "%s", word]), way=way) as connection:
        assert heard(connection).decode() == word


def test_a_command_whose_connection_is_closed_reads_the_end_of_its_input(ssh_hosts, way):
    mark = ssh_hosts.near.home / f"read-the-end-{way}"
    with command_on(ssh_hosts, shlex.join(["sh", "-c", f"cat >/dev/null; touch {mark}"]), way=way):
        assert not mark.exists()
    wait_until(mark.exists)


def test_the_error_of_a_command_that_ended_quotes_it(ssh_hosts, way):
    script = "echo about to fail >&2; echo hello; exit 3"
    with command_on(ssh_hosts, shlex.join(["sh", "-c", script]), way=way) as connection:
        said = heard(connection)
        error = connection.trouble(said)
    assert (error.host, error.stage, error.code) == ("near", HostStage.COMMAND, "host-command")
    for piece in ("exit code 3", "'hello", "'about to fail'"):
        assert piece in str(error)


def test_a_command_that_is_not_there_is_missed_by_name(ssh_hosts, way):
    with command_on(ssh_hosts, "sequent-nowhere --attach 00", way=way) as connection:
        assert heard(connection) == b""
        error = connection.trouble()
    assert (error.stage, error.code) == (HostStage.COMMAND, "host-no-command")
    assert "no command 'sequent-nowhere' there" in str(error)


def test_a_command_that_cannot_be_executed_is_told_from_one_that_is_missing(ssh_hosts, way):
    path = ssh_hosts.near.write("not-executable", "#!/bin/sh\n")
    with command_on(ssh_hosts, str(path), way=way) as connection:
        heard(connection)
        assert connection.trouble().code == "host-not-executable"


def test_a_command_that_says_something_else_and_ends_well_is_another(ssh_hosts, way):
    with command_on(ssh_hosts, "echo welcome", way=way) as connection:
        error = connection.trouble(heard(connection))
    assert error.code == "host-forced-command"
    assert "'welcome'" in str(error)


def test_a_command_may_say_more_on_its_standard_error_than_a_pipe_holds(ssh_hosts, way):
    script = "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo last words >&2; echo done; exit 1"
    with command_on(ssh_hosts, shlex.join(["sh", "-c", script]), way=way) as connection:
        assert heard(connection) == b"done\n"
        assert "xxx ..." in str(connection.trouble())


def test_a_command_that_is_ended_by_a_signal_was_not_a_success(ssh_hosts, way):
    with command_on(ssh_hosts, shlex.join(["sh", "-c", "kill -9 $$"]), way=way) as connection:
        heard(connection)
        assert "ended there by a signal" in str(connection.trouble())


def test_a_process_that_a_command_has_left_does_not_keep_its_end_from_being_read(ssh_hosts, way):
    if way == "command":
        with command_on(ssh_hosts, shlex.join(["sh", "-c", "sleep 1000 & echo $!"]), way=way) as connection:
            pid = int(heard(connection))
        os.kill(pid, signal.SIGKILL)
    else:
        # sshd itself waits for it, unless it has its streams elsewhere, as an agent has.
        script = "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo done"
        with command_on(ssh_hosts, shlex.join(["sh", "-c", script]), way=way) as connection:
            assert heard(connection) == b"done\n"
        assert ssh_hosts.near.processes()
        ssh_hosts.near.kill_processes()


def test_many_connections_are_made_at_once(ssh_hosts, way):
    transport = transport_for(settings(ssh_hosts, way=way))

    def ask(number):
        connection = transport.connect(f"echo {number}", TIMEOUT)
        try:
            return heard(connection)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert [*threads.map(ask, range(12))] == [b"%d\n" % number for number in range(12)]


def test_nothing_is_left_of_a_connection_that_was_closed(ssh_hosts, way):
    with command_on(ssh_hosts, "cat", way=way):
        pass
    open_before, threads_before = descriptors(), threading.active_count()
    for _ in range(3):
        with command_on(ssh_hosts, "cat", way=way) as connection:
            connection.end.sendall(b"unread")
        connection.close()
    wait_until(lambda: descriptors().keys() <= open_before.keys())
    wait_until(lambda: threading.active_count() <= threads_before)


def test_nothing_is_left_of_a_connection_that_could_not_be_made(ssh_hosts, way, tmp_path):
    more = {"config": ssh_hosts.client(tmp_path, known="")}
    found = settings(ssh_hosts, way=way, **more)
    if way == "command":
        found = evolve(found, connect=("sequent-no-such-program",))
    transport = transport_for(found)
    open_before, threads_before = descriptors(), threading.active_count()
    for _ in range(3):
        with pytest.raises(HostError):
            transport.connect("cat", TIMEOUT)
    wait_until(lambda: descriptors().keys() <= open_before.keys())
    wait_until(lambda: threading.active_count() <= threads_before)


@pytest.mark.parametrize("way", SSH_WAYS)
def test_the_end_of_a_connection_is_told_from_that_of_the_command(ssh_hosts, way):
    with command_on(ssh_hosts, "cat", way=way) as connection:
        connection.end.sendall(b"word")
        assert connection.end.recv(4) == b"word"
        ssh_hosts.near.kill_sessions()
        assert heard(connection) == b""
        error = connection.trouble()
    assert (error.stage, error.code) == (HostStage.CONNECTION, "host-lost")


@pytest.mark.parametrize("way", SSH_WAYS)
def test_a_jump_host_leads_on_to_the_host_behind_it(ssh_hosts, way):
    with command_on(ssh_hosts, "id -un", "beyond", way=way) as connection:
        assert heard(connection).decode().strip() == ssh_hosts.far.user


@pytest.mark.parametrize("way", SSH_WAYS)
def test_the_first_address_that_lets_us_in_is_taken(ssh_hosts, way):
    ssh_hosts.near.stop()
    try:
        with command_on(ssh_hosts, "id -un", "cluster", way=way, address=("near", "far")) as connection:
            assert heard(connection).decode().strip() == ssh_hosts.far.user
            assert connection.door == "far"
        with pytest.raises(HostError) as caught:
            command_on(ssh_hosts, "true", "cluster", way=way, address=("near", "beyond")).__enter__()
        assert str(caught.value).count("refused") == 2
    finally:
        ssh_hosts.near.start()


@pytest.mark.parametrize("way", SSH_WAYS)
def test_one_address_of_several_can_be_asked_for(ssh_hosts, way):
    transport = transport_for(settings(ssh_hosts, "cluster", way=way, address=("near", "far")))
    connection = transport.connect("id -un", TIMEOUT, door="far")
    try:
        assert heard(connection).decode().strip() == ssh_hosts.far.user
    finally:
        connection.close()


HOLDER = """
import sys
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.choice import transport_for
way, config = sys.argv[1:]
how = dict(connect=("env", "--")) if way == "command" else dict(connect=way, ssh_config=config)
connection = transport_for(HostSettings(name="near", address=("near",), **how)).connect("cat", 60)
connection.end.sendall(b"word")
assert connection.end.recv(4) == b"word"
print("held", flush=True)
sys.stdin.read()
"""


def test_nothing_is_left_of_a_connection_whose_process_was_killed(ssh_hosts, way):
    words = [sys.executable, "-c", HOLDER, way, str(ssh_hosts.config)]
    holder = Child(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    started = children_of(holder.pid)
    assert bool(started) == (way != "paramiko")
    # Ctrl-C in a terminal is for the process alone.
    assert [os.getsid(pid) for pid in started] == started
    holder.kill()
    holder.communicate()
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in started))
    wait_until(lambda: not ssh_hosts.near.processes())


def children_of(pid):
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def test_a_command_that_reaches_a_host_is_missed_by_name(ssh_hosts):
    found = evolve(settings(ssh_hosts, way="command"), connect=("sequent-no-such-program", "x"))
    with pytest.raises(HostError) as caught:
        transport_for(found).connect("cat", TIMEOUT)
    assert caught.value.code == "host-connect-command"
    assert "'sequent-no-such-program' cannot be started here: No such file" in str(caught.value)
