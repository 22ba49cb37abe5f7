"""What no program can be given is told at its line, with its code and what can."""
# ruff: noqa: S604  shell= is a word of the language

from __future__ import annotations

import pytest

from sequent import command, item


def take(x): ...


def generate():
    yield 1


COMMANDS = {
    "no program": (lambda: command(), "command", "needs a program", "above a method"),  # wrong
    "an empty program": (lambda: command("", "x"), "command", "program is empty", "rsync"),  # wrong
    "NUL": (lambda: command("echo", "a\0b"), "command", "word 2 of the command contains NUL", "no program"),  # wrong
    "None": (lambda: command("echo", None), "command", "word 2 of the command is None", "a word is str"),  # wrong
    "a flag": (lambda: command("echo", True), "command", "is True, a bool", "a word is str"),  # wrong
    "a dict": (lambda: command("echo", {"a": 1}), "command", "a dict", "a word is str"),  # wrong
    "a name with =": (lambda: command("echo", env={"A=": "1"}), "command", "'A='", "without = and NUL"),  # wrong
    "a flag in env": (lambda: command("echo", env={"A": True}), "command", "env['A']", "a word is str"),  # wrong
    "a code too large": (lambda: command("echo", success=256), "command", "'success' is 256", "from 0 to 255"),  # wrong
    "an option that data ends": (
        lambda: command("rm", f"-{secret_free()}"),  # wrong
        "command",
        "data could become an option",
        'put a literal "--" before it',
    ),
    "shell that is no text": (lambda: command("a", shell=True), "command", "'shell' is True", '"$1"'),  # wrong
    "shell that says nothing": (lambda: command("a", shell=" "), "command", "'shell' is ' '", '"$1"'),  # wrong
    "shell with data in it": (
        lambda: command("a", shell=f"cat {secret_free()}"),  # wrong
        "command",
        "'shell' is a string with item() in it",
        '"$1"',
    ),
    "shell with NUL": (lambda: command("a", shell="a\0b"), "command", "'shell' contains NUL", "no program"),  # wrong
    "words that are no function": (
        lambda: command(result=str)(3),  # wrong
        "argument",
        "3 is not a function",
        "another callable",
    ),
    "words that are a generator": (
        lambda: command(generate),  # wrong
        "generator",
        "'generate' is a generator",
        "a list",
    ),
    "a parameter without a value": (
        lambda: command(take),  # wrong
        "argument",
        "'x' of 'take' has no value",
        "default",
    ),
}


def secret_free():
    return item()


@pytest.mark.parametrize("name", COMMANDS)
def test_what_no_program_can_be_given_is_refused_at_its_line(name, blamed):
    write, code, text, hint = COMMANDS[name]
    error = blamed(write, text)
    assert error.code == code
    assert hint in error.hint
