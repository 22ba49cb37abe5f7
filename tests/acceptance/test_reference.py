"""The reference has every command, option and public word, and no option that there is not."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

import sequent
import sequent.testing
from sequent import Sequent
from sequent.cli.arguments.parsing import application
from sequent.cli.command_table import COMMANDS
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import SequentError
from tests.options_table import options_by_word, shown_type

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference/command-line.md").read_text(encoding="utf-8")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
SECTIONS = PAGE.split("\n## ")
COMMON = next(part for part in SECTIONS if part.startswith("For every command"))
ORIGINAL = """
name store run_mode recovery_run config config_tag run_id workdir logdir task_construct max_concurrent stop_on_exception
sleep_between_loops add_event require requires or_ add_step func args kwargs hosts delay acquires releases recovery
repeats run max_loops STEP_READY STEP_ACTIVE STEP_SUCCESS STEP_FAILURE STEP_COMPLETE STP_RERUN STP_SKIP RUN_RESTART
RUN_RECOVER RUN_CONTINUE SEQUENT_RESTART close get_step_name get_step_sequence SEQUENT_STEP_NAME SEQUENT_LOGGER_NAME
LOGGING DATABASES envvar_prefix import_module import_file Resource ResourcePool
"""
"""The calls, keywords, settings, constants and variables that the original's documentation and programs have."""
EXAMPLES = {"-m", "--help", "--version", "--day", "--works", "--no-works", "--names", "--param-"}


def options_of(command: str) -> set[str]:
    """The options that the command takes."""
    arguments = application(command)[command].assemble_argument_collection()
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


def test_the_reference_has_every_public_word():
    words = set(re.findall(r"\w+", (DOCS / "reference/api.md").read_text(encoding="utf-8")))
    assert {*sequent.__all__, *sequent.testing.__all__} - words == set()


def test_the_page_about_the_original_has_each_of_its_words():
    told = (DOCS / "coming-from/original.md").read_text(encoding="utf-8")
    assert [word for word in ORIGINAL.split() if f"`{word}" not in told and f"{word}`" not in told] == []


# -- the options of the language --------------------------------------------------------------------------

OPTIONS_PAGE = (DOCS / "reference/options.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (.*?) \| `(.*?)` \| `(.*?)` \| (.+) \|$", OPTIONS_PAGE, re.MULTILINE)
LIST = [(name, where, kind, default) for name, where, kind, default, _ in ROWS]


def test_the_page_of_options_has_each_once():
    names = [name for name, *_ in LIST]
    assert sorted(names) == sorted(set().union(*options_by_word().values()))


@pytest.mark.parametrize(("name", "where", "kind", "default"), LIST, ids=[row[0] for row in LIST])
def test_an_option_stands_there_with_its_words_its_type_and_its_default(name, where, kind, default):
    words = options_by_word()
    assert where == ", ".join(f"`{word}`" for word in words if name in words[word])
    assert kind == shown_type(name)
    plain, given = Sequent("flow"), Sequent("flow")
    takes_words = name in {*words["command"]} - {*words["step"]}
    work = {"command": ("cat",)} if takes_words else {"func": sorted, "args": ([],)}
    if name in ("command", "args", "kwargs"):
        work = {} if name == "command" else {"func": os.getcwd}
    if name in ("backoff", "retry_on"):
        work["retries"] = 1
    plain.add_step("a", **work)
    given.add_step("a", **work, **{name: ast.literal_eval(default)})
    assert definition_of(given).spec.root == definition_of(plain).spec.root


def test_the_types_that_the_page_names_are_explained_there():
    named = set(re.findall(r"\b[A-Z]\w+", " ".join(kind for _, _, kind, _ in LIST)))
    known = {"None", "Any", "Literal", "Sequence", "Mapping", "Iterable", "Callable"}
    assert {word for word in named - known if not re.search(rf"^\| .*`{word}`", OPTIONS_PAGE, re.MULTILINE)} == set()
