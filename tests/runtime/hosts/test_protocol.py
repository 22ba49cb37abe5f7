"""The messages that an agent accepts, and those that it refuses."""

from __future__ import annotations

import contextlib
import os
import random
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.msgpack import Decoder, Encoder, decode

from sequent.model.hosts import HostSettings
from sequent.model.run_target import Target
from sequent.model.value_text import encode
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.hosts.checking import check_host
from sequent.runtime.hosts.protocol.frames import HEAD, LARGEST_FRAME, Inlet, frames_of
from sequent.runtime.hosts.protocol.greeting import (
    NEWEST,
    OLDEST,
    BadGreetingError,
    find_greeting,
    greeting,
    knock,
    read_knock,
)
from sequent.runtime.hosts.protocol.messages import (
    AttachRefused,
    EndedThere,
    FilePiece,
    FileWhole,
    FromHost,
    LoadedThere,
    LostThere,
    MessagePiece,
    MessageWhole,
    OutcomeThere,
    Ping,
    Pong,
    WithdrawAttempt,
    WithdrawnThere,
)
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import AttemptEnded, Spooled
from tests.disks import small_disk
from tests.patience import PATIENCE, wait_until
from tests.runtime.hosts.noise import changed, noise
from tests.runtime.hosts.sessions import KEY, PROGRAM, ROOT, STEPS, StandIn
from tests.runtime.hosts.speaking import Speaker, attach

COUNT = int(os.environ.get("FUZZ_INPUTS", "250"))


def of(token):
    """Tell the outcome of an attempt from what is said of it before."""
    return lambda message: isinstance(message, OutcomeThere) and message.token == token


# -- frames


@pytest.mark.parametrize("size", [0, 10, 1024**2 - 100, 1024**2, 3_000_001])
def test_a_message_comes_out_as_it_went_in_whatever_its_size_and_however_it_is_cut(size):
    message = EndedThere("t", AttemptEnded(1, 2, 3, "x" * size))
    data = b"".join(frames_of(message))
    inlet = Inlet(Decoder(FromHost))
    chance = random.Random(size)
    found = []
    while data:
        cut = chance.randint(1, 300_000)
        found += inlet.feed(data[:cut])
        data = data[cut:]
    assert found == [message]


def test_small_messages_share_a_read():
    data = b"".join(part for n in range(9) for part in frames_of(Pong(n)))
    assert list(Inlet(Decoder(FromHost)).feed(data)) == [Pong(n) for n in range(9)]


@pytest.mark.parametrize(
    "data",
    [
        HEAD.pack(LARGEST_FRAME + 1),
        HEAD.pack(3) + b"abc",
        b"".join(part for message in (MessagePiece(b"abc"), MessageWhole(bytes(32))) for part in frames_of(message)),
    ],
)
def test_what_is_no_message_is_refused(data):
    with pytest.raises(BadMessageError):
        list(Inlet(Decoder(FromHost)).feed(data))


def test_a_greeting_is_found_behind_whatever_comes_before():
    found = find_greeting(b"Welcome\n\0" + greeting() + b"rest")
    assert (found.oldest, found.newest, found.rest) == (OLDEST, NEWEST, b"rest")
    assert find_greeting(b"Welcome\n") is None
    with pytest.raises(BadGreetingError, match="unexpected output before the handshake: 'Welcome"):
        find_greeting(b"Welcome\n" * 10_000)


@pytest.mark.parametrize("cut", range(len(knock(KEY))))
def test_a_knock_may_come_in_parts(cut):
    assert read_knock(knock(KEY)[:cut]) is None
    assert read_knock(knock(KEY) + b"more") == (KEY, b"more")


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.0\r\n", b"\0sequent-driver\0../..\n", b"\0sequent-driver\0" + b"a" * 99]
)
def test_what_is_no_knock_is_refused(data):
    with pytest.raises(BadGreetingError):
        read_knock(data)


# -- tokens, epochs, contacts


def test_a_token_begins_once_however_often_it_comes(host):
    speaker = Speaker.attached(host)
    for _ in range(3):
        speaker.start("t1")
    speaker.wait(of("t1"))
    speaker.start("t1")
    speaker.start("t2", frame=2)
    speaker.wait(of("t2"))
    assert (host.place / "tokens").read_text() == "t1\nt2\n"
    assert [message for message in speaker.heard if isinstance(message, EndedThere)] == []


def test_an_older_epoch_is_refused_and_an_older_contact_too(host):
    Speaker.attached(host, epoch=2, contact=3)
    for epoch, contact in ((1, 9), (2, 2), (2, 3)):
        late = Speaker(host)
        late.say(attach(epoch, contact))
        refused = late.wait(lambda message: isinstance(message, AttachRefused))
        assert refused.code == "fenced"
        assert late.ended()


def test_a_refused_driver_does_not_disturb_the_one_that_is_served(host):
    speaker = Speaker.attached(host, epoch=2)
    late = Speaker(host)
    late.say(attach(1))
    late.wait(lambda message: isinstance(message, AttachRefused))
    speaker.start("t1")
    assert speaker.wait(of("t1")).ended.result == '"hello"'


def test_what_an_earlier_connection_says_late_is_not_heard(host):
    early = Speaker.attached(host)
    Speaker.attached(host, contact=2)
    with contextlib.suppress(ConnectionError):
        early.start("t1")
    assert early.ended()
    assert (host.place / "tokens").read_text() == ""


def test_epochs_are_not_forgotten_when_the_agent_is_killed(host):
    Speaker.attached(host, epoch=5)
    (agent,) = host.agent_pids()
    os.kill(agent, 9)
    wait_until(lambda: not host.agent_pids())
    late = Speaker(host)
    late.say(attach(4))
    assert late.wait(lambda message: isinstance(message, AttachRefused)).code == "fenced"


def test_an_order_that_is_withdrawn_before_it_comes_never_begins(host):
    speaker = Speaker.attached(host)
    speaker.say(WithdrawAttempt("t1"))
    assert isinstance(speaker.wait(of("t1")), WithdrawnThere)
    speaker.start("t1")
    speaker.start("t2", frame=2)
    speaker.wait(of("t2"))
    assert speaker.heard == [] or not any(isinstance(message, EndedThere) for message in speaker.heard)


def test_a_ping_is_answered(host):
    speaker = Speaker.attached(host)
    speaker.say(Ping(7))
    assert speaker.wait(lambda message: isinstance(message, Pong)) == Pong(7)


def test_where_a_token_cannot_be_noted_nothing_begins_and_the_driver_hears_why(tmp_path):
    with small_disk(tmp_path / "far") as disk:
        host = StandIn(tmp_path / "far")
        try:
            speaker = Speaker.attached(host)
            # Beyond what is left of the file's last page.
            tokens = [f"{number:064}" for number in range(70)]
            disk.fill()
            speaker.say(*(WithdrawAttempt(token) for token in tokens))
            speaker.start("t1")
            refused = speaker.wait(lambda message: isinstance(message, AttachRefused))
            assert "cannot write" in refused.reason
            assert speaker.ended()
            assert "t1" not in (host.place / "tokens").read_text().split()
        finally:
            host.end()


# -- files


def test_a_file_with_another_digest_ends_the_session_and_nothing_begins(host):
    speaker = Speaker.attached(host)
    speaker.say(FilePiece(1, b"[\n1\n]\n"), FileWhole(1, bytes(32)))
    speaker.start("t1", "length", inputs=(Spooled(b"1"),), makers=("source",))
    assert speaker.ended()
    assert (host.place / "tokens").read_text() == ""


@pytest.mark.parametrize("name", [b"2", b"/etc/passwd", b"../outcomes/1", b"", "²".encode()])
def test_an_order_names_no_file_but_those_that_have_come(host, name):
    speaker = Speaker.attached(host)
    speaker.start("t1", "length", inputs=(Spooled(name),), makers=("source",))
    assert speaker.ended()
    assert (host.place / "tokens").read_text() == ""


# -- limits of a key


def restricted(tmp_path: Path, *words: str) -> StandIn:
    return StandIn(tmp_path / "far", words=("--stdio", *words))


def test_an_agent_for_a_forced_command_asks_the_driver_for_the_run_alone(tmp_path):
    host = restricted(tmp_path, "--allow-module", STEPS)
    try:
        speaker = Speaker.attached(host)
        speaker.start("t1")
        assert speaker.wait(of("t1")).ended.result == '"hello"'
    finally:
        host.end()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (Target(flow="f", module="os", attribute="system"), "'os' is not allowed here, only 'tests'"),
        (Target(flow="f", module="tests2", attribute="flow"), "'tests2' is not allowed here"),
        (Target(flow="f", module=STEPS, attribute="flow", cwd="/"), "neither choose a directory"),
    ],
)
def test_a_restricted_key_loads_no_other_module(tmp_path, target, reason):
    host = restricted(tmp_path, "--allow-module", "tests")
    try:
        speaker = Speaker(host)
        speaker.say(attach(target=target))
        refused = speaker.wait(lambda message: isinstance(message, AttachRefused))
        assert refused.code == "forbidden"
        assert reason in refused.reason
    finally:
        host.end()


RESTRICTED = "tests.runtime.hosts.restricted_steps"


@pytest.mark.parametrize(
    ("attribute", "sources", "reason"),
    [
        ("flow", (("tests.runtime.hosts.never_imported", ""),), "'tests.runtime.hosts.never_imported' has steps"),
        ("imported_maker", (), "is a function of the module 'tests.runtime.hosts.imported_maker'"),
        ("remote_steps.flow", (), "leads into the module 'tests.runtime.hosts.remote_steps'"),
        ("flow", (), ""),
        ("maker", (), ""),
    ],
)
def test_a_restricted_key_imports_and_calls_nothing_but_the_modules_own(tmp_path, attribute, sources, reason):
    host = restricted(tmp_path, "--allow-module", RESTRICTED)
    try:
        speaker = Speaker(host)
        target = Target(flow="flow", module=RESTRICTED, attribute=attribute)
        speaker.say(attach(target=target, sources=sources))
        told = speaker.wait(lambda message: isinstance(message, LoadedThere))
        assert reason in told.problem
        assert (told.problem == "") == (reason == "")
        assert not {"imported", "called"} & set(os.listdir(host.home))
    finally:
        host.end()


def test_a_restricted_key_runs_no_shell_but_programs(tmp_path):
    host = restricted(tmp_path, "--no-shell")
    try:
        speaker = Speaker.attached(host)
        speaker.start("t1", "shelled")
        speaker.start("t2", "listing", frame=2, inputs=(encode("x; touch y"),), makers=("source",))
        assert "shell= is not allowed here" in speaker.wait(of("t1")).ended.problem.message
        assert speaker.wait(of("t2")).ended.problem is None
    finally:
        host.end()


def test_a_check_tells_that_a_key_lets_only_the_agent_run(tmp_path):
    forced = shlex.join([sys.executable, "-c", PROGRAM, "--stdio", "--allow-root", "--no-shell"])
    report = check_host(HostSettings(name="far", address=("far",), connect=("/bin/sh", "-c", forced)), PATIENCE)
    assert [error.code for error in report.problems] == ["host-agent-alone"]


def test_keys_with_other_limits_do_not_reach_the_same_agent(tmp_path):
    free = StandIn(tmp_path / "far", words=("--attach", KEY))
    bound = restricted(tmp_path, "--no-shell")
    try:
        Speaker.attached(free)
        Speaker.attached(bound)
        assert len(free.agent_pids()) == 2
    finally:
        bound.end()
        free.end()


# -- the command


def agent(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", PROGRAM, *words]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ROOT}, **more
    )


@pytest.mark.parametrize("key", ["", "../..", "AB" * 16, "ab", "ab" * 33, "$(id)"])
def test_a_key_is_hexadecimal(key):
    ended = agent("--attach", key)
    assert ended.returncode == 2
    assert "is not a key" in ended.stderr


def test_root_is_refused_unless_it_is_allowed(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert "does not run as root" in Rules().refusal_of_user()
    assert Rules(allow_root=True).refusal_of_user() == ""
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert Rules().refusal_of_user() == ""


def test_a_directory_that_others_may_enter_is_refused(host):
    Speaker.attached(host).session.close()
    host.place.chmod(0o755)
    host.end()
    session = host.connect()
    assert session.end.recv(100) == b""
    assert "must be this user's alone" in session.trouble().message


# -- noise


def test_noise_ends_a_session_at_most_and_executes_nothing(host):
    sound = Speaker.attached(host, epoch=10**9)
    (pid,) = host.agent_pids()
    for seed in range(COUNT // 5):
        chance = random.Random(seed)
        speaker = Speaker(host)
        with contextlib.suppress(ConnectionError):
            speaker.end.sendall(noise(chance) if chance.random() < 0.9 else chance.randbytes(3000))
        speaker.session.close()
    assert host.agent_pids() == [pid]
    assert (host.place / "tokens").read_text() == ""
    sound.say(Ping(1))
    sound.wait(lambda message: isinstance(message, Pong))


def test_noise_on_the_drivers_side_is_no_message_or_one_of_its_kind():
    decoder = Decoder(FromHost)
    genuine = [EndedThere("t1", AttemptEnded(1, 1, 1, "1")), LostThere("t1", "gone"), Pong(1)]
    for seed in range(COUNT):
        chance = random.Random(seed)
        body = Encoder().encode(changed(decode(Encoder().encode(chance.choice(genuine))), chance))
        data = HEAD.pack(len(body)) + body
        try:
            found = list(Inlet(decoder).feed(data))
        except BadMessageError:
            continue
        assert all(isinstance(message, FromHost) for message in found)
