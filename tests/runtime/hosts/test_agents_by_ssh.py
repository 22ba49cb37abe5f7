"""Agents on two machines that are reached by SSH, as users have them."""

from __future__ import annotations

import json
import subprocess

import pytest

from sequent.errors import HostError
from sequent.runtime.orders import HostUnreachable
from tests.patience import PATIENCE, wait_until
from tests.runtime.hosts.jobs_by_ssh import bare_python, runs_on
from tests.runtime.hosts.ways import SSH_WAYS


@pytest.mark.parametrize("way", SSH_WAYS)
def test_steps_run_as_the_user_there(ssh_hosts, machine, tmp_path, way):
    runs = runs_on(ssh_hosts, tmp_path, way=way)
    runs.executors.reach(["near"])
    driving = runs.driving("near")
    ended = driving.run("whoami", host="near")
    assert json.loads(ended.result) == [str(machine.home), str(machine.home), str(machine.uid)]
    assert driving.log_of(ended) == "on near\n"
    driving.executor.acknowledge(ended.frame, ended.node, ended.attempt)
    runs.executors.leave()
    wait_until(lambda: not machine.processes())


@pytest.mark.parametrize("way", SSH_WAYS)
def test_an_attempt_outlives_the_connection_and_its_outcome_comes_with_the_next(ssh_hosts, machine, tmp_path, way):
    runs = runs_on(ssh_hosts, tmp_path, way=way)
    driving = runs.driving("near")
    frame = driving.start("gated")
    driving.wait_until((machine.home / "begun").exists)
    machine.kill_sessions()
    driving.wait(lambda report: isinstance(report, HostUnreachable))
    machine.write("go", "")
    ended = driving.end_of(frame)
    assert ended.problem is None
    assert driving.log_of(ended) == "gone through\n"
    runs.executors.leave()


def test_an_agent_lives_on_where_no_driver_comes_back_for_a_while(ssh_hosts, machine, tmp_path):
    runs = runs_on(ssh_hosts, tmp_path)
    driving = runs.driving("near")
    driving.start("gated", token="a1")
    driving.wait_until((machine.home / "begun").exists)
    runs.executors.leave()
    wait_until(lambda: not machine.sessions())
    machine.write("go", "")
    outcomes = ".local/state/sequent/agents/*/*/outcomes/1"
    wait_until(lambda: any(file.stat().st_size for file in machine.home.glob(outcomes)))


def test_a_forced_command_that_reads_a_profile_and_evaluates_what_was_asked_works(ssh_hosts, machine, tmp_path):
    machine.write(".profile", "echo Welcome to this machine\n")
    forced = 'command=". ~/.profile; eval \\"$SSH_ORIGINAL_COMMAND\\"" '
    machine.authorized_keys.write_text(forced + machine.authorized_keys.read_text())
    runs = runs_on(ssh_hosts, tmp_path)
    assert runs.driving("near").run("whoami").problem is None
    runs.executors.leave()


def test_a_restricted_key_executes_its_module_and_nothing_else(ssh_hosts, machine, tmp_path):
    agent = ssh_hosts.bin / "sequent-agent"
    forced = f'restrict,command="{agent} --stdio --allow-module jobs --no-shell" '
    machine.authorized_keys.write_text(forced + machine.authorized_keys.read_text())
    runs = runs_on(ssh_hosts, tmp_path)
    driving = runs.driving("near")
    assert driving.run("whoami").problem is None
    assert "shell= is not allowed here" in driving.run("shelled").problem.message
    assert json.loads(driving.run("surroundings").result)[1] == ""
    runs.executors.leave()
    options = ["-F", str(ssh_hosts.config), "-o", "BatchMode=yes"]
    for words in (
        ["ssh", *options, "near", f"touch {machine.home}/canary"],
        ["ssh", *options, "-N", "-o", "ExitOnForwardFailure=yes", "-R", "127.0.0.1:0:127.0.0.1:1", "near"],
        ["scp", *options, str(machine.authorized_keys), "near:canary"],
    ):
        subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        assert not (machine.home / "canary").exists()


def test_another_module_is_refused_by_a_restricted_key(ssh_hosts, machine, tmp_path):
    agent = ssh_hosts.bin / "sequent-agent"
    forced = f'restrict,command="{agent} --stdio --allow-module acme" '
    machine.authorized_keys.write_text(forced + machine.authorized_keys.read_text())
    runs = runs_on(ssh_hosts, tmp_path)
    with pytest.raises(HostError, match="the module 'jobs' is not allowed here, only 'acme'"):
        runs.executors.reach(["near"])
    runs.executors.leave()


def test_a_machine_that_was_restarted_has_lost_what_ran_there(ssh_hosts, machine, tmp_path):
    runs = runs_on(ssh_hosts, tmp_path)
    driving = runs.driving("near")
    frame = driving.start("gated")
    driving.wait_until((machine.home / "begun").exists)
    machine.kill_processes()
    lost = driving.loss_of(frame)
    assert "the agent on its host ended, or the host was restarted" in lost.reason
    assert driving.run("whoami").problem is None
    runs.executors.leave()


def test_a_listener_that_is_down_is_waited_for(ssh_hosts, machine, tmp_path):
    machine.stop()
    try:
        runs = runs_on(ssh_hosts, tmp_path)
        driving = runs.driving("near")
        frame = driving.start("whoami")
        told = driving.wait(lambda report: isinstance(report, HostUnreachable))
        assert "refused" in told.reason
    finally:
        machine.start()
    assert driving.end_of(frame).problem is None
    runs.executors.leave()


def test_a_host_without_our_packages_gets_them(ssh_hosts, machine, tmp_path):
    runs = runs_on(ssh_hosts, tmp_path, ship=True, python=bare_python(ssh_hosts))
    (machine.home / "jobs.py").unlink()
    assert runs.driving("near").run("whoami").problem is None
    runs.executors.leave()
