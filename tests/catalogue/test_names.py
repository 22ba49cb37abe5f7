"""Rows 14 to 19, 58, 60, 61 and 110: names, and how much a flow may hold."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake

ADDED = """
flow = Sequent()
flow.add_step({}, work)  # wrong
"""
PATTERN = "letters, digits and _"
RESERVED = "result result_or failures returned ready active success failed complete skipped done run until".split()

MISTAKES = {
    "row_014": Mistake(
        text="""
flow = Sequent()
flow.add_step("a", work)  # other
flow.add_step("a", work)  # wrong
""",
        code="duplicate",
        path="a",
        says=("'a' is used twice"),
        hint="a name of its own",
    ),
    "row_014_class": Mistake(
        text="""
@container
class flow:
    @step  # wrong
    def a(self): ...

    @step  # other
    def a(self): ...
""",
        code="duplicate",
        path="a",
        says=("'a' is used twice in 'flow'"),
        hint="a name of its own",
    ),
    "row_014_loop": Mistake(
        text="""
@container
class flow:
    for n in range(3):
        @step  # wrong
        def a(self): ...
""",
        code="duplicate",
        path="a",
        says=("'a' is used twice in 'flow'",),
        hint="repeat it with repeats=",
    ),
    "row_016": Mistake(
        text="""
@container
class flow:
    @step  # other
    def load(self): ...

    @step  # wrong
    def Load(self): ...
""",
        code="similar-names",
        path="Load",
        says=("'load' and 'Load'", "differ only in case or form"),
        hint="a name of its own",
    ),
    **{
        f"row_017_{name}": Mistake(text=ADDED.format(given), code="name", path=path, says=(shown,), hint=PATTERN)
        for name, given, path, shown in (
            ("empty", '""', None, "required, got ''"),
            ("none", "None", None, "required, got None"),
            ("number", "3", None, "required, got 3"),
        )
    },
    **{
        f"row_018_{sign}": Mistake(text=ADDED.format(ascii(given)), code="name", path=given, says=(sign,), hint=PATTERN)
        for given, sign in (
            ("a/b", "U+002F"),
            ("a b", "U+0020"),
            ("a\n", "U+000A"),
            ("a\0", "U+0000"),
            ("a\x1b", "U+001B"),
            ("a\N{GRINNING FACE}", "U+1F600"),
            ("a\u202eb", "U+202E"),
        )
    },
    "row_019_long": Mistake(
        text=ADDED.format('"x" * 65'), code="name", path="x" * 65, says=("has 65 characters",), hint="at most 64"
    ),
    "row_019_keyword": Mistake(
        text=ADDED.format('"class"'), code="name", path="class", says=("'class' is a Python keyword",), hint="'class_'"
    ),
    "row_058": Mistake(
        text="""
flow = Sequent("nightly")  # wrong
""",
        code="empty-flow",
        says=("'nightly' is an empty flow: it has no steps",),
        hint="add a step",
    ),
    "row_058_class": Mistake(
        text="""
@container  # wrong
class flow:
    number = 3
""",
        code="empty",
        says=("'flow' has nothing to do", "empty flow"),
        hint="define a step in its body",
    ),
    "row_061": Mistake(
        text="""
flow = block = Sequent()
for n in range(1000):
    block = block.add_step("a")  # wrong
""",
        code="depth",
        path=".".join("a" * 101),
        says=("nested 101 levels deep",),
        hint="at most 100 levels are allowed; the number of iterations has no limit",
    ),
    **{
        f"row_110_{word}": Mistake(
            text=f"""
@container
class flow:
    @step  # wrong
    def {word}(self): ...
""",
            code="name",
            path=word,
            says=(f"'{word}' is reserved",),
            hint=f"'{word}_step'",
        )
        for word in RESERVED
    },
}


@pytest.mark.parametrize("row", MISTAKES)
def test_a_name_or_shape_that_cannot_be_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])


ACCEPTED = {
    "row_015": "s1 = flow.add_step('s1')\ns1.add_step('s11', work)\nflow.add_step('s1_s11', work)",
    "row_060": "for name in ('name', 'path', 'add_step', 'repeats', 'item', 'self'):\n    flow.add_step(name, work)",
    "row_061_wide": "for n in range(1000):\n    flow.add_step(f's{n}', work)",
}


@pytest.mark.parametrize("row", ACCEPTED)
def test_what_only_looks_like_a_mistake_is_accepted(row, accepted):
    accepted(f"flow = Sequent()\n{ACCEPTED[row]}\n")
