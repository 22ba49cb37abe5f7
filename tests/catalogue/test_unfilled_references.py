"""Rows 112 and 113: references in texts that are kept, and where a step would find them unfilled."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake

KNOWN_LATER = "which is known only while running: it can stand only in a command's words"
ARGUMENT = "take it as an argument"

MISTAKES = {
    "row_112": Mistake(
        text="""
@container
class flow:
    day: str = param(default="2026")
    path = f"/data/{day}.csv"  # wrong

    @step
    def show(self) -> str:
        return self.path
""",
        code="reference-in-text",
        says=("the attribute 'path' is a string with day in it", KNOWN_LATER),
        hint=ARGUMENT,
    ),
    "row_112_help": Mistake(
        text="""
@container
class flow:
    day: str = param(default="2026")
    name: str = param(default="x",
        help=f"the name on {day}",  # wrong
    )

    @step
    def show(self): ...
""",
        code="reference-in-text",
        says=("'help' is a string with day in it", KNOWN_LATER),
        hint=ARGUMENT,
    ),
    "row_112_pool": Mistake(
        text="""
@container
class flow:
    day: str = param(default="2026")
    db = Pool("db-%s" % day, 2)  # wrong

    @step
    def show(self): ...
""",
        code="reference-in-text",
        says=("the name is a string with day in it", KNOWN_LATER),
        hint=ARGUMENT,
    ),
    "row_112_config": Mistake(
        text="""
first = Sequent("first")
a = first.add_step("a", work)
flow = Sequent(
    config={"workdir": f"/data/{a.result}"},  # wrong
)
""",
        code="reference-in-text",
        says=("'config' is a string with a.result in it", KNOWN_LATER),
        hint=ARGUMENT,
    ),
    "row_113_module": Mistake(
        text="""
def total():
    return sum(rows)

flow = Sequent()
a = flow.add_step("a", work)
rows = [a.result]
flow.add_step("total", total)  # wrong
""",
        code="reference",
        path="total",
        says=("the step 'total' uses a.result by the variable 'rows' of its module",),
        hint="give it as an argument",
    ),
    "row_113_decorator": Mistake(
        text="""
def silent(function):
    def inner(self, *args, **kwargs):
        return function(self, *args, **kwargs)
    return inner

@container
class flow:
    @step
    def a(self): ...

    @step  # wrong
    @silent
    def b(self, x=a.result): ...
""",
        code="reference",
        path="b",
        says=("the step 'b' uses a.result by the default of 'x' of 'flow.b', which a decorator hides",),
        hint="put @functools.wraps(function) above the function that the decorator returns",
    ),
    "row_113_attribute": Mistake(
        text="""
@container
class flow:
    @step
    def a(self): ...

    tables = {"a": [a.result]}  # wrong

    @step
    def b(self): ...
""",
        code="body",
        says=("the attribute 'tables' has a.result inside it",),
        hint="take it in the step that needs it",
    ),
    "row_113_no_step": Mistake(
        text="""
@container
class flow:
    @step
    def a(self): ...

    def b(self, x=a.result): ...  # wrong
""",
        code="body",
        path="b",
        says=("'b' is a function, not a step, so its parameter 'x' never gets a.result",),
        hint="put @step above it",
    ),
}


@pytest.mark.parametrize("row", MISTAKES)
def test_a_reference_that_nobody_would_fill_in_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])
