"""A host that cannot be reached, or that does not let us in, says why, how far the way led, and what to do."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress

import pytest

from sequent.errors import HostError, HostStage
from sequent.runtime.hosts.transports.choice import transport_for
from tests.patience import PATIENCE
from tests.runtime.hosts.ways import SSH_WAYS, TIMEOUT, settings, with_key
from tests.users import change_users


@pytest.fixture(params=SSH_WAYS)
def way(request):
    return request.param


@pytest.fixture
def other_key(tmp_path):
    """A key that no host knows."""
    return new_key(tmp_path / "other")


def new_key(path, passphrase="", kind="ed25519"):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path], check=True)
    return path


@contextmanager
def near_with(ssh_hosts, **options):
    """The near host with other options of its server."""
    ssh_hosts.near.restart(**options)
    try:
        yield
    finally:
        ssh_hosts.near.restart()


@contextmanager
def allowed_there(ssh_hosts, text):
    """The near host with other authorized keys."""
    before = ssh_hosts.near.authorized_keys.read_text()
    ssh_hosts.near.authorized_keys.write_text(text)
    try:
        yield
    finally:
        ssh_hosts.near.authorized_keys.write_text(before)


def refusal(hosts, name="near", *, timeout=TIMEOUT, **more):
    """The error of a connection that cannot be made, or of a command that cannot be started."""
    connection = None
    try:
        connection = transport_for(settings(hosts, name, **more)).connect("cat", timeout)
        connection.end.settimeout(PATIENCE)
        with suppress(ConnectionError):
            assert connection.end.recv(1) == b""
        return connection.trouble()
    except HostError as error:
        return error
    finally:
        if connection is not None:
            connection.close()


def test_a_key_that_is_not_known_is_shown_with_the_command_that_adds_it(ssh_hosts, way, tmp_path):
    error = refusal(ssh_hosts, way=way, config=ssh_hosts.client(tmp_path, known=""))
    assert (error.host, error.stage, error.code) == ("near", HostStage.HOST_KEY, "host-key-unknown")
    for piece in (ssh_hosts.near.fingerprint, "ED25519", ssh_hosts.near.known_as, f"{tmp_path}/known_hosts"):
        assert piece in error.message
    assert "not found in" in error.message
    assert "sequent host add near" in error.hint


def test_a_key_that_has_changed_may_be_an_attack(ssh_hosts, way, tmp_path):
    stale = ssh_hosts.far.known_line.replace(ssh_hosts.far.known_as, ssh_hosts.near.known_as)
    error = refusal(ssh_hosts, way=way, config=ssh_hosts.client(tmp_path, known=f"# a comment\n{stale}"))
    assert (error.stage, error.code) == (HostStage.HOST_KEY, "host-key-changed")
    for piece in ("possible attack", ssh_hosts.near.fingerprint, f"{tmp_path}/known_hosts:2"):
        assert piece in error.message
    assert f"ssh-keygen -f {tmp_path}/known_hosts -R '{ssh_hosts.near.known_as}'" in error.hint


def test_what_may_be_an_attack_is_told_also_where_another_address_would_let_us_in(ssh_hosts, way, tmp_path):
    stale = ssh_hosts.far.known_line.replace(ssh_hosts.far.known_as, ssh_hosts.near.known_as)
    config = ssh_hosts.client(tmp_path, known=stale + ssh_hosts.far.known_line)
    error = refusal(ssh_hosts, "cluster", way=way, config=config, address=("near", "far"))
    assert error.code == "host-key-changed"


def test_one_of_several_keys_of_a_host_is_enough(ssh_hosts, way, tmp_path):
    other = ssh_hosts.far.known_line.replace(ssh_hosts.far.known_as, ssh_hosts.near.known_as)
    config = ssh_hosts.client(tmp_path, known=other + ssh_hosts.near.known_line)
    transport_for(settings(ssh_hosts, way=way, config=config)).connect("true", TIMEOUT).close()


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_host_may_have_a_key_of_another_type(ssh_hosts, way, tmp_path, kind):
    key = new_key(tmp_path / "host_key", kind=kind)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    with near_with(ssh_hosts, HostKey=f"{ssh_hosts.near.key}\nHostKey {key}"):
        config = ssh_hosts.client(tmp_path, known=f"{ssh_hosts.near.known_as} {public}\n")
        transport_for(settings(ssh_hosts, way=way, config=config)).connect("true", TIMEOUT).close()


def test_a_revoked_key_is_never_taken(ssh_hosts, tmp_path):
    revoked = f"@revoked * {ssh_hosts.near.known_line.split(' ', 1)[1]}"
    config = ssh_hosts.client(tmp_path, known=ssh_hosts.near.known_line + revoked)
    error = refusal(ssh_hosts, config=config)
    assert (error.stage, error.code) == (HostStage.HOST_KEY, "host-key-revoked")


@pytest.mark.parametrize("missing", ["near", "far"])
def test_the_key_of_a_jump_host_must_be_known_like_that_of_the_host(ssh_hosts, way, tmp_path, missing):
    known = ssh_hosts.far if missing == "near" else ssh_hosts.near
    unknown = getattr(ssh_hosts, missing)
    config = ssh_hosts.client(tmp_path, known=known.known_line)
    error = refusal(ssh_hosts, "beyond", way=way, config=config)
    assert error.code == "host-key-unknown"
    assert unknown.fingerprint in error.message
    assert f"sequent host add {'near' if missing == 'near' else 'beyond'}" in error.hint


def test_no_setting_makes_an_unknown_key_known(ssh_hosts, way, tmp_path):
    lenient = "StrictHostKeyChecking no\nVerifyHostKeyDNS yes\nNoHostAuthenticationForLocalhost yes\nBatchMode no\n"
    for name in ("near", "beyond"):
        config = ssh_hosts.client(tmp_path, known="", more=lenient)
        assert refusal(ssh_hosts, name, way=way, config=config).code == "host-key-unknown"
        assert (tmp_path / "known_hosts").read_text() == ""
    # Nor that of a host on the way.
    config = ssh_hosts.client(tmp_path, known=ssh_hosts.far.known_line, more=lenient)
    error = refusal(ssh_hosts, "beyond", way=way, config=config)
    assert (error.code, ssh_hosts.near.fingerprint in error.message) == ("host-key-unknown", True)
    assert (tmp_path / "known_hosts").read_text() == ssh_hosts.far.known_line


def test_a_host_that_knows_none_of_our_keys_is_told_with_them(ssh_hosts, way, tmp_path, other_key):
    error = refusal(ssh_hosts, way=way, config=with_key(ssh_hosts.client(tmp_path), other_key))
    assert (error.stage, error.code) == (HostStage.AUTHENTICATION, "host-authentication")
    assert "the host allows publickey" in error.message
    assert f"{ssh_hosts.near.user}@127.0.0.2:{ssh_hosts.near.port} with {other_key}" in error.message
    assert f"ssh-copy-id -F {tmp_path}/" in error.hint


def test_a_jump_host_that_lets_nobody_in_is_named(ssh_hosts, way):
    with near_with(ssh_hosts, DenyUsers=ssh_hosts.near.user):
        error = refusal(ssh_hosts, "beyond", way=way)
    assert error.stage is HostStage.AUTHENTICATION
    assert f"tried {ssh_hosts.near.user}@127.0.0.2" in error.message


def test_a_key_with_a_passphrase_is_not_asked_for(ssh_hosts, way, tmp_path, monkeypatch):
    asked = tmp_path / "asked"
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\ntouch {asked}\necho secret\n")
    ask.chmod(0o755)
    for name, value in (("DISPLAY", ":0"), ("SSH_ASKPASS", str(ask)), ("SSH_ASKPASS_REQUIRE", "force")):
        monkeypatch.setenv(name, value)
    key = new_key(tmp_path / "locked", "secret")
    public = key.with_suffix(".pub").read_text()
    with allowed_there(ssh_hosts, public):
        error = refusal(ssh_hosts, way=way, config=with_key(ssh_hosts.client(tmp_path), key))
    assert (error.stage, error.code) == (HostStage.AUTHENTICATION, "host-passphrase")
    assert f"{key} (needs a passphrase)" in error.message
    assert error.hint == f"ssh-add {key}"
    assert not asked.exists()


def test_a_key_that_others_can_read_is_named_with_its_mode(ssh_hosts, way, tmp_path):
    key = shutil.copy(ssh_hosts.key, tmp_path / "open")
    key.chmod(0o644)
    error = refusal(ssh_hosts, way=way, config=with_key(ssh_hosts.client(tmp_path), key))
    assert error.stage is HostStage.AUTHENTICATION
    assert f"{key} (mode 0644 lets others read it)" in error.message
    assert error.hint == f"chmod 600 {key}"


def test_a_key_that_is_not_there_is_named(ssh_hosts, way, tmp_path):
    error = refusal(ssh_hosts, way=way, config=with_key(ssh_hosts.client(tmp_path), tmp_path / "missing"))
    assert f"{tmp_path}/missing (no such file)" in error.message


def test_a_host_that_asks_for_more_than_a_key_is_not_answered(ssh_hosts, way):
    more = {"AuthenticationMethods": "publickey,keyboard-interactive", "KbdInteractiveAuthentication": "yes"}
    with near_with(ssh_hosts, **more):
        error = refusal(ssh_hosts, way=way)
    assert error.stage is HostStage.AUTHENTICATION
    assert "asks for more: keyboard-interactive" in error.message


def test_a_host_that_has_seen_enough_keys_is_told_from_one_that_knows_none(ssh_hosts, way, tmp_path, other_key):
    config = ssh_hosts.client(tmp_path, more=f"Host near\n  IdentityFile {other_key}\n")
    with near_with(ssh_hosts, MaxAuthTries="1"):
        error = refusal(ssh_hosts, way=way, config=config)
    assert "too many keys" in error.message
    assert "IdentitiesOnly" in error.hint


@pytest.mark.parametrize("name", ["no-such-host.invalid", "no-such..host", f"{'n' * 64}.invalid"])
def test_a_name_without_an_address_is_told(ssh_hosts, way, name):
    error = refusal(ssh_hosts, name, way=way)
    assert (error.stage, error.code) == (HostStage.NAME, "host-name")
    assert f"'{name}' has no address" in error.message


@pytest.mark.parametrize("name", ["near", "beyond"])
def test_a_host_where_nothing_listens_refuses(ssh_hosts, way, name):
    ssh_hosts.near.stop()
    try:
        error = refusal(ssh_hosts, name, way=way)
    finally:
        ssh_hosts.near.start()
    assert (error.stage, error.code) == (HostStage.CONNECTION, "host-refused")
    assert "refused" in error.message
    assert "ssh -F" in error.hint


def test_a_host_that_is_refused_behind_a_jump_host_is_told(ssh_hosts, way):
    ssh_hosts.far.stop()
    try:
        error = refusal(ssh_hosts, "beyond", way=way)
    finally:
        ssh_hosts.far.start()
    assert error.stage is HostStage.CONNECTION


def test_a_host_that_says_nothing_is_given_up(ssh_hosts, way):
    ssh_hosts.near.pause_listener()
    try:
        error = refusal(ssh_hosts, way=way, timeout=1)
    finally:
        ssh_hosts.near.resume_listener()
    assert (error.stage, error.code) == (HostStage.CONNECTION, "host-timeout")


def test_a_host_that_takes_no_further_connection_is_told(ssh_hosts, way):
    with near_with(ssh_hosts, MaxStartups="1:100:1"), held_connection(ssh_hosts.near):
        error = refusal(ssh_hosts, way=way)
    assert (error.stage, error.code) == (HostStage.CONNECTION, "host-turned-away")
    assert "MaxStartups" in error.hint


@contextmanager
def held_connection(server):
    """A connection that is not used, once the server has greeted it."""
    while True:
        with socket.create_connection((server.address, server.port)) as stream:
            if stream.recv(100).startswith(b"SSH-"):
                yield
                return


def test_a_jump_host_that_leads_nowhere_is_told(ssh_hosts, way):
    with near_with(ssh_hosts, AllowTcpForwarding="no"):
        error = refusal(ssh_hosts, "beyond", way=way)
    assert (error.stage, error.code) == (HostStage.CONNECTION, "host-jump")
    assert "AllowTcpForwarding" in error.hint


def test_a_host_that_starts_nothing_is_told(ssh_hosts, way):
    with near_with(ssh_hosts, MaxSessions="0"):
        error = refusal(ssh_hosts, way=way)
    assert (error.stage, error.code) == (HostStage.COMMAND, "host-session")
    assert "MaxSessions" in error.hint


@pytest.mark.parametrize(("forced", "piece"), [("echo forced", "'forced'"), ("internal-sftp", "sftp connections only")])
def test_another_command_that_is_forced_is_quoted(ssh_hosts, way, forced, piece):
    with allowed_there(ssh_hosts, f'restrict,command="{forced}" {ssh_hosts.key.with_suffix(".pub").read_text()}'):
        connection = transport_for(settings(ssh_hosts, way=way)).connect("cat", TIMEOUT)
        try:
            said = b""
            while more := connection.end.recv(1000):
                said += more
            error = connection.trouble(said)
        finally:
            connection.close()
    assert error.stage is HostStage.COMMAND
    assert piece in error.message


def test_the_end_of_a_command_that_was_turned_away_by_its_shell_is_quoted(ssh_hosts, way):
    change_users("usermod", "--shell", "/usr/sbin/nologin", ssh_hosts.near.user)
    try:
        connection = transport_for(settings(ssh_hosts, way=way)).connect("cat", TIMEOUT)
        try:
            error = connection.trouble(connection.end.recv(1000))
        finally:
            connection.close()
    finally:
        change_users("usermod", "--shell", "/bin/bash", ssh_hosts.near.user)
    assert "This account is currently not available" in error.message


@pytest.mark.parametrize("name", ["-oProxyCommand=touch x", "a;b", "a b", "$(x)", "", "user@-x", "ssh://a:b:c"])
def test_a_name_that_is_no_destination_never_reaches_a_program(ssh_hosts, way, name):
    error = refusal(ssh_hosts, "near", way=way, address=(name,))
    assert (error.stage, error.code) == (HostStage.NAME, "host-destination")


def test_a_configuration_that_is_not_there_is_missed_by_name(ssh_hosts, way, tmp_path):
    error = refusal(ssh_hosts, way=way, config=tmp_path / "nowhere")
    assert error.code == "host-ssh-config"
    assert f"no such file: '{tmp_path}/nowhere'" in error.message


def test_known_hosts_that_cannot_be_read_are_told(ssh_hosts, tmp_path):
    config = ssh_hosts.client(tmp_path)
    (tmp_path / "known_hosts").unlink()
    (tmp_path / "known_hosts").mkdir()
    error = refusal(ssh_hosts, config=config)
    assert (error.stage, error.code) == (HostStage.HOST_KEY, "host-known-hosts")
    assert f"'{tmp_path}/known_hosts': Is a directory" in error.message


def test_a_mistake_in_the_configuration_is_told_with_its_line(ssh_hosts, way, tmp_path):
    error = refusal(ssh_hosts, way=way, config=ssh_hosts.client(tmp_path, more="Foo bar\n"))
    assert error.code == "host-ssh-config"
    assert "config: line 1: Bad configuration option: foo" in error.message


def test_a_configuration_that_leads_in_a_circle_is_refused(ssh_hosts, way, tmp_path):
    circle = "Host one\n  ProxyJump two\nHost two\n  ProxyJump one\n"
    error = refusal(ssh_hosts, "one", way=way, config=ssh_hosts.client(tmp_path, more=circle))
    assert error.code == "host-ssh-config"
    assert "more than 8 jump hosts" in error.message
