"""What each command imports: what it does not use, it does not load."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest
from attrs import field, frozen

from sequent.cli.command_table import COMMANDS
from tests.acceptance.small_flows import FLOWS
from tests.acceptance.test_terminal import until_written
from tests.children import Child

PARSER = frozenset({"cyclopts", "rich", "docstring_parser"})
NEVER = frozenset({"asyncio", "networkx", "paramiko", "sqlalchemy", "yaml"})
"""Packages that none of these commands needs."""
READING = PARSER | {
    *("attrs", "loguru", "logging", "platformdirs", "subprocess", "tempfile"),
    *("sequent.compiler", "sequent.dsl", "sequent.engine", "sequent.api", "sequent.pictures", "sequent.testing"),
    *("sequent.runtime.driver", "sequent.runtime.executors", "sequent.runtime.loading", "sequent.runtime.worker"),
    *("sequent.runtime.store.sql.run_taking", "sequent.runtime.store.sql.run_writer"),
    *("sequent.model.plan", "sequent.model.spec", "sequent.model.description", "sequent.settings.configuration"),
}

HAS_DIGEST = find_spec("_sha2") or find_spec("_sha256")
BUNDLES = frozenset({"hashlib", "typing_extensions"} if HAS_DIGEST else {"typing_extensions"})
"""Modules that load many others for one function."""
SHOWING = READING | BUNDLES | {"pathlib", "threading", "importlib.util"}
"""Of commands that read a store."""
LOOKING = SHOWING | {"shlex", "signal", "sequent.model.interventions", "sequent.runtime.store.sqlite.migrations"}
"""Of those that only show what a run has done."""
LOADING = (
    PARSER
    | BUNDLES
    | {
        *("loguru", "logging", "platformdirs", "sqlite3", "sequent.engine", "sequent.pictures"),
        *("sequent.runtime.driver", "sequent.runtime.executors", "sequent.runtime.worker", "sequent.runtime.store.sql"),
    }
)
"""Of commands that load a flow and open no store."""
SETTING = READING - {"attrs", "logging", "sequent.model.spec", "sequent.settings.configuration"} | {"sqlite3"}
ENGINE = frozenset({"sequent.engine", "sequent.runtime.driver", "sequent.runtime.executors", "sequent.runtime.worker"})
"""The rooms that execute steps."""
USED = frozenset({"attrs", "cyclopts", "pathlib", "threading", "typing_extensions"})
"""Modules of every command whose options need a parser."""
SETTLING = SHOWING - USED
"""Of commands that change a store and load no flow."""
WATCHING = ENGINE | {"loguru", "sequent.dsl", "sequent.runtime.loading", "sequent.settings.configuration"}
"""Of those that show runs until they are left."""
RESUMING = BUNDLES - USED | ENGINE - {"sequent.runtime.executors"} | {"rich", "loguru", "sequent.runtime.loading"}
"""Of those that resume a run, if nothing is to be done."""
SIMULATING = frozenset({"rich", "docstring_parser", "loguru", "logging", "subprocess", "sequent.pictures"})
"""Of those that run a flow in simulated time."""


@frozen
class Budget:
    """What a command may import."""

    words: tuple[str, ...]
    most: int
    """Modules of the package."""
    without: frozenset[str] = field(converter=frozenset)
    """Packages and modules that it does not need."""
    also: frozenset[str] = field(default=frozenset(), converter=frozenset)
    """Those that it needs, and no other command does."""
    code: int = 0
    """Its exit code."""


BUDGETS = [
    Budget(("--version",), 13, READING | {"msgspec", "sqlite3", "json", "typing_extensions"}),
    Budget(("--help",), 20, READING | {"msgspec", "sqlite3", "typing_extensions"}),
    Budget(("ls",), 65, LOOKING),
    Budget(("ls", "--json"), 80, READING - {"attrs"} | BUNDLES),
    Budget(("show",), 75, LOOKING),
    Budget(("show", "latest", "first", "-q"), 75, LOOKING),
    Budget(
        ("why", "latest", "first"),
        140,
        {"sequent.compiler", "sequent.dsl", "sequent.engine", "sequent.api", "sequent.testing", "sequent.pictures"}
        | {"sequent.runtime.driver", "sequent.runtime.executors", "sequent.runtime.loading", "sequent.runtime.worker"},
    ),
    Budget(("logs",), 73, LOOKING),
    Budget(("check", "flows.py:one"), 159, LOADING),
    Budget(("plan", "flows.py:one"), 159, LOADING),
    Budget(("config",), 66, SETTING | BUNDLES),
    Budget(("config", "flows.py:one"), 132, LOADING - {"logging"} | {"sequent.compiler"}),
    Budget(("run", "flows.py:one"), 326, PARSER | BUNDLES | {"loguru", "sequent.runtime.executors.thread_executor"}),
    Budget(("run", "flows.py:listed"), 326, PARSER | BUNDLES | {"loguru", "sequent.runtime.executors.thread_executor"}),
    Budget(("try", "latest", "first"), 283, {"loguru", "sequent.engine"}),
    Budget(("report", "-o", "report.html"), 187, {"sequent.runtime.loading"} | ENGINE),
    Budget(("recover",), 119, RESUMING | {"sequent.dsl", "sequent.compiler"}),
    Budget(("continue",), 127, RESUMING | {"sequent.compiler"}),
    Budget(("simulate", "flows.py:one"), 352, SIMULATING),
    Budget(("simulate", "flows.py:one", "--history"), 353, SIMULATING),
    Budget(("forecast", "flows.py:one"), 361, SIMULATING),
    Budget(("graph", "flows.py:one"), 176, ENGINE | {"sqlite3", "rich", "loguru", "sequent.runtime.store"}),
    Budget(("graph", "latest"), 137, ENGINE | {"rich", "loguru", "sequent.dsl", "sequent.runtime.loading"}),
    Budget(("prune", "--keep", "1"), 84, SETTLING),
    Budget(("store", "check"), 88, SETTLING - {"tempfile"}),
    Budget(("store", "backup", "copy.db"), 86, SETTLING - {"tempfile"}),
    Budget(("host", "ls"), 107, ENGINE - {"sequent.runtime.executors"} | {"rich", "loguru", "sqlite3"}, code=2),
    Budget(("completion", "show", "bash"), 29, READING - {"attrs", "cyclopts"}),
    Budget(("_complete", "sequent sh"), 30, SHOWING | {"attrs", "sqlite3"}),
    Budget(("_complete", "sequent show "), 75, READING - {"attrs", "cyclopts"}),
    Budget(("_complete", "sequent run flows.py:"), 128, LOADING - BUNDLES - {"cyclopts"}),
]
STEERING = [
    Budget(("hold", "slow1", "after"), 79, SETTLING),
    Budget(("release", "slow1", "after"), 79, SETTLING, code=2),
    Budget(("mark", "slow1", "after", "success"), 84, SETTLING),
    Budget(("approve", "slow1", "after"), 83, SETTLING, code=2),
    Budget(("stop", "slow1"), 76, SHOWING),
    Budget(("kill", "slow1"), 76, SHOWING),
]
"""Of those that steer a run that goes on."""
SCREENS = [
    Budget(("top",), 157, WATCHING | {"sequent.web", "sequent.html", "sequent.pictures"}, {"asyncio"}),
    Budget(("ui", "--no-open"), 213, WATCHING | {"sequent.tui", "textual"}, {"asyncio"}),
]
"""Of those that show runs until they are left."""
SCRIPT = """
import atexit, sys

def write():
    with open(sys.orig_argv[-1], "w") as file:
        file.write(" ".join(sys.modules))

atexit.register(write)
"""


@pytest.fixture
def modules(sequent):
    """Runs a program in a process of its own, and gives the modules that it had loaded in the end."""
    (sequent.directory / "flows.py").write_text(FLOWS)
    file = sequent.directory / "modules"

    def run(script, *words, code=0):
        done = subprocess.run(
            command(script, *words),
            cwd=sequent.directory,
            env=sequent.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        return set(file.read_text().split())

    def command(script, *words):
        return [sys.executable, "-c", SCRIPT + script, *words, str(file)]

    run.command, run.file = command, file
    return run


def of(modules, names):
    """The modules that have one of these names, or are within one."""
    return {module for module in modules for name in names if module == name or module.startswith(f"{name}.")}


def typed(*words):
    """The program of a command line."""
    return f"import sys; sys.argv[1:] = {list(words)!r}; from sequent.cli import main; sys.exit(main())"


def test_each_command_has_a_budget():
    assert {budget.words[0] for budget in (*BUDGETS, *STEERING, *SCREENS)} >= {*COMMANDS}


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: " ".join(budget.words))
def test_a_command_imports_what_it_uses(modules, budget):
    modules(typed("run", "flows.py:one"))
    keep(budget, modules(typed(*budget.words), code=budget.code))


def keep(budget, loaded):
    """Check what a command has imported."""
    assert of(loaded, budget.without | NEVER - budget.also) == set()
    own = of(loaded, {"sequent"})
    assert len(own) <= budget.most, sorted(own)


@pytest.mark.usefixtures("waiting_run")
@pytest.mark.parametrize("budget", STEERING, ids=lambda budget: " ".join(budget.words))
def test_a_command_that_steers_a_run_imports_what_it_uses(modules, budget):
    keep(budget, modules(typed(*budget.words), code=budget.code))


@pytest.mark.parametrize("budget", SCREENS, ids=lambda budget: budget.words[0])
def test_a_command_that_shows_runs_until_it_is_left_imports_what_it_uses(modules, sequent, budget):
    modules(typed("run", "flows.py:one"))
    sequent.environment |= {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    sequent.environment.pop("CI", None)
    ours, theirs = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    process = Child(modules.command(typed(*budget.words)), cwd=sequent.directory, env=sequent.environment, **streams)
    os.close(theirs)
    if budget.words[0] == "top":
        until_written(ours, "r00001")
        os.write(ours, b"q")
        until_written(ours, "\x1b[?1049l")
    else:
        until_written(ours, "Ctrl-C")
        process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    os.close(ours)
    keep(budget, set(modules.file.read_text().split()))


def test_a_script_of_the_builder_imports_what_it_uses(modules):
    loaded = modules("import sys, runpy; sys.argv[:] = ['flows.py']; runpy.run_path('flows.py', run_name='__main__')")
    assert of(loaded, PARSER | NEVER | {"loguru", "sequent.cli", "sequent.testing"}) == set()
    assert len(of(loaded, {"sequent"})) <= 303
