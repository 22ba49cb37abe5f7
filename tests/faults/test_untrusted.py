"""Whatever comes from a process that runs users' code, and from others of the user's: random, torn, false, too much.

FUZZ_INPUTS says how many inputs each descriptor gets (see CONTRIBUTING.md).
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import random
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from msgspec import to_builtins
from msgspec.msgpack import Decoder

from sequent.dsl.builder.blocks import Sequent
from sequent.errors import SequentError
from sequent.model.outcome import LogSpan, Problem
from sequent.model.record_text import text_of_record
from sequent.model.run_target import Target
from sequent.runtime.agent.timeouts import RECORD, WorkerLimit
from sequent.runtime.executors.agents import AgentProcess
from sequent.runtime.executors.process_executor import ProcessExecutor
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.executors.worker_links import LocalLink
from sequent.runtime.executors.worker_pool import WorkerPool
from sequent.runtime.logs.log_marks import LogMark, MarkWriter, mark_of, read_mark
from sequent.runtime.messages.message_types import CloseAgent, EndWorkers, FlowLoaded, FromAgent, SpawnWorker
from sequent.runtime.messages.packets import WORD, Link, pack, pair
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptOrder,
    AttemptTakenBack,
    Message,
    Report,
    WorkerSetup,
)
from sequent.runtime.processes.wake_socket import WakeSocket
from tests.faults import evidence
from tests.patience import PATIENCE
from tests.runtime.driving import forked

COUNT = int(os.environ.get("FUZZ_INPUTS", "250"))
HERE = Target(flow="f", cwd="/")
SECRET = b"0123456789abcdef"

PROBLEM = to_builtins(
    Problem(type="ValueError", message="bad", traceback="trace", file="f.py", line=3, types=("builtins.ValueError",))
)
LOG = to_builtins(LogSpan(segment="w1.log", offset=0, length=12))
GENUINE: list[list[object]] = [
    ["FlowLoaded", 0],
    ["FlowUnloadable", PROBLEM],
    ["AttemptBegan", 7, 1, 1],
    ["AttemptEnded", 7, 1, 1, '{"a":[1,null]}', 1, None, LOG, 0.25],
    ["AttemptEnded", 7, 1, 1, None, 0, PROBLEM, None, 0.25],
    ["RepeatFound", 7, 1, "[1,2]", "digest"],
    ["ItemFound", 7, 1, 1, "3"],
    ["DrawBroke", 7, 1, PROBLEM],
    ["OrdersTaken", 1],
    ["WorkerLeaving"],
]
OTHERS = (
    *(None, True, False, 0, -1, 1, 2, 2**31, 2**63, 2**64 - 1, -(2**63), 1e308, math.inf, -math.inf, math.nan, 0.5),
    *("", "x", "\ud800", "\0", "../../etc/passwd", "w2.log", "[[[[", "9" * 5_000, [], {}, [[]], {"a": 1}, [None] * 9),
)


def chances(count: int = COUNT) -> Iterator[random.Random]:
    for seed in range(count):
        yield random.Random(seed)


def changed(tree: object, chance: random.Random) -> object:
    """The same with something in it that is not as it was."""
    if isinstance(tree, list) and tree and chance.random() < 0.8:
        place = chance.randrange(len(tree))
        act = chance.choice(("change", "change", "change", "drop", "double"))
        if act == "drop":
            return [*tree[:place], *tree[place + 1 :]]
        if act == "double":
            return [*tree[:place], tree[place], *tree[place:]]
        return [*tree[:place], changed(tree[place], chance), *tree[place + 1 :]]
    if isinstance(tree, dict) and tree and chance.random() < 0.8:
        name = chance.choice([*tree])
        return {**tree, (name if chance.random() < 0.8 else "other"): changed(tree[name], chance)}
    return chance.choice(OTHERS)


def packets_of(message: object, word: bytes) -> list[bytes]:
    return pack(message, word)  # type: ignore[arg-type]


def broken(packet: bytes, chance: random.Random) -> bytes:
    """A packet cut, flipped, doubled, or nothing but noise."""
    match chance.randrange(5):
        case 0:
            return packet[: chance.randrange(len(packet) + 1)]
        case 1 if packet:
            place = chance.randrange(len(packet))
            return packet[:place] + bytes([packet[place] ^ 1 << chance.randrange(8)]) + packet[place + 1 :]
        case 2:
            return packet + packet
        case 3:
            return chance.randbytes(chance.choice((0, 1, 8, WORD + 8, 300, 60_001, 100_000)))
        case _:
            return packet[:WORD] + chance.choice((b"\0", b"\1", b"")) + b"\x91" * chance.choice((1, 3_000, 59_000))


def packets(messages: list[list[object]], word: bytes, chance: random.Random) -> Iterator[bytes]:
    """Some packets in a row, of which some may be genuine."""
    for _ in range(chance.randint(1, 4)):
        message: object = chance.choice(messages)
        for _ in range(chance.choice((0, 1, 1, 2))):
            message = changed(message, chance)
        for packet in packets_of(message, word):
            yield broken(packet, chance) if chance.random() < 0.3 else packet


def can_be_stored(tree: object) -> bool:
    """Whether a database takes all that is in it."""
    if isinstance(tree, str):
        return tree.isprintable() or bool(tree.encode())
    if isinstance(tree, dict):
        return all(map(can_be_stored, tree.values()))
    if isinstance(tree, int | float):
        return abs(tree) < 2**63 and not math.isnan(tree)
    return all(map(can_be_stored, tree)) if isinstance(tree, tuple | list) else True


class Hall:
    """A worker pool with one worker, played by the test, that has one order."""

    def __init__(self, directory: Path) -> None:
        self.selector = selectors.DefaultSelector()
        self.wakes = wakes = Wakeups(self.selector)
        self.asked: list[Message] = []
        self.pool = WorkerPool(str(directory), wakes.ring, most_workers=1, most_attempts=10, ask=self.asked.append)
        wakes.heed(self.pool.hand_over)
        self.reports: list[Report] = []
        self.pool.start(attempt_order(7))
        self.turn()
        ours, self.theirs = pair()
        assert self.asked == [SpawnWorker(1)]
        self.number = 1
        self.pool.meet(self.number, "w1.log", LocalLink(ours, self.theirs, SECRET, wakes))

    @property
    def has_ended(self) -> bool:
        """Whether the worker is to be ended at once."""
        return EndWorkers((self.number,), 0) in self.asked

    def turn(self) -> None:
        for _ in range(20):
            for key, _ in self.selector.select(0):
                key.data()
            self.reports += self.pool.reports()

    def send(self, packet: bytes) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self.theirs.send(packet, socket.MSG_DONTWAIT)
        self.turn()

    def close(self) -> None:
        self.pool.close()
        self.wakes.close()
        self.theirs.close()
        self.selector.close()


def attempt_order(frame: int) -> AttemptOrder:
    return AttemptOrder(frame=frame, node=1, attempt=1, token="t", path="p", sequence="1", recovery=0, announces=True)


@pytest.mark.parametrize("is_loaded", [False, True])
@pytest.mark.parametrize("word", [SECRET, b"", b"0" * WORD], ids=["right", "none", "wrong"])
def test_a_driver_believes_a_worker_nothing_that_it_cannot_have_said(tmp_path, word, is_loaded):
    refused = accepted = 0
    for chance in chances(COUNT):
        hall = Hall(tmp_path)
        if is_loaded:
            hall.send(pack(FlowLoaded(0), SECRET)[0])
        for packet in packets(GENUINE, word, chance):
            hall.send(packet)
        if chance.random() < 0.2 and hall.theirs.fileno() >= 0:
            hall.theirs.shutdown(chance.choice((socket.SHUT_RDWR, socket.SHUT_WR, socket.SHUT_RD)))
            hall.turn()
        refused += hall.has_ended
        accepted += any(isinstance(report, AttemptEnded) and report.problem is None for report in hall.reports)
        hall.pool.bury(hall.number, -9, "")
        hall.reports += hall.pool.reports()
        hall.pool.end()
        hall.reports += hall.pool.reports()
        ends = [report for report in hall.reports if not isinstance(report, AttemptBegan)]
        assert len(ends) == 1, hall.reports
        assert isinstance(ends[0], AttemptEnded | AttemptTakenBack)
        assert all((report.frame, report.node, report.attempt) == (7, 1, 1) for report in hall.reports)
        assert all(can_be_stored(to_builtins(report)) for report in hall.reports)
        hall.close()
    evidence.note(23, inputs=COUNT)
    assert refused
    assert word == SECRET or not accepted


def test_a_driver_believes_a_worker_what_it_has_to_say(tmp_path):
    for end in GENUINE[3:5]:
        hall = Hall(tmp_path)
        for message in (["FlowLoaded", 0], ["AttemptBegan", 7, 1, 1], end, ["OrdersTaken", 1]):
            hall.send(packets_of(message, SECRET)[0])
        assert [type(report) for report in hall.reports] == [AttemptBegan, AttemptEnded]
        assert not hall.has_ended
        hall.close()


def test_an_agent_believes_a_worker_nothing_that_it_cannot_have_said_of_its_limit():
    harmed = 0
    for chance in chances():
        limit = WorkerLimit.make(SECRET)
        packet = RECORD.pack(SECRET, chance.choice((0.0, 1.0, 1e9, -1.0, math.inf, math.nan)))
        limit.said.send(packet if chance.random() < 0.3 else broken(packet, chance))
        if chance.random() < 0.2:
            limit.said.shutdown(socket.SHUT_RDWR)
        limit.hear()
        harmed += limit.is_harmed
        assert 0 <= limit.until < math.inf
        limit.close()
    evidence.note(23, inputs=COUNT)
    assert COUNT * 0.5 < harmed < COUNT


def test_an_agent_that_is_told_nonsense_ends_with_all_that_is_below_it(tmp_path):
    flow = Sequent("flow")
    flow.add_step("sleep", func=time.sleep, args=(1000,))
    orders: list[list[object]] = [
        *(
            ["SetUpAgent", text]
            for text in ("{}", "[", text_of_record(WorkerSetup(run_id="r", directory="\0", target=HERE)))
        ),
        ["SpawnWorker", 1],
        ["EndWorkers", [1], 0],
        ["EndWorkers", [2**63], 0],
        ["CloseAgent"],
        ["EndWorkers", "x", None],
    ]
    for seed, chance in enumerate(chances(COUNT // 20 + 1)):
        directory = tmp_path / str(chance.random())
        with forked(flow, directory) as driving:
            executor = driving.executor
            assert isinstance(executor, ProcessExecutor)
            agent = executor.agent
            driving.begun(driving.start("sleep", announces=True))
            for packet in packets(orders, b"", chance):
                with contextlib.suppress(OSError):
                    agent.link.end.send(packet)
            agent.link.end.shutdown(socket.SHUT_WR)
            handle = os.pidfd_open(agent.pid)
            waiting = selectors.DefaultSelector()
            waiting.register(handle, selectors.EVENT_READ)
            assert waiting.select(PATIENCE), f"seed {seed}: the agent goes on: {story_of(agent.pid)}"
            waiting.close()
            os.close(handle)
            assert os.waitstatus_to_exitcode(os.waitpid(agent.pid, 0)[1]) == 0


def story_of(pid: int) -> list[tuple[int, int, str, str]]:
    """What a process and all below it do: pid, parent, status, and the number of the kernel's call that it is in."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return [
        (it.pid, it.ppid(), it.status(), Path(f"/proc/{it.pid}/syscall").read_text().split()[0]) for it in processes
    ]


def descriptors() -> int:
    """How many are open."""
    return len(os.listdir("/proc/self/fd"))


def test_an_agent_starts_no_worker_once_it_is_to_end(tmp_path):
    flow = Sequent("flow")
    flow.add_step("nothing", func=os.getpid)
    with forked(flow, tmp_path) as driving:
        assert driving.run("nothing").problem is None
        executor = driving.executor
        assert isinstance(executor, ProcessExecutor)
        executor.agent.link.send(CloseAgent())
        executor.agent.link.send(SpawnWorker(99))
        assert executor.agent.close(PATIENCE)


def sleeping_agent(theirs: list[socket.socket]) -> AgentProcess:
    """A process that does nothing in an agent's place; the test speaks for it."""
    ours, other = pair()
    if (child := os.fork()) == 0:
        signal.pause()
        os._exit(0)
    theirs.append(other)
    return AgentProcess(pid=child, link=Link(ours, Decoder(FromAgent)), start_again=lambda: sleeping_agent(theirs))


def test_a_driver_takes_another_agent_for_one_that_talks_nonsense(tmp_path):
    messages: list[list[object]] = [
        ["AgentSetUp"],
        ["WorkerStarted", 1, "w1.log", SECRET.decode()],
        ["WorkerStarted", 99, "w1.log", SECRET.decode()],
        ["WorkerEnded", 1, -9, ""],
    ]
    replaced, before = 0, descriptors()
    for chance in chances(COUNT // 2 + 1):
        selector = selectors.DefaultSelector()
        theirs: list[socket.socket] = []
        setup = WorkerSetup(run_id="r", directory=str(tmp_path), target=HERE)
        executor = ProcessExecutor(sleeping_agent(theirs), setup, most_workers=2)
        executor.open(selector)
        executor.start(attempt_order(7))
        for packet in packets(messages, b"", chance):
            with contextlib.suppress(OSError):
                socket.send_fds(theirs[-1], [packet], [theirs[0].fileno()] * chance.randrange(4))
            for key, _ in selector.select(0):
                key.data()
            with contextlib.suppress(SequentError):
                assert all(can_be_stored(to_builtins(report)) for report in executor.reports())
        replaced += len(theirs) > 1
        if executor.agent.link.end.fileno() >= 0:
            os.kill(executor.agent.pid, signal.SIGKILL)
        executor.close()
        for end in theirs:
            end.close()
        selector.close()
    evidence.note(23, inputs=COUNT // 2 + 1)
    assert replaced
    assert descriptors() <= before


def test_a_mark_that_a_step_has_written_over_tells_of_nobody_or_of_somebody(tmp_path):
    segment = str(tmp_path / "w1.log")
    for chance in chances():
        writer = MarkWriter(segment)
        writer.set(chance.randrange(2**40), "a.b", "1.2", 3)
        with open(mark_of(segment), "r+b") as file:
            file.seek(chance.choice((0, 8, 16, 20, 21, 25)))
            file.write(chance.randbytes(chance.randrange(1, 40)))
        mark = read_mark(segment)
        assert mark is None or (isinstance(mark, LogMark) and mark.start >= 0)
        writer.close()


def test_what_would_have_its_reader_wait_in_the_place_of_a_mark_tells_of_nobody(tmp_path):
    segment = str(tmp_path / "w1.log")
    os.mkfifo(mark_of(segment))
    keeper = os.open(mark_of(segment), os.O_RDWR)
    fcntl.flock(keeper, fcntl.LOCK_SH)
    assert read_mark(segment) is None
    os.close(keeper)


def test_datagrams_wake_a_driver_and_do_nothing_else(tmp_path):
    selector = selectors.DefaultSelector()
    woken: list[None] = []
    own = WakeSocket(str(tmp_path))
    own.watch(selector, lambda: woken.append(None))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        for chance in chances():
            before = len(woken)
            for _ in range(chance.randrange(1, 5)):
                with contextlib.suppress(OSError):
                    data = chance.randbytes(chance.choice((1, 16, 5_000)))
                    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, b"\0" * 4 * chance.randint(1, 3))
                    sender.sendmsg([data], [rights][: chance.randrange(2)], 0, str(tmp_path / "wake"))
            for key, _ in selector.select(0):
                key.data()
            assert len(woken) == before + 1
    assert selector.select(0) == []
    selector.close()
    own.close()
    assert list(tmp_path.iterdir()) == []
