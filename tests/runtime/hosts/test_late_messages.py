"""Messages that come late: behind an answer to a later one, or from a driver that another has followed."""

from __future__ import annotations

import os
import signal

from sequent.runtime.hosts.protocol.messages import (
    Attached,
    EndedThere,
    ForgetOutcomes,
    LeaveHost,
    Ping,
    Pong,
    WithdrawAttempt,
)
from sequent.runtime.orders import AttemptTakenBack, HostUnreachable, Spooled
from tests.disks import small_disk
from tests.runtime.hosts.sessions import StandIn
from tests.runtime.hosts.speaking import Speaker, attach


def end_of(token):
    return lambda message: isinstance(message, EndedThere) and message.token == token


def ends(speaker):
    return [message.token for message in speaker.heard if isinstance(message, EndedThere)]


def answered(speaker):
    speaker.say(Ping(1))
    speaker.wait(lambda message: isinstance(message, Pong))


def test_an_order_that_was_withdrawn_never_begins_even_if_it_comes_after_that_was_written(host):
    speaker = Speaker.attached(host)
    # These overtake an order that waits behind large values.
    speaker.say(WithdrawAttempt("t1"), ForgetOutcomes(("t1",)))
    speaker.start("t1")
    speaker.start("t2", frame=2)
    speaker.wait(end_of("t2"))
    assert ends(speaker) == []
    assert (host.place / "tokens").read_text() == "t1\nt2\n"


def test_an_order_that_was_withdrawn_never_begins_even_if_that_could_not_be_noted(tmp_path):
    with small_disk(tmp_path / "far") as disk:
        host = StandIn(tmp_path / "far")
        try:
            speaker = Speaker.attached(host)
            tokens = [f"{number:064}" for number in range(70)]
            disk.fill()
            speaker.say(*(WithdrawAttempt(token) for token in tokens))
            answered(speaker)
            noted = (host.place / "tokens").read_text().split()
            assert len(noted) < len(tokens)
            disk.free()
            speaker.start(tokens[-1])
            speaker.start("t2", frame=2)
            speaker.wait(end_of("t2"))
            assert ends(speaker) == []
        finally:
            host.end()


def test_an_order_that_is_taken_back_while_it_waits_behind_another_needs_its_files_no_more(driving, host, tmp_path):
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_text("[\n" + "1\n" * 600_000 + "]\n")
    small.write_text("[\n1\n]\n")
    driving.run("hello")
    (agent,) = host.agent_pids()
    os.kill(agent, signal.SIGSTOP)
    first, second = (
        driving.start("length", inputs=(Spooled(os.fsencode(path)),), makers=("source",), token=token)
        for path, token in ((large, "a"), (small, "b"))
    )
    driving.executor.send()
    driving.executor.take_back(second, 1, 1)
    # As the driver does once it has written that.
    os.unlink(small)
    os.kill(agent, signal.SIGCONT)
    assert isinstance(driving.outcome_of(second), AttemptTakenBack)
    assert driving.end_of(first).result == "600000"
    assert not any(isinstance(report, HostUnreachable) for report in driving.seen)
    assert "b" in (host.place / "tokens").read_text().split()


def test_a_driver_that_comes_just_as_its_predecessor_leaves_is_served(host):
    early = Speaker.attached(host)
    answered(early)
    late = Speaker(host)
    (agent,) = host.agent_pids()
    os.kill(agent, signal.SIGSTOP)
    early.say(LeaveHost())
    late.say(attach(epoch=2))
    os.kill(agent, signal.SIGCONT)
    late.wait(lambda message: isinstance(message, Attached))
    late.start("t1")
    late.wait(lambda message: isinstance(message, EndedThere))
    assert host.agent_pids() == [agent]
