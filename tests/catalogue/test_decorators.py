"""Rows 119 to 121: decorators in the wrong order, what a class never runs, and a shell's line where there is none."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake

DECORATORS = """
import functools

def logged(function):
    @functools.wraps(function, updated=())
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner

def quiet(function):
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner

def gone(function):
    return None

class Kept:
    def __init__(self, function):
        self.function = function
    def __call__(self):
        return self.function()

"""
OVER_STEPS = {
    "wraps": "logged",
    "silent": "quiet",
    "class": "Kept",
    "staticmethod": "staticmethod",
    "classmethod": "classmethod",
    "property": "property",
    "cache": "functools.lru_cache",
    "partial": "functools.partial",
    "two": "logged\n    @quiet",
}


def flow(body: str, above: str = "@container") -> str:
    return f"{DECORATORS}{above}\nclass flow:\n    @step\n    def first(self): ...\n\n{body}\n"


MISTAKES = {
    **{
        f"row_119_{name}": Mistake(
            text=flow(f"    @{decorator}\n    @{word}  # wrong\n    {below}"),
            code="decorator",
            path="b",
            says=(f"the {kind} 'b' in 'flow' is under another decorator",),
            hint=f"put @{kind} on top",
        )
        for name, decorator in OVER_STEPS.items()
        for word, below, kind in (("step(retries=1)", "def b(self): ...", "step"),)
    },
    "row_119_command": Mistake(
        text=flow("    @logged\n    @command  # wrong\n    def b(self): return ['ls']"),
        code="decorator",
        path="b",
        says=("the step 'b' in 'flow' is under another decorator",),
        hint="put @step on top",
    ),
    "row_119_inner": Mistake(
        text=flow("    @quiet\n    @container  # wrong\n    class b:\n        one = step(work)"),
        code="decorator",
        path="b",
        says=("the container 'b' in 'flow' is under another decorator",),
        hint="put @container on top",
    ),
    "row_119_gone": Mistake(
        text=flow("    @gone\n    @step  # wrong\n    def b(self): ..."),
        code="decorator",
        path="b",
        says=("'b' in 'flow' is None once its decorators are done",),
        hint="put @step on top",
    ),
    "row_119_flow": Mistake(
        text=flow("    x = 1", "@quiet\n@container  # wrong"),
        code="decorator",
        says=("the container 'flow' is under another decorator",),
        hint="put @container on top",
    ),
    "row_119_over": Mistake(
        text=flow("    x = 1", "@container  # wrong\n@logged"),
        code="container",
        says=("is not a class",),
        hint="put @container directly above the class",
    ),
    "row_119_twice": Mistake(
        text=flow("    x = 1", "@container(priority=1)  # wrong\n@container"),
        code="container",
        says=("'flow' is a container already: @container stands above it twice",),
        hint="keep one of them",
    ),
    "row_119_twice_inner": Mistake(
        text=flow("    @container  # wrong\n    @container(repeats=[1])\n    class b:\n        one = step(work)"),
        code="container",
        path="b",
        says=("'b' is a container already: @container stands above it twice",),
        hint="keep one of them",
    ),
    "row_120_init": Mistake(
        text=flow("    def __init__(self):  # wrong\n        self.x = 1"),
        code="construction",
        path="__init__",
        says=("'flow' has '__init__', which would never run",),
        hint="write parameters as day: date = param()",
    ),
    "row_120_slots": Mistake(
        text=flow("    __slots__ = ('x',)  # wrong"),
        code="construction",
        says=("'flow' has '__slots__', which would never run",),
        hint="write parameters as day: date = param()",
    ),
    "row_120_dataclass": Mistake(
        text=flow("    x: int = 1", "import dataclasses\n\n@container  # wrong\n@dataclasses.dataclass"),
        code="construction",
        says=("'flow' is a dataclass, whose '__init__' would never run",),
        hint="write parameters as day: date = param()",
    ),
    "row_121": Mistake(
        text=flow('    b = command("cat a | wc")  # wrong'),
        code="command",
        path="b",
        says=("the command's program is the line 'cat a | wc'", "there is no shell"),
        hint="use shell='cat a | wc'",
    ),
    "row_121_split": Mistake(
        text=flow('    b = command("ls -la /tmp")  # wrong'),
        code="command",
        path="b",
        says=("the command's program is the line 'ls -la /tmp'", "nothing is split"),
        hint="command('ls', '-la', '/tmp')",
    ),
    **{
        f"row_121_{name}": Mistake(
            text=flow(f"    b = command('cat', 'a', {sign!r}, 'b')  # wrong"),
            code="command",
            path="b",
            says=(f"word 3 of the command is {sign!r}, a sign of the shell",),
            hint="use shell=",
        )
        for name, sign in {
            "pipe": "|",
            "or": "||",
            "and": "&&",
            "background": "&",
            "to": ">",
            "onto": ">>",
            "from": "<",
            "errors": "2>",
            "both": "2>&1",
            "nowhere": ">/dev/null",
        }.items()
    },
    "row_121_builder": Mistake(
        text="flow = Sequent()\nflow.add_step('b', command=('cat a > b',))  # wrong\n",
        code="command",
        path="b",
        says=("the command's program is the line 'cat a > b'",),
        hint="use shell=",
    ),
}
MEANT = {
    "after an option": "command('cut', '-d', '|', 'file')",
    "in a list": "command('grep', ['|', '&&'], 'file')",
    "find": "command('find', '.', '-exec', 'ls', '{}', ';')",
    "expr": "command('expr', '1', '|', '2')",
    "a directory with a space": "command('/opt/my tools/run', 'a b')",
    "data with signs": "command('echo', 'a | b', 'x > y')",
    "a program that a step gives": "command(f'{first.result}', 'x')",
    "a shell": "command('a', '|', shell='echo \"$1\" | wc')",
}


@pytest.mark.parametrize("row", MISTAKES)
def test_the_wrong_order_or_place_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])


@pytest.mark.parametrize("form", MEANT)
def test_words_that_are_meant_so_are_accepted(form, accepted):
    accepted(flow(f"    b = {MEANT[form]}"))


def test_decorators_below_are_accepted(accepted):
    above = "import typing\n\n@container\n@typing.final"
    accepted(flow("    @step\n    @logged\n    @functools.cache\n    def b(self, x=first.result): ...", above))
