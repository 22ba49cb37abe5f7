"""A flow written as classes gives the specification that its words say."""
# ruff: noqa: B008  item() is a default on purpose

import doctest
import functools
import inspect
import itertools
import pydoc
import sys
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from sequent import ExitCode, and_, command, container, item, or_, outer, param, step
from sequent.dsl import definition_of, places
from sequent.errors import Place
from sequent.model.references import ItemOf, Literal, Outer, OuterValue, ParamOf, ResultOf
from sequent.model.requirements import AllOf, AnyOf, Atom
from sequent.model.spec import (
    Argument,
    CommandWork,
    Formatted,
    FunctionWork,
    ItemsCall,
    ItemsLiteral,
    StepSpec,
    Template,
    references_of,
)
from sequent.model.status import Claim, Construct


def dump(table, day=None):
    return f"{table}-{day}"


@container
class nightly:
    """Extract, process, transmit."""

    day: date = param(help="business day")
    limit: int = param(default=3)

    @step
    def orders(self) -> str:
        return dump("orders", self.day)

    @step(requires=orders.failed | orders, handles=False, stop_on_exception=False, task_construct="invoke")
    def process(self, orders: str = orders.result, day: date = day, size: int = 7) -> str:
        return f"{orders} {day} {size}"

    @container(repeats=["eu", "us"], parallel=2, requires=process.complete)
    class transmit:
        region: str = item()
        merged: str = outer.process.result
        day: date = outer.day

        send = command("rsync", "-a", "--", merged, f"{region}.example.org:/in", result=str)
        result = send

        @step(requires=send.failed & outer.orders.done)
        def alert(self) -> str:
            return f"{self.region} {self.merged}"

    @step(repeats=transmit.result, parallel=0)
    def each(self, sent: str = item()) -> str:
        return sent

    loaded = step(args=["orders"], kwargs={"day": day})(dump)
    result = each


SPEC = definition_of(nightly).spec


def child(name, container=SPEC.root):
    return next(part for part in container.children if part.name == name)


def test_a_class_gives_its_steps_and_containers_in_the_order_of_their_definition():
    assert SPEC.name == "nightly"
    assert [part.name for part in SPEC.root.children] == ["orders", "process", "transmit", "each", "loaded"]
    assert SPEC.root.result == "each"


def test_parameters_keep_their_type_default_and_help():
    day, limit = SPEC.params
    assert (day.name, day.type, day.default, day.help) == ("day", "date", None, "business day")
    assert (limit.name, limit.type, limit.default) == ("limit", "int", Literal("3"))


def test_a_steps_default_references_are_its_arguments_and_its_plain_defaults_stay_python():
    work = child("process").work
    assert isinstance(work, FunctionWork)
    assert work.takes_self
    assert work.arguments == (Argument("orders", ResultOf(("orders",))), Argument("day", ParamOf("day")))


def test_options_arrive_in_the_specification():
    process = child("process")
    assert process.handles is False
    assert process.stop_on_exception is False
    assert process.task_construct is Construct.INVOKE
    assert process.requires == AnyOf((Atom(("orders",), Claim.FAILURE), Atom(("orders",), Claim.SUCCESS)))


def test_a_container_takes_items_and_outer_things_as_attributes():
    transmit = child("transmit")
    assert transmit.attributes == (
        ("region", ItemOf()),
        ("merged", ResultOf(Outer("process"))),
        ("day", OuterValue("day")),
    )
    assert transmit.repeats == ItemsLiteral('["eu","us"]')
    assert transmit.parallel == 2
    assert transmit.result == "send"
    assert transmit.requires == Atom(("process",), Claim.COMPLETE)


def test_outer_things_can_be_required():
    alert = child("alert", child("transmit"))
    assert alert.requires == AllOf((Atom(("transmit", "send"), Claim.FAILURE), Atom(Outer("orders"), Claim.DONE)))


def test_an_f_string_stays_one_word_of_a_command():
    work = child("send", child("transmit")).work
    assert isinstance(work, CommandWork)
    assert work.words[:3] == (Literal('"rsync"'), Literal('"-a"'), Literal('"--"'))
    assert work.words[3] == ResultOf(Outer("process"))
    assert work.words[4] == Template((Formatted(ItemOf()), ".example.org:/in"))
    assert list(references_of(work)) == [ResultOf(Outer("process")), ItemOf()]


def test_a_repeated_step_repeats_over_a_result():
    each = child("each")
    assert each.repeats == ResultOf(("transmit",))
    assert each.parallel == 0
    assert each.work.arguments == (Argument("sent", ItemOf()),)


def test_a_function_defined_elsewhere_becomes_a_step_with_its_arguments():
    loaded = child("loaded")
    assert loaded.work.name == "dump"
    assert not loaded.work.takes_self
    assert loaded.work.arguments == (Argument(None, Literal('"orders"')), Argument("day", ParamOf("day")))


def test_every_step_knows_its_line():
    def line_of(text):
        lines = Path(__file__).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))

    assert child("process").place == Place(__file__, line_of("@step(requires=orders.failed | orders"))
    assert child("transmit").place == Place(__file__, line_of('@container(repeats=["eu"'))
    assert child("loaded").place == Place(__file__, line_of("loaded = step("))
    assert child("process").requires.parts[0].place.line == child("process").place.line


def test_an_options_own_line_is_known_where_it_is_asked_for():
    @container
    class flow:
        @step
        def first(self): ...

        @step(
            handles=False,
            requires=first.done,
        )
        def second(self): ...

    second = definition_of(flow).spec.root.children[1]
    assert second.option_places["handles"].line == second.place.line + 1
    assert second.option_places["requires"].line == second.place.line + 2
    assert set(second.option_places) == {"handles", "requires"}


def test_on_an_instance_a_step_is_the_plain_function():
    assert nightly(day=date(2026, 11, 24)).orders() == "orders-2026-11-24"
    assert nightly(day=1).process(orders="x", day=2) == "x 2 7"
    assert nightly(day=1).loaded("t") == "t-None"
    assert nightly.transmit(region="eu", merged="m").alert() == "eu m"


def test_an_instance_is_read_only_and_shows_only_what_it_was_given():
    instance = nightly.transmit(region="eu")
    with pytest.raises(AttributeError, match="read-only"):
        instance.region = "us"
    with pytest.raises(AttributeError, match="merged"):
        _ = instance.merged


def test_an_instance_refuses_what_its_body_does_not_declare():
    with pytest.raises(Exception, match="did you mean 'region'"):
        nightly.transmit(regoin="eu")


def test_a_worker_makes_self_from_the_plain_class():
    from sequent.dsl.bodies import instance_of

    definition = definition_of(nightly)
    seen = instance_of(definition.bodies["transmit",], {"region": "eu", "merged": "m"})
    assert definition.functions["transmit", "alert"](seen) == "eu m"


def test_result_types_come_from_annotations():
    types = definition_of(nightly).result_types
    assert types["orders",] is str
    assert types["transmit", "send"] is str
    assert ("loaded",) not in types


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

    root = definition_of(flow).spec.root
    assert child("one", root).repeats == ParamOf("regions")
    inner = child("inner", root)
    assert [part.repeats for part in inner.children] == [OuterValue("regions"), ResultOf(Outer("find")), ItemOf()]


def test_chains_of_one_operator_are_one_level():
    @container
    class flow:
        a = step(lambda: 1)
        b = step(lambda: 1)
        c = step(lambda: 1)

        @step(requires=a & b & c.failed | (a & c))
        def one(self): ...

        @step(requires=and_(or_(a, b.done, c), a))
        def two(self): ...

    one, two = (part.requires for part in definition_of(flow).spec.root.children[3:])
    a, b, c = (Atom((name,), Claim.SUCCESS) for name in "abc")
    failed, done = Atom(("c",), Claim.FAILURE), Atom(("b",), Claim.DONE)
    assert one == AnyOf((AllOf((a, b, failed)), AllOf((a, c))))
    assert two == AllOf((AnyOf((a, done, c)), a))


def test_a_long_chain_is_not_deep():
    @container
    class flow:
        a = step(lambda: 1)
        chain: Any = a
        for _ in range(5000):
            chain = chain & a.done
        del _

        b = step(requires=chain)(lambda: 1)
        del chain

    assert len(definition_of(flow).spec.root.children[1].requires.parts) == 5001


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (None, "none"),
        (str, "str"),
        (bytes, "bytes"),
        (list[str], "lines"),
        (int, "int"),
        (float, "float"),
        (ExitCode, "exit_code"),
        (dict[str, int], "json"),
    ],
)
def test_a_commands_result_says_how_its_output_is_read(result, kind):
    @container
    class flow:
        run_it = command("true", result=result)

    definition = definition_of(flow)
    assert definition.spec.root.children[0].work.result == kind
    assert definition.result_types["run_it",] == (int if result is ExitCode else result)


def test_words_env_cwd_and_stdin_of_a_command_take_data_and_references():
    @container
    class flow:
        day: date = param()
        first = command("date", result=str)
        second = command(
            "tool",
            ["-x", 1, 2.5, first.result],
            Path("/srv"),
            f"{day:%Y%m%d}.csv",
            f"{first.result!s}",
            f"--day={day}",
            env={"A": first.result, "B": None, "C": 1},
            cwd=first.result,
            stdin=b"\0",
            success=(0, 3),
        )

    work = definition_of(flow).spec.root.children[1].work
    first, day = ResultOf(("first",)), ParamOf("day")
    assert [word.text for word in work.words[:4]] == ['"tool"', '"-x"', "1", "2.5"]
    assert work.words[4] == first
    assert work.words[6] == Template((Formatted(day, "", "%Y%m%d"), ".csv"))
    assert work.words[7] == Template((Formatted(first, "s"),))
    assert work.words[8] == Template(("--day=", Formatted(day)))
    assert work.env == (("A", first), ("B", None), ("C", Literal("1")))
    assert (work.cwd, work.success) == (first, (0, 3))
    assert list(references_of(work)) == [first, day, first, day, first, first]


def test_a_formatted_reference_with_repr_is_known_too():
    @container
    class flow:
        first = command("date", result=str)
        second = command("echo", f"<{first.result!r}>")

    word = definition_of(flow).spec.root.children[1].work.words[1]
    assert word == Template(("<", Formatted(ResultOf(("first",)), "r"), ">"))


def test_a_name_may_be_written_twice_where_python_says_so_plainly():
    @container
    class flow:
        s1_s11 = step(lambda: 1)

        @container
        class s1:
            s11 = step(lambda: 1)

    assert isinstance(definition_of(flow).spec.root.children[0], StepSpec)


def test_a_fingerprint_follows_the_code_and_not_its_place():
    def make(source):
        names = {"step": step, "container": container}
        exec(compile(f"@container\nclass flow:\n    @step\n{source}", "x", "exec"), names)  # noqa: S102  the code differs
        return definition_of(names["flow"]).spec.root.children[0].work.fingerprint

    one = make("    def a(self):\n        return {'x', 'y', 1}\n")
    assert one == make("\n\n    def a(self):\n\n        # a comment\n        return {'x', 'y', 1}\n")
    assert one != make("    def a(self):\n        return {'x', 'y', 2}\n")
    assert one != make("    def a(self, z=2):\n        return {'x', 'y', 1}\n")


def test_a_containers_own_names_stay_readable_from_outside():
    assert nightly.__doc__ == "Extract, process, transmit."
    assert nightly.transmit.__name__ == "transmit"
    assert nightly
    with pytest.raises(AttributeError, match="did you mean 'process'"):
        _ = nightly.proces


def test_tools_that_look_at_a_module_do_not_trip():
    module = sys.modules[__name__]
    assert pydoc.render_doc(module)
    assert [found.name for found in doctest.DocTestFinder().find(module)] == [__name__]
    assert dict(inspect.getmembers(module))["nightly"] is nightly
    assert "orders: str = " in str(inspect.signature(nightly(day=1).process))
    assert mock.create_autospec(nightly) is not None
    assert not hasattr(flow_without_result, "result")


@container
class flow_without_result:
    a = step(lambda: 1)


def test_a_body_that_raised_leaves_nothing_behind():
    def write():
        @container
        class flow:
            a = step(lambda: 1)
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            write()

    @container
    class other:
        b = step(lambda: 1)

    assert [part.name for part in definition_of(other).spec.root.children] == ["b"]


def test_the_origin_says_where_a_flow_is_found_again():
    origin = SPEC.origin
    assert (origin.module, origin.attribute, origin.file) == (__name__, "nightly", str(Path(__file__).resolve()))


def test_a_definition_without_mistakes_never_reads_its_source():
    before = places._tree.cache_info()

    @container
    class flow:
        find = step(lambda: [1])

        @step(
            repeats=find.result, parallel=2, requires=((find, Claim.SUCCESS),), handles=False, task_construct="invoke"
        )
        def load(self, number=item()): ...

        send = command("true", env={"A": "b"}, success=[0, 1], stdin="x", cwd="/srv")

    assert len(definition_of(flow).spec.root.children) == 3
    assert places._tree.cache_info() == before
