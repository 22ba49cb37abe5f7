"""A step under an ordinary decorator is read as the function beneath it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pytest

import sequent
from sequent import command, container, item, step
from sequent.dsl.functions.callables import names_of
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import ItemOf, ResultOf
from sequent.model.work import Argument
from tests.decorators import CACHES, DECORATORS, Counted, collected, logged, of_anything, silent, tried, waiting


@dataclass
class Row:
    """Something that the decorators' module does not know."""


EVERY = pytest.mark.parametrize("decorate", [*DECORATORS.values(), *CACHES.values()], ids=[*DECORATORS, *CACHES])


def flow_with(decorate):
    @container
    class flow:
        @step
        @decorate
        def fetch(self, count: int = 3) -> Row:
            return count

        @step
        @decorate
        def store(self, rows: Row = fetch.result) -> list[Row]:
            return [self, rows]

        @step(repeats=["a"])
        @decorate
        def shout(self, word: str = item()) -> str:
            return word.upper()

    return flow


@EVERY
def test_what_it_uses_and_what_it_is_are_those_of_the_function_beneath(decorate):
    definition = definition_of(flow_with(decorate))
    fetch, store, shout = (part.work for part in definition.spec.root.children)
    assert [work.takes_self for work in (fetch, store, shout)] == [True, True, True]
    assert fetch.arguments == ()
    assert [argument.value for argument in store.arguments] == [ResultOf(("fetch",))]
    assert [argument.value for argument in shout.arguments] == [ItemOf()]
    assert dict(definition.result_types) == {("fetch",): Row, ("store",): list[Row], ("shout",): str}
    if decorate is not DECORATORS["__signature__"]:
        assert [name.rpartition(".")[2] for name in (fetch.name, store.name)] == ["fetch", "store"]


@EVERY
def test_it_is_called_as_any_other_in_a_run_and_in_a_unit_test(decorate):
    @container(task_construct="invoke")
    class flow:
        @step
        @decorate
        def fetch(self, count: int = 3) -> int:
            return count

        @step
        @decorate
        def store(self, rows: int = fetch.result) -> int:
            return rows + 1

        @step(repeats=["a", "b"])
        @decorate
        def shout(self, word: str = item()) -> str:
            return word.upper()

        @step
        def last(self, stored: int = store.result, shouted: list[str] = shout.result) -> str:
            return f"{stored} {shouted}"

        result = last

    outcome = flow.run(store=":memory:")
    assert outcome.result == "4 ['A', 'B']"
    if decorate not in (DECORATORS["a coroutine"], DECORATORS["wraps, by name"]):
        assert flow().store(5) == 6


@EVERY
def test_a_result_behind_a_default_that_stays_is_given_as_the_wrapper_allows(decorate):
    @container(task_construct="invoke")
    class flow:
        @step
        def fetch(self) -> int:
            return 5

        @step(kwargs={"z": 4})
        @decorate
        def several(self, q: int = 1, x: int = fetch.result, y: str = "y", z: int = 3) -> list[object]:
            return [q, x, y, z]

        result = several

    assert flow.run(store=":memory:").result == [1, 5, "y", 4]


def test_coroutine_functions_and_collected_generators_are_steps_under_a_decorator():
    @container(task_construct="invoke")
    class flow:
        @step
        @waiting
        async def fetch(self, count: int = 2) -> int:
            return count

        @step
        @collected
        def several(self, count: int = fetch.result) -> list[int]:
            yield from range(count)

        result = several

    assert flow.run(store=":memory:").result == [0, 1]


def test_the_builder_and_step_as_a_function_read_decorated_functions_too():
    flow = sequent.Sequent("flow", store=":memory:", config={"task_construct": "invoke"})

    def fetch(count=2):
        return count

    one = flow.add_step("one", func=logged(fetch), args=(5,))

    @Counted
    def add(left, right=one.result):
        return left + right

    two = flow.add_step("two", func=add, kwargs={"left": 1})
    three = flow.add_step("three", func=functools.partial(tried(times=1)(add), 10))
    flow.add_step("four", func=max, args=(two.result, three.result))
    assert flow.run().result is None
    works = {part.name: part.work for part in definition_of(flow).spec.root.children}
    assert works["two"].arguments[1] == works["three"].arguments[0] == Argument("right", ResultOf(("one",)))

    @container
    class again:
        first = step(logged(fetch))
        second = step(kwargs={"left": 1})(of_anything(add.function))  # its default is of the other flow

    with pytest.raises(sequent.SequentError, match="and this is the flow 'again'"):
        definition_of(again)


@EVERY
def test_repeats_and_computed_commands_may_be_decorated(decorate):
    @container
    class flow:
        names = ("a", "b")

        @step
        def fetch(self) -> str:
            return "x"

        @command
        @decorate
        def show(self, value: str = fetch.result) -> list[str]:
            return ["echo", value, *self.names]

        @command(cwd="/")
        @decorate
        def list_all(self, value: str = fetch.result) -> list[str]:
            return ["ls", value]

        @step(repeats=decorate(lambda self, count=1: [*self.names] * count))
        def each(self, name: str = item()) -> None: ...

    _, show, list_all, each = definition_of(flow).spec.root.children
    for work in (show.work, list_all.work):
        assert work.computed.takes_self
        assert [argument.value for argument in work.computed.arguments] == [ResultOf(("fetch",))]
    assert each.repeats.takes_self


def test_a_fingerprint_follows_the_function_beneath_and_its_decorators():
    def fingerprint(decorate, function):
        return (
            definition_of(container(type("flow", (), {"one": step(decorate(function))})))
            .spec.root.children[0]
            .work.fingerprint
        )

    def one(self, rows=1):
        return rows

    def other(self, rows=1):
        return rows + 1

    for decorate in [*DECORATORS.values(), *CACHES.values()]:
        assert fingerprint(decorate, one) == fingerprint(decorate, one) != fingerprint(decorate, other)
    assert fingerprint(logged, one) != fingerprint(of_anything, one) != fingerprint(lambda made: made, one)


def test_what_a_type_is_called_by_may_be_local_to_the_function_around():
    class Local:
        pass

    @logged
    def work(self) -> Local:
        return Local()

    assert names_of(work)["Local"] is Local
    assert names_of(work)["Row"] is Row


def test_a_class_method_gets_the_class_of_its_container():
    @container(task_construct="invoke")
    class flow:
        name = "here"

        @step
        @classmethod
        def show(cls, mark: str = "!") -> str:
            return cls.name + mark

        result = show

    assert flow.run(store=":memory:").result == "here!"
    assert flow().show(mark="?") == "here?"


def test_a_wrapper_that_hides_its_function_is_called_as_it_stands():
    @container(task_construct="invoke")
    class flow:
        @step
        @silent
        def work(self, count=3):
            return count

        result = work

    assert flow.run(store=":memory:").result == 3
