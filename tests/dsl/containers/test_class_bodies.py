"""A flow written as a class gives the specification that its words say, and stays readable from outside."""

import doctest
import inspect
import pydoc
import runpy
import sys
from datetime import date
from pathlib import Path
from unittest import mock

import pytest

from sequent import command, container, item, outer, param, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import Place
from sequent.model.references import ItemOf, Literal, OuterName, OuterValue, ParamOf, ResultOf
from sequent.model.requirements import AllOf, AnyOf, Atom
from sequent.model.spec import ItemsLiteral, StepSpec
from sequent.model.status import Claim, Construct
from sequent.model.work import Argument, CommandWork, Formatted, FunctionWork, Template, references_of


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
        ("merged", ResultOf(OuterName("process"))),
        ("day", OuterValue("day")),
    )
    assert transmit.repeats == ItemsLiteral('["eu","us"]')
    assert transmit.parallel == 2
    assert transmit.result == "send"
    assert transmit.requires == Atom(("process",), Claim.COMPLETE)


def test_outer_things_can_be_required():
    alert = child("alert", child("transmit"))
    assert alert.requires == AllOf((Atom(("transmit", "send"), Claim.FAILURE), Atom(OuterName("orders"), Claim.DONE)))


def test_an_f_string_stays_one_word_of_a_command():
    work = child("send", child("transmit")).work
    assert isinstance(work, CommandWork)
    assert work.words[:3] == (Literal('"rsync"'), Literal('"-a"'), Literal('"--"'))
    assert work.words[3] == ResultOf(OuterName("process"))
    assert work.words[4] == Template((Formatted(ItemOf()), ".example.org:/in"))
    assert list(references_of(work)) == [ResultOf(OuterName("process")), ItemOf()]


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
    from sequent.dsl.containers.instances import instance_of

    definition = definition_of(nightly)
    seen = instance_of(definition.bodies["transmit",], {"region": "eu", "merged": "m"})
    assert definition.functions["transmit", "alert"](seen) == "eu m"


def test_result_types_come_from_annotations():
    types = definition_of(nightly).result_types
    assert types["orders",] is str
    assert types["transmit", "send"] is str
    assert ("loaded",) not in types


def test_a_name_may_be_written_twice_where_python_says_so_plainly():
    @container
    class flow:
        s1_s11 = step(lambda: 1)

        @container
        class s1:
            s11 = step(lambda: 1)

    assert isinstance(definition_of(flow).spec.root.children[0], StepSpec)


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


WITHOUT_MISTAKES = """
from sequent import command, container, item, step
from sequent.model.status import Claim


@container
class flow:
    find = step(lambda: [1])

    @step(repeats=find.result, parallel=2, requires=((find, Claim.SUCCESS),), handles=False, task_construct="invoke")
    def load(self, number=item()): ...

    send = command("true", env={"A": "b"}, success=[0, 1], stdin="x", cwd="/srv")
"""


def test_a_definition_without_mistakes_never_reads_its_source(tmp_path, monkeypatch):
    # A file whose tree nothing has kept.
    file = tmp_path / "right.py"
    file.write_text(WITHOUT_MISTAKES)
    parsed = []
    monkeypatch.setattr("ast.parse", parsed.append)
    flow = runpy.run_path(str(file))["flow"]
    assert len(definition_of(flow).spec.root.children) == 3
    monkeypatch.undo()
    assert parsed == []
