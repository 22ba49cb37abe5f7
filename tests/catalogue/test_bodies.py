"""Rows 107 and 111: what a container names of its own body, and of those around it, and what is not there."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake

MISTAKES = {
    "row_107": Mistake(
        text="""
@container
class flow:
    @container
    class block:
        @step
        def load(self): ...
    @step
    def send(self, x=block.result): ...  # wrong
""",
        code="designated",
        path="send",
        says=("'block' names no result",),
        hint="result = load",
    ),
    "row_107_outer": Mistake(
        text="""
@container
class flow:
    @container
    class block:
        @step
        def load(self): ...
    @container
    class other:
        @step
        def send(self, x=outer.block.result): ...  # wrong
""",
        code="no-result",
        path="other.send",
        says=("takes the result of the container 'block', which names none",),
        hint="write result = load in its body",
    ),
    "row_107_until": Mistake(
        text="""
def elsewhere(): ...
loose = step(elsewhere)

@container
class flow:
    @container(repeats=[1])
    class block:
        @step
        def load(self): ...
        until = loose  # wrong
""",
        code="designated",
        path="block",
        says=("'until' of 'block' names no step of its body",),
        hint="name one of 'load'",
    ),
    "row_107_number": Mistake(
        text="""
@container
class flow:
    @step
    def load(self): ...

    result = 3  # wrong
""",
        code="designated",
        says=("'result' of 'flow' names no step of its body",),
        hint="name one of 'load'",
    ),
    "row_107_builder": Mistake(
        text="""
flow = Sequent()
a = flow.add_step("a")
a.add_step("x", work)
b = flow.add_step("b", work)
a.result = b  # wrong
""",
        code="designated",
        says=("'result' of 'a' names no step of it",),
        hint="name one of 'x'",
    ),
    "row_111": Mistake(
        text="""
@container
class flow:
    day: str = param(default="x")

    @container
    class block:
        @step
        def load(self, x=outer.dya): ...  # wrong
""",
        code="unknown-outer",
        path="block.load",
        says=("'block.load' names outer.dya, which no enclosing body has",),
        hint="did you mean 'day'? the enclosing bodies have: day (in flow)",
    ),
    "row_111_attribute": Mistake(
        text="""
@container
class flow:
    day: str = param(default="x")

    @container
    class block:
        night = outer.dya  # wrong
        @step
        def load(self): ...
""",
        code="unknown-outer",
        path="block",
        says=("'block' names outer.dya",),
        hint="did you mean 'day'?",
    ),
    "row_111_alone": Mistake(
        text="""
@container
class flow:
    @container
    class block:
        night = outer  # wrong
        @step
        def load(self): ...
""",
        code="reference",
        path="block",
        says=("the attribute 'night' is 'outer' itself",),
        hint="outer.load.result, outer.day",
    ),
    "row_111_names_around": Mistake(
        text="""
@container
class flow:
    @step
    def load(self): ...
    @container
    class block:
        @step(requires=load)  # wrong
        def send(self): ...
""",
        code="load",
        says=("NameError: name 'load' is not defined",),
        hint="write outer.load",
    ),
    "beyond_inherited_step": Mistake(
        text="""
class Base:
    @step  # wrong
    def load(self): ...

@container
class flow(Base):
    @step
    def send(self): ...
""",
        code="body",
        path="load",
        says=("'flow' inherits 'load' from 'Base'",),
        hint="in the container's own body",
    ),
    "beyond_inherited_container": Mistake(
        text="""
@container
class base:
    @step
    def load(self): ...

@container
class flow(base):  # wrong
    @step
    def send(self): ...
""",
        code="container",
        says=("'base' is a container, from which no class can inherit",),
        hint="block = container(...)(base)",
    ),
}


@pytest.mark.parametrize("row", MISTAKES)
def test_what_is_not_in_a_body_or_around_it_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])
