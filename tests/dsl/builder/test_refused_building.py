"""What a flow built by calls cannot be given is told at the line that gives it."""

import itertools
import threading

import pytest

from sequent import Sequent
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError
from sequent.model.option_table import SETTINGS
from sequent.model.spec import MOST_LEVELS


def prog(progname=None, flow=None):
    return progname


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hosts": ["a", "a"]}, "'hosts' has 'a' twice"),
        ({"import_module": 3}, "'import_module' is 3"),
        ({"import_file": "jobs.py"}, "'import_file' needs 'import_module'"),
        ({"import_module": "jobs", "import_file": ""}, "'import_file' is ''"),
        ({"command": ("ls",)}, "a function and a command"),
        ({"success": 1}, "'success' needs 'command'"),
        ({"requries": 1}, "did you mean 'requires'"),
        ({"retry": 3}, "did you mean 'retries'"),
        ({"depends_on": 1}, "did you mean 'requires'"),
        ({"for_each": [1]}, "did you mean 'repeats'"),
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
        ({"config": 3}, "config is 3"),
        ({"config_tag": 3}, "'config_tag' is 3"),
        ({"recovery_run": "2"}, "'recovery_run' is '2'"),
        ({"recovery_run": True}, "'recovery_run' is True"),
        ({"recovery_run": -1}, "'recovery_run' is -1"),
        ({"run_id": 3}, "'run_id' is 3"),
        ({"store": 3}, "'store' is 3"),
        ({"run_mode": "restart"}, "'run_mode' is 'restart'"),
        ({"name": "a/b"}, "U+002F"),
        ({"name": "x" * 65}, "65 characters"),
        *(({name: 1}, f"it is a setting: config={{{name!r}: ...}}") for name in SETTINGS),
    ],
)
def test_what_a_flow_cannot_have_is_refused_at_its_line(options, text, blamed):
    def write():
        Sequent(**options)  # wrong

    blamed(write, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "required, got ''"),
        (None, "required, got None"),
        (3, "required, got 3"),
        ("a b", "U+0020"),
        ("a/b", "U+002F"),
        ("a\n", "U+000A"),
        ("a\0", "U+0000"),
        ("a\u202e", "U+202E"),
        ("a\N{PILE OF POO}", "U+1F4A9"),
        ("1a", "U+0031"),
        ("\N{LATIN SMALL LIGATURE FI}x", "normal form"),
        ("class", "Python keyword"),
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

    blamed(write, "'until' of 'a' names no step of it")


def test_a_step_of_another_flow_is_told_with_both_names(blamed):
    def write():
        one, two = Sequent("one"), Sequent("two")
        a = one.add_step("a", prog, args=("x",))
        two.add_step("b", prog, args=("x",), requires=a)  # wrong
        return definition_of(two)

    blamed(write, "of the flow 'one'", "this is the flow 'two'")


@pytest.mark.parametrize("given", [{}, {"requires": None}, {"require": ()}, {"requires": (), "require": {}}])
def test_an_event_must_require_something(given, blamed):
    def write():
        flow = Sequent()
        flow.add_event(**given)  # wrong

    blamed(write, "requires nothing")


def test_an_event_takes_its_requirement_once_by_either_name(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step("a")
        flow.add_event(a, require=a)  # wrong

    blamed(write, "'requires' and 'require', which mean the same")


def test_a_malformed_event_is_told_at_its_line(blamed):
    def write():
        flow = Sequent()
        flow.add_event(
            require="a",  # wrong
        )

    blamed(write, "'a' is not a requirement")


def test_arguments_are_for_a_function(blamed):
    def write():
        flow = Sequent()
        flow.add_step("a", args=(1,))  # wrong

    assert blamed(write, "'a' has arguments but no function").code == "work"


def test_a_module_to_import_is_for_a_function(blamed):
    def write():
        flow = Sequent()
        flow.add_step("a", import_module="jobs")  # wrong

    blamed(write, "'import_module' needs 'func'")


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


def test_a_flow_that_is_nested_too_deep_is_refused_at_the_first_level_too_many(blamed):
    def write():
        block = Sequent("deep")
        for _ in range(1000):
            block = block.add_step("a")  # wrong

    blamed(write, f"nested {MOST_LEVELS + 1} levels deep", f"at most {MOST_LEVELS} levels")
