"""Steps that get at descriptors of their worker: each harms its own attempt at most, and is told of by name."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.executors.handing_ahead import SEVERAL
from sequent.runtime.executors.process_executor import ProcessExecutor
from sequent.runtime.orders import AttemptEnded, AttemptLost, DrawBroke, ItemFound, RepeatFound
from tests.patience import PATIENCE, wait_until
from tests.runtime.driving import Driving, forked, kill
from tests.runtime.worker_steps import pid

SOME = range(3, 1024)
"""The descriptors that a step can guess."""
BYSTANDER, FAR_END = socket.socketpair()
"""Open in these tests' process, and so in each copy of it, as are the pipes by which a test runner hears of it."""


def files() -> dict[int, tuple[int, int]]:
    """What is open in this process, by descriptor."""
    found: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc/self/fd"):
        # The one that lists them is closed by now.
        with contextlib.suppress(OSError):
            info = os.fstat(int(name))
            found[int(name)] = info.st_dev, info.st_ino
    return found


OF_TESTS = files()


def each_number(act: Callable[[int], object]) -> None:
    """Do something to every descriptor that concerns nobody but this process."""
    for number in SOME:
        with contextlib.suppress(OSError):
            act(number)


def each(act: Callable[[int], object]) -> None:
    """Do something to what is open, and not in the tests' own process as well: there it would be done too."""
    for number, file in files().items():
        if number in SOME and file != OF_TESTS.get(number):
            with contextlib.suppress(OSError):
                act(number)


def each_socket(act: Callable[[socket.socket], object]) -> None:
    def with_copy(number: int) -> None:
        with socket.socket(fileno=os.dup(number)) as end:
            act(end)

    each(with_copy)


def shut(how: int) -> None:
    each_socket(lambda end: end.shutdown(how))


def write(text: str) -> None:
    each(lambda number: os.write(number, text.encode("latin-1")))


def send(text: str) -> None:
    each_socket(lambda end: end.send(text.encode("latin-1"), socket.MSG_DONTWAIT))


def send_much() -> None:
    each_socket(lambda end: end.send(b"x" * 150_000, socket.MSG_DONTWAIT))


def send_descriptors() -> None:
    each_socket(lambda end: socket.send_fds(end, [b"\0[]"], [0, 1, 2]))


def flood() -> None:
    """Write pieces of a message that never ends."""
    pieces = b"\1" + b"a" * 60_000
    each_socket(lambda end: [end.send(pieces) for _ in range(100)])


def close() -> None:
    each_number(os.close)


def take_place() -> None:
    """Have all descriptors be others."""
    other = os.open(os.devnull, os.O_RDWR)
    each_number(lambda number: os.dup2(other, number))


def read_all() -> None:
    each_socket(lambda end: [end.recv(70_000, socket.MSG_DONTWAIT) for _ in range(100)])


def stay_awake() -> None:
    each(lambda number: os.set_blocking(number, False))


def be_impatient() -> None:
    each_socket(lambda end: end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\0" * 8 + b"\1" + b"\0" * 7))


def cut_off() -> None:
    os.write(1, b"something")
    os.ftruncate(1, 0)
    os.ftruncate(2, 0)


def lock_and_flood() -> None:
    """Lock the log, and write more than is kept of it."""
    fcntl.flock(1, fcntl.LOCK_EX | fcntl.LOCK_NB)
    each(lambda number: fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB))
    for _ in range(20):
        os.write(1, b"x" * 2**20)


def nest() -> None:
    send("\0" + "[" * 50_000)


def fake_end(node: int) -> None:
    """Say for another attempt that it has succeeded."""
    send("\0" + json.dumps(["e", 1, node, 1, '"forged"', 0, None, None, 0.0]))


def fake_item() -> Iterator[int]:
    send("\0" + json.dumps(["i", 1, 9, 1, "7"]))
    yield 1


def shut_in_draw() -> list[int]:
    shut(socket.SHUT_RDWR)
    return [1]


def patient(directory: str) -> str:
    """Another step, which runs in another worker meanwhile."""
    while not Path(directory, "go on").exists():
        time.sleep(0.002)
    return "unharmed"


HARMS: dict[str, tuple[Callable[..., object], tuple[object, ...], str]] = {
    "shut": (shut, (socket.SHUT_RDWR,), "shut down a descriptor of its worker"),
    "shut_writing": (shut, (socket.SHUT_WR,), "shut down a descriptor of its worker"),
    "write_garbage": (write, ("garbage",), "wrote to a descriptor of its worker"),
    "write_record": (write, ("16 bytes of text",), "wrote to a descriptor of its worker"),
    "send_nothing": (send, ("",), "descriptor of its worker"),
    "send_one_byte": (send, ("\0",), "wrote to a descriptor of its worker"),
    "send_truncated": (send, ('\0["e",1,1,',), "wrote to a descriptor of its worker"),
    "send_unknown": (send, ('\0["?",1,1]',), "wrote to a descriptor of its worker"),
    "send_number": (send, ("\0" + "9" * 5_000,), "wrote to a descriptor of its worker"),
    "send_loaded": (send, ('\0["l",0]',), "wrote to a descriptor of its worker"),
    "send_much": (send_much, (), "wrote to a descriptor of its worker"),
    "send_descriptors": (send_descriptors, (), "wrote to a descriptor of its worker"),
    "flood": (flood, (), "wrote to a descriptor of its worker"),
    "nest": (nest, (), "wrote to a descriptor of its worker"),
    "fake_end": (fake_end, (1,), "wrote to a descriptor of its worker"),
    "close": (close, (), "closed or changed a descriptor of its worker"),
    "take_place": (take_place, (), "closed or changed a descriptor of its worker"),
}
MISCHIEF: dict[str, tuple[Callable[..., object], tuple[object, ...]]] = {
    "shut_reading": (shut, (socket.SHUT_RD,)),
    "stay_awake": (stay_awake, ()),
    "be_impatient": (be_impatient, ()),
    "cut_off": (cut_off, ()),
    "lock_and_flood": (lock_and_flood, ()),
}


def quick(number: int) -> int:
    return number


def flow_in(directory: Path) -> Sequent:
    flow = Sequent("harm")
    for name, (function, arguments, *_) in {**HARMS, **MISCHIEF}.items():
        flow.add_step(name, func=function, args=arguments)
    flow.add_step("pid", func=pid)
    flow.add_step("quick", func=quick, args=(3,))
    flow.add_step("read_all", func=read_all)
    flow.add_step("patient", func=patient, args=(str(directory),))
    flow.add_step("fake_item", func=quick, args=(1,), repeats=fake_item)
    flow.add_step("shut_in_draw", func=quick, args=(1,), repeats=shut_in_draw)
    return flow


@pytest.fixture(autouse=True)
def bystander():
    """What these tests do to their workers' descriptors, they do not do to their own process's."""
    yield
    for end in (BYSTANDER, FAR_END):
        assert end.getblocking()
        assert os.get_blocking(end.fileno())
        with pytest.raises(BlockingIOError):
            end.recv(1, socket.MSG_DONTWAIT)


@pytest.fixture
def driving(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as found:
        yield found


@pytest.mark.parametrize("harm", HARMS)
def test_a_step_that_harms_its_worker_fails_by_name_and_nobody_else_does(driving: Driving, harm):
    other = driving.start("patient", announces=True)
    driving.begun(other)
    ended = driving.run(harm)
    assert ended.problem
    assert (ended.result, ended.problem.type) == (None, "WorkerError")
    assert HARMS[harm][2] in ended.problem.message
    assert driving.run("quick").result == "3"
    (driving.directory / "go on").touch()
    assert driving.end_of(other).result == '"unharmed"'
    assert driving.seen == []


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_limited_in_time_is_harmed_in_the_same_way(driving: Driving, harm):
    ended = driving.run(harm, timeout=PATIENCE)
    assert ended.problem
    assert (ended.result, ended.problem.type) == (None, "WorkerError")
    assert driving.run("quick", timeout=PATIENCE).result == "3"


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_what_harms_nobody_is_no_failure(driving: Driving, mischief):
    assert driving.run(mischief).problem is None
    for _ in range(3):
        assert driving.run("quick", timeout=PATIENCE).result == "3"
    assert driving.seen == []


@pytest.mark.parametrize("draw", ["fake_item", "shut_in_draw"])
def test_a_draw_that_harms_its_worker_breaks_and_the_next_one_is_served(driving: Driving, draw):
    report = driving.draw(draw)
    if isinstance(report, RepeatFound):
        report = driving.draw(draw, 1)
    assert isinstance(report, DrawBroke), report
    assert report.problem.type == "WorkerError"
    assert isinstance(driving.draw("fake_item", frame=2), RepeatFound)
    assert not any(isinstance(told, ItemFound) for told in driving.seen)


def test_orders_that_a_step_has_read_are_lost_and_nobody_waits_for_ever(tmp_path):
    with forked(flow_in(tmp_path), tmp_path, most_workers=1) as driving:
        # On a busy machine its steps may have been too slow for any to be handed over ahead.
        stolen = wait_until(lambda: _read_away(driving), "nothing was read by the step")
    assert {outcome.reason for outcome in stolen} == {"an earlier step has damaged its worker"}


def _read_away(driving: Driving) -> list[AttemptLost]:
    """Have a step read what waits behind it: the orders that were lost by it, while all others were executed."""
    for _ in range(SEVERAL):
        driving.run("quick")
    worker = driving.run("pid").result
    frames = [driving.start("quick"), driving.start("read_all"), *(driving.start("quick") for _ in range(20))]
    outcomes = [driving.outcome_of(frame) for frame in frames]
    stolen = [outcome for outcome in outcomes if isinstance(outcome, AttemptLost)]
    ended = [outcome for outcome in outcomes if isinstance(outcome, AttemptEnded)]
    assert len(stolen) + len(ended) == len(frames)
    assert [outcome.problem for outcome in ended if outcome.problem] == []
    if stolen:
        assert driving.run("pid").result != worker
    return stolen


def open_files() -> list[str]:
    """What is open in a worker, beside pipes and sockets."""
    links: set[str] = set()
    for name in os.listdir("/proc/self/fd"):
        # The one that lists them is closed by now.
        with contextlib.suppress(FileNotFoundError):
            links.add(os.readlink(f"/proc/self/fd/{name}"))
    of_the_kernel = ("/dev/null", "/dev/pts/", "/dev/tty", "/proc/")
    return sorted(link for link in links if link.startswith("/") and not link.startswith(of_the_kernel))


def test_a_worker_has_no_file_of_its_driver_open_also_once_its_agent_was_replaced(tmp_path):
    flow = Sequent("flow")
    flow.add_step("look", func=open_files)
    with (tmp_path / "the author's").open("w") as before, forked(flow, tmp_path / "run") as driving:
        executor = driving.executor
        assert isinstance(executor, ProcessExecutor)
        ended = driving.run("look")
        assert ended.result, ended.problem
        first = json.loads(ended.result)
        with (tmp_path / "s.db").open("w"):
            kill(executor.agent.pid)
            # Its worker may have begun before it is gone as well.
            while not isinstance(ended := driving.outcome_of(driving.start("look")), AttemptEnded):
                assert isinstance(ended, AttemptLost)
            assert ended.result, ended.problem
            second = json.loads(ended.result)
    assert before.name in first
    assert {name.rpartition("/")[2] for name in {*first} ^ {*second}} == {"w1.live", "w1.log", "w2.live", "w2.log"}
