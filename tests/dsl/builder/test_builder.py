"""A flow built by calls gives the same specification, and takes what the original's programs give it."""

import logging

from sequent import (
    SEQUENT_RESTART,
    STEP_COMPLETE,
    STEP_FAILURE,
    STEP_SUCCESS,
    Sequent,
    and_,
    container,
    item,
    or_,
    step,
)
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import FlowHandle, ItemOf, Literal, ResultOf
from sequent.model.requirements import AllOf, AnyOf, Atom
from sequent.model.spec import FlowConfig, ItemsLiteral
from sequent.model.status import Claim, Construct
from sequent.model.work import Argument, CommandWork, ModuleImport, NoWork


def prog(progname, flow=None):
    return progname


def test_the_documentation_s_example_is_read_as_it_stands():
    flow = Sequent(config={"sleep_between_loops": 0.05, "LOGGING": {"logging_level": logging.DEBUG}})
    s1 = flow.add_step("s1", repeats=[1, 2])
    s11 = s1.add_step("s11", repeats=[1, 2])
    s111 = s11.add_step("s111", func=prog, kwargs={"progname": "prog1"})
    s11.add_step("s112", func=prog, kwargs={"progname": "prog2", "flow": flow}, requires=((s111, STEP_SUCCESS),))
    s1.add_step("s12", func=prog, kwargs={"progname": "prog3"}, requires=((s11, STEP_SUCCESS),))
    flow.add_step("s2", func=prog, kwargs={"progname": "prog4"}, requires=((s1, STEP_SUCCESS),))
    definition = definition_of(flow)
    spec = definition.spec
    assert spec.name == "test_builder"
    assert spec.config == FlowConfig(sleep_between_loops=0.05, logging_level=logging.DEBUG, logging_console=True)
    one, two = spec.root.children
    assert one.repeats == ItemsLiteral("[1,2]")
    inner, s12 = one.children
    assert inner.children[1].work.arguments == (
        Argument("progname", Literal('"prog2"')),
        Argument("flow", FlowHandle()),
    )
    assert inner.children[1].requires == Atom(("s1", "s11", "s111"), Claim.SUCCESS)
    assert s12.requires == Atom(("s1", "s11"), Claim.SUCCESS)
    assert two.requires == Atom(("s1",), Claim.SUCCESS)
    assert definition.functions["s1", "s11", "s111"] is prog
    assert spec.warnings == ()


def test_both_ways_of_writing_give_the_same_specification():
    @container
    class flow:
        one = step(kwargs={"progname": "x"})(prog)

        @container(repeats=[1, 2], parallel=2, requires=one.failed | one)
        class inner:
            two = step(kwargs={"progname": item()})(prog)
            three = step(requires=two.done, kwargs={"progname": two.result})(prog)
            result = three
            until = two

        result = inner

    built = Sequent("flow")
    one = built.add_step("one", prog, kwargs={"progname": "x"})
    inner = built.add_step("inner", repeats=[1, 2], parallel=2, requires=or_((one, STEP_FAILURE), one))
    two = inner.add_step("two", prog, kwargs={"progname": item()})
    three = inner.add_step("three", prog, kwargs={"progname": two.result}, requires=two.done)
    inner.result = three
    inner.until = two
    built.result = inner
    assert definition_of(built).spec == definition_of(flow).spec


def test_requirements_are_read_in_all_the_original_s_forms():
    flow = Sequent()
    a, b, c = (flow.add_step(name, prog, args=("x",)) for name in "abc")
    event = flow.add_event(or_((a, STEP_SUCCESS), and_((b, STEP_FAILURE), c)))
    forms = [
        ((a, STEP_SUCCESS), (b, STEP_COMPLETE)),
        (a, STEP_SUCCESS),
        [(a, STEP_SUCCESS)],
        a,
        event,
        (event, (a, STEP_SUCCESS)),
        None,
        (),
        {},
    ]
    for number, form in enumerate(forms):
        flow.add_step(f"s{number}", prog, args=("x",), requires=form)
    found = [part.requires for part in definition_of(flow).spec.root.children[3:]]
    ok = Atom(("a",), Claim.SUCCESS)
    either = AnyOf((ok, AllOf((Atom(("b",), Claim.FAILURE), Atom(("c",), Claim.SUCCESS)))))
    assert found == [
        AllOf((ok, Atom(("b",), Claim.COMPLETE))),
        ok,
        ok,
        ok,
        either,
        AllOf((either, ok)),
        None,
        None,
        None,
    ]


def test_a_step_without_work_is_an_empty_success_with_a_warning():
    flow = Sequent()
    flow.add_step("s1")
    spec = definition_of(flow).spec
    assert spec.root.children[0].work == NoWork()
    (warning,) = spec.warnings
    assert "'s1' has nothing to do" in warning
    assert f"{__file__}:" in warning


def test_a_command_is_a_tuple_of_words():
    flow = Sequent()
    one = flow.add_step("one", prog, args=("x",))
    flow.add_step("send", command=("rsync", one.result, "edge1:/in"), result=str, env={"A": "b"}, success=[0, 1])
    work = definition_of(flow).spec.root.children[1].work
    assert isinstance(work, CommandWork)
    assert work.words == (Literal('"rsync"'), ResultOf(("one",)), Literal('"edge1:/in"'))
    assert (work.result, work.success, work.env) == ("str", (0, 1), (("A", Literal('"b"')),))


def test_a_repeated_step_takes_its_item():
    flow = Sequent()
    flow.add_step("one", prog, repeats=range(3), kwargs={"progname": item()})
    (one,) = definition_of(flow).spec.root.children
    assert one.work.arguments == (Argument("progname", ItemOf()),)


def test_arguments_are_snapshots():
    flow = Sequent()
    given = {"progname": [1]}
    flow.add_step("one", prog, kwargs=given)
    given["progname"].append(2)
    assert definition_of(flow).spec.root.children[0].work.arguments == (Argument("progname", Literal("[1]")),)


def test_settings_of_a_step_may_stand_in_config():
    flow = Sequent(config={"task_construct": "invoke", "max_concurrent": 3, "stop_on_exception": False})
    flow.add_step("one", prog, args=("x",), config={"stop_on_exception": True, "task_construct": "process"})
    spec = definition_of(flow).spec
    assert spec.config == FlowConfig(task_construct=Construct.INVOKE, max_concurrent=3, stop_on_exception=False)
    assert spec.root.children[0].stop_on_exception is True
    assert spec.root.children[0].task_construct is Construct.PROCESS


def test_the_original_s_signatures_with_their_defaults_are_accepted():
    flow = Sequent(
        name="", store="", run_mode=SEQUENT_RESTART, recovery_run=None, config={}, config_tag="", run_id="r1"
    )
    a = flow.add_step(
        "one", prog, ("x",), {}, hosts=[], requires={}, delay=0, acquires=[], releases=None, recovery={}, config={}
    )
    event = flow.add_event(require=((a, STEP_SUCCESS),))
    flow.add_step(name="two", func=prog, args=("x",), requires=(event,), repeats=[1], import_module=None)
    assert flow.run_id == "r1"
    assert [part.name for part in definition_of(flow).spec.root.children] == ["one", "two"]
    flow.close()


def test_events_stand_in_events_and_or_and_and_anywhere():
    flow = Sequent()
    a, b, c = (flow.add_step(name, prog, args=("x",)) for name in "abc")
    block = flow.add_step("block")
    first = flow.add_event(or_((a, STEP_SUCCESS), (b, STEP_FAILURE)))
    second = block.add_event(require=(first, (c, STEP_COMPLETE)))
    flow.add_step("d", prog, args=("x",), requires=or_(second, and_(a, or_(b, (c, STEP_SUCCESS)))))
    flow.add_step("e", prog, args=("x",), requires=(second, or_(first, (c, STEP_SUCCESS))))
    block.add_step("f", prog, args=("x",))
    d, e = definition_of(flow).spec.root.children[4:]
    ok = {name: Atom((name,), Claim.SUCCESS) for name in "abc"}
    either = AnyOf((ok["a"], Atom(("b",), Claim.FAILURE)))
    both = AllOf((either, Atom(("c",), Claim.COMPLETE)))
    assert d.requires == AnyOf((both, AllOf((ok["a"], AnyOf((ok["b"], ok["c"]))))))
    assert e.requires == AllOf((*both.parts, AnyOf((*either.parts, ok["c"]))))


def test_a_module_that_a_worker_is_to_import_is_kept_with_the_function():
    flow = Sequent()
    flow.add_step("one", prog, args=("x",), import_module="jobs")
    flow.add_step("two", prog, args=("x",), import_module="jobs", import_file="lib/jobs.py")
    one, two = (part.work for part in definition_of(flow).spec.root.children)
    assert one.imports == (ModuleImport("jobs"),)
    assert two.imports == (ModuleImport("jobs", "lib/jobs.py"),)
    assert two.arguments == one.arguments == (Argument(None, Literal('"x"')),)


def test_the_name_of_a_flow_may_be_a_file_s():
    assert Sequent(name="runly04.py").name == "runly04.py"


def test_a_handle_reads_where_it_is_from_the_environment(monkeypatch):
    monkeypatch.setenv("SEQUENT_STEP_NAME", "s1_s11")
    monkeypatch.setenv("SEQUENT_STEP_SEQUENCE", "1.2.2")
    monkeypatch.setenv("MINE_STEP_NAME", "s2")
    flow = Sequent()
    assert (flow.get_step_name(), flow.get_step_sequence()) == ("s1_s11", "1.2.2")
    assert Sequent(config={"envvar_prefix": "MINE_"}).get_step_name() == "s2"
