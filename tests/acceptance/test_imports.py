"""What each command imports: what it does not use, it does not load."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest
from attrs import field, frozen

from tests.acceptance.small_flows import FLOWS

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


@frozen
class Budget:
    """What a command may import."""

    words: tuple[str, ...]
    most: int
    """Modules of the package."""
    without: frozenset[str] = field(converter=frozenset)
    """Packages and modules that it does not need."""


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
    Budget(("check", "flows.py:one"), 152, LOADING),
    Budget(("plan", "flows.py:one"), 152, LOADING),
    Budget(("config",), 66, SETTING | BUNDLES),
    Budget(("config", "flows.py:one"), 125, LOADING - {"logging"} | {"sequent.compiler"}),
    Budget(("run", "flows.py:one"), 321, PARSER | BUNDLES | {"loguru", "sequent.runtime.executors.thread_executor"}),
    Budget(("run", "flows.py:listed"), 321, PARSER | BUNDLES | {"loguru", "sequent.runtime.executors.thread_executor"}),
    Budget(("try", "latest", "first"), 275, {"loguru", "sequent.engine"}),
    Budget(
        ("report", "-o", "report.html"), 187, {"sequent.runtime.driver", "sequent.runtime.loading", "sequent.engine"}
    ),
    Budget(("completion", "show", "bash"), 29, READING - {"attrs", "cyclopts"}),
    Budget(("_complete", "sequent sh"), 30, SHOWING | {"attrs", "sqlite3"}),
    Budget(("_complete", "sequent show "), 75, READING - {"attrs", "cyclopts"}),
    Budget(("_complete", "sequent run flows.py:"), 121, LOADING - BUNDLES - {"cyclopts"}),
]
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

    def run(script, *words):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT + script, *words, str(file)],
            cwd=sequent.directory,
            env=sequent.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return set(file.read_text().split())

    return run


def of(modules, names):
    """The modules that have one of these names, or are within one."""
    return {module for module in modules for name in names if module == name or module.startswith(f"{name}.")}


def typed(*words):
    """The program of a command line."""
    return f"import sys; sys.argv[1:] = {list(words)!r}; from sequent.cli import main; sys.exit(main())"


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: " ".join(budget.words))
def test_a_command_imports_what_it_uses(modules, budget):
    modules(typed("run", "flows.py:one"))
    keep(budget, modules(typed(*budget.words)))


def keep(budget, loaded):
    """Check what a command has imported."""
    assert of(loaded, budget.without | NEVER) == set()
    own = of(loaded, {"sequent"})
    assert len(own) <= budget.most, sorted(own)


@pytest.mark.parametrize("word", ["stop", "kill"])
@pytest.mark.usefixtures("waiting_run")
def test_a_command_that_ends_a_run_imports_what_it_uses(modules, word):
    keep(Budget((word, "slow1"), 76, SHOWING), modules(typed(word, "slow1")))


def test_a_script_of_the_builder_imports_what_it_uses(modules):
    loaded = modules("import sys, runpy; sys.argv[:] = ['flows.py']; runpy.run_path('flows.py', run_name='__main__')")
    assert of(loaded, PARSER | NEVER | {"loguru", "sequent.cli", "sequent.testing"}) == set()
    assert len(of(loaded, {"sequent"})) <= 300
