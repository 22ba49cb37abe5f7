"""Rows 1 to 13 and 59: requirements that no flow can have."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake

STATUSES = "STEP_READY, STEP_ACTIVE, STEP_SUCCESS, STEP_FAILURE, STEP_COMPLETE, STEP_SKIPPED, STEP_DONE"
NO_REQUIREMENT = """
flow = Sequent()
a = flow.add_step("a", work)
flow.add_step(
    "b",
    work,
    requires={},  # wrong
)
"""

MISTAKES = {
    "row_002": Mistake(
        text="""
@container
class flow:
    @container
    class block:
        @step(requires=outer.load)  # wrong
        def load(self): ...
""",
        code="self-requirement",
        path="block.load",
        says=("'block.load' requires itself",),
        hint="leave it out",
    ),
    "row_002_value": Mistake(
        text="""
@container
class flow:
    @step
    def load(self, x=outer.load.result): ...  # wrong
""",
        code="self-requirement",
        path="load",
        says=("'load' takes the result of itself",),
        hint="leave it out",
    ),
    "row_003": Mistake(
        text="""
flow = Sequent()
s1 = flow.add_step("s1")
s1.add_step(
    "s11",
    work,
    requires=((s1, STEP_SUCCESS),),  # wrong
)
""",
        code="own-container",
        path="s1.s11",
        says=("'s1.s11' is inside 's1'", "would wait for itself"),
        hint="inside the container",
    ),
    "row_003_outer": Mistake(
        text="""
@container
class flow:
    @container
    class s1:
        @step(requires=outer.s1)  # wrong
        def s11(self): ...
""",
        code="own-container",
        path="s1.s11",
        says=("'s1.s11' is inside 's1'", "would wait for itself"),
        hint="inside the container",
    ),
    "row_005": Mistake(
        text="""
@container
class flow:
    @container
    class a:
        @step(requires=outer.b)  # wrong
        def x(self): ...

    @step(requires=a)  # other
    def b(self): ...
""",
        code="cycle",
        path="a",
        says=("cycle: a -> b -> a", "'a.x' requires 'b' at", "'b' requires 'a' at"),
        hint="leave one of these requirements out",
    ),
    "row_006": Mistake(
        text="""
flow = Sequent()
s11 = flow.add_step("s11", work)
flow.add_step("b", work, requires=(("s12", STEP_SUCCESS),))  # wrong
""",
        code="requirement",
        path="b",
        says=("('s12', STEP_SUCCESS) is not a requirement", "(step, STATUS)"),
        hint="the step itself, not its name in quotes",
    ),
    "row_006_outer": Mistake(
        text="""
@container
class flow:
    @step
    def s11(self): ...

    @container
    class s2:
        @step(requires=outer.s12)  # wrong
        def b(self): ...
""",
        code="unknown-outer",
        path="s2.b",
        says=("'s2.b' names outer.s12",),
        hint="did you mean 's11'? the enclosing bodies have: s11 (in flow)",
    ),
    "row_006_beside": Mistake(
        text="""
@container
class flow:
    @step
    def s11(self): ...

    @step(requires=outer.s12)  # wrong
    def b(self): ...
""",
        code="unknown-outer",
        path="b",
        says=("'b' names outer.s12",),
        hint="did you mean 's11'? It is in the same body, and named without outer",
    ),
    "row_007": Mistake(
        text="""
flow = Sequent()
s1 = flow.add_step("s1")
s11 = s1.add_step("s11", work)
flow.add_step(
    "s2",
    work,
    requires=s11,  # wrong
)
""",
        code="into-container",
        path="s2",
        says=("'s2' requires 's1.s11'", "inside the container 's1'"),
        hint="require the container 's1' instead",
    ),
    "row_008": Mistake(
        text="""
one, flow = Sequent("one"), Sequent("two")
a = one.add_step("a", work)
flow.add_step(
    "b",
    work,
    requires=a,  # wrong
)
""",
        code="other-flow",
        path="b",
        says=("'a' is of the flow 'one'", "this is the flow 'two'"),
        hint="steps of the same flow",
    ),
    "row_008_class": Mistake(
        text="""
@container
class other:
    @step
    def a(self): ...

@container
class flow:
    @step
    def b(self, x=other.a.result): ...  # wrong
""",
        code="other-flow",
        path="b",
        says=("'a' is of the flow 'other'", "this is the flow 'flow'"),
        hint="steps of the same flow",
    ),
    "row_008_whole": Mistake(
        text="""
@container
class other:
    @step
    def a(self): ...

@container
class flow:
    @step(requires=other)  # wrong
    def b(self): ...
""",
        code="other-flow",
        path="b",
        says=("'other' is a flow of its own", "this is the flow 'flow'"),
        hint="steps of the same flow",
    ),
    "row_009": Mistake(
        text=NO_REQUIREMENT.replace("{}", '((a, "succes"),)'),
        code="status",
        path="b",
        says=("'succes' is not a status",),
        hint=STATUSES,
    ),
    "row_010": Mistake(
        text=NO_REQUIREMENT.replace("{}", "and_((a, STEP_READY), (a, STEP_SKIPPED))"),
        code="unreachable",
        path="b",
        says=("can never run", "can never be true"),
        hint="write | where one part is enough",
    ),
    "row_010_active": Mistake(
        text="""
@container
class flow:
    @step
    def z(self): ...
    @step(requires=z)
    def a(self): ...
    @step(requires=a.active & a.skipped)  # wrong
    def b(self): ...
""",
        code="unreachable",
        path="b",
        says=("can never be true", "'a' cannot be active and be skipped at once"),
        hint="leave out the part that excludes the rest",
    ),
    **{
        f"row_011_{name}": Mistake(
            text=NO_REQUIREMENT.replace("{}", given),
            code="requirement",
            path="b",
            says=(shown, "(step, STATUS)"),
            hint=hint,
        )
        for name, given, shown, hint in (
            ("length", "((a, STEP_SUCCESS, 1),)", "(<step a>, STEP_SUCCESS, 1) is not", STATUSES),
            ("string", '"a"', "'a' is not", "not its name in quotes"),
            ("int", "5", "5 is not", STATUSES),
            ("swapped", "(STEP_SUCCESS, a)", "(STEP_SUCCESS, <step a>) is not", STATUSES),
            ("set", "{a}", "{<step a>} is not", STATUSES),
            ("dict", "{a: STEP_SUCCESS}", "{<step a>: STEP_SUCCESS} is not", STATUSES),
            ("compared", "a == STEP_SUCCESS", "False is not", "nothing can be compared while the flow is defined"),
        )
    },
    "row_012": Mistake(
        text="""
flow = Sequent()
flow.add_step("a", work, requires=or_())  # wrong
""",
        code="empty-requirement",
        says=("or_() needs at least one condition",),
        hint="a step, a.failed, a & b",
    ),
    "row_013": Mistake(
        text="""
flow = Sequent()
a = flow.add_step("a", work)
deep = a
for n in range(102):
    deep = (deep & a.failed) if n % 2 else (deep | a.skipped)  # wrong
""",
        code="depth",
        says=("nested more than 100 deep",),
        hint="let a step stand for a part",
    ),
    "row_059": Mistake(
        text="""
@container
class flow:
    @step
    def a(self): ...

    @step(
        requires=a & a.failed,  # wrong
    )
    def b(self): ...
""",
        code="unreachable",
        path="b",
        says=("'b' can never run", "'a' cannot succeed and fail at once"),
        hint="write | where one part is enough",
    ),
}


@pytest.mark.parametrize("row", MISTAKES)
def test_a_requirement_that_cannot_be_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])


@pytest.mark.parametrize("row", ["row_001"])
def test_a_cycle_is_told_by_its_shortest_way_with_the_line_of_each_requirement(row, command, tmp_path):
    (tmp_path / "flow.py").write_text(
        "from sequent import container, outer, step\n\n@container\nclass flow:\n    @container\n    class s:\n"
        "        @step(requires=outer.c)\n        def a(self): ...\n"
        "        @step(requires=a)\n        def x(self): ...\n"
        "    @step(requires=s)\n    def b(self): ...\n    @step(requires=b)\n    def c(self): ...\n"
        "    @step(requires=c)\n    def after(self): ...\n"
    )
    code, _, told = command("check", "flow.py:flow")
    file = tmp_path / "flow.py"
    assert code == 2
    assert told == (
        f"error: {file}:7: cycle: s -> c -> b -> s, where each waits for the next: 's.a' requires 'c' at {file}:7; "
        f"'c' requires 'b' at {file}:13; 'b' requires 's' at {file}:11\n  hint: leave one of these requirements out\n"
    )


@pytest.mark.parametrize("row", ["row_011"])
@pytest.mark.parametrize("nothing", ["None", "()", "[]", "{}"])
def test_nothing_is_a_requirement_of_nothing(row, nothing, accepted):
    accepted(f"flow = Sequent()\nflow.add_step('a', print, requires={nothing})\n")
