"""A host that says what it likes harms its own attempts at most: not the driver, and not its disk."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Generator

import pytest
from attrs import evolve
from msgspec import structs

from sequent.model.outcome import LogSpan, Problem
from sequent.runtime.executors.remote import host_contact, outcome_reports, superfluous_messages
from sequent.runtime.executors.workers import MOST_WORKERS
from sequent.runtime.hosts.protocol.frames import frames_of
from sequent.runtime.hosts.protocol.messages import (
    AgentBroken,
    AttachRefused,
    BegunThere,
    EndedThere,
    LoadedThere,
    LogBegun,
    LogPiece,
    LostThere,
    MessagePiece,
    NoticeThere,
    Pong,
    WithdrawnThere,
)
from sequent.runtime.orders import (
    AttemptEnded,
    AttemptOrder,
    AttemptTakenBack,
    HostReachable,
    HostUnreachable,
    Message,
    Notice,
)
from tests.runtime.hosts.hostile import ATTACHED, Answer, HostileHost, ended, hostile, refusal_of
from tests.runtime.hosts.sessions import remote, run_on


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_an_attempt_has_one_log(tmp_path):
    with hostile(tmp_path, lambda order: [LogBegun(f"w{n}.log", 0, order.token) for n in range(1000)]) as driving:
        driving.start("hello")
        assert "an attempt has two logs" in refusal_of(driving).reason
        assert len(list((tmp_path / "logs").iterdir())) == 1


def test_no_more_logs_without_an_end_are_kept_than_there_can_be_workers(tmp_path):
    with hostile(tmp_path, lambda _: [LogPiece(f"w{n}.log", 0, b"x") for n in range(1000)]) as driving:
        driving.start("hello")
        assert "another part of a log" in refusal_of(driving).reason
        assert len(list((tmp_path / "logs").iterdir())) == 64


@pytest.mark.parametrize("is_lost", [False, True])
def test_logs_that_have_ended_take_no_descriptor_and_make_room_for_others(tmp_path, is_lost):
    def answer(order: AttemptOrder) -> list[Message]:
        segment = f"w{order.frame}.log"
        span = LogSpan(segment=segment, offset=0, length=1)
        end = LostThere(order.token, "it is gone") if is_lost else ended(order, log=span)
        return [LogBegun(segment, 0, order.token), LogPiece(segment, 0, b"x"), end]

    with hostile(tmp_path, answer) as driving:
        driving.outcome_of(driving.start("hello"))
        before = descriptors()
        for _ in range(100):
            driving.outcome_of(driving.start("hello"))
        assert descriptors() <= before


UNACCEPTABLE = {
    "too large": ({"result": '"' + "x" * 200_000 + '"'}, "larger than a worker makes it"),
    "large problem": ({"problem": Problem(type="E", message="x" * 2_000_000)}, "larger than a worker makes it"),
    "many types": ({"problem": Problem(type="E", message="", types=("x" * 1000,) * 2000)}, "larger than a worker"),
    "no value": ({"result": "no value"}, "it is not JSON"),
    "unknown form": ({"result": '[1,{"$x":1}]'}, "unknown form '$x'"),
    "form in a dict": ({"result": '{"a":{"$d":[[1,{"$zz":0}]]}}'}, "unknown form '$zz'"),
    "bad date": ({"result": '{"$da":"yesterday"}'}, "none of the forms"),
    "bad pairs": ({"result": '{"$d":[1]}'}, "none of the forms"),
    "bad record": ({"result": '{"$r":["C",[1]]}'}, "none of the forms"),
    "deep": ({"result": '{"$t":[' * 20_000 + "]}" * 20_000}, "it is not JSON"),
    "pickle": ({"result": '{"$k":["r","p","1",1,"s","eA=="]}'}, "none is taken from a host"),
}


@pytest.mark.parametrize("name", UNACCEPTABLE)
def test_an_outcome_that_cannot_be_accepted_is_a_failure_of_its_attempt(tmp_path, monkeypatch, name):
    monkeypatch.setattr(outcome_reports, "LARGEST_RESULT", 180_000)
    more, why = UNACCEPTABLE[name]
    with hostile(tmp_path, lambda order: [ended(order, **more)]) as driving:
        failure = driving.run("hello")
        assert failure.result is None
        assert failure.problem.message.startswith("host 'far' reports an outcome that cannot be accepted: ")
        assert why in failure.problem.message


KNOWN = ('{"$r":["C",{"a":{"$t":[1]}}]}', '{"$e":["Color","RED"]}', '{"$d":[[1,{"$b":"eA=="}]]}')


@pytest.mark.parametrize("result", KNOWN)
def test_a_result_of_known_forms_is_accepted_whatever_classes_it_names(tmp_path, result):
    with hostile(tmp_path, lambda order: [ended(order, result=result)]) as driving:
        assert driving.run("hello").result == result


def endless(make: Callable[[AttemptOrder, int], Message]) -> Answer:
    """A host that says something again and again, until its session ends."""
    return lambda order: (make(order, number) for number in itertools.count())


MISCONDUCT: dict[str, tuple[Answer, str]] = {
    "attached twice": (lambda _: [ATTACHED], "it serves us once"),
    "begins again": (endless(lambda order, _: BegunThere(order.token)), "the begin of an attempt"),
    "begins others": (endless(lambda _, n: BegunThere(f"x{n}")), "the begin of an attempt"),
    "ends others": (endless(lambda _, n: LostThere(f"x{n}", "gone")), "the end of an attempt"),
    "withdraws others": (endless(lambda _, n: WithdrawnThere(f"x{n}")), "the end of an attempt"),
    "results of others": (
        endless(lambda order, n: EndedThere(f"x{n}", AttemptEnded(order.frame, 1, 1, "1"))),
        "the end of an attempt",
    ),
    "begins its log again": (endless(lambda order, _: LogBegun("w1.log", 0, order.token)), "the begin of a log"),
    "logs of others": (endless(lambda _, n: LogBegun("w1.log", 0, f"x{n}")), "the begin of a log"),
    "empty log": (endless(lambda *_: LogPiece("w1.log", 0, b"")), "an empty part of a log"),
    "log without end": (endless(lambda _, n: LogPiece("w1.log", n * 256_000, bytes(256_000))), "another part of a log"),
    "notices": (endless(lambda _, n: NoticeThere(f"notice {n}" + "x" * 5_000)), "itself"),
    "loads again": (endless(lambda *_: LoadedThere("x" * 100_000)), "its loading of the flow"),
    "answers without question": (endless(lambda *_: Pong(0)), "no question"),
    "empty pieces": (endless(lambda *_: MessagePiece(b"")), "its pieces are empty"),
    "breaks": (lambda _: [AgentBroken("x" * 1_000_000)], "xxx"),
    "is refused": (lambda _: [AttachRefused("busy", "y" * 1_000_000)], "yyy"),
    "fences": (lambda _: [AttachRefused("fenced", "z")], "this driver still owns it"),
    "frames of nothing": (lambda _: [bytes(4) * 100], "it is not a message"),
    "a huge frame": (lambda _: [b"\xff" * 100], "too large"),
}


@pytest.mark.parametrize("kind", MISCONDUCT)
def test_a_host_that_misbehaves_is_asked_less_and_less_and_cannot_fill_the_memory(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(host_contact, "FIRST_WAIT", 0.01)
    answer, why = MISCONDUCT[kind]
    with hostile(tmp_path, answer) as driving:
        driving.start("hello", announces=True)
        waits: list[float] = []
        for _ in range(4):
            refusal = refusal_of(driving)
            assert why in refusal.reason
            assert len(refusal.reason) < 3_000
            waits.append(refusal.next_try)
        assert waits == [0.01, 0.02, 0.04, 0.08]
        notices = [report for report in driving.seen if isinstance(report, Notice)]
        assert len(driving.seen) < 50
        assert all(len(notice.text) < 3_000 for notice in notices)


def test_a_host_that_hangs_up_at_once_is_asked_less_and_less(tmp_path, monkeypatch):
    monkeypatch.setattr(host_contact, "FIRST_WAIT", 0.01)
    host = HostileHost(lambda _: ())
    with remote(run_on(host, tmp_path), tmp_path) as driving:
        waits: list[float] = []
        for _ in range(4):
            driving.wait(lambda report: isinstance(report, HostReachable))
            host.sessions[-1].hang_up()
            waits.append(refusal_of(driving).next_try)
        assert waits == [0.01, 0.02, 0.04, 0.08]


def test_a_task_that_its_host_gives_back_again_and_again_waits_longer_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(host_contact, "FIRST_WAIT", 0.01)
    tokens = itertools.count()
    with hostile(tmp_path, lambda order: [WithdrawnThere(order.token)]) as driving:

        def start() -> None:
            order = {"sequence": "1", "recovery": 0, "attempt": 1}
            driving.executor.start(AttemptOrder(frame=1, node=1, path="hello", token=f"w{next(tokens)}", **order))

        start()
        waits: list[float] = []
        while len(waits) < 4:
            report = driving.wait(lambda report: isinstance(report, AttemptTakenBack | HostUnreachable))
            if isinstance(report, HostUnreachable):
                assert "it gives back 'hello', and begins no attempt of it" in report.reason
                waits.append(report.next_try)
            else:
                start()
        assert waits == [0.01, 0.02, 0.04, 0.08]
        assert next(tokens) < 12


def test_a_host_knows_no_more_attempts_than_it_was_asked_for_and_has_no_more_room_than_there_are_workers(tmp_path):
    told = structs.replace(ATTACHED, processors=10**9, known=tuple(f"x{n}" for n in range(100_000)))
    run = run_on(HostileHost(lambda order: [ended(order, result="1")], told), tmp_path)
    with remote(evolve(run, setup=structs.replace(run.setup, most_workers=0)), tmp_path) as driving:
        reachable = driving.wait(lambda report: isinstance(report, HostReachable))
        assert reachable.slots == MOST_WORKERS
        assert driving.run("hello").result == "1"


def test_a_host_that_never_stops_sending_leaves_time_for_others(tmp_path, monkeypatch):
    pongs = b"".join(frames_of(Pong(7))) * 100_000

    def answer(_: AttemptOrder) -> Generator[bytes]:
        while True:
            yield pongs

    monkeypatch.setattr(superfluous_messages, "MOST_SUPERFLUOUS", 10**9)
    with hostile(tmp_path, answer) as driving:
        driving.start("hello")
        for _ in range(5):
            # Each turn comes back, though the host has always sent more.
            driving.selector.select()
            for key, _ in driving.selector.select(0):
                key.data()
