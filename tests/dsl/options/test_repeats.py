"""What a step or container may repeat over."""
# ruff: noqa: B008  item() is a default on purpose

import itertools

import pytest

from sequent import container, item, outer, param, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import ItemOf, OuterName, OuterValue, ParamOf, ResultOf
from sequent.model.spec import ItemsCall


@pytest.mark.parametrize(
    ("given", "text"),
    [([1, 2], "[1,2]"), (range(3), '{"$g":[0,3,1]}'), ((1, None), "[1,null]"), ([], "[]"), (dict.fromkeys("ab"), None)],
)
def test_repeats_takes_what_can_be_read_again(given, text):
    given = given.keys() if text is None else given

    @container
    class flow:
        @step(repeats=given)
        def work(self, x=item()): ...

    repeats = definition_of(flow).spec.root.children[0].repeats
    assert repeats.text.replace('{"$t":[1,null]}', "[1,null]") == (text or '["a","b"]')


def numbers():
    yield from range(3)


def test_repeats_takes_callables_that_may_see_the_container_around():
    @container
    class flow:
        pages: int = param(default=3)

        @container(repeats=lambda self: range(1, self.pages + 1))
        class page:
            @step
            def load(self): ...

        @container(repeats=itertools.count)
        class polled:
            @step
            def check(self): ...

            until = check

        @step(repeats=numbers)
        def count(self, x=item()): ...

    definition = definition_of(flow)
    page, polled, count = (part.repeats for part in definition.spec.root.children)
    assert isinstance(page, ItemsCall)
    assert page.takes_self
    assert isinstance(polled, ItemsCall)
    assert polled.is_endless
    assert count == ItemsCall("numbers", takes_self=False)
    assert definition.items["count",] is numbers
    assert definition.spec.root.children[1].until == "check"


def test_a_repeated_step_may_end_with_its_own_result():
    @container
    class flow:
        @step(repeats=itertools.count, until=True)
        def poll(self) -> bool:
            return True

    (poll,) = definition_of(flow).spec.root.children
    assert poll.until is True


def test_a_result_or_a_parameter_can_be_repeated_over_and_outer_things_too():
    @container
    class flow:
        regions: list[str] = param()

        @step
        def find(self) -> list[str]:
            return []

        @step(repeats=regions)
        def one(self, x=item()): ...

        @container(repeats=regions)
        class inner:
            @step(repeats=outer.regions)
            def two(self, x=item()): ...

            @step(repeats=outer.find.result)
            def three(self, x=item()): ...

            @step(repeats=item())
            def four(self, x=item()): ...

    _, one, inner = definition_of(flow).spec.root.children
    assert one.repeats == ParamOf("regions")
    assert [part.repeats for part in inner.children] == [OuterValue("regions"), ResultOf(OuterName("find")), ItemOf()]
