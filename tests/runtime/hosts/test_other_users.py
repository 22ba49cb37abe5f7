"""Other users of a machine: their processes reach no agent, and no agent uses what they could replace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from sequent.errors import HostError
from sequent.runtime.executors.remote.remote_run import key_of
from sequent.runtime.host_agent.places import reach
from sequent.runtime.hosts.shipping.bundle import make_bundle
from tests.patience import PATIENCE
from tests.runtime.hosts.host_runs import record
from tests.runtime.hosts.jobs_by_ssh import bare_python, runs_on


def by_other(ssh_hosts, *words):
    """Run a command as another user of the machine."""
    user = ssh_hosts.far.uid
    return subprocess.run(words, user=user, group=user, extra_groups=[], capture_output=True, check=False, umask=0)


def test_a_socket_of_an_agent_serves_no_other_user(ssh_hosts, machine, tmp_path):
    runs = runs_on(ssh_hosts, tmp_path)
    driving = runs.driving("near")
    frame = driving.start("gated")
    driving.wait_until((machine.home / "begun").exists)
    (path,) = machine.home.glob(".local/state/sequent/agents/*/*/socket")
    assert by_other(ssh_hosts, "ls", str(path)).returncode != 0
    place = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    # Root passes every directory.
    end = reach(place)
    assert end is not None
    with end:
        end.settimeout(PATIENCE)
        assert end.recv(1) == b""
    os.close(place)
    machine.write("go", "")
    assert driving.end_of(frame).problem is None
    runs.executors.leave()


def test_no_agent_works_below_a_directory_in_which_others_can_replace_its_own(ssh_hosts, machine, tmp_path):
    shared = ssh_hosts.directory / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    try:
        assert by_other(ssh_hosts, "mkdir", "-m", "777", str(shared / "sequent")).returncode == 0
        machine.write(".bashrc", f"export XDG_STATE_HOME={shared}\n")
        runs = runs_on(ssh_hosts, tmp_path)
        with pytest.raises(HostError, match=f"other users may replace the files of runs: '{shared}/sequent'"):
            runs.executors.reach(["near"])
        runs.executors.leave()
    finally:
        shutil.rmtree(shared)


def test_a_link_in_the_place_of_an_agents_directory_is_not_followed(ssh_hosts, machine, tmp_path):
    elsewhere = ssh_hosts.far.home / "elsewhere"
    by_other(ssh_hosts, "mkdir", "-m", "777", str(elsewhere))
    root = machine.write(f".local/state/sequent/agents/{os.uname().nodename}/none", "").parent
    (root / key_of(record(), "near")).symlink_to(elsewhere)
    try:
        runs = runs_on(ssh_hosts, tmp_path)
        with pytest.raises(HostError, match="Not a directory"):
            runs.executors.reach(["near"])
        runs.executors.leave()
        assert list(elsewhere.iterdir()) == []
    finally:
        elsewhere.rmdir()


def test_nothing_is_imported_from_an_archive_of_another_user(ssh_hosts, machine, tmp_path):
    runs = runs_on(ssh_hosts, tmp_path, ship=True, python=bare_python(ssh_hosts))
    digest = make_bundle("jobs", str(tmp_path / "here" / "jobs.py")).digest
    planted = machine.write(f".cache/sequent/ship/{digest}/sequent/__init__.py", "open('canary', 'w')\n").parents[1]
    os.chown(planted, ssh_hosts.far.uid, -1)
    planted.chmod(0o777)
    with pytest.raises(HostError, match="other users may write to"):
        runs.executors.reach(["near"])
    runs.executors.leave()
    assert not (machine.home / "canary").exists()


@pytest.mark.parametrize("ships", [False, True])
def test_the_files_of_steps_have_the_modes_of_the_users_login(ssh_hosts, machine, tmp_path, ships):
    machine.write(".bashrc", "umask 0026\n")
    how = {"ship": True, "python": bare_python(ssh_hosts)} if ships else {}
    runs = runs_on(ssh_hosts, tmp_path, **how)
    assert json.loads(runs.driving("near").run("surroundings").result)[0] == "0026"
    runs.executors.leave()
    made = [machine.home / ".local", *(machine.home / ".local").rglob("*")]
    assert [path for path in made if path.is_dir() and path.stat().st_mode & 0o077] == []
