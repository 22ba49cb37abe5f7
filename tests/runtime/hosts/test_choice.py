"""Which way is taken to a host, and why: paramiko never has to guess, and the program ssh is never lenient."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from attrs import evolve

from sequent.errors import HostError
from sequent.runtime.hosts.transports.choice import transport_for
from sequent.runtime.hosts.transports.ssh_config import read_chain
from tests.children import Child
from tests.patience import wait_until
from tests.ports import free_port
from tests.runtime.hosts.ways import SSH_WAYS, TIMEOUT, command_on, connected, heard, settings, with_key


@pytest.fixture
def without_ssh(monkeypatch, tmp_path):
    """A machine that has no program ssh."""
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


def chosen(hosts, name="near", **more):
    transport = transport_for(settings(hosts, name, **more))
    return transport.name, transport.reason


def test_paramiko_is_taken_where_it_can_judge_everything(ssh_hosts):
    for name in ("near", "far", "beyond"):
        kind, reason = chosen(ssh_hosts, name)
        assert kind == "paramiko"
        assert "it understands all" in reason


def test_the_configuration_decides_if_it_says_so(ssh_hosts):
    assert chosen(ssh_hosts, way="ssh") == ("ssh", "the configuration says so")
    assert chosen(ssh_hosts, way="paramiko") == ("paramiko", "the configuration says so")
    assert chosen(ssh_hosts, way="command") == ("command", "the configuration names it")


ONLY_SSH = {
    "Ciphers aes256-ctr": "paramiko does not honour ciphers",
    "HostKeyAlgorithms ssh-ed25519": "hostkeyalgorithms",
    "RevokedHostKeys /etc/hostname": "revokedhostkeys",
    "KnownHostsCommand /bin/true": "knownhostscommand",
    "SetEnv A=1": "setenv",
    "BindAddress 127.0.0.1": "bindaddress",
    "CertificateFile /tmp/x-cert.pub": "certificatefile",
    "IdentityAgent /tmp/agent": "identityagent",
    "CanonicalizeHostname yes": "canonicalizehostname",
    "ProxyCommand nc %h %p": "ProxyCommand",
    "UserKnownHostsFile relative": "only ssh knows the file that it means by 'relative'",
    "IdentityFile /tmp/%C": "only ssh knows the file",
}


@pytest.mark.parametrize("line", ONLY_SSH)
def test_an_option_that_paramiko_does_not_honour_takes_ssh(ssh_hosts, tmp_path, line):
    config = ssh_hosts.client(tmp_path, more=f"{line}\n")
    kind, reason = chosen(ssh_hosts, config=config)
    assert kind == "ssh"
    assert ONLY_SSH[line] in reason


@pytest.mark.parametrize("line", ONLY_SSH)
def test_paramiko_is_not_forced_upon_what_it_does_not_honour(ssh_hosts, tmp_path, line):
    config = ssh_hosts.client(tmp_path, more=f"{line}\n")
    with pytest.raises(HostError) as caught:
        chosen(ssh_hosts, config=config, way="paramiko")
    assert caught.value.code == "host-needs-ssh"
    assert ONLY_SSH[line] in caught.value.message
    assert caught.value.hint == "leave connect='paramiko' out"


def test_an_option_of_a_jump_host_counts_too(ssh_hosts, tmp_path):
    config = ssh_hosts.client(tmp_path, more="Host near\n  Ciphers aes256-ctr\n")
    assert chosen(ssh_hosts, "far", config=config)[0] == "paramiko"
    kind, reason = chosen(ssh_hosts, "beyond", config=config)
    assert kind == "ssh"
    assert "(for 'near')" in reason or "near" in reason


def doubtful_lines(server):
    key = server.known_line.split(" ", 1)[1]
    return {
        f"@cert-authority {server.known_as} {key}": "the marker '@cert-authority'",
        f"@revoked * {key}": "the marker '@revoked'",
        f"!{server.known_as},[127.*]:* {key}": "a negation",
        f"[127.0.0.?]:{server.port} {key}": "the pattern",
        f"[*]:{server.port} {key}": "the pattern",
        f"{server.known_as} ssh-ed25519 damaged\n": "no key that can be read",
    }


def test_a_line_that_only_ssh_can_judge_takes_ssh(ssh_hosts, tmp_path):
    for line, reason in doubtful_lines(ssh_hosts.near).items():
        config = ssh_hosts.client(tmp_path, known=f"# first\n{line}")
        kind, why = chosen(ssh_hosts, config=config)
        assert (kind, reason in why) == ("ssh", True), line
        assert f"{tmp_path}/known_hosts:2" in why


def test_a_line_that_only_ssh_can_judge_is_refused_without_it(ssh_hosts, tmp_path, without_ssh):
    for line, reason in doubtful_lines(ssh_hosts.near).items():
        config = ssh_hosts.client(tmp_path, known=line)
        with pytest.raises(HostError) as caught:
            chosen(ssh_hosts, config=config)
        assert caught.value.code == "host-needs-ssh"
        assert f"{tmp_path}/known_hosts:1" in caught.value.message
        assert reason in caught.value.message
        assert caught.value.hint == "install it: apt-get install openssh-client"


def test_a_line_that_comes_after_the_choice_counts_too(ssh_hosts, tmp_path):
    config = ssh_hosts.client(tmp_path)
    transport = transport_for(settings(ssh_hosts, config=config))
    transport.connect("true", TIMEOUT).close()
    with (tmp_path / "known_hosts").open("a") as file:
        file.write(f"@revoked * {ssh_hosts.near.known_line.split(' ', 1)[1]}")
    with pytest.raises(HostError) as caught:
        transport.connect("true", TIMEOUT)
    assert caught.value.code == "host-needs-ssh"
    assert f"{tmp_path}/known_hosts:3" in caught.value.message
    with pytest.raises(HostError) as caught:
        connected(ssh_hosts, "true", config=config)
    assert caught.value.code == "host-key-revoked"


def test_a_line_that_does_not_concern_the_host_is_none_of_ours(ssh_hosts, tmp_path):
    others = "".join(doubtful_lines(ssh_hosts.far)).replace("@revoked *", f"@revoked {ssh_hosts.far.known_as}")
    others = others.replace("[*]", "[127.0.0.3]").replace("127.*", "127.0.0.3").replace("127.0.0.?", "127.0.?.3")
    config = ssh_hosts.client(tmp_path, known=others + ssh_hosts.near.known_line)
    assert chosen(ssh_hosts, config=config)[0] == "paramiko"


def test_a_key_that_is_known_without_its_port_takes_ssh(ssh_hosts, tmp_path):
    key = ssh_hosts.near.known_line.split(" ", 1)[1]
    config = ssh_hosts.client(tmp_path, known=f"127.0.0.2 {key}")
    kind, reason = chosen(ssh_hosts, config=config)
    assert (kind, "the host without its port" in reason) == ("ssh", True)
    with command_on(ssh_hosts, "echo hello", config=config) as connection:
        assert heard(connection) == b"hello\n"


def test_a_negated_pattern_does_not_let_a_host_in(ssh_hosts, tmp_path):
    key = ssh_hosts.near.known_line.split(" ", 1)[1]
    config = ssh_hosts.client(tmp_path, known=f"!{ssh_hosts.near.known_as},!127.0.0.2,* {key}")
    with pytest.raises(HostError) as caught:
        connected(ssh_hosts, "true", config=config)
    assert caught.value.code == "host-key-unknown"


def test_a_hashed_name_is_read(ssh_hosts, tmp_path):
    config = ssh_hosts.client(tmp_path)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", tmp_path / "known_hosts"], check=True, capture_output=True)
    assert "|1|" in (tmp_path / "known_hosts").read_text()
    with command_on(ssh_hosts, "echo hello", config=config, way="paramiko") as connection:
        assert heard(connection) == b"hello\n"


@pytest.mark.parametrize("name", ["near", "beyond"])
def test_a_machine_without_ssh_takes_paramiko(ssh_hosts, without_ssh, name):
    assert chosen(ssh_hosts, name)[0] == "paramiko"
    with command_on(ssh_hosts, "id -un", name) as connection:
        assert heard(connection).decode().strip() == (ssh_hosts.near if name == "near" else ssh_hosts.far).user


@pytest.mark.parametrize("line", ["Include config.d/*", "Match exec true"])
def test_a_machine_without_ssh_refuses_a_line_that_only_ssh_can_read(ssh_hosts, tmp_path, without_ssh, line):
    (tmp_path / "config.d").mkdir()
    (tmp_path / "config.d/one").write_text("Host near\n  User somebody\n")
    config = ssh_hosts.client(tmp_path, more=f"# first\n{line}\n")
    with pytest.raises(HostError) as caught:
        chosen(ssh_hosts, config=config)
    assert caught.value.code == "host-ssh-config"
    assert f"{config}:2" in caught.value.message


def test_a_machine_without_ssh_refuses_what_takes_ssh(ssh_hosts, without_ssh):
    with pytest.raises(HostError) as caught:
        chosen(ssh_hosts, way="ssh")
    assert caught.value.code == "host-needs-ssh"


PROXY = """
import os, socket, sys, threading
stream = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def back():
    while piece := stream.recv(65536):
        os.write(1, piece)
threading.Thread(target=back, daemon=True).start()
while piece := os.read(0, 65536):
    stream.sendall(piece)
"""


@pytest.mark.parametrize("has_ssh", [True, False])
def test_a_program_of_the_configuration_leads_to_the_host(ssh_hosts, tmp_path, request, has_ssh):
    (tmp_path / "proxy.py").write_text(PROXY)
    more = f"ProxyCommand {sys.executable} {tmp_path}/proxy.py %h %p\n"
    config = ssh_hosts.client(tmp_path, more=more)
    if not has_ssh:
        request.getfixturevalue("without_ssh")
    assert chosen(ssh_hosts, config=config)[0] == ("ssh" if has_ssh else "paramiko")
    with command_on(ssh_hosts, "cat", config=config) as connection:
        connection.end.sendall(b"hello")
        assert connection.end.recv(100) == b"hello"


def is_listening(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


@pytest.fixture
def agent(tmp_path, ssh_hosts, monkeypatch):
    """An agent of SSH that has the key, which is nowhere else."""
    path = tmp_path / "agent"
    process = Child(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    # Its socket is there before it listens.
    wait_until(lambda: is_listening(path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    subprocess.run(["ssh-add", "-q", ssh_hosts.key], check=True)
    yield path
    process.terminate()
    process.wait()


@pytest.mark.parametrize("way", SSH_WAYS)
def test_a_key_of_the_agent_lets_us_in_and_the_agent_is_not_forwarded(ssh_hosts, tmp_path, agent, way):
    config = with_key(ssh_hosts.client(tmp_path, more="IdentitiesOnly no\nForwardAgent yes\n"), tmp_path / "missing")
    with command_on(ssh_hosts, "sh -c 'echo ${SSH_AUTH_SOCK:-none}'", config=config, way=way) as connection:
        assert heard(connection) == b"none\n"


@pytest.mark.parametrize("way", SSH_WAYS)
def test_the_agent_shows_only_the_keys_that_it_may(ssh_hosts, tmp_path, agent, way):
    config = with_key(ssh_hosts.client(tmp_path), tmp_path / "missing")
    with pytest.raises(HostError) as caught:
        connected(ssh_hosts, "true", config=config, way=way)
    assert caught.value.code == "host-authentication"
    # Its public key says which one is meant.
    (tmp_path / "missing.pub").write_text(ssh_hosts.key.with_suffix(".pub").read_text())
    connected(ssh_hosts, "true", config=config, way=way).close()


@pytest.mark.parametrize("way", SSH_WAYS)
def test_nothing_is_forwarded_executed_or_detached_whatever_the_configuration_says(ssh_hosts, tmp_path, way):
    port = free_port()
    here = tmp_path / "executed-here"
    more = (
        f"PermitLocalCommand yes\nLocalCommand touch {here}\nRemoteCommand echo other\nRequestTTY force\n"
        f"LocalForward {port} 127.0.0.1:1\nForkAfterAuthentication yes\nStdinNull yes\nSessionType none\n"
        "EscapeChar ~\nForwardX11 yes\n"
    )
    config = ssh_hosts.client(tmp_path, more=more)
    found = settings(ssh_hosts, way=way, config=config)
    assert transport_for(evolve(found, connect="")).name == "paramiko"
    with command_on(ssh_hosts, "sh -c 'tty; cat'", config=config, way=way) as connection:
        assert connection.end.recv(100) == b"not a tty\n"
        with socket.socket() as tried:
            assert tried.connect_ex(("127.0.0.1", port)) != 0
        connection.end.sendall(b"\n~.\n")
        assert connection.end.recv(100) == b"\n~.\n"
    assert not here.exists()


def test_a_connection_that_the_user_shares_is_used(ssh_hosts, tmp_path):
    path = tmp_path / "master"
    config = ssh_hosts.client(tmp_path, more=f"Host near\n  ControlPath {path}\n")
    assert chosen(ssh_hosts, config=config)[0] == "paramiko"
    subprocess.run(["ssh", "-F", config, "-M", "-f", "-N", "near"], check=True, stdin=subprocess.DEVNULL)
    try:
        kind, reason = chosen(ssh_hosts, config=config)
        assert (kind, str(path) in reason) == ("ssh", True)
        sessions = {*ssh_hosts.near.sessions()}
        with command_on(ssh_hosts, "cat", config=config) as connection:
            connection.end.sendall(b"hello")
            assert connection.end.recv(100) == b"hello"
            assert {*ssh_hosts.near.sessions()} <= sessions
    finally:
        subprocess.run(["ssh", "-F", config, "-O", "exit", "near"], check=True, capture_output=True)


def test_ssh_is_told_at_every_host_on_the_way_never_to_be_lenient(ssh_hosts):
    transport = transport_for(settings(ssh_hosts, "beyond", way="ssh"))
    words = transport.words(read_chain(transport.settings, "beyond"), log="/dev/null", seconds=5, more={})
    told = "\n".join(words)
    for option in (
        "BatchMode=yes StrictHostKeyChecking=yes ForwardAgent=no ClearAllForwardings=yes PermitLocalCommand=no "
        "RemoteCommand=none RequestTTY=no ControlMaster=no ServerAliveInterval=15 ServerAliveCountMax=3"
    ).split():
        # Once for the host, once for the one before it.
        assert told.count(option) == 2, option


@pytest.mark.parametrize("way", SSH_WAYS)
def test_the_language_of_this_machine_does_not_travel(ssh_hosts, tmp_path, monkeypatch, way):
    monkeypatch.setenv("LC_SEQUENT", "xx")
    config = ssh_hosts.client(tmp_path, more="SendEnv LC_*\n")
    ssh_hosts.near.restart(AcceptEnv="LC_*")
    try:
        with command_on(ssh_hosts, "sh -c 'echo [$LC_SEQUENT]'", config=config, way=way) as connection:
            assert heard(connection) == b"[]\n"
    finally:
        ssh_hosts.near.restart()


def test_a_known_host_is_named_otherwise_by_the_configuration(ssh_hosts, tmp_path):
    known = ssh_hosts.near.known_line.replace(ssh_hosts.near.known_as, "alias")
    config = ssh_hosts.client(tmp_path, known=known, more="HostKeyAlias alias\n")
    for way in SSH_WAYS:
        connected(ssh_hosts, "true", config=config, way=way).close()


def test_a_destination_may_name_user_and_port(ssh_hosts, tmp_path):
    lines = ssh_hosts.client(tmp_path).read_text().split("Host *")[1]
    config = tmp_path / "bare"
    config.write_text(f"Host *{lines}")
    address = f"ssh://{ssh_hosts.near.user}@127.0.0.2:{ssh_hosts.near.port}"
    for way in SSH_WAYS:
        connection = connected(ssh_hosts, "id -un", "some name", address=(address,), config=config, way=way)
        assert heard(connection).decode().strip() == ssh_hosts.near.user
        assert connection.door == address
        connection.close()


def test_paramiko_is_loaded_only_where_it_is_used(ssh_hosts, tmp_path):
    script = (
        "import sys\n"
        "from sequent.model.hosts import HostSettings\n"
        "from sequent.runtime.hosts.transports.choice import transport_for\n"
        f"file = {str(ssh_hosts.config)!r}\n"
        "transport_for(HostSettings(name='near', address=('near',), connect='ssh', ssh_config=file))\n"
        "assert 'paramiko' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env=dict(os.environ), timeout=TIMEOUT)
