"""The two machines that tests reach by SSH: each is what it claims to be."""

import subprocess

import pytest

from tests.children import Child
from tests.patience import wait_until


def run(hosts, name, command):
    shown = subprocess.run(
        ["ssh", "-F", hosts.config, "-o", "BatchMode=yes", name, command], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.strip()


@pytest.mark.parametrize(("name", "machine"), [("near", "near"), ("far", "far"), ("beyond", "far")])
def test_each_machine_has_a_user_a_home_and_sequent(ssh_hosts, name, machine):
    server = getattr(ssh_hosts, machine)
    shown = run(ssh_hosts, name, "id -un; pwd; python3 -c 'import sequent; print(sequent.__version__)'")
    assert shown.split()[:2] == [server.user, str(server.home)]
    assert shown.split()[2] == run_here("import sequent; print(sequent.__version__)")


def run_here(code):
    import sys

    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_sessions_end_with_their_connection_and_what_ran_there_goes_on(ssh_hosts):
    held = Child(
        ["ssh", "-F", ssh_hosts.config, "near", "setsid sleep 1000 & cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    held.stdin.write(b"word\n")
    held.stdin.flush()
    assert held.stdout.readline() == b"word\n"
    assert ssh_hosts.near.sessions()
    ssh_hosts.near.kill_sessions()
    held.communicate()
    assert held.returncode == 255
    wait_until(lambda: not ssh_hosts.near.sessions())
    assert ssh_hosts.near.processes()
    ssh_hosts.near.kill_processes()
    assert ssh_hosts.near.processes() == []
