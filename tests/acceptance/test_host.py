"""``sequent host``: keys are added only once somebody has confirmed them, and a check tells what a host lacks."""

from __future__ import annotations

import json
import os
import pty
from contextlib import contextmanager

import pytest

from sequent import __version__ as sequent_version
from tests.disks import NO_PROGRAMS, small_disk
from tests.patience import LATE, PATIENCE, wait_until

ONE_STEP = """
from sequent import container, step


@container
class flow:
    @step(hosts=["near"])
    def load(self) -> None:
        print("loaded")
"""


@pytest.fixture
def client(sequent, ssh_hosts):
    """A client that knows no host yet."""

    def write(text="", *, known=""):
        config = ssh_hosts.client(sequent.directory, known=known)
        (sequent.directory / "sequent.toml").write_text(f'ssh_config = "{config}"\n{text}')
        return sequent

    return write


def known(sequent):
    return (sequent.directory / "known_hosts").read_text()


def test_a_key_that_somebody_has_confirmed_elsewhere_is_added_and_lets_the_host_be_reached(client, ssh_hosts):
    sequent = client('[hosts.near]\ncommand = "sequent"\n')
    assert sequent("host", "check", "near").returncode == 4
    done = sequent("host", "add", "near", "--yes", "--fingerprint", ssh_hosts.near.fingerprint)
    assert done.returncode == 0, done.stderr
    assert ssh_hosts.near.fingerprint in done.stdout
    assert known(sequent) == ssh_hosts.near.known_line
    assert sequent("host", "check", "near").returncode == 0
    again = sequent("host", "add", "near")
    assert (again.returncode, known(sequent)) == (0, ssh_hosts.near.known_line)
    assert "is known already" in again.stdout


def test_a_run_that_a_host_refuses_at_first_is_recovered_once_the_cause_is_mended(client, ssh_hosts):
    sequent = client("[hosts.near]\nship = true\n")
    (sequent.directory / "jobs.py").write_text(ONE_STEP)
    refused = sequent("run", "jobs:flow")
    assert refused.returncode == 4
    assert "sequent host add near" in refused.stderr
    assert "sequent host add near" in sequent("show").stdout
    assert sequent("host", "add", "near", "--yes", "--fingerprint", ssh_hosts.near.fingerprint).returncode == 0
    recovered = sequent("recover")
    assert recovered.returncode == 0, recovered.stderr
    assert sequent("logs", "latest", "load@near").stdout.splitlines()[-1] == "loaded"


OTHER = f"SHA256:{'a' * 43}"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--yes"], 2, "--yes needs the fingerprint"),
        ([], 2, "nobody is there to confirm it"),
        (["--yes", "--fingerprint", OTHER], 4, "possible attack"),
        (["--fingerprint", OTHER], 4, "possible attack"),
        (["--yes", "--fingerprint", OTHER[:-1]], 2, "is not a fingerprint"),
    ],
)
def test_no_key_is_added_that_nobody_has_confirmed(client, ssh_hosts, words, code, said):
    sequent = client()
    done = sequent("host", "add", "near", *words)
    assert (done.returncode, known(sequent)) == (code, "")
    assert said in done.stderr
    if "--yes" not in words or code == 4:
        assert ssh_hosts.near.fingerprint in done.stderr


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 0), ("no", 4), ("", 4)])
def test_a_key_is_shown_and_asked_about(client, ssh_hosts, answer, code):
    sequent = client()
    ours, theirs = pty.openpty()
    process = sequent.start("host", "add", "near", stdin=theirs)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    out, err = process.communicate(timeout=PATIENCE)
    os.close(ours)
    assert process.returncode == code, err
    assert ssh_hosts.near.fingerprint in err
    assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in err
    assert known(sequent) == (ssh_hosts.near.known_line if code == 0 else "")
    assert ("is added to" in out) == (code == 0)


def test_a_key_that_has_changed_is_not_added(client, ssh_hosts):
    stale = ssh_hosts.far.known_line.replace(ssh_hosts.far.known_as, ssh_hosts.near.known_as)
    sequent = client(known=stale)
    done = sequent("host", "add", "near", "--yes", "--fingerprint", ssh_hosts.near.fingerprint)
    assert (done.returncode, known(sequent)) == (4, stale)
    assert "possible attack" in done.stderr


def test_a_key_is_added_behind_a_last_line_that_is_open(client, ssh_hosts):
    sequent = client(known="# mine")
    assert sequent("host", "add", "near", "--yes", "--fingerprint", ssh_hosts.near.fingerprint).returncode == 0
    assert known(sequent) == f"# mine\n{ssh_hosts.near.known_line}"


def test_the_key_of_a_host_behind_another_is_shown_once_that_is_known(client, ssh_hosts):
    sequent = client()
    words = ["host", "add", "beyond", "--yes", "--fingerprint", ssh_hosts.far.fingerprint]
    refused = sequent(*words)
    assert refused.returncode == 4
    assert "sequent host add near" in refused.stderr
    assert sequent("host", "add", "near", "--yes", "--fingerprint", ssh_hosts.near.fingerprint).returncode == 0
    assert sequent(*words).returncode == 0
    assert known(sequent) == ssh_hosts.near.known_line + ssh_hosts.far.known_line


def test_keys_are_added_with_their_names_hashed_if_the_configuration_says_so(client, ssh_hosts):
    sequent = client()
    config = sequent.directory / "config"
    config.write_text(config.read_text().replace("HashKnownHosts no", "HashKnownHosts yes"))
    assert sequent("host", "add", "near", "--yes", "--fingerprint", ssh_hosts.near.fingerprint).returncode == 0
    assert known(sequent).startswith("|1|")
    assert "is known already" in sequent("host", "add", "near").stdout


def checked(sequent, name):
    done = sequent("host", "check", name, "--json")
    (host,) = json.loads(done.stdout)["hosts"]
    assert done.returncode == (4 if host["problems"] else 0)
    return host


@pytest.fixture
def known_client(client, ssh_hosts):
    both = ssh_hosts.near.known_line + ssh_hosts.far.known_line
    return lambda text='[hosts.near]\ncommand = "sequent"\n': client(text, known=both)


def test_a_host_that_lacks_nothing_is_told_with_what_it_has(known_client, ssh_hosts):
    sequent = known_client()
    host = checked(sequent, "near")
    assert (host["problems"], host["warnings"]) == ([], [])
    assert (host["transport"], host["stays"], host["home"]) == ("paramiko", True, str(ssh_hosts.near.home))
    assert host["agent"] == str(ssh_hosts.bin / "sequent")
    assert abs(host["skew"]) < PATIENCE
    shown = sequent("host", "check").stdout
    for piece in ("✓ near", "paramiko: it understands all", "processes stay", host["python"], host["executable"]):
        assert piece in shown
    wait_until(lambda: not ssh_hosts.near.processes(), "a process stays that was left for a look")


def script(ssh_hosts, name, text):
    return ssh_hosts.near.write(f"bin/{name}", f"#!/bin/sh\n{text}\n", 0o755)


def codes(host):
    return [problem["code"] for problem in host["problems"]]


def test_a_python_that_is_missing_or_too_old_is_told_from_one_that_will_do(known_client, ssh_hosts):
    old = script(ssh_hosts, "old", "")
    old.write_text(OLD_PYTHON.format(python=ssh_hosts.bin / "python3"))
    for python, code in ((f"{ssh_hosts.near.home}/bin/none", "host-no-python"), (str(old), "host-old-python")):
        host = checked(known_client(f'[hosts.near]\npython = "{python}"\n'), "near")
        assert codes(host) == [code]
        assert host["problems"][0]["hint"].count("python = ") == 1


# It says that it is older than it is.
OLD_PYTHON = """#!{python}
import io, sys
from collections import namedtuple
sys.version_info = namedtuple("version", "major minor micro releaselevel serial")(3, 9, 2, "final", 0)
text = sys.stdin.read(int(sys.stdin.readline()))
exec(text)
"""


def test_a_host_without_sequent_or_its_agent_is_told_the_command_that_installs_it(known_client, ssh_hosts):
    plain = script(ssh_hosts, "plain", f'exec {ssh_hosts.bin}/python3 -S "$@"')
    host = checked(known_client(f'[hosts.near]\npython = "{plain}"\ncommand = "sequent-nowhere"\n'), "near")
    assert codes(host) == ["host-no-sequent"]
    assert "ship = true of" in host["problems"][0]["hint"]
    assert "-m pip install ./sequent" in host["problems"][0]["hint"]
    shipped = checked(known_client(f'[hosts.near]\npython = "{plain}"\nship = true\n'), "near")
    assert codes(shipped) == []
    host = checked(known_client('[hosts.near]\ncommand = "/nowhere/sequent-agent"\n'), "near")
    assert codes(host) == ["host-no-command"]
    assert f"command = '{ssh_hosts.bin}/sequent-agent'" in host["problems"][0]["hint"]


def test_an_agent_may_have_options_or_be_a_module_of_the_python_that_is_named(known_client, ssh_hosts):
    host = checked(known_client('[hosts.near]\ncommand = "sequent-agent --allow-root"\n'), "near")
    assert (codes(host), host["agent"]) == ([], str(ssh_hosts.bin / "sequent-agent"))
    named = script(ssh_hosts, "named", f'PATH=/usr/bin:/bin exec {ssh_hosts.bin}/python3 "$@"')
    host = checked(known_client(f'[hosts.near]\npython = "{named}"\n'), "near")
    assert (codes(host), host["agent"]) == ([], f"{host['executable']} -m sequent.runtime.host_agent")


def test_root_is_told_the_command_with_which_steps_run_for_root(known_client, ssh_hosts):
    rooted = script(ssh_hosts, "rooted", "")
    rooted.write_text(ROOTED.format(python=ssh_hosts.bin / "python3"))
    text = f'[hosts.near]\npython = "{rooted}"\ncommand = "sequent-agent'
    host = checked(known_client(f'{text}"\n'), "near")
    assert codes(host) == ["host-root"]
    assert "command = 'sequent-agent --allow-root'" in host["problems"][0]["hint"]
    assert codes(checked(known_client(f'{text} --allow-root"\n'), "near")) == []


ROOTED = """#!{python}
import os, sys
os.getuid = lambda: 0
exec(sys.stdin.read(int(sys.stdin.readline())))
"""


def test_what_a_profile_prints_is_no_answer(known_client, ssh_hosts):
    ssh_hosts.near.write(".bashrc", "echo welcome; echo to all >&2\n")
    assert codes(checked(known_client(), "near")) == []


@pytest.mark.parametrize(
    ("profile", "code"), [("yes | head -c 200000", "host-noise"), (f"read -t {PATIENCE:g} line", "host-eaten")]
)
def test_a_profile_that_writes_without_end_or_reads_is_told_with_the_way_out(known_client, ssh_hosts, profile, code):
    ssh_hosts.near.write(".bashrc", f"{profile}\n")
    host = checked(known_client(), "near")
    assert codes(host) == [code]
    assert "[ -t 1 ] || return" in host["problems"][0]["hint"]


def test_a_home_in_which_nothing_can_be_written_is_told(known_client, ssh_hosts):
    ssh_hosts.near.home.chmod(0o500)
    try:
        host = checked(known_client(), "near")
    finally:
        ssh_hosts.near.home.chmod(0o700)
    assert codes(host) == ["host-home"]
    assert "Permission denied" in host["problems"][0]["message"]


@pytest.fixture
def home_on(ssh_hosts):
    """A home directory on a disk of its own, and the Python of a user who lives there."""

    @contextmanager
    def mounted(flags=0):
        directory = ssh_hosts.near.directory / "disk"
        with small_disk(directory, flags=flags) as disk:
            os.chown(directory, ssh_hosts.near.uid, -1)
            # A server sees the disks that there are when it starts.
            ssh_hosts.near.restart()
            yield disk, script(ssh_hosts, "elsewhere", f'HOME={directory} exec {ssh_hosts.bin}/python3 "$@"')
        ssh_hosts.near.restart()

    return mounted


def test_a_home_that_is_full_is_told(known_client, home_on):
    with home_on() as (disk, python):
        host = checked(known_client(f'[hosts.near]\npython = "{python}"\ncommand = "sequent"\n'), "near")
        assert codes(host) == []
        assert "MB left" in host["warnings"][0]
        disk.fill()
        host = checked(known_client(f'[hosts.near]\npython = "{python}"\ncommand = "sequent"\n'), "near")
    assert codes(host) == ["host-home"]
    assert f"{disk.directory}'" in host["problems"][0]["message"]
    assert "No space left" in host["problems"][0]["message"]


def test_a_home_that_starts_no_program_is_a_warning(known_client, home_on):
    with home_on(NO_PROGRAMS) as (disk, python):
        host = checked(known_client(f'[hosts.near]\npython = "{python}"\ncommand = "sequent"\n'), "near")
    assert codes(host) == []
    assert any("noexec" in warning and str(disk.directory) in warning for warning in host["warnings"])


def test_another_version_of_sequent_is_a_warning_with_both(known_client, ssh_hosts):
    other = script(ssh_hosts, "other", "")
    other.write_text(OTHER_VERSION.format(python=ssh_hosts.bin / "python3"))
    host = checked(known_client(f'[hosts.near]\npython = "{other}"\ncommand = "sequent"\n'), "near")
    assert host["warnings"] == [f"it has Sequent 0.0.1; here is {sequent_version}"]


OTHER_VERSION = """#!{python}
import sys, sequent
sequent.__version__ = "0.0.1"
exec(sys.stdin.read(int(sys.stdin.readline())))
"""


@pytest.mark.parametrize(("shift", "side"), [(1000, "ahead"), (-1000, "behind")])
def test_a_clock_that_is_off_is_a_warning(known_client, ssh_hosts, shift, side):
    shifted = script(ssh_hosts, "shifted", "")
    shifted.write_text(SHIFTED.format(python=ssh_hosts.bin / "python3", shift=shift))
    host = checked(known_client(f'[hosts.near]\npython = "{shifted}"\ncommand = "sequent"\n'), "near")
    assert codes(host) == []
    assert f"s {side}" in host["warnings"][0]
    assert abs(host["skew"] - shift) < PATIENCE


SHIFTED = """#!{python}
import sys, time
now = time.time
time.time = lambda: now() + {shift}
exec(sys.stdin.read(int(sys.stdin.readline())))
"""


def test_a_host_that_ends_what_its_sessions_leave_is_a_warning(known_client, ssh_hosts):
    # As systemd does with KillUserProcesses=yes.
    killing = script(ssh_hosts, "killing", "")
    killing.write_text(KILLING.format(python=ssh_hosts.bin / "python3"))
    host = checked(known_client(f'[hosts.near]\npython = "{killing}"\ncommand = "sequent"\n'), "near")
    assert (codes(host), host["stays"]) == ([], False)
    assert "loginctl enable-linger" in host["warnings"][0]


KILLING = """#!{python}
import json, os, re, sys
text = sys.stdin.read(int(sys.stdin.readline()))
write = sys.stdout.write
said = []
sys.stdout.write = said.append
exec(text)
told = "".join(said)
if pid := json.loads(told.split("\\0")[2])["pid"]:
    os.kill(pid, 9)
write(told)
sys.stdout.flush()
"""


def test_a_host_that_does_not_answer_is_given_up(known_client, ssh_hosts):
    mute = script(ssh_hosts, "mute", "exec sleep 1000")
    sequent = known_client(f'[hosts.near]\npython = "{mute}"\n')
    done = sequent("host", "check", "near", "--timeout", f"{LATE:g}")
    assert done.returncode == 4
    assert "  stage     command\n" in done.stdout
    assert f"does not answer within {LATE:g} s" in done.stdout
    ssh_hosts.near.kill_processes()


def test_this_machine_and_no_host_at_all_are_refused(client):
    sequent = client()
    assert "the configuration has none" in sequent("host", "check").stderr
    assert "host add needs one host" in sequent("host", "add").stderr
    for action in ("add", "check", "ls"):
        assert "'localhost' is this machine" in sequent("host", action, "localhost").stderr
    done = sequent("host", "check", "near", "--yes")
    assert (done.returncode, "belong to host add" in done.stderr) == (2, True)
    assert "the name of a host is empty" in sequent("host", "check", "").stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "3601"])
def test_a_time_in_which_nothing_can_be_reached_or_nobody_would_wait_is_refused(client, seconds):
    done = client()("host", "check", "near", "--timeout", seconds)
    assert done.returncode == 2
    assert f"--timeout is '{seconds}'\n  hint: give seconds: more than 0, at most 3600" in done.stderr
