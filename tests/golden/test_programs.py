"""The programs in the original's words and style: each runs as it stands, and shows what its user expects."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

import pytest

import sequent
from sequent import Sequent
from sequent.settings.original_keys import LOG_FILES, WITHOUT_EFFECT
from tests.golden.ledger import script

PROGRAMS = Path(__file__).parents[2] / "examples/documentation"
IN_REPEATS = """
doing load (day_hour_load/1.1.1)|doing load (day_hour_load/1.1.2)|doing sum (day_sum/1.1)
doing load (day_hour_load/1.2.1)|doing load (day_hour_load/1.2.2)|doing sum (day_sum/1.2)
doing report (report/1)
"""
SIMPLE = [*(["doing what prog1 is doing", "doing what prog2 is doing"] * 2 + ["doing what prog3 is doing"]) * 2]
EXPECTED = {
    "runly00": [*SIMPLE, "doing what prog4 is doing"],
    "runly01": ["doing extract", "doing extract", "doing process", "doing transmit", "doing transmit"],
    "runly02": IN_REPEATS.strip().replace("\n", "|").split("|"),
    "runly03": ["doing first (first/1)", "doing inner (block_inner/1.1)", "doing last (last/1)"],
    # Says nothing of logging, so nothing of its steps is shown.
    "runly04": [],
    "runly05": ["doing first", (["doing soon"], ["doing late"]), "doing last"],
    "runly06": ["doing first", "not yet", "doing later", "done"],
    "runly07": ["doing inner", "doing inner", "doing keeps", "doing returns", "doing both"],
    "runly08": ["doing good", "doing bad", "doing mended", "doing last", "True"],
    "runly09": [
        *("preparing, recovery 0", "doing second", "doing third", "False"),
        (["preparing, recovery 1"], ["doing third", "doing last"]),
        "True",
    ],
    "runly10": [
        *("doing it", "<run r00001: success, 1 success>", "doing it", "<run r00002: success, 1 success>"),
        "<run r00003: success, 1 success>",
    ],
    "runly11": ["colorsys True, extra False", "colorsys True, extra True"],
    "runly12": ["printed", "in detail ][ speak", "as usual", "something is wrong"],
    "runly13": [
        *("lifting 2 (yard_light/1.1)", "lifting 30 (yard_heavy/1.1)"),
        *("lifting 2 (yard_light/1.2)", "lifting 30 (yard_heavy/1.2)"),
    ],
}
"""The lines of each program in their order; a tuple has chains of steps that run at once, each in its own order."""
_FORMS = re.compile(
    r"^\[ [\d, :.-]+ \]\[ \w+ *\]\[ (?:[\w.-]+ \]\[ )?(.*) \]$|^\S+ \S+ [A-Z]+ \w+: (.*)$|^(?:dict|text): (.*)$"
)


def message_of(line):
    """What a line says, without what the format puts around it."""
    found = _FORMS.match(line)
    return next(group for group in found.groups() if group is not None) if found else line


def in_order_of(shown, expected):
    """The expected lines, those of chains that run at once in the order in which they were shown."""
    lines = []
    for item in expected:
        chains = [list(chain) for chain in item] if isinstance(item, tuple) else [[item]]
        while chains := [chain for chain in chains if chain]:
            came = shown[len(lines) : len(lines) + 1]
            lines.append(next((chain for chain in chains if chain[:1] == came), chains[0]).pop(0))
    return lines


def test_lines_of_chains_that_run_at_once_may_come_in_turns_but_not_out_of_order():
    expected = ["a", (["b", "c"], ["d"]), "e"]
    for shown in (["a", "b", "c", "d", "e"], ["a", "b", "d", "c", "e"], ["a", "d", "b", "c", "e"]):
        assert in_order_of(shown, expected) == shown
    for shown in (["a", "c", "b", "d", "e"], ["b", "a", "c", "d", "e"], ["a", "b", "c", "e"], list("abcdef")):
        assert in_order_of(shown, expected) != shown


def test_each_program_has_its_expected_lines():
    assert {path.stem for path in PROGRAMS.glob("runly*.py")} == EXPECTED.keys()
    assert len(EXPECTED) == 14


@pytest.mark.parametrize("program", EXPECTED)
def test_a_program_of_the_original_s_style_runs_and_shows_its_lines(home, monkeypatch, program):
    monkeypatch.setenv("HOME", str(home))
    done = script(PROGRAMS / f"{program}.py", home)
    assert done.returncode == 0, done.stderr
    shown = [message_of(line) for line in done.stdout.splitlines()]
    assert shown == in_order_of(shown, EXPECTED[program])
    if "runly.conf" in (PROGRAMS / f"{program}.py").read_text() and program != "runly10":
        assert "without effect here: shared_db" in done.stderr
        assert {path.name for path in (home / "sequent").iterdir()} == {"log", "work"}


def test_a_host_in_a_line_is_this_machine_s(home):
    assert f"][ {os.uname().nodename} ][ in detail ][" in script(PROGRAMS / "runly12.py", home).stdout


# -- the page for those who come from the original ----------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs/coming-from/original.md").read_text()
ROWS = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))


def words_of_the_original():
    """Every word that its programs may use, by what it is."""
    yield from ("name", "store", "run_mode", "recovery_run", "run_id", "config", "config_tag", "host", "remotes")
    yield from inspect.signature(Sequent.__init__).parameters.keys() - {"self", "options"}
    yield from ("func", "args", "kwargs", "repeats", "hosts", "requires", "delay", "acquires", "releases", "recovery")
    yield from ("import_module", "import_file", "max_loops", "close", "program_repr", "get_step_name")
    yield from ("workdir", "logdir", "task_construct", "max_concurrent", "stop_on_exception", "sleep_between_loops")
    yield from ("envvar_prefix", "LOGGING", "DATABASES")
    yield from (f"LOGGING.{key}" for key in ("logging_level", "level_formats", "datefmt", "console", "logdir"))
    yield from LOG_FILES | WITHOUT_EFFECT | {"HOSTS", "ssh_config"}
    yield from ("dialect", "database", "file", "drivername", "username", "password", "port", "schema", "query")
    yield from (word for word in sequent.__all__ if re.match(r"(STEP|STP|RUN|SEQUENT)_|__version|.*Error$", word))
    yield from (f"StepStatus.{name}" for name in ("ready", "allocate", "fueled"))
    yield from ("StepReplay.rerun", "StepReplay.skip", "RunMode.restart", "continue_")
    yield from ("Resource", "ResourcePool", "load()", "resource_limit", "autoload", "load_size")
    yield from (f"SEQUENT_{name}" for name in ("STEP_NAME", "STEP_SEQUENCE", "STEP_RECOVERY", "LOGGER_NAME"))
    yield from ("SEQUENT_CONFIG_TAG", "EVENTOR_CONFIG_TAG", "EVENTOR_DB_CONFIG_TAG", "EVENTOR_CONFIG_HOSTS_TAG")


@pytest.mark.parametrize("word", sorted(set(words_of_the_original())))
def test_the_page_has_a_row_for_every_word_of_the_original(word):
    assert re.search(rf"`[^`|]*(?<![\w]){re.escape(word)}(?!\w)[^`|]*`", ROWS), word
