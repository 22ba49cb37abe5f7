"""A mistake in names, options or repeats of steps written as methods is told at import, at the line that makes it."""

from typing import Any

import pytest

from sequent import command, container, item, param, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, Place


def work(*args, **kwargs): ...


def take(x): ...


def generate():
    yield 1


async def agenerate():
    yield 1


def test_a_name_used_twice_is_told_with_both_lines(blamed):
    def write():
        @container
        class flow:
            @step  # wrong
            def load(self): ...

            @step
            def load(self): ...  # noqa: F811

    error = blamed(write, "'load' is used twice in 'flow'")
    assert str(Place(error.place.file, error.place.line + 3)) in str(error)


def test_a_command_overwritten_by_a_step_is_told(blamed):
    def write():
        @container
        class flow:
            load = command("true")  # wrong

            @step
            def load(self): ...  # noqa: F811

    blamed(write, "'load' is used twice")


def test_a_step_that_has_an_attributes_name_is_told(blamed):
    def write():
        @container
        class flow:
            day: str = param()

            @step  # wrong
            def day(self): ...  # noqa: F811

    blamed(write, "'day' is used twice")


def test_a_step_defined_in_a_loop_is_told_how_to_repeat(blamed):
    def write():
        @container
        class flow:
            for _ in range(2):
                load = step(work)  # wrong

    blamed(write, "'load' is used twice in 'flow', by the same line", "repeats=")


def test_a_step_may_be_annotated():
    @container
    class flow:
        load: Any = step(work)
        sent: Any = command("true")

    assert [child.name for child in definition_of(flow).spec.root.children] == ["load", "sent"]


def test_a_step_without_a_name_is_told(blamed):
    def write():
        @container
        class flow:
            command("true")  # wrong

    blamed(write, "has no name")


def test_a_step_with_two_names_is_told(blamed):
    def write():
        @container
        class flow:
            one = step(work)  # wrong
            two = one

    blamed(write, "'one' and 'two' are the same step")


@pytest.mark.parametrize("name", ["failures", "done", "run", "success", "result_or", "active"])
def test_reserved_names_are_refused_with_an_alternative(name):
    with pytest.raises(DefinitionError, match="reserved") as caught:
        container(type("flow", (), {name: step(work)}))
    assert f"{name}_step" in str(caught.value)


def test_a_step_defined_as_result_is_reserved_and_no_designation(blamed):
    def write():
        @container
        class flow:
            a = step(work)

            @step  # wrong
            def result(self): ...

    blamed(write, "'result' is reserved")


@pytest.mark.parametrize("word", ["and", "or"])
def test_python_s_and_and_or_on_requirements_are_refused(word, blamed):
    def write_and():
        @container
        class flow:
            a = step(work)
            b = step(work)
            c = step(requires=a and b)(work)  # wrong

    def write_or():
        @container
        class flow:
            a = step(work)
            b = step(requires=a.failed or a.done)(work)  # wrong

    blamed(write_and if word == "and" else write_or, "& for and, | for or")


def test_not_is_refused_on_containers_too_in_a_body(blamed):
    def write():
        @container
        class flow:
            @container
            class inner:
                a = step(work)

            b = step(requires=not inner)(work)  # wrong

    blamed(write, "only while the flow runs")


def test_a_misspelt_option_is_told_with_the_nearest_and_its_own_line(blamed):
    def write():
        @container
        class flow:
            @step(
                handles=False,
                requries=None,  # wrong
            )
            def load(self): ...

    blamed(write, "no option 'requries'", "did you mean 'requires'?")


def test_a_name_among_the_options_is_told_where_names_come_from(blamed):
    def write():
        @container
        class flow:
            @step(name="x")  # wrong
            def load(self): ...

    blamed(write, "no option 'name'", "the name is that of the function or class")


@pytest.mark.parametrize(
    ("hosts", "texts"),
    [
        ("etl1", ["'hosts' is 'etl1', which is a string, not a list", "write hosts=['etl1']"]),
        ({"etl1"}, ["'hosts' is a set", "give a list of names"]),
        (["etl1", "etl2", "etl1"], ["'hosts' has 'etl1' twice", "name each host once"]),
        (["etl1", None], ["'hosts' has None in it", "hosts=[], runs where the flow was started"]),
        (["user@h:port:x"], ["'hosts' has 'user@h:port:x', which is not the name of a host", "its port belongs in"]),
        (["etl1:22"], ["'etl1:22', which is not the name"]),
        (["-oProxyCommand=x"], ["'-oProxyCommand=x', which is not the name"]),
        (["a b"], ["'a b', which is not the name"]),
        ([item()], ["'hosts' has the reference item() inside it", "give one reference to the whole list"]),
    ],
)
def test_what_is_not_a_list_of_hosts_is_refused_at_its_line(hosts, texts, blamed):
    def write():
        step(hosts=hosts)  # wrong

    blamed(write, *texts)


@pytest.mark.parametrize(
    "host", ["etl1", "ubuntud01_eventor", "etl.example.com", "user@etl1", "10.0.0.1", "::1", "u@fe80::1%eth0", "[::1]"]
)
def test_a_host_is_named_as_ssh_takes_it(host):
    assert step(hosts=[host])(work).__sequent__.options.values["hosts"].text == f'["{host}"]'


@pytest.mark.parametrize(
    "option", ["requires", "repeats", "delay", "timeout", "acquires", "releases", "hosts", "recovery"]
)
def test_none_is_the_same_as_not_given(option):
    step(**{option: None})(work)


@pytest.mark.parametrize(("option", "value"), [("hosts", []), ("delay", 0), ("acquires", ()), ("requires", {})])
def test_the_original_s_empty_values_are_accepted(option, value):
    step(**{option: value})(work)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("parallel", -1),
        ("parallel", True),
        ("parallel", 1.5),
        ("handles", "no"),
        ("stop_on_exception", 1),
        ("task_construct", "fork"),
        ("until", 3),
        ("priority", "high"),
        ("priority", 1.5),
        ("max_concurrent", "3"),
        ("max_concurrent", True),
    ],
)
def test_an_option_of_the_wrong_type_is_refused_with_its_value(option, value, blamed):
    def write():
        step(  # the call
            **{"repeats": [1], option: value},
        )

    with pytest.raises(DefinitionError) as caught:
        write()
    assert repr(value) in str(caught.value)
    assert f"'{option}'" in str(caught.value)


@pytest.mark.parametrize("function", [generate, agenerate])
def test_a_generator_function_is_no_step(function, blamed):
    def write():
        @container
        class flow:
            a = step(function)  # wrong

    blamed(write, "generator function", "generate")


def test_a_class_or_a_value_is_no_step(blamed):
    def write_class():
        @container
        class flow:
            a = step(dict)  # wrong

    def write_value():
        @container
        class flow:
            a = step(3)  # wrong

    def write_step():
        @container
        class flow:
            a = step(work)
            b = step(a)  # wrong

    blamed(write_class, "'dict' is a class")
    blamed(write_value, "3 is not a function")

    def write_container():
        @step  # wrong
        @container
        class flow:
            a = step(work)

    blamed(write_step, "is a step already")
    blamed(write_container, "'flow' is a container already")


def test_a_decorator_in_a_body_that_is_given_nothing_is_told(blamed):
    def write_step():
        @container
        class flow:
            a = step(work)
            b = step(handles=False)  # wrong

    def write_container():
        @container
        class flow:
            a = step(work)
            b = container()  # wrong

    blamed(write_step, "'b' in 'flow' has nothing to do")
    blamed(write_container, "'b' in 'flow' has nothing to do")


def test_a_decorator_may_be_used_several_times():
    @container
    class flow:
        telling = step(handles=False)
        a = telling(work)
        b = telling(work)

    assert [child.name for child in definition_of(flow).spec.root.children] == ["a", "b"]


def test_a_command_needs_a_program_and_a_type_as_its_result(blamed):
    def write_program():
        @container
        class flow:
            a = command("", "-x")  # wrong

    def write_result():
        @container
        class flow:
            a = command("echo", result=5)  # wrong

    blamed(write_program, "program is empty")
    blamed(write_result, "'result' is 5", "give a type")
