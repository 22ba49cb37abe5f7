"""Rows 55 and 56: what a command cannot be, and where it cannot run."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake, step_with

WORD = "a word is str, Path, bytes"

MISTAKES = {
    f"row_{name}": Mistake(text=step_with(given), code="command", path="a", says=(shown,), hint=hint)
    for name, given, shown, hint in (
        ("055_empty", "command=[]", "a command needs a program", "rsync"),
        ("055_nothing", "command=['']", "program is empty", "rsync"),
        ("055_nul", "command=['ls', 'a\\0b']", "word 2 of the command contains NUL", "no program"),
        ("055_none", "command=['ls', None]", "word 2 of the command is None", WORD),
        ("055_text", "command='ls -la'", "a command is 'ls -la', a str", "nothing is split"),
        ("056_cwd", "command=['ls'], cwd=''", "'cwd' is ''", "give a path"),
        ("056_name", "command=['ls'], env={'A=': '1'}", "'env' has the name 'A='", "without = and NUL"),
        ("056_nul", "command=['ls'], env={'A': 'x\\0'}", "env['A'] of the command contains NUL", "no program"),
        ("056_value", "command=['ls'], env={'A': True}", "env['A'] of the command is True", WORD),
        ("056_list", "command=['ls'], env=['A']", "'env' is ['A']", "a dict of variables"),
    )
}


@pytest.mark.parametrize("row", MISTAKES)
def test_what_is_no_command_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])


FOUND_IN_A_RUN = {
    "row_055_program": ("flow.add_step('a', command=['no-such-program'])", "'no-such-program' not found (PATH=", ""),
    "row_055_split": (
        "flow.add_step('a', command=['/opt/my tools/ls /tmp'])",
        "'/opt/my tools/ls /tmp' not found",
        "hint: words are never split: write command('/opt/my', 'tools/ls', '/tmp')",
    ),
    "row_056_cwd": (
        "flow.add_step('a', command=['ls'], cwd='/nowhere')",
        "its directory '/nowhere' does not exist",
        "",
    ),
}


@pytest.mark.parametrize("row", FOUND_IN_A_RUN)
def test_a_command_that_cannot_be_started_is_told_at_the_line_of_its_step(row, fails):
    text, said, hint = FOUND_IN_A_RUN[row]
    fails(f"flow = Sequent(config={{'task_construct': 'invoke'}})\n{text}  # wrong\n", said, hint)
