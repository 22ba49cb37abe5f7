"""A mistake in a flow written as classes is told when the module is imported, at the line that makes it."""
# ruff: noqa: B008  item() is a default on purpose

import itertools
import threading

import pytest

from sequent import Sequent, and_, command, container, item, or_, outer, param, step
from sequent.dsl import definition_of
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


@pytest.mark.parametrize("option", ["timeout", "retries", "backoff", "retry_on"])
def test_attempts_of_a_container_are_for_its_steps(option):
    with pytest.raises(DefinitionError, match="is for steps") as caught:
        container(**{option: 3})(type("flow", (), {"a": step(work)}))
    assert "put it on" in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("hosts", ["a"]),
        ("delay", 3),
        ("acquires", [1]),
        ("releases", []),
        ("retries", 2),
        ("timeout", "3m"),
        ("shell", "x"),
    ],
)
def test_words_of_the_next_version_are_refused_by_name(option, value):
    with pytest.raises(DefinitionError, match=f"not supported yet: '{option}'"):
        step(**{option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [("hosts", []), ("hosts", None), ("delay", 0), ("acquires", ()), ("releases", None), ("timeout", None)],
)
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


def test_thread_is_not_supported_yet():
    with pytest.raises(DefinitionError, match="not supported yet: task_construct='thread'"):
        step(task_construct="thread")


def test_until_needs_repeats(blamed):
    def write():
        @container
        class flow:
            @step(until=True)  # wrong
            def poll(self): ...

    blamed(write, "'until' needs 'repeats'")


def test_until_in_a_body_needs_repeats(blamed):
    def write():
        @container  # wrong
        class flow:
            check = step(work)
            until = check

    blamed(write, "no repeats")


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (5, ["int 5", "use range(5)"]),
        (True, ["bool"]),
        ("abc", ["would repeat per character", "['abc']"]),
        (b"abc", ["would repeat per character"]),
        ({1, 2}, ["order is not stable", "sorted(...)"]),
        (frozenset({1}), ["order is not stable"]),
        ({"a": 1}, ["keys or its items"]),
        ((x for x in [1]), ["generator", "can be read once", "pass the function"]),
        (itertools.count(), ["can be read once", "pass the function"]),
        (iter([1]), ["can be read once"]),
        (2.5, ["float"]),
        ([1, threading.Lock()], ["repeats[1]", "lock"]),
        (take, ["parameter 'x' has no value"]),
    ],
)
def test_what_cannot_be_repeated_over_is_refused_with_the_fix(given, texts, blamed):
    def write():
        @container
        class flow:
            @step(repeats=given)  # wrong
            def load(self, x=item()): ...

    blamed(write, *texts)


def test_items_that_fail_while_they_are_read_are_told_with_their_index():
    class Broken:
        def __iter__(self):
            yield 1
            raise RuntimeError("disk")

    with pytest.raises(DefinitionError, match=r"index 1: RuntimeError\('disk'\)"):
        step(repeats=Broken())


def test_repeating_over_the_step_itself_tells_of_its_result(blamed):
    def write():
        @container
        class flow:
            find = step(work)

            @step(repeats=find)  # wrong
            def load(self, x=item()): ...

    blamed(write, "the step 'find' itself", "repeats=find.result")


def test_an_endless_repeat_without_an_until_is_refused(blamed):
    def write_container():
        @container
        class flow:
            @container(repeats=itertools.count)  # wrong
            class inner:
                a = step(work)

    def write_step():
        @container
        class flow:
            a = step(repeats=itertools.count)(work)  # wrong

    blamed(write_container, "never ends")
    blamed(write_step, "never ends")


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
    blamed(write_step, "is a step already")


def test_a_parameter_without_a_value_is_told(blamed):
    def write():
        @container
        class flow:
            @step  # wrong
            def load(self, table): ...

    blamed(write, "'table'", "has no value")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"args": 3}, "'args' of 'take' is 3"),
        ({"kwargs": [1]}, "'kwargs' of 'take'"),
        ({"kwargs": {1: 2}}, "has the key 1"),
        ({"kwargs": {"y": 2}}, "unexpected keyword argument 'y'"),
        ({"args": (1, 2)}, "too many positional arguments"),
        ({"kwargs": {"x": threading.Lock()}}, "kwargs['x'] is a lock"),
        ({"kwargs": {"x": {"db": object()}}}, "kwargs['x']['db'] is a object"),
        ({"args": ("x" * (17 * 2**20),)}, "16,777,216 are allowed"),
    ],
)
def test_arguments_that_do_not_fit_are_told(options, text, blamed):
    def write():
        @container
        class flow:
            a = step(**options)(take)  # wrong

    blamed(write, text)


def test_a_step_among_the_arguments_is_told_of_its_result(blamed):
    def write_kwargs():
        @container
        class flow:
            a = step(work)
            b = step(kwargs={"x": a})(take)  # wrong

    def write_default():
        @container
        class flow:
            a = step(work)

            @step  # wrong
            def b(self, x=a): ...

    def write_nested():
        @container
        class flow:
            a = step(work)
            b = step(kwargs={"x": [a.result]})(take)  # wrong

    blamed(write_kwargs, "is the step 'a' itself", "write a.result")
    blamed(write_default, "is the step 'a' itself")
    blamed(write_nested, "has the reference", "an argument of its own")


@pytest.mark.parametrize(
    "misuse",
    [
        lambda r: r == 1,
        lambda r: r != 1,
        lambda r: r + "a",
        lambda r: 1 - r,
        lambda r: [*r],
        lambda r: len(r) + 1,
        lambda r: r(),
        lambda r: not r,
        lambda r: r < 2,
        lambda r: int(r) + 1,
        lambda r: 1 in r,
        lambda r: r | 1,
        lambda r: -r,
    ],
)
def test_a_reference_is_known_only_while_running(misuse, blamed):
    a = step(work)
    for reference in (a.result, item(), param(), outer.a.result):
        with pytest.raises(DefinitionError, match="only while") as caught:
            misuse(reference)
        assert caught.value.place.file == __file__
        assert caught.value.place.line == misuse.__code__.co_firstlineno


def test_a_part_of_a_reference_is_not_supported_yet(blamed):
    def write_item():
        a = step(work)
        a.result["bam"]  # wrong

    def write_attribute():
        _ = outer.a.result.bam  # wrong

    blamed(write_item, "not supported yet", "['bam']")
    blamed(write_attribute, "not supported yet", ".bam")


def test_a_reference_in_a_text_is_only_for_a_command(blamed):
    def write_default():
        @container
        class flow:
            a = step(work)

            @step  # wrong
            def b(self, x=f"{a.result}.csv"): ...

    def write_kwargs():
        @container
        class flow:
            a = step(work)
            b = step(kwargs={"x": f"{a.result}.csv"})(take)  # wrong

    def write_option():
        @container
        class flow:
            a = step(work)
            b = step(task_construct=f"{a.result}")(work)  # wrong

    def write_items():
        @container
        class flow:
            a = step(work)
            b = step(repeats=[f"{a.result}"])(work)  # wrong

    for write in (write_default, write_kwargs, write_option, write_items):
        blamed(write, "only in a command's words")


def test_an_attribute_cannot_be_a_siblings_result(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            x: str = a.result  # wrong

    blamed(write, "the result of a sibling", "def work(self, x=")


@pytest.mark.parametrize("word", ["result", "until"])
def test_a_designation_must_name_a_step_of_that_body(word):
    other = step(work)
    with pytest.raises(DefinitionError, match=f"'{word}' of 'flow' names nothing") as caught:
        container(repeats=[1])(type("flow", (), {"a": step(work), "b": step(work), word: "a"}))
    assert "'a', 'b'" in str(caught.value)
    del other


def test_a_container_without_a_result_has_none_to_give(blamed):
    def write():
        @container
        class flow:
            @container
            class inner:
                a = step(work)

            b = step(kwargs={"x": inner.result})(take)  # wrong

    blamed(write, "'inner' names no result", "result = a")


def test_a_parameter_belongs_to_the_flow(blamed):
    def write():
        @container
        class flow:
            @container
            class inner:
                day: str = param()  # wrong
                a = step(work)

    blamed(write, "'day' is a parameter of 'inner'", "outer.day")


def test_a_parameter_needs_a_type(blamed):
    def write():
        @container
        class flow:
            day = param()  # wrong
            a = step(work)

    blamed(write, "'day' has no type")


def test_an_empty_container_is_refused(blamed):
    def write():
        @container  # wrong
        class flow:
            pass

    blamed(write, "nothing to do")


def test_a_function_is_no_container(blamed):
    def write():
        @container  # wrong
        def flow(): ...

    blamed(write, "is not a class")


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

    blamed(write, "is a value", "require the step itself")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "needs a program"),
        (("ls", None), "word 2 of the command is None"),
        (("ls", True), "word 2 of the command is True"),
        (("ls", object()), "a object"),
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

    with pytest.raises(DefinitionError, match="the default of 'count' is 'many', which is not a int"):
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

    blamed(write, "the item of its container", "self.region")


def test_what_only_a_flow_or_a_step_can_have_is_refused_of_an_inner_container(blamed):
    def write():
        @container(max_concurrent=2, task_construct="invoke")
        class flow:
            @container(
                requires=None,
                task_construct="invoke",  # wrong
            )
            class inner:
                a = step(work)

        return definition_of(flow)

    blamed(write, "not supported yet: 'task_construct' of a container", "to its steps")


def test_a_containers_until_names_a_step(blamed):
    def write():
        flow = Sequent()
        a = flow.add_step("a", repeats=[1], until=True)  # wrong
        a.add_step("b", work)
        return definition_of(flow)

    blamed(write, "'until' of the container 'a' is True")
