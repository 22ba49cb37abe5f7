"""Rows 22 to 32: what can be repeated over, and what a container cannot be told."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake, step_with


def repeated(given: str, path: str = "a", **told) -> Mistake:
    return Mistake(text=step_with("work", f"repeats={given}"), path=path, **{"code": "repeats", **told})


def attempts(option: str) -> Mistake:
    text = f"""
@container
class flow:
    @container(
        {option},  # wrong
    )
    class block:
        @step
        def load(self): ...
"""
    name = option.partition("=")[0]
    says = f"'{name}' is for steps", "'block'"
    return Mistake(text=text, code="option", path="block", says=says, hint="put it on 'load'")


MISTAKES = {
    "row_023": repeated("5", says=("'repeats' is the int 5",), hint="use range(5)"),
    "row_024": repeated("'abc'", says=("a string would repeat per character",), hint="repeats=['abc']"),
    "row_024_bytes": repeated("b'abc'", says=("a string would repeat per character",), hint="repeats=[b'abc']"),
    "row_026": repeated("itertools.count", says=("'repeats' of 'a' never ends",), hint="until"),
    "row_026_class": Mistake(
        text="""
@container
class flow:
    @container(
        repeats=itertools.count,  # wrong
    )
    class a:
        @step
        def b(self): ...
""",
        code="repeats",
        path="a",
        says=("'repeats' of 'a' never ends",),
        hint="until = check",
    ),
    "row_027": repeated("lines()", says=("a generator, which can be read only once",), hint="pass the function"),
    "row_027_file": repeated("sys.__stdout__", says=("which can be read only once",), hint="pass the function"),
    "row_029_set": repeated("{1, 2}", says=("a set: its order is not stable",), hint="sorted(...)"),
    "row_029_dict": repeated("{1: 2}", says=("its keys or its items",), hint="list(d.items())"),
    "row_029_count": repeated(
        "itertools.count()", says=("a count, which can be read only once",), hint="pass the function"
    ),
    "row_030": repeated("[1, threading.Lock()]", code="not-data", says=("repeats[1] is a lock",), hint="give data"),
    "row_032": Mistake(
        text="""
class Bad:
    def __iter__(self):
        yield 1
        raise ValueError("no more")

@container
class flow:
    @step(
        repeats=Bad(),  # wrong
    )
    def a(self): ...
""",
        code="repeats",
        path="a",
        says=("failed at index 1", "ValueError('no more')"),
        hint="give a list",
    ),
    "row_031_timeout": attempts("timeout='3m'"),
    "row_031_retries": attempts("retries=3"),
    "row_031_backoff": attempts("backoff='1s'"),
    "row_031_retry_on": attempts("retry_on=OSError"),
    "row_031_builder": Mistake(
        text="""
flow = Sequent()
block = flow.add_step(
    "block",
    retries=3,  # wrong
)
block.add_step("load", work)
""",
        code="option",
        path="block",
        says=("'retries' is for steps: the container 'block'",),
        hint="put it on 'load'",
    ),
    "row_031_flow": Mistake(
        text="""
@container(timeout="3m")  # wrong
class flow:
    @step
    def load(self): ...
""",
        code="option",
        says=("'timeout' is for steps: the container 'flow'",),
        hint="put it on 'load'",
    ),
    "beyond_parallel": Mistake(
        text="""
@container
class flow:
    @step(
        parallel=2,  # wrong
    )
    def load(self): ...
""",
        code="option",
        path="load",
        says=("'parallel' needs 'repeats'",),
        hint="max_concurrent=",
    ),
    "beyond_parallel_container": Mistake(
        text="""
@container
class flow:
    @container(
        parallel=2,  # wrong
    )
    class block:
        @step
        def load(self): ...
""",
        code="option",
        path="block",
        says=("'parallel' needs 'repeats'",),
        hint="max_concurrent=",
    ),
    **{
        f"beyond_flow_{name}": Mistake(
            text=f"""
@container({name}={given})  # wrong
class flow:
    @step
    def load(self): ...
""",
            code="flow-option",
            says=(f"the flow 'flow' has '{name}'", "inside a flow"),
            hint="put it on a container within the flow",
        )
        for name, given in (("delay", "'3s'"), ("handles", "False"), ("repeats", "[1]"))
    },
}


@pytest.mark.parametrize("row", MISTAKES)
def test_what_cannot_be_repeated_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])


ACCEPTED = {
    "row_022": "repeats=[1]",
    "row_025": "repeats=[]",
    "row_026": "repeats=itertools.count, until=True",
    "row_028": "repeats=[None]",
}


@pytest.mark.parametrize("row", ACCEPTED)
def test_what_only_looks_like_a_mistake_is_accepted(row, accepted):
    accepted(f"flow = Sequent()\nflow.add_step('a', print, {ACCEPTED[row]})\n")


FOUND_IN_A_RUN = {
    "row_023": ("5", "int", "5, which 'a' returned", "return range(5)"),
    "row_024": ("'abc'", "str", "\"abc\", which 'a' returned", "['abc']"),
    "row_029": ("{'x': 1}", "dict", "{\"x\":1}, which 'a' returned", "list(x.items())"),
}


@pytest.mark.parametrize("row", FOUND_IN_A_RUN)
def test_a_result_that_cannot_be_repeated_over_fails_the_repeat_at_its_line(row, fails):
    given, kind, said, hint = FOUND_IN_A_RUN[row]
    text = f"""
@container(task_construct="invoke")
class flow:
    @step
    def a(self) -> {kind}: return {given}

    @step(repeats=a.result)  # wrong
    def b(self): ...
"""
    fails(text, said, hint)


DRAWN = {
    "row_023": ("lambda: 5", "the repeats of 'a' gave 5", "use range(1, n + 1)"),
    "row_029": ("lambda: {1}", "the repeats of 'a' gave {1}", "use sorted(...)"),
    "row_030": ("lambda: [1, {2}]", "the items of 'a'[1] is a set", "give data"),
    "row_032": ("lambda: 1 // 0", "ZeroDivisionError", ""),
}


@pytest.mark.parametrize("row", DRAWN)
def test_a_callable_that_gives_no_items_fails_the_repeat_at_its_line(row, fails):
    given, said, hint = DRAWN[row]
    text = f"""
@container(task_construct="invoke")
class flow:
    @step(
        handles=True,
        repeats={given},  # wrong
    )
    def a(self): ...
"""
    fails(text, said, hint)
