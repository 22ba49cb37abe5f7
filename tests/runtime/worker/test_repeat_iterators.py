"""Items of repeats that callables give: found whole, or drawn one at a time where the iterator stays."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.model.items import digest_of
from sequent.runtime.orders import DrawBroke, DrawOrder, ItemFound, RepeatFound
from tests.runtime.driving import Driving, forked, inline, kill, threads


def step():
    pass


def two():
    yield "a"
    yield "b"


def raises():
    yield 1
    raise ValueError("no second item")


def counting():
    for number in itertools.count(1):
        yield [number, os.getpid()]


def careless():
    os.chdir("/")
    os.environ["LEFT_BEHIND"] = "yes"
    signal.alarm(1)
    return [os.getpid()]


def leaves_a_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return [os.getpid()]


def comes_back_twice():
    if (child := os.fork()) == 0:
        raise ValueError("the child")
    yield os.waitpid(child, 0)[1]


def surroundings():
    return [os.getcwd() != "/", os.environ.get("LEFT_BEHIND"), signal.alarm(0), os.getpid()]


flow = Sequent("flow")
for function in (careless, leaves_a_thread, surroundings):
    flow.add_step(function.__name__, func=step, repeats=function)
flow.add_step("list", func=step, repeats=lambda: [1, "x"])
flow.add_step("range", func=step, repeats=lambda: range(3))
flow.add_step("view", func=step, repeats=lambda: {"k": 1}.items())
flow.add_step("two", func=step, repeats=two)
flow.add_step("raises", func=step, repeats=raises)
flow.add_step("copied", func=step, repeats=comes_back_twice)
flow.add_step("counting", func=step, repeats=counting)
flow.add_step("dies", func=step, repeats=lambda: os._exit(5))
flow.add_step("text", func=step, repeats=lambda: "abc")
flow.add_step("set", func=step, repeats=lambda: {1})
flow.add_step("objects", func=step, repeats=lambda: [object()])
flow.add_step("pid", func=os.getpid)
flow.add_step("forever", func=signal.pause)


@pytest.fixture(params=[forked, inline, threads])
def driving(request, tmp_path):
    with request.param(flow, tmp_path) as found:
        yield found


@pytest.fixture
def workers(tmp_path):
    with forked(flow, tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "items"), [("list", '[1,"x"]'), ("range", '{"$g":[0,3,1]}'), ("view", '[{"$t":["k",1]}]')]
)
def test_what_can_be_read_again_is_found_whole(driving: Driving, path, items):
    assert driving.draw(path) == RepeatFound(1, 9, items)


def test_an_iterator_is_drawn_one_item_at_a_time_until_it_ends(driving: Driving):
    assert driving.draw("two") == RepeatFound(1, 9, None, "")
    assert [driving.draw("two", number) for number in (1, 2, 3)] == [
        ItemFound(1, 9, 1, '"a"'),
        ItemFound(1, 9, 2, '"b"'),
        ItemFound(1, 9, 3, None),
    ]


def test_items_that_were_drawn_before_are_skipped_and_their_digest_told(driving: Driving):
    assert driving.draw("two", skip=1) == RepeatFound(1, 9, None, digest_of(iter(['"a"'])))
    assert driving.draw("two", 2) == ItemFound(1, 9, 2, '"b"')


def test_an_iterator_that_ends_before_what_was_drawn_has_another_digest(driving: Driving):
    found = driving.draw("two", skip=5)
    assert isinstance(found, RepeatFound)
    assert found.digest == digest_of(iter(['"a"', '"b"']))


def test_digests_tell_items_apart_and_not_where_they_are_split():
    assert digest_of(iter(["12", "3"])) != digest_of(iter(["1", "23"]))
    assert digest_of(iter([])) == ""


def test_what_a_callable_leaves_behind_the_next_does_not_find(workers: Driving):
    (pid,) = json.loads(workers.draw("careless", frame=1).items)
    assert json.loads(workers.draw("surroundings", frame=2).items) == [True, None, 0, pid]
    assert json.loads(workers.draw("leaves_a_thread", frame=3).items) == [pid]
    assert json.loads(workers.draw("surroundings", frame=4).items)[-1] != pid


def test_a_forked_copy_that_comes_back_from_the_callable_ends_there(driving: Driving):
    assert driving.draw("copied") == RepeatFound(1, 9, None, "")
    assert driving.draw("copied", 1) == ItemFound(1, 9, 1, str(1 << 8))
    assert driving.draw("two") == RepeatFound(1, 9, None, "")
    assert driving.seen == []


def test_what_a_callable_raises_breaks_the_draw(driving: Driving):
    driving.draw("raises")
    driving.draw("raises", 1)
    broken = driving.draw("raises", 2)
    assert isinstance(broken, DrawBroke)
    assert (broken.problem.type, broken.problem.message) == ("ValueError", "no second item")
    assert broken.problem.file == __file__


@pytest.mark.parametrize(
    ("path", "words"), [("text", "a str"), ("set", "sorted(...)"), ("objects", "object, which cannot be stored")]
)
def test_what_gives_no_items_is_refused_with_the_way_out(driving: Driving, path, words):
    broken = driving.draw(path)
    assert isinstance(broken, DrawBroke)
    assert words in broken.problem.message


def test_an_iterator_stays_in_the_worker_that_made_it_and_repeats_keep_apart(workers: Driving):
    workers.draw("counting", frame=1)
    workers.draw("counting", frame=2)
    pids: dict[int, set[int]] = {1: set(), 2: set()}
    for number in (1, 2, 3):
        for frame in (1, 2):
            found = workers.draw("counting", number, frame=frame)
            assert isinstance(found, ItemFound)
            count, pid = json.loads(found.item or "")
            assert count == number
            pids[frame].add(pid)
    assert [len(each) for each in pids.values()] == [1, 1]


def test_a_draw_does_not_wait_behind_steps(workers: Driving):
    workers.begun(workers.start("forever", announces=True))
    assert workers.draw("range") == RepeatFound(1, 9, '{"$g":[0,3,1]}')
    workers.executor.end_tasks(at_once=True)


def test_an_iterator_whose_worker_died_is_made_anew_where_it_was(workers: Driving):
    workers.draw("counting")
    first = workers.draw("counting", 1)
    assert isinstance(first, ItemFound)
    kill(json.loads(first.item or "")[1])
    second = workers.draw("counting", 2)
    assert isinstance(second, ItemFound)
    assert json.loads(second.item or "")[0] == 2
    assert second.item != first.item


def test_a_callable_that_ends_its_worker_breaks_its_own_draw(workers: Driving):
    broken = workers.draw("dies")
    assert isinstance(broken, DrawBroke)
    assert "status 5" in broken.problem.message
    assert workers.draw("list") == RepeatFound(1, 9, '[1,"x"]')


def test_draws_write_to_no_attempts_log(workers: Driving, tmp_path: Path):
    workers.draw("two")
    assert workers.run("pid").log is None


@pytest.mark.parametrize("here", [inline, threads])
def test_what_is_executed_here_fails_where_there_is_no_room_for_a_log_and_is_executed_once_there_is(tmp_path, here):
    with here(flow, tmp_path) as driving:
        logs = tmp_path / "logs"
        if logs.exists():
            logs.rmdir()
        logs.touch()
        broken = driving.draw("list")
        assert isinstance(broken, DrawBroke)
        assert broken.problem.type == "FileExistsError"
        assert driving.run("pid").problem.type == "FileExistsError"
        logs.unlink()
        assert driving.draw("list") == RepeatFound(1, 9, '[1,"x"]')
        assert driving.run("pid").result == str(os.getpid())


def test_a_draw_that_waits_for_this_process_is_told_of_when_all_ends(tmp_path):
    with inline(flow, tmp_path) as driving:
        driving.executor.draw(DrawOrder(frame=1, node=9, number=0, path="list"))
        driving.executor.end_tasks(at_once=False)
        assert isinstance(driving.wait(lambda report: report.node == 9), DrawBroke)
