"""Flows that are played twice: for real, each step in this very process, and in a simulation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

import sequent
from sequent import Pool, container, item, outer, param, step


@define
class Play:
    """What the steps of a real run do, and what they have done."""

    failing: Mapping[str, int] = field(factory=dict)
    """By path and sequence, how many attempts fail."""
    results: Mapping[str, Any] = field(factory=dict)
    """By path: a value, or a function of the step's arguments by name."""
    order: list[tuple[str, int]] = field(factory=list)


_playing: list[Play] = []


def work(*args: Any, **kwargs: Any) -> Any:
    """Be the function of every step: do as the play says."""
    here = sequent.context()
    (play,) = _playing
    key = f"{here.path}/{here.sequence}"
    play.order.append((key, here.attempt))
    if here.attempt <= play.failing.get(key, play.failing.get(here.path, 0)):
        raise ValueError(key)
    result = play.results.get(here.path)
    return result(kwargs) if callable(result) else result


def play(flow: Any, play: Play) -> sequent.Outcome:
    """Run a flow for real."""
    _playing[:] = [play]
    try:
        return flow.run() if isinstance(flow, sequent.Sequent) else flow.run(store=":memory:")
    finally:
        _playing.clear()


class Made:
    """A flow under construction, in few words."""

    def __init__(self, **config: Any) -> None:
        settings = {"task_construct": "invoke", "max_concurrent": 2, "sleep_between_loops": 0.01, **config}
        self.flow = sequent.Sequent("made", store=":memory:", config=settings)

    def step(self, name: str, *requires: Any, **options: Any) -> Any:
        return options.pop("within", self.flow).add_step(name, func=work, requires=requires, **options)

    def block(self, name: str, *requires: Any, **options: Any) -> Any:
        return options.pop("within", self.flow).add_step(name, requires=requires, **options)


Case = tuple[Any, Play]
CASES: dict[str, Callable[[], Case]] = {}


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    CASES[make.__name__] = make
    return make


@case
def chain() -> Case:
    made = Made()
    a = made.step("a")
    b = made.step("b", a)
    made.step("c", b)
    return made.flow, Play()


@case
def diamond_in_two_slots() -> Case:
    made = Made()
    a = made.step("a")
    sides = [made.step(name, a) for name in ("b", "c", "d", "e")]
    made.step("f", *sides)
    return made.flow, Play()


@case
def failure_that_is_handled() -> Case:
    made = Made()
    a = made.step("a")
    made.step("mend", a.failed)
    made.step("go_on", a)
    made.step("finally_", a.complete)
    return made.flow, Play(failing={"a": 9})


@case
def failure_that_stops_everything() -> Case:
    made = Made(max_concurrent=1)
    a = made.step("a")
    b = made.step("b")
    made.step("c", a)
    made.step("d", b)
    made.step("tell", a.failed, handles=False)
    return made.flow, Play(failing={"a": 9})


@case
def failure_while_others_go_on() -> Case:
    made = Made(stop_on_exception=False)
    a = made.step("a")
    made.step("b", a)
    c = made.step("c")
    made.step("d", c)
    return made.flow, Play(failing={"a": 9})


@case
def nested_repeats_with_a_failure() -> Case:
    made = Made(stop_on_exception=False)
    outer = made.block("outer", repeats=["x", "y"])
    inner = made.block("inner", within=outer, repeats=[1, 2, 3], parallel=2)
    first = made.step("first", within=inner)
    made.step("second", first, within=inner)
    made.step("instead", first.failed, within=inner)
    made.step("after", inner, within=outer)
    return made.flow, Play(failing={"outer.inner.first/1.1.2": 9, "outer.inner.second/1.2.3": 9})


@case
def fan_out_over_a_result() -> Case:
    made = Made()
    find = made.step("find")
    load = made.step("load", repeats=find.result, parallel=3)
    made.step("sum", kwargs={"loaded": load.result})
    return made.flow, Play(results={"find": ["a", "b", "c", "d"], "load": 7})


@case
def drawn_items_until_enough() -> Case:
    made = Made()
    page = made.step("page", repeats=itertools.count, until=True, kwargs={"before": sequent.previous(0)})
    made.step("after", page)
    return made.flow, Play(results={"page": lambda kwargs: kwargs["before"] + 1 if kwargs["before"] < 5 else 0})


@case
def fold() -> Case:
    made = Made()
    total = made.step("total", repeats=[1, 2, 3], kwargs={"item": sequent.item(), "before": sequent.previous(0)})
    made.step("after", kwargs={"totals": total.result})
    return made.flow, Play(results={"total": lambda kwargs: kwargs["before"] + kwargs["item"]})


@case
def branches_by_what_was_returned() -> Case:
    made = Made()
    kind = made.step("kind")
    full = made.step("full", kind.returned("full"))
    part = made.step("part", kind.returned("part", None))
    made.step("joined", full | part)
    made.step("if_skipped", part.skipped)
    return made.flow, Play(results={"kind": "full"})


@case
def something_instead_of_a_result() -> Case:
    made = Made()
    a = made.step("a")
    b = made.step("b", kwargs={"x": a.result_or(3)})
    made.flow.result = b
    return made.flow, Play(failing={"a": 9}, results={"b": lambda kwargs: kwargs["x"] + 1})


@case
def further_attempts_with_waits() -> Case:
    made = Made()
    a = made.step("a", retries=2, backoff=(0.01, 2))
    b = made.step("b", a, retries=1)
    made.step("c", b)
    return made.flow, Play(failing={"a": 2, "b": 2})


@case
def delays() -> Case:
    made = Made()
    a = made.step("a", delay=0.02)
    b = made.step("b", a)
    block = made.block("block", b, delay=0.02, repeats=[1, 2])
    made.step("c", within=block, delay=0.01)
    made.step("d", block)
    return made.flow, Play()


@case
def pools_and_priorities() -> Case:
    db = Pool("db", 2)
    made = Made(max_concurrent=0)
    made.step("large", acquires={db: 2})
    made.step("small", acquires={db: 1}, priority=1)
    made.step("tiny", acquires={db: 1})
    kept = made.step("keeps", acquires={db: 1}, releases=[], priority=5)
    made.step("gives", kept, releases={db: 1})
    return made.flow, Play()


@case
def a_container_whose_result_is_used() -> Case:
    made = Made()
    block = made.block("block")
    a = made.step("a", within=block)
    made.step("b", a, within=block)
    block.result = a
    end = made.step("end", kwargs={"x": block.result})
    made.flow.result = end
    return made.flow, Play(results={"block.a": 5, "end": lambda kwargs: kwargs["x"] * 2})


@case
def a_limit_for_one_container() -> Case:
    made = Made(max_concurrent=4)
    block = made.block("block", max_concurrent=1)
    for name in ("a", "b", "c"):
        made.step(name, within=block)
    made.step("beside")
    return made.flow, Play()


@container(task_construct="invoke", max_concurrent=2)
class nightly:
    """A flow that is written as a class."""

    pages: int = param(default=2)

    @step(retries=1)
    def orders(self) -> list[str]:
        return work()

    @container(repeats=lambda self: range(1, self.pages + 1), parallel=2)
    class transmit:
        page: int = item()
        pages: int = outer.pages
        orders: list[str] = outer.orders.result

        @step
        def send(self) -> int:
            return work(page=self.page, orders=self.orders)

        result = send

        @step(requires=send.failed, handles=False)
        def alert(self) -> None:
            return work()

    @step
    def report(self, sent: list[int] = transmit.result) -> None:
        return work(sent=sent)

    @step(requires=transmit.done)
    def tidy(self) -> None:
        return work()


@case
def class_that_succeeds() -> Case:
    return nightly(pages=3), Play(failing={"orders": 1}, results={"orders": ["a"], "transmit.send": 1})


@case
def class_that_fails_in_one_iteration() -> Case:
    return nightly, Play(failing={"transmit.send/1.2": 1}, results={"orders": ["a"], "transmit.send": 1})
