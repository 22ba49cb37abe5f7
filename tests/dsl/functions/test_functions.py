"""What may be a step's function, and what it is called with."""

import functools

from sequent import container, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import Literal, ResultOf
from sequent.model.work import Argument


def dump(table, day=None):
    return f"{table}-{day}"


class Thing:
    def __call__(self, x: int = 1) -> int:
        return x


async def fetch(url: str = "") -> bytes:
    return url.encode()


def test_lambdas_callable_objects_partials_and_coroutine_functions_are_steps():
    thing = Thing()

    @container
    class flow:
        one = step(lambda: 1)
        two = step(kwargs={"x": 2})(thing)
        three = step(functools.partial(dump, "t"))
        four = step(fetch)
        five = step(kwargs={"x": one.result})(lambda self, x: x)

        @step
        @staticmethod
        def six(*, x: int = one.result) -> int:
            return x

        @step
        def seven(*, x: int = one.result) -> int:
            return x

    definition = definition_of(flow)
    works = {part.name: part.work for part in definition.spec.root.children}
    assert [work.takes_self for work in works.values()] == [False, False, False, False, True, False, False]
    assert definition.functions["two",] is thing
    assert definition.result_types["two",] is int
    assert definition.result_types["four",] is bytes
    assert works["six"].arguments == works["seven"].arguments == (Argument("x", ResultOf(("one",))),)


def test_lists_and_dicts_among_the_defaults_are_snapshots():
    shared = [1]

    @container
    class flow:
        @step
        def work(self, values=shared):
            return values

        other = step(kwargs={"day": shared, "table": "t"})(dump)

    shared.append(2)
    work, other = definition_of(flow).spec.root.children
    assert work.work.arguments == (Argument("values", Literal("[1]")),)
    assert other.work.arguments[0] == Argument("day", Literal("[1]"))


def test_a_fingerprint_follows_the_code_and_not_its_place():
    def make(source):
        names = {"step": step, "container": container}
        exec(compile(f"@container\nclass flow:\n    @step\n{source}", "x", "exec"), names)  # noqa: S102  the code differs
        return definition_of(names["flow"]).spec.root.children[0].work.fingerprint

    one = make("    def a(self):\n        return {'x', 'y', 1}\n")
    assert one == make("\n\n    def a(self):\n\n        # a comment\n        return {'x', 'y', 1}\n")
    assert one != make("    def a(self):\n        return {'x', 'y', 2}\n")
    assert one != make("    def a(self, z=2):\n        return {'x', 'y', 1}\n")
    by_name = "    def a(self, *, z=%s):\n        return z\n"
    assert make(by_name % 2) == make(by_name % 2) != make(by_name % 3)
