"""Which attempts workers hold: sockets driven by hand, in every interleaving, and the other side played by the test."""

from __future__ import annotations

import random
import selectors
import threading
from collections import Counter

import pytest
from msgspec.msgpack import Decoder

from sequent.model.effects import AHEAD
from sequent.runtime.executors.assignments import Assignments
from sequent.runtime.executors.handing_ahead import LONG, QUICK, SEVERAL, StepPace, busy_for_long, seconds_left
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.executors.worker_links import LocalLink
from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages import packets
from sequent.runtime.messages.message_types import ToWorker
from sequent.runtime.messages.packets import Channel
from sequent.runtime.orders import AttemptOrder, PaceChanged

QUICK_STEP, SLOW_STEP = 1, 2


def order(number: int, node: int = QUICK_STEP, **more: object) -> AttemptOrder:
    given = {"attempt": 1, "token": "t", "path": "p", "sequence": "1", "recovery": 0, **more}
    return AttemptOrder(frame=number, node=node, **given)


class Side:
    """A worker's process, as far as the assignments can tell: it reads one order at a time, and ends when told."""

    def __init__(self, number: int, assignments: Assignments) -> None:
        ours, theirs = packets.pair()
        self._selector = selectors.DefaultSelector()
        self.wakeups = Wakeups(self._selector)
        self.wakeups.heed(lambda: None)
        link = LocalLink(ours, theirs, b"", self.wakeups)
        self.worker = Worker(number, is_for_draws=False, link=link, is_loaded=True)
        self.channel = Channel(theirs, Decoder(ToWorker))
        self.begun: int | None = None
        self._assignments = assignments
        assignments.workers.append(self.worker)
        assignments.rest(self.worker)

    def close(self) -> None:
        self.worker.link.close()
        self.channel.end.close()
        self.wakeups.close()
        self._selector.close()

    def read(self) -> bool:
        """Begin the next order, if there is one."""
        self.channel.end.setblocking(False)
        try:
            message = self.channel.receive()
        except BlockingIOError:
            return False
        assert message
        assert isinstance(message, AttemptOrder)
        self.begun = message.frame
        return True

    def end(self) -> int:
        """End what has begun, and give it."""
        ended, self.begun = self.begun, None
        assert ended is not None
        assert self.worker.held[0].frame == ended, "what ends is not what was given first"
        self._assignments.has_ended(self.worker)
        return ended


class SomeWorkers:
    """Assignments with so many workers."""

    def __init__(self, count: int, most_attempts: int = 10**6) -> None:
        self.paces = StepPace()
        for _ in range(SEVERAL):
            self.paces.took(QUICK_STEP, 0.0)
        self.assignments = Assignments(
            most_workers=count,
            most_attempts=most_attempts,
            pace=self.paces,
        )
        self._made: list[Side] = []
        self.sides = [self.side() for _ in range(count)]

    def side(self) -> Side:
        """A further worker."""
        side = Side(len(self._made), self.assignments)
        self._made.append(side)
        return side

    def add(self, *orders: AttemptOrder) -> None:
        self.assignments.waiting.extend(orders)
        self.assignments.hand_over()

    def held(self) -> list[list[int]]:
        return [[it.frame for it in side.worker.held] for side in self.sides]

    def held_by_any(self) -> list[int]:
        return [number for held in self.held() for number in held]

    def waiting(self) -> list[int]:
        return [it.frame for it in self.assignments.waiting]

    def close(self) -> None:
        for side in self._made:
            side.close()


@pytest.fixture
def some_workers():
    made: list[SomeWorkers] = []

    def make(count: int, **more: int) -> SomeWorkers:
        made.append(SomeWorkers(count, **more))
        return made[-1]

    yield make
    for workers in made:
        workers.close()


def test_slow_steps_go_to_idle_workers_alone(some_workers):
    workers = some_workers(2)
    workers.add(*(order(number, SLOW_STEP) for number in range(4)))
    assert sorted(map(len, workers.held())) == [1, 1]
    assert workers.waiting() == [2, 3]


def test_quick_steps_are_dealt_out_evenly_up_to_so_many_each(some_workers):
    workers = some_workers(3)
    workers.add(*(order(number) for number in range(10)))
    assert sorted(map(len, workers.held())) == [3, 3, 4]
    workers.add(*(order(number) for number in range(10, 400)))
    assert [*map(len, workers.held())] == [AHEAD] * 3
    assert len(workers.waiting()) == 400 - 3 * AHEAD


def test_nothing_is_handed_over_behind_a_slow_step_nor_a_slow_step_behind_a_quick_one(some_workers):
    workers = some_workers(2)
    workers.add(
        order(1, SLOW_STEP), order(2), *(order(number) for number in range(3, 9)), order(9, SLOW_STEP), order(10)
    )
    assert sorted(workers.held()) == [[1], [2, 3, 4, 5, 6, 7, 8]]
    assert workers.waiting() == [9, 10]


def test_no_worker_is_given_more_than_it_may_execute_in_its_life(some_workers):
    workers = some_workers(1, most_attempts=5)
    workers.add(*(order(number) for number in range(9)))
    (side,) = workers.sides
    for _ in range(2):
        side.read()
        side.end()
    workers.assignments.hand_over()
    assert workers.held() == [[2, 3, 4]]


@pytest.mark.parametrize("read", range(6))
def test_what_a_worker_has_not_read_is_taken_back_in_order_and_what_it_has_read_stays_its(some_workers, read):
    workers = some_workers(1)
    (side,) = workers.sides
    workers.add(*(order(number) for number in range(5)))
    for _ in range(read):
        if side.begun is not None:
            side.end()
        side.read()
    workers.assignments.recall(side.worker)
    assert workers.held() == [[side.begun] if side.begun is not None else []]
    assert workers.waiting() == [*range(read, 5)]
    assert not side.read()
    workers.assignments.hand_over()
    assert workers.assignments.waiting == workers.assignments.waiting.__class__()
    assert workers.held() == [[*range(max(0, read - 1), 5)]]


def test_only_what_was_asked_for_is_taken_back_and_the_rest_goes_on_in_order(some_workers):
    workers = some_workers(2)
    workers.add(*(order(number) for number in range(10)))
    for side in workers.sides:
        side.read()
    begun = [side.begun for side in workers.sides]
    taken = workers.assignments.take_back({(number, QUICK_STEP, 1) for number in (*begun, 5, 9, 77)})
    assert sorted(it.frame for it in taken) == [5, 9]
    workers.assignments.hand_over()
    assert sorted(workers.held_by_any()) == [0, 1, 2, 3, 4, 6, 7, 8]
    for side, first, held in zip(workers.sides, begun, workers.held(), strict=True):
        assert side.begun == first == held[0]
        assert held[1:] == sorted(held[1:])


def test_an_order_in_several_packets_waits_for_an_idle_worker_and_is_not_torn(some_workers):
    workers = some_workers(1)
    (side,) = workers.sides
    large = order(1, inputs=('"' + 150_000 * "x" + '"',))
    workers.add(order(0), large, order(2))
    assert workers.held() == [[0]]
    side.read()
    side.end()
    workers.assignments.hand_over()
    assert workers.held() == [[1]]
    workers.assignments.recall(side.worker)
    assert workers.assignments.take_back({(1, QUICK_STEP, 1)}) == []
    assert side.read()
    assert side.begun == 1


@pytest.mark.parametrize("packets_read", [0, 1, 2, 3])
def test_of_a_dead_worker_a_large_order_has_begun_only_if_all_of_it_was_read(some_workers, packets_read):
    workers = some_workers(1)
    (side,) = workers.sides
    workers.add(order(1, inputs=('"' + 150_000 * "x" + '"',)))
    for _ in range(packets_read):
        side.channel.end.recv(100_000)
    side.worker.is_gone = True
    workers.assignments.leave(side.worker)
    workers.assignments.recall(side.worker)
    assert (workers.held(), workers.waiting()) == (([[1]], []) if packets_read == 3 else ([[]], [1]))


def test_what_there_was_no_room_for_is_taken_back_too(some_workers):
    workers = some_workers(1)
    (side,) = workers.sides
    text = '"' + 50_000 * "x" + '"'
    workers.add(*(order(number, inputs=(text,)) for number in range(30)))
    assert not side.worker.link.give_ahead(order(99))
    assert len(workers.waiting()) > 20
    side.read()
    workers.assignments.recall(side.worker)
    assert workers.held() == [[0]]
    assert workers.waiting() == [*range(1, 30)]
    assert side.worker.link.give_ahead(order(99))


def test_a_worker_that_is_busy_for_long_holds_up_nothing_and_is_given_nothing(some_workers):
    workers = some_workers(2)
    assignments = workers.assignments
    workers.add(*(order(number) for number in range(6)))
    first, second = workers.sides
    first.read()
    assert 0 <= seconds_left(assignments.workers) <= LONG
    first.worker.since -= LONG
    assert seconds_left(assignments.workers) == 0
    assert busy_for_long(assignments.workers) == [first.worker]
    first.worker.is_slow = True
    assignments.recall(first.worker)
    assignments.hand_over()
    assert first.worker.held[0].frame == first.begun
    assert len(first.worker.held) == 1
    assert len(second.worker.held) == 5
    assert busy_for_long(assignments.workers) == []
    first.end()
    assert not first.worker.is_slow


def test_what_came_ahead_and_is_slow_is_given_up_but_for_what_can_be_begun(some_workers):
    workers = some_workers(3)
    first, second, third = workers.sides
    workers.add(*(order(number) for number in range(9)))
    for side in workers.sides:
        side.read()
    ended = third.end()
    workers.paces.took(QUICK_STEP, LONG)
    first.worker.is_slow = True
    workers.assignments.recall_all()
    workers.assignments.hand_over()
    assert workers.held() == [[first.begun], [second.begun], workers.held()[2]]
    assert len(workers.held()[2]) == 1
    kept, excess = workers.held_by_any(), [it.frame for it in workers.assignments.take_excess()]
    assert len(kept) == 3
    assert sorted([*excess, *kept, *workers.waiting()]) == sorted({*range(9)} - {ended})
    assert workers.waiting() == []


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_in_whatever_order_each_attempt_is_in_one_place_and_begins_once(some_workers, seed):
    chance = random.Random(seed)
    workers = some_workers(chance.randint(1, 4))
    assignments, begun, ended, withdrawn = workers.assignments, Counter(), set(), set()
    last = 0
    for _ in range(400):
        act = chance.random()
        side = chance.choice(workers.sides)
        if act < 0.2:
            new = range(last + 1, last + chance.randint(1, 40))
            last += len(new)
            workers.add(*(order(number, chance.choices((QUICK_STEP, SLOW_STEP), (9, 1))[0]) for number in new))
        elif act < 0.55 and side.begun is None and side.read():
            begun[side.begun] += 1
        elif act < 0.8 and side.begun is not None:
            ended.add(side.end())
            assignments.hand_over()
        elif act < 0.87:
            assignments.recall(side.worker)
            assignments.hand_over()
        elif act < 0.94:
            wanted = {(number, node, 1) for number in chance.sample(range(1, last + 2), 1) for node in (1, 2)}
            withdrawn |= {it.frame for it in assignments.take_back(wanted)}
            assignments.hand_over()
        elif act < 0.97:
            side.worker.is_gone = True
            assignments.leave(side.worker)
            assignments.recall(side.worker)
            # What it had begun has failed: its process reads no more.
            assert [it.frame for it in side.worker.held] == ([] if side.begun is None else [side.begun])
            ended |= {it.frame for it in side.worker.held}
            workers.sides[workers.sides.index(side)] = workers.side()
            assignments.hand_over()
        places = [*workers.held_by_any(), *workers.waiting(), *ended, *withdrawn]
        assert sorted(places) == [*range(1, last + 1)]
        assert all(len(side.worker.held) <= AHEAD for side in workers.sides)
    assert set(begun.values()) <= {1}
    assert not withdrawn & set(begun)


def test_a_packet_goes_to_the_worker_or_back_to_us_though_both_reach_for_it_at_once(some_workers):
    workers = some_workers(1)
    (side,) = workers.sides
    count = 3000
    read: list[int] = []
    side.channel.end.setblocking(True)

    def work() -> None:
        while isinstance(message := side.channel.receive(), AttemptOrder) and message.frame != count:
            read.append(message.frame)

    thread = threading.Thread(target=work)
    thread.start()
    back: list[int] = []
    for start in range(0, count, 50):
        workers.add(*(order(number) for number in range(start, start + 50)))
        workers.assignments.recall(side.worker)
        back += [it.frame for it in workers.assignments.take_waiting()]
        # It tells of each end in turn; here all that it has read has ended.
        for _ in range(len(side.worker.held)):
            workers.assignments.has_ended(side.worker)
    side.worker.give(order(count))
    thread.join()
    assert sorted([*read, *back]) == [*range(count)]


def test_a_step_is_quick_after_several_quick_tasks_and_a_single_slow_one_ends_that():
    paces = StepPace()
    assert [paces.took(3, QUICK / 2) for _ in range(SEVERAL - 1)] == [None] * (SEVERAL - 1)
    assert not paces.is_quick(3)
    assert paces.took(3, QUICK / 2) == PaceChanged(3, is_quick=True)
    assert paces.is_quick(3)
    assert not paces.is_quick(4)
    assert paces.took(3, QUICK / 2) is None
    assert paces.took(3, QUICK) == PaceChanged(3, is_quick=False)
    assert paces.took(3, QUICK) is None
    assert not paces.is_quick(3)
