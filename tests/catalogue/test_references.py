"""Rows 104 to 106, 108 and 109: what cannot be done with a reference."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake

TWO_STEPS = """
@container
class flow:
    @step
    def a(self) -> Literal["full", "partial"]: ...

    {}

    @step
    def z(self): ...
"""
ONLY_RUNNING = "a.result is known only while running"


def beside(line: str, code: str, says: tuple[str, ...], hint: str, path: str | None = None) -> Mistake:
    return Mistake(text=TWO_STEPS.format(line.replace("\n", "\n    ")), code=code, says=says, hint=hint, path=path)


MISTAKES = {
    **{
        f"row_104_{name}": beside(f"x = {given}  # wrong", "reference", (ONLY_RUNNING, shown), hint)
        for name, given, shown, hint in (
            ("if", "1 if a.result else 2", "asked whether it is true", "x.returned(True)"),
            ("compared", "a.result == 1", "compared", "x.returned(value)"),
            ("iterated", "[*a.result]", "iterated", "repeats="),
            ("added", "a.result + 'a'", "computed with", "a step that takes it"),
            ("called", "a.result()", "called", "a step that takes it"),
            ("sliced", "a.result[1:2]", "sliced", "one key or one position"),
        )
    },
    "row_104_step_called": beside("x = a()  # wrong", "call", ("the step 'a' is called",), "name a.result"),
    "row_104_outer_called": beside("x = outer('a')  # wrong", "reference", ("'outer' itself",), "outer.load.result"),
    "row_104_word": beside(
        "@step(requires=a.faild)  # wrong\ndef b(self): ...",
        "word",
        ("the step 'a' has no 'faild'",),
        "did you mean 'failed'?",
        "b",
    ),
    "row_104_truth": beside(
        "@step(requires=a and a.failed)  # wrong\ndef b(self): ...",
        "truth",
        ("true or false only while the flow runs",),
        "write & for and, | for or",
        "b",
    ),
    "row_104_result_required": beside(
        "@step(requires=a.result)  # wrong\ndef b(self): ...",
        "requirement",
        ("a.result is a value",),
        "require the step itself",
        "b",
    ),
    "row_104_not_called": beside(
        "@step  # wrong\ndef b(self, x=a.result_or): ...",
        "argument",
        ("the default of 'x' is the method a.result_or itself",),
        "a.result_or(None)",
        "b",
    ),
    "row_105": beside(
        "@step  # wrong\ndef b(self, x=f'{a.result}.csv'): ...",
        "reference-in-text",
        ("the default of 'x'", "only in a command's words"),
        "an argument of its own",
        "b",
    ),
    "row_105_option": beside(
        "@step(\n    delay=f'{a.result}s',  # wrong\n)\ndef b(self): ...",
        "reference-in-text",
        ("'delay'", "only in a command's words"),
        "an argument of its own",
        "b",
    ),
    "row_105_builder": Mistake(
        text="""
flow = Sequent()
a = flow.add_step("a", work)
flow.add_step("b", take, kwargs={"x": f"{a.result}.csv"})  # wrong
""",
        code="reference-in-text",
        path="b",
        says=("kwargs['x']", "only in a command's words"),
        hint="an argument of its own",
    ),
    "row_106_item": beside(
        "@step\ndef b(self, x=item()): ...  # wrong",
        "item",
        ("'b' takes item() outside any repeat", "it does not repeat"),
        "give repeats=",
        "b",
    ),
    "row_106_own_options": beside(
        "@step(\n    repeats=[1],\n    parallel=item(),  # wrong\n)\ndef b(self): ...",
        "item",
        ("'b' takes item() outside any repeat", "item() is the item of an enclosing repeat"),
        "a container around it",
        "b",
    ),
    "row_106_previous": beside(
        "@step\ndef b(self, x=previous(0)): ...  # wrong",
        "previous",
        ("'b' takes previous() outside any repeat",),
        "give repeats=",
        "b",
    ),
    "row_106_parallel": beside(
        "@step(repeats=[1], parallel=2)\ndef b(self, x=previous(0)): ...  # wrong",
        "previous",
        ("'b' takes previous()", "runs its iterations in parallel"),
        "leave parallel= out",
        "b",
    ),
    "row_106_parallel_reference": Mistake(
        text="""
@container
class flow:
    n: int = param(default=1)

    @container(repeats=[1], parallel=n)
    class block:
        @step
        def load(self, x=previous(0)): ...  # wrong
        result = load
""",
        code="previous",
        path="block.load",
        says=("'block.load' takes previous()", "'block' runs its iterations in parallel"),
        hint="leave parallel= out",
    ),
    "row_106_result": Mistake(
        text="""
@container
class flow:
    @container(repeats=[1])
    class block:
        @step
        def load(self, x=previous(0)): ...  # wrong
""",
        code="previous",
        path="block.load",
        says=("'block', which repeats, names no result",),
        hint="write result = load in its body",
    ),
    "row_108": Mistake(
        text="""
@container
class flow:
    @step
    def a(self): ...
    @step
    def b(self): ...
    @step(requires=a | b)
    def c(self, x=a.result, y=b.result): ...  # wrong
""",
        code="result-in-branch",
        path="c",
        says=("'c' requires one of a | b", "'a' and 'b'", "it would wait for both"),
        hint="result_or(None)",
    ),
    **{
        f"row_109_{name}": beside(f"@step(requires={given})  # wrong\ndef b(self): ...", "returned", says, hint, "b")
        for name, given, says, hint in (
            (
                "annotation",
                "a.returned('ful')",
                ("'a' cannot return 'ful'", "Literal['full', 'partial']"),
                "'full', 'partial'",
            ),
            ("list", "a.returned([1])", ("names [1], a list",), "True or False, integers, strings"),
            ("float", "a.returned(1.5)", ("names 1.5, a float",), "True or False, integers, strings"),
            ("nothing", "a.returned()", ("names no value",), "give the values"),
            ("reference", "a.returned(a.result)", ("known only while running",), "give the values"),
        )
    },
    "row_109_repeated": Mistake(
        text="""
@container
class flow:
    @step(repeats=[1])
    def a(self) -> int: ...
    @step(requires=a.returned(1))  # wrong
    def b(self): ...
""",
        code="returned",
        path="b",
        says=("'a' is repeated: its result is a list",),
        hint="let a step take the list and return the value to ask for",
    ),
}


@pytest.mark.parametrize("row", MISTAKES)
def test_what_cannot_be_done_with_a_reference_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])
