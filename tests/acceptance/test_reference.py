"""The reference of the command line has every command and every option, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sequent.cli.app import COMMANDS, application
from sequent.errors import SequentError

PAGE = (Path(__file__).parents[2] / "docs/reference/command-line.md").read_text(encoding="utf-8")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
SECTIONS = PAGE.split("\n## ")
COMMON = next(part for part in SECTIONS if part.startswith("For every command"))
EXAMPLES = {"-m", "--help", "--version", "--day", "--works", "--no-works"}


def options_of(command: str) -> set[str]:
    """The options that the command takes."""
    arguments = application()[command].assemble_argument_collection()
    return {name for argument in arguments for name in argument.names if name.startswith("-")}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_reference_has_every_command_with_its_options(command):
    assert f"| `sequent {command}" in SECTIONS[0]
    told = next(part for part in SECTIONS if command in part.splitlines()[0].split(", "))
    assert options_of(command) - {*OPTION.findall(told), *OPTION.findall(COMMON)} == set()


def test_the_reference_has_no_option_that_no_command_takes():
    known = set().union(*map(options_of, COMMANDS))
    assert set(OPTION.findall(PAGE)) - known - EXAMPLES == set()


def test_the_reference_has_the_exit_code_of_every_error():
    kinds: list[type[SequentError]] = [SequentError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    assert [kind for kind in kinds if f"\n| {kind.exit_code} |" not in PAGE] == []
