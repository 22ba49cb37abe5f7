"""All that is wrong in a body is told at once, each at its line; no mistake hides another, and none is told twice."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sequent
from sequent.cli import main
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, InvalidFlowError
from sequent.runtime.loading.flows import load_flow

PRELUDE = """\
import typing
from sequent import *

db = Pool("db", 2)


def work(*args, **kwargs): ...
def take(x=1): ...
def words(): return ["ls"]


"""
STEPS = {
    "delay": '@step(delay="soon")  # wrong\ndef NAME(self): ...',
    "negative delay": "@step(delay=-1)  # wrong\ndef NAME(self): ...",
    "timeout": '@step(timeout="1h30")  # wrong\ndef NAME(self): ...',
    "retries": "@step(retries=True)  # wrong\ndef NAME(self): ...",
    "backoff alone": "@step(backoff=3)  # wrong\ndef NAME(self): ...",
    "backoff": "@step(retries=1, backoff='x')  # wrong\ndef NAME(self): ...",
    "no amount": "@step(acquires={db: 0})  # wrong\ndef NAME(self): ...",
    "too much": "@step(acquires={db: 3})  # wrong\ndef NAME(self): ...",
    "a result that is never stored": "@step\ndef NAME(self) -> set[int]: ...  # wrong",
    "misspelt": "@step(retrys=2)  # wrong\ndef NAME(self): ...",
    "never": "@step(requires=first.failed & first)  # wrong\ndef NAME(self): ...",
    "a status": "@step(requires=((first, 'done'),))  # wrong\ndef NAME(self): ...",
    "items": "@step(repeats=5)  # wrong\ndef NAME(self, x=item()): ...",
    "parallel": "@step(parallel=2)  # wrong\ndef NAME(self): ...",
    "endless": "@step(repeats=__import__('itertools').count)  # wrong\ndef NAME(self): ...",
    "a default": "@step  # wrong\ndef NAME(self, x=first): ...",
    "no value": "@step  # wrong\ndef NAME(self, x): ...",
    "a generator": "@step  # wrong\ndef NAME(self): yield 1",
    "arguments": "NAME = step(kwargs={'y': 1})(take)  # wrong",
    "a lock": "NAME = step(args=(__import__('threading').Lock(),))(take)  # wrong",
    "no function": "NAME = step(3)  # wrong",
    "an item": "@step\ndef NAME(self, x=item()): ...  # wrong",
    "outer": "@step\ndef NAME(self, x=outer.nothing): ...  # wrong",
    "a name twice": "@step  # wrong\ndef NAME(self): ...\n@step(requires=NAME)\ndef NAME(self, x=NAME.result): ...",
    "a container twice": "@container  # wrong\nclass NAME:\n    @step\n    def a(self): ...\n"
    "x_NAME = step(requires=NAME.a.done | NAME)(take)\n@container\nclass NAME:\n    b = step(take)",
    "empty words": "NAME = command('')  # wrong",
    "a word": "NAME = command('ls', None)  # wrong",
    "an exit code": "NAME = command('ls', success=300)  # wrong",
    "a result": "NAME = command('ls', result='str')  # wrong",
    "computed": "NAME = command(env=3)(words)  # wrong",
    "no words above a method": "@command()  # wrong\ndef NAME(self): ...",
    "words above a method": "@command('ls')  # wrong\ndef NAME(self): ...",
    "a tuple as a type": "@step\ndef NAME(self) -> (int, str): ...  # wrong",
    "no Python as a type": "@step\ndef NAME(self) -> 'list[': ...  # wrong",
    "its container": "@step\ndef NAME(self) -> typing.Self: ...  # wrong",
    "an attribute": "NAME = [first.result]  # wrong",
    "a requirement": "NAME = first.failed  # wrong",
    "no type": "NAME = param()  # wrong",
    "a container's option": "@container(delay='soon')  # wrong\nclass NAME:\n    one = step(work)",
    "a container's timeout": "@container(timeout=3)  # wrong\nclass NAME:\n    one = step(work)",
    "a container's parallel": "@container(parallel=2)  # wrong\nclass NAME:\n    one = step(work)",
    "a container's end": "@container  # wrong\nclass NAME:\n    one = step(work)\n    until = one",
    "an end that is none": "@container(repeats=[1])\nclass NAME:\n    one = step(work)\n    until = 3  # wrong",
    "a result that is none": "@container\nclass NAME:\n    one = step(work)\n    result = work  # wrong",
    "endless within": "@container(repeats=__import__('itertools').count)  # wrong\nclass NAME:\n    one = step(work)",
    "an until alone": "@step(until=True)  # wrong\ndef NAME(self): ...",
    "a name that is reserved": "@step  # wrong\ndef ready(self): ...",
    "a flow's option": "@step(hosts='a')  # wrong\ndef NAME(self): ...",
    "within": "@container\nclass NAME:\n    @step(delay='soon')  # wrong\n    def one(self): ...",
    "within, seen as a whole": "@container\nclass NAME:\n    one = step(requires=outer.nothing)(work)  # wrong",
    "empty": "@container  # wrong\nclass NAME:\n    x = 1",
    "a parameter within": "@container\nclass NAME:\n    one = step(work)\n    day: str = param()  # wrong",
    "used again": "NAME = container(kwargs={'y': 1})(block)  # wrong",
    "a step twice": "@step  # wrong\ndef NAME(self): ...\nNAME = step(work)",
    "unused": "NAME = step(retries=1)  # wrong",
}
BLOCK = """
@container
class block:
    region: str = param(default="x")
    one = step(work)


"""


def source_with(kinds):
    """A flow with these mistakes, one after the other."""
    lines = ["@container", "class flow:", "    first = step(work)"]
    for number, kind in enumerate(kinds):
        lines += [f"    {line}" for line in STEPS[kind].replace("NAME", f"s{number}").split("\n")]
    return PRELUDE + BLOCK + "\n".join(lines) + "\n"


def told_of(source, directory, capsys, monkeypatch):
    """The lines that ``check`` blames."""
    file = directory / "flow_file.py"
    file.write_text(source)
    assert main(("check", f"{file}:flow")) == 2
    blamed = [line for line in capsys.readouterr().err.split("\n") if line.startswith("error: ")]
    return [int(line.removeprefix(f"error: {file}:").split(":")[0]) for line in blamed]


def wrong_lines(source):
    return [number for number, line in enumerate(source.split("\n"), 1) if line.endswith("# wrong")]


@pytest.fixture
def check(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    numbers = itertools.count()

    def lines_blamed(source):
        directory = tmp_path / str(next(numbers))
        directory.mkdir()
        return told_of(source, directory, capsys, monkeypatch)

    return lines_blamed


@pytest.mark.parametrize("kind", STEPS)
def test_a_mistake_alone_is_told_once(kind, check):
    source = source_with([kind])
    assert check(source) == wrong_lines(source)


def test_all_mistakes_of_a_body_are_told_at_once(check):
    source = source_with([*STEPS])
    assert check(source) == wrong_lines(source)


@given(st.lists(st.sampled_from([*STEPS]), min_size=2, max_size=6))
def test_any_of_them_together_are_told_each_at_its_line(tmp_path_factory, kinds):
    source = source_with(kinds)
    file = tmp_path_factory.mktemp("flow") / "flow_file.py"
    file.write_text(source)
    with pytest.raises(DefinitionError) as caught:
        check_file(file)
    problems = getattr(caught.value, "problems", (caught.value,))
    assert sorted(problem.place.line for problem in problems) == wrong_lines(source)


def check_file(file):
    compile_flow(definition_of(load_flow(f"{file}:flow").flow).spec)


def test_nine_mistakes_of_nine_kinds_are_nine(check):
    kinds = ("delay", "negative delay", "timeout", "retries", "no amount", "too much", "misspelt")
    source = source_with([*kinds, "a result that is never stored", "never"])
    assert len(check(source)) == 9


def test_several_mistakes_of_one_step_are_all_told(check):
    source = PRELUDE + (
        "@container\nclass flow:\n    first = step(work)\n\n"
        "    @step(\n"
        "        delay='soon',  # wrong\n"
        "        retries=-1,  # wrong\n"
        "        retrys=1,  # wrong\n"
        "        requires=first & first.failed,  # wrong\n"
        "    )\n"
        "    def one(self): ...\n\n"
        "    two = command(\n"
        "        'ls',\n"
        "        env=3,  # wrong\n"
        "        success=300,  # wrong\n"
        "        priority='x',  # wrong\n"
        "    )\n"
    )
    assert check(source) == wrong_lines(source)


def test_a_mistake_that_ends_the_body_hides_none_before_it(check):
    source = PRELUDE + (
        "@container\nclass flow:\n"
        "    @step(delay='soon')  # wrong\n"
        "    def one(self): ...\n\n"
        "    @container\n"
        "    class inner:\n"
        "        @step(retries=-1)  # wrong\n"
        "        def two(self): ...\n\n"
        "        three = 1 + two.result  # wrong\n"
    )
    assert check(source) == wrong_lines(source)
    source = source.replace("1 + two.result", "1 / 0")
    assert check(source) == wrong_lines(source)


def test_mistakes_of_another_flow_are_its_own(check):
    source = PRELUDE + (
        "@container\nclass other:\n"
        "    @step(delay='soon')  # wrong\n"
        "    def one(self, x=item()): ...\n\n\n"
        "@container\nclass flow:\n"
        "    one = step(work)\n"
    )
    assert check(source) == wrong_lines(source)


def test_a_script_is_told_of_all_when_the_class_is_complete():
    with pytest.raises(InvalidFlowError) as caught:

        @sequent.container
        class flow:
            one = sequent.step(delay="soon")(print)
            two = sequent.step(retries=-1)(print)

    assert [problem.code for problem in caught.value.problems] == ["option", "option"]


def test_all_options_of_a_step_of_the_builder_are_told_at_once():
    flow = sequent.Sequent("flow")
    with pytest.raises(InvalidFlowError) as caught:
        flow.add_step("one", delay="soon", retries=-1, func=print, kwargs={"x": 1}, config={"nothing": 1})
    assert [problem.path for problem in caught.value.problems] == ["one"] * 4


CALLS = {
    "retries": "flow.add_step('NAME', func=work, retries='x')  # wrong",
    "delay": "flow.add_step('NAME', func=work, delay='soon')  # wrong",
    "a step": "flow.add_step('NAME', func=work, args=(first,))  # wrong",
    "too much": "flow.add_step('NAME', func=work, acquires={db: 3})  # wrong",
    "misspelt": "flow.add_step('NAME', func=work, retrys=1)  # wrong",
    "never": "flow.add_step('NAME', func=work, requires=first & first.failed)  # wrong",
    "an item": "flow.add_step('NAME', func=work, args=(item(),))  # wrong",
    "a word": "flow.add_step('NAME', command=('ls', None))  # wrong",
    "no value": "flow.add_step('NAME', func=lambda x: x)  # wrong",
    "within": "flow.add_step('NAME').add_step('in', func=work, timeout=-1)  # wrong",
    "one that others use": "NAME = flow.add_step('NAME', func=3)  # wrong\n"
    "flow.add_step('NAMEb', work, args=(NAME.result,))",
}


@given(st.lists(st.sampled_from([*CALLS]), min_size=1, max_size=6))
def test_all_mistakes_of_a_built_flow_are_told_at_once_when_it_is_checked(tmp_path_factory, kinds):
    lines = [CALLS[kind].replace("NAME", f"s{number}") for number, kind in enumerate(kinds)]
    source = PRELUDE + "\n".join(["flow = Sequent('flow')", "first = flow.add_step('first', func=work)", *lines]) + "\n"
    source = source.replace("'in'", "'inner'")
    file = tmp_path_factory.mktemp("flow") / "flow_file.py"
    file.write_text(source)
    with pytest.raises(DefinitionError) as caught:
        check_file(file)
    problems = getattr(caught.value, "problems", (caught.value,))
    assert sorted(problem.place.line for problem in problems) == wrong_lines(source)


def test_a_call_that_nobody_checks_is_refused_where_it_is_made():
    flow = sequent.Sequent("flow")
    with pytest.raises(DefinitionError):
        flow.add_step("one", func=print, retries=-1)
    flow.add_step("one", func=print)


def test_mistakes_of_calls_before_one_that_ends_the_module_are_told_too(check):
    source = PRELUDE + (
        "flow = Sequent('flow')\n"
        "flow.add_step('one', func=work, retries='x')  # wrong\n"
        "flow.add_step('a b', func=work)  # wrong\n"
        "flow.add_step('two', func=work, retries='x')\n"
    )
    assert check(source) == wrong_lines(source)
