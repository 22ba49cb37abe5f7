"""What cannot be repeated over, or would never end, is told at its line, with the fix."""
# ruff: noqa: B008  item() is a default on purpose

import itertools
import threading
from contextlib import nullcontext
from functools import partial

import pytest

from sequent import container, item, step
from sequent.errors import DefinitionError


def work(*args, **kwargs): ...


def take(x): ...


def test_until_needs_repeats(blamed):
    def write():
        @container
        class flow:
            @step(until=True)  # wrong
            def poll(self): ...

    blamed(write, "'until' needs 'repeats'")


def test_until_in_a_body_needs_repeats(blamed):
    def write():
        @container  # wrong
        class flow:
            check = step(work)
            until = check

    blamed(write, "no repeats")


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (5, ["int 5", "use range(5)"]),
        (True, ["bool"]),
        ("abc", ["would repeat per character", "['abc']"]),
        (b"abc", ["would repeat per character"]),
        ({1, 2}, ["order is not stable", "sorted(...)"]),
        (frozenset({1}), ["order is not stable"]),
        ({"a": 1}, ["keys or its items"]),
        ((x for x in [1]), ["generator", "can be read only once", "pass the function"]),
        (itertools.count(), ["can be read only once", "pass the function"]),
        (iter([1]), ["can be read only once"]),
        (2.5, ["float"]),
        (range(2**70), ["range(0, 1180591620717411303424)", "fewer than 2**53"]),
        ([1, threading.Lock()], ["repeats[1]", "lock"]),
        (take, ["parameter 'x' has no value"]),
    ],
)
def test_what_cannot_be_repeated_over_is_refused_with_the_fix(given, texts, blamed):
    def write():
        @container
        class flow:
            @step(repeats=given)  # wrong
            def load(self, x=item()): ...

    blamed(write, *texts)


def test_items_that_fail_while_they_are_read_are_told_with_their_index():
    class Broken:
        def __iter__(self):
            yield 1
            raise RuntimeError("disk")

    with pytest.raises(DefinitionError, match=r"index 1: RuntimeError\('disk'\)"):
        step(repeats=Broken())


def test_repeating_over_the_step_itself_tells_of_its_result(blamed):
    def write():
        @container
        class flow:
            find = step(work)

            @step(repeats=find)  # wrong
            def load(self, x=item()): ...

    blamed(write, "the step 'find' itself", "repeats=find.result")


def test_a_requirement_has_no_items(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            b = step(work)
            c = step(repeats=a | b)(work)  # wrong

    blamed(write, "'repeats' is a requirement, which has no items", "give it to requires=")


@pytest.mark.parametrize(
    ("items", "is_endless"),
    [
        (partial(itertools.repeat, "x"), True),
        (partial(partial(itertools.repeat), "x"), True),
        (partial(itertools.repeat, "x", 3), False),
        (partial(itertools.repeat, "x", times=3), False),
        (partial(itertools.count, 5), True),
    ],
)
def test_what_repeats_one_thing_for_ever_is_endless(items, is_endless):
    with pytest.raises(DefinitionError, match="never ends") if is_endless else nullcontext():
        step(repeats=items)(work)


def test_an_endless_repeat_without_an_until_is_refused(blamed):
    def write_container():
        @container
        class flow:
            @container(repeats=itertools.count)  # wrong
            class inner:
                a = step(work)

    def write_step():
        @container
        class flow:
            a = step(repeats=itertools.count)(work)  # wrong

    blamed(write_container, "never ends")
    blamed(write_step, "never ends")
