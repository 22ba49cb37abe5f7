"""A mistake in requirements, in commands or in the flow as a whole is told at the line that makes it."""

import pytest

from sequent import STEP_SUCCESS, Sequent, and_, command, container, item, or_, outer, param, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError


def work(*args, **kwargs): ...


@pytest.mark.parametrize("word", [or_, and_])
def test_or_and_and_need_a_condition(word, blamed):
    def write():
        word()  # wrong

    blamed(write, "needs at least one condition")


def test_a_requirement_nested_too_deep_is_refused(blamed):
    a = step(work)

    def write(levels=120):
        requirement = a
        for level in range(levels):
            requirement = (requirement & a) if level % 2 else (requirement | a)  # wrong

    blamed(write, "more than 100 deep")
    write(99)


def test_tuples_within_tuples_may_be_as_deep(blamed):
    a = step(work)

    def write(levels=3000):
        requirement = (a, STEP_SUCCESS)
        for _ in range(levels):
            requirement = (requirement,)
        step(requires=requirement)(work)  # wrong

    blamed(write, "more than 100 deep")
    write(100)


def test_a_method_that_was_not_called_is_told_so(blamed):
    a = step(work)

    def write():
        step(requires=a.returned)(work)  # wrong

    assert "call it" in blamed(write, "the method a.returned itself is not a requirement").hint


@pytest.mark.parametrize("value", [work, (work, STEP_SUCCESS)])
def test_a_function_where_its_step_is_meant_is_told_so(value, blamed):
    def write():
        step(requires=value)(work)  # wrong

    assert "not its function" in blamed(write, "is not a requirement: expected (step, STATUS)").hint


@pytest.mark.parametrize("value", ["load", 3, ("load", 1), (1, 2, 3), {"a": 1}])
def test_what_is_no_requirement_is_told_with_the_forms(value, blamed):
    def write():
        @container
        class flow:
            a = step(requires=value)(work)  # wrong

    blamed(write, "expected (step, STATUS)")


def test_a_value_is_no_requirement(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            b = step(requires=a.result)(work)  # wrong

    blamed(write, "a.result is a value", "require the step itself")


def test_a_value_among_requirements_is_named_as_it_is_written(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            b = step(requires=[a.result])(work)  # wrong

    blamed(write, "a.result is a value", "require the step itself")


def test_a_step_further_out_is_not_taken_for_a_value(blamed):
    def write():
        @container
        class flow:
            b = step(requires=(outer.a, 1, 2))(work)  # wrong

    blamed(write, "expected (step, STATUS)")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "needs a program"),
        (("ls", None), "word 2 of the command is None"),
        (("ls", True), "word 2 of the command is True"),
        (("ls", object()), "an object"),
        (("ls\0",), "contains NUL"),
        ((b"l\0",), "contains NUL"),
        (("ls", {"a": 1}), "a dict"),
    ],
)
def test_what_no_program_can_be_given_is_refused(words, text, blamed):
    def write():
        @container
        class flow:
            a = command(*words)  # wrong

    blamed(write, text)


def test_data_must_not_become_an_option_of_a_program(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            b = command("tool", f"-{a.result}")  # wrong

    blamed(write, "data could become an option")

    @container
    class flow:
        a = step(work)
        b = command("tool", f"--x={a.result}", "--", f"-{a.result}")


def test_a_changed_f_string_is_no_word(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            b = command("tool", f"{a.result}"[:8])  # wrong

    blamed(write, "changed afterwards")


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("env", {"A=B": "x"}, "'A=B'"),
        ("env", {"": "x"}, "the name ''"),
        ("env", {"A": True}, "env['A'] of the command is True"),
        ("env", 3, "'env' is 3"),
        ("cwd", 3, "'cwd' is 3"),
        ("success", 300, "from 0 to 255"),
        ("success", (), "from 0 to 255"),
        ("success", True, "from 0 to 255"),
        ("stdin", object(), "'stdin'"),
    ],
)
def test_a_command_s_surroundings_are_checked(option, value, text):
    with pytest.raises(DefinitionError) as caught:
        command("true", **{option: value})
    assert text in str(caught.value)


def test_a_command_is_not_called(blamed):
    @container
    class flow:
        send = command("true")

    with pytest.raises(DefinitionError, match="'send' is a command"):
        _ = flow().send


def test_a_step_of_another_flow_is_told_with_both_names(blamed):
    @container
    class one:
        a = step(work)

    def write():
        @container
        class two:
            b = step(requires=one.a)(work)  # wrong

        return definition_of(two)

    blamed(write, "of the flow 'one'", "this is the flow 'two'")


def test_an_inner_container_is_no_flow(blamed):
    @container
    class flow:
        @container
        class inner:
            a = step(work)

    with pytest.raises(Exception, match="'inner' is inside 'flow'"):
        definition_of(flow.inner)


def test_the_default_of_a_parameter_must_have_its_type(blamed):
    def write():
        @container
        class flow:
            count: int = param(default="many")  # wrong
            a = step(work)

        return definition_of(flow)

    with pytest.raises(DefinitionError, match="the default of 'count' is 'many', which is not an int"):
        write()


def test_a_repeated_step_s_own_item_is_not_confused_with_its_container_s(blamed):
    def write():
        @container
        class flow:
            @container(repeats=[1, 2])
            class inner:
                region: int = item()

                @step(repeats=[3, 4])  # wrong
                def a(self, x=region): ...

        return definition_of(flow)

    blamed(write, "of the iteration of its container", "self.region")


def test_a_containers_until_names_a_step(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step("a", repeats=[1], until=True)  # wrong
        a.add_step("b", work)
        return definition_of(flow)

    blamed(write, "'until' of the container 'a' is True")


@pytest.mark.parametrize("wrong", ["load", ("load", STEP_SUCCESS)])
def test_a_step_named_in_quotes_is_told_to_be_named_by_itself(blamed, wrong):
    def write():
        flow = Sequent()
        flow.add_step("load", work)
        flow.add_step("send", work, requires=wrong)  # wrong

    blamed(write, "'load'", "is not a requirement", "not its name in quotes")


def test_a_status_is_shown_as_it_is_written(blamed):
    def write():
        flow = Sequent()
        load = flow.add_step("load", work)
        flow.add_step("send", work, requires=(load, STEP_SUCCESS, 1))  # wrong

    blamed(write, "(<step load>, STEP_SUCCESS, 1) is not a requirement")
