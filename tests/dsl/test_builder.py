"""A flow built by calls gives the same specification, and takes what the original's programs give it."""

import itertools
import logging
import threading

import pytest

import sequent
from sequent import STEP_COMPLETE, STEP_FAILURE, STEP_SUCCESS, Sequent, and_, container, item, or_, step
from sequent.dsl import definition_of
from sequent.errors import DefinitionError
from sequent.model.references import FlowHandle, ItemOf, Literal, ResultOf
from sequent.model.requirements import AllOf, AnyOf, Atom
from sequent.model.spec import MOST_LEVELS, Argument, CommandWork, FlowConfig, ItemsLiteral, NoWork
from sequent.model.status import Claim, Construct


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
    assert spec.config == FlowConfig(sleep_between_loops=0.05, logging_level=logging.DEBUG)
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


def test_directives_that_say_what_happens_anyway_are_accepted():
    flow = Sequent(recovery_run=None, config_tag="", store="", run_id="r1")
    recovery = {STEP_SUCCESS: sequent.STP_SKIP, STEP_FAILURE: sequent.STEP_RERUN}
    flow.add_step("one", prog, args=("x",), hosts=[], delay=0, acquires=[], releases=None, recovery=recovery, config={})
    assert flow.run_id == "r1"


def test_the_name_of_a_flow_may_be_a_file_s():
    assert Sequent(name="runly04.py").name == "runly04.py"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"recovery": {STEP_SUCCESS: sequent.STP_RERUN}}, "not supported yet: recovery={STEP_SUCCESS: STP_RERUN}"),
        ({"recovery": {"x": 1}}, "the status 'x'"),
        ({"recovery": {STEP_SUCCESS: "x"}}, "the action 'x'"),
        ({"hosts": ["a"]}, "not supported yet: 'hosts'"),
        ({"delay": 5}, "not supported yet: 'delay'"),
        ({"releases": []}, "not supported yet: 'releases'"),
        ({"config": {"retries": 1}}, "no key 'retries'"),
        ({"config": {"task_construct": "thread"}}, "not supported yet"),
        ({"config": 3}, "'config' is 3"),
        ({"command": ("ls",)}, "a function and a command"),
        ({"success": 1}, "'success' needs 'command'"),
        ({"requries": 1}, "did you mean 'requires'"),
        ({"kwargs": {"nothing": 1}}, "unexpected keyword argument"),
        ({"args": ("x",), "kwargs": {"flow": threading.Lock()}}, "kwargs['flow'] is a lock"),
        ({"args": ("x",), "kwargs": {"flow": Sequent()}}, "kwargs['flow'] is a Sequent"),
    ],
)
def test_what_a_step_cannot_have_is_refused_at_its_line(options, text, blamed):
    def write():
        flow = Sequent()
        flow.add_step("s1", prog, **options)  # wrong

    blamed(write, text)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"config": {"sleep_between_lops": 1}}, "did you mean 'sleep_between_loops'"),
        ({"config": {"workdir": "/srv"}}, "not supported yet: 'workdir'"),
        ({"config": {"DATABASES": {}}}, "not supported yet: 'DATABASES'"),
        ({"config": {"max_concurrent": "3"}}, "config['max_concurrent']"),
        ({"config": {"max_concurrent": True}}, "config['max_concurrent']"),
        ({"config": {"sleep_between_loops": -1}}, "-1"),
        ({"config": {"sleep_between_loops": float("nan")}}, "nan"),
        ({"config": {"LOGGING": {"level": 3}}}, "no key 'level'"),
        ({"config": {"LOGGING": {"logging_level": "loud"}}}, "'loud'"),
        ({"config": []}, "'config' is []"),
        ({"recovery_run": 2}, "not supported yet: recovery_run"),
        ({"config_tag": "x"}, "not supported yet: config_tag"),
        ({"run_mode": sequent.RUN_CONTINUE}, "not supported yet: run_mode=RUN_CONTINUE"),
        ({"run_mode": "restart"}, "'run_mode' is 'restart'"),
        ({"name": "a/b"}, "U+002F"),
        ({"name": "x" * 65}, "65 characters"),
    ],
)
def test_what_a_flow_cannot_have_is_refused_at_its_line(options, text, blamed):
    def write():
        Sequent(**options)  # wrong

    blamed(write, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "'' is none"),
        (None, "None is none"),
        (3, "3 is none"),
        ("a b", "U+0020"),
        ("a/b", "U+002F"),
        ("a\n", "U+000A"),
        ("a\0", "U+0000"),
        ("a\u202e", "U+202E"),
        ("a\N{PILE OF POO}", "U+1F4A9"),
        ("1a", "U+0031"),
        ("\N{LATIN SMALL LIGATURE FI}x", "normal form"),
        ("class", "word of Python"),
        ("result", "reserved"),
        ("until", "reserved"),
        ("x" * 65, "65 characters"),
    ],
)
def test_a_name_must_be_one_that_a_path_can_hold(name, text, blamed):
    def write():
        flow = Sequent()
        flow.add_step(name, prog, args=("x",))  # wrong

    blamed(write, text)


def test_a_status_must_be_one(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step("a", prog, args=("x",))
        flow.add_step("b", prog, args=("x",), requires=((a, "success"),))  # wrong

    blamed(write, "'success' is not a status", "STEP_SUCCESS")


def test_a_name_used_twice_is_told_with_both_lines(blamed):
    def write():
        flow = Sequent()
        flow.add_step("a", prog, args=("x",))
        flow.add_step("a", prog, args=("x",))  # wrong

    error = blamed(write, "'a' is used twice")
    assert f":{error.place.line - 1}" in error.message


def test_a_step_with_work_is_no_container(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step("a", prog, args=("x",))
        a.add_step("b", prog, args=("x",))  # wrong

    blamed(write, "either a step")


def test_an_endless_repeat_needs_an_until(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step(
            "a",
            repeats=itertools.count,  # wrong
        )
        a.add_step("b", prog, args=("x",))
        return definition_of(flow)

    blamed(write, "never ends")


def test_until_and_result_must_name_a_step_of_it(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step("a", repeats=[1])
        other = flow.add_step("other", prog, args=("x",))
        a.until = other  # wrong

    blamed(write, "'until' of 'a' names nothing")


def test_a_step_of_another_flow_is_told_with_both_names(blamed):
    def write():
        one, two = Sequent("one"), Sequent("two")
        a = one.add_step("a", prog, args=("x",))
        two.add_step("b", prog, args=("x",), requires=a)  # wrong
        return definition_of(two)

    blamed(write, "of the flow 'one'", "this is the flow 'two'")


def test_an_event_must_require_something(blamed):
    def write():
        flow = Sequent()
        flow.add_event()  # wrong

    blamed(write, "requires nothing")


def test_all_mistakes_of_a_flow_come_together():
    one, two = Sequent("one"), Sequent("two")
    a = one.add_step("a", prog, args=("x",))
    two.add_step("b", prog, args=("x",), requires=a)
    two.add_step("c", prog, args=(a.result,))
    with pytest.raises(DefinitionError) as caught:
        definition_of(two)
    assert len(caught.value.problems) == 2


def test_truth_of_a_step_is_never_told(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step("a", prog, args=("x",))
        flow.add_step("b", prog, args=("x",), requires=a and a)  # wrong

    blamed(write, "& for and")


def test_a_handle_reads_where_it_is_from_the_environment(monkeypatch):
    monkeypatch.setenv("SEQUENT_STEP_NAME", "s1_s11")
    monkeypatch.setenv("SEQUENT_STEP_SEQUENCE", "1.2.2")
    flow = Sequent()
    assert (flow.get_step_name(), flow.get_step_sequence()) == ("s1_s11", "1.2.2")


def test_a_flow_that_is_nested_too_deep_is_refused_at_the_first_level_too_many(blamed):
    def write():
        block = Sequent("deep")
        for _ in range(1000):
            block = block.add_step("a")  # wrong

    blamed(write, f"nested {MOST_LEVELS + 1} levels deep", f"at most {MOST_LEVELS} levels")
