"""The house stays one that people like to read: small files, small functions, names that say something."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from scripts.measure import PLACES, Module, circles, defined_twice, loaded_with, read

ROOT = Path(__file__).parents[1]
SOURCES = {
    str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in sorted((ROOT / "sequent").rglob("*.py"))
}
TREES = {name: ast.parse(source) for name, source in SOURCES.items()}

MODULES = read(ROOT)

LONGEST_FILE = 320
LONGEST_FUNCTION = 60
# They say nothing of what a thing is, so that anything ends up in it.
EMPTY_WORDS = re.compile(r"managers?|handlers?|helpers?|utils?|common|base|misc", re.IGNORECASE)
SILENCED_ALTOGETHER = re.compile(
    r"#\s*((ruff:\s*)?noqa|type:\s*ignore|pyright:\s*(ignore|basic|off)|mypy:\s*ignore[-_]errors)\s*($|#)"
)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_a_file_fits_on_a_few_pages():
    lengths = {name: len(source.splitlines()) for name, source in SOURCES.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_a_function_can_be_read_at_once():
    functions = [(name, node) for name, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, FUNCTION)]
    lengths = {f"{name}:{f.lineno} {f.name}": (f.end_lineno or f.lineno) - f.lineno + 1 for name, f in functions}
    assert {where: length for where, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_names_say_what_a_thing_is():
    defined = [
        (name, node.name)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, (*FUNCTION, ast.ClassDef))
    ]
    modules = [(name, part) for name in TREES for part in Path(name).with_suffix("").parts]
    assert [(name, word) for name, word in (*modules, *defined) if is_empty(word)] == []


def is_empty(name):
    """Whether one of a name's words is an empty one: RunManager, path_utils."""
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)
    return any(EMPTY_WORDS.fullmatch(word) for word in words)


def test_an_empty_word_is_found_anywhere_in_a_name_and_a_full_one_is_left_alone():
    assert is_empty("RunManager")
    assert is_empty("path_utils")
    assert not is_empty("database_of")
    assert not is_empty("handles")


def test_a_module_says_in_a_sentence_what_it_is_for():
    docstrings = {name: ast.get_docstring(tree) or "" for name, tree in TREES.items()}
    assert [name for name, text in docstrings.items() if not text.split("\n\n")[0].endswith((".", "?"))] == []


def test_a_module_or_room_that_a_sentence_names_is_there():
    rooms = {name.split("/")[-2] for name in SOURCES} - {"sequent"}
    named: set[tuple[str, str]] = set()
    for name, source in SOURCES.items():
        inside = re.findall(r"``(\w+)\.(\w+)(?:\.\w+)*``", source)
        named |= {(name, f"/{room}/{part}") for room, part in inside if room in rooms}
        named |= {(name, f"/{path}") for path in re.findall(r"``(\w+/[\w/]+)\.py``", source)}
    assert len(named) > 5
    is_there = {path for _, path in named if any(f"{path}." in file or f"{path}/" in file for file in SOURCES)}
    assert [(name, path) for name, path in named if path not in is_there] == []


def test_a_checker_is_silenced_for_a_rule_and_never_altogether():
    lines = [(name, line) for name, source in SOURCES.items() for line in source.splitlines()]
    assert [(name, line) for name, line in lines if SILENCED_ALTOGETHER.search(line)] == []


def test_importing_sequent_loads_nothing_heavy():
    script = "import sequent, sys; print(*sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(shown.stdout.split())
    assert "sequent" in loaded
    assert loaded & {"sqlalchemy", "paramiko", "networkx", "rich", "cyclopts", "yaml"} == set()


# Each command, each `run()` and each use of a store imports what only it needs where it does it: start-up is held by
# tests/acceptance/test_loading.py.
ENTRANCES = re.compile(r"sequent(\.(cli(\..*)?|api|uncaught|runtime\.(store|reading)(\..*)?))?")
# What others made, is slow to load, and is needed by few.
SLOW = {"asyncio", "difflib", "grp", "logging", "loguru", "networkx", "platformdirs", "pytimeparse", "rich"}
SLOW |= {"subprocess", "tempfile", "tomllib", "yaml", "zoneinfo"}


def test_an_import_inside_a_function_has_its_reason():
    without = [
        f"{name}:{line} {imported}"
        for name, module in MODULES.items()
        for imported, line in imports_inside(module)
        if not ENTRANCES.fullmatch(name) and imported.split(".")[0] not in SLOW and not has_comment_above(module, line)
    ]
    assert without == []


def imports_inside(module):
    return [(imported, line) for place, imported, line in module.imports() if place == PLACES[2]]


def has_comment_above(module, line):
    """Whether a comment stands at an import, or above the imports that it is one of."""
    lines = module.source.splitlines()
    if "  # " in lines[line - 1]:
        return True
    before = (text.strip() for text in reversed(lines[: line - 1]))
    above = next(text for text in before if text and not text.startswith(("from ", "import ")))
    return above.startswith("#")


def test_what_is_loaded_anyway_is_imported_at_the_top():
    loaded = loaded_with(MODULES)
    in_vain = [
        f"{name}:{line} {imported}"
        for name, module in MODULES.items()
        for known in [loaded(name)]
        for imported, line in imports_inside(module)
        if (imported if imported in MODULES else imported.rpartition(".")[0]) in known
    ]
    assert in_vain == []


def test_environment_variables_are_named_in_one_place():
    """Settings refuse all variables with our prefix that this place does not list."""
    literals = {
        (name, node.value)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("SEQUENT_[A-Z_]*", node.value)
    }
    # A constant of the original; and pytest loads the plugin wherever Sequent is installed, so it imports nothing.
    others = {("sequent/__init__.py", "SEQUENT_RESTART"), ("sequent/testing/plugin.py", "SEQUENT_STORE")}
    assert {it for it in literals if it[0] != "sequent/model/variables.py"} == others


def test_a_class_has_a_name_of_its_own():
    assert defined_twice(MODULES) == {}


def test_no_modules_import_each_other():
    assert circles(MODULES, *PLACES) == []


def test_the_files_that_contributors_are_sent_to_are_there():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.split("## Where a change goes")[1].split("## ")[0]
    paths = re.findall(r"`([\w.-]+/[\w./-]*)`", table)
    assert len(paths) > 20
    assert [path for path in paths if not ((ROOT / "sequent" / path).exists() or (ROOT / path).exists())] == []


def test_contributors_are_told_of_every_room():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tables = [
        rows
        for title in ("room", "room of `cli`", "room of `dsl`", "room of `runtime`")
        for rows in re.findall(rf"^\| {title} \| does \|\n((?:\|.*\n)+)", page, re.MULTILINE)
    ]
    assert len(tables) == 4
    told = {
        word for table in tables for row in table.splitlines() for word in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    package = ROOT / "sequent"
    rooms = {
        folder.name
        for place in (package, package / "cli", package / "dsl", package / "runtime")
        for folder in place.glob("*/")
    }
    assert rooms - {"__pycache__"} - told == set()


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Who uses these has them: the plugin of mypy is loaded by mypy, the plugin of pytest by pytest, and types by checkers.
BROUGHT_BY_USERS = {
    "sequent.mypy_plugin": {"mypy"},
    "sequent.testing.plugin": {"pytest"},
    "sequent.runtime.logs.log_losses": {"_typeshed"},
}


def test_what_the_package_imports_is_what_it_depends_on():
    by_module = {name: imported([module]) for name, module in MODULES.items()}
    used = set().union(*(names - BROUGHT_BY_USERS.get(name, set()) for name, names in by_module.items()))
    optional = [name for names in PROJECT["project"]["optional-dependencies"].values() for name in names]
    assert distributions(used) == required([*PROJECT["project"]["dependencies"], *optional])


def test_what_tests_and_scripts_import_is_installed_for_development():
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]
    modules = imported(Module(file.stem, file) for file in files)
    known = required([*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]])
    assert distributions(modules - {"tests", "examples", "scripts"}) - known == set()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_has_every_package_that_the_project_names(file):
    project = PROJECT["project"]
    optional = [name for names in project["optional-dependencies"].values() for name in names]
    development = PROJECT["dependency-groups"]["dev"] if file == "requirements-dev.txt" else optional
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE)}
    assert required([*project["dependencies"], *development]) - locked == set(), "sh scripts/lock.sh renews it"


def imported(modules):
    """The names of the packages of others that are imported anywhere."""
    names = {name.split(".")[0] for module in modules for _, name, _ in module.imports()}
    return names - sys.stdlib_module_names - {"sequent"}


def distributions(modules):
    """What is installed to have these modules; a module of nothing installed stands for itself."""
    known = packages_distributions()
    return {normal(name) for module in modules for name in known.get(module, [module])}


def required(requirements):
    return {normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in requirements}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


STARTED_OTHERWISE = {
    "tests/faults/copied_drivers.py",  # a whole module's
    "tests/faults/held_way.py",  # a program, no test
    "tests/faults/lossy_way.py",  # a program, no test
    "tests/faults/many_words.py",  # a step
    "tests/runtime/agent/test_loop.py",  # a step
    "tests/runtime/hosts/sessions.py",  # a host's, for as long as the host
    "tests/runtime/store/stores/v3/write.py",  # a program, no test
    "tests/sshd.py",  # a server of all tests
}
"""Modules that start processes which do not end with a test, or are ended with a block."""


def test_a_test_starts_a_process_that_ends_with_it():
    found = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("*.py")
        if starts_otherwise(ast.parse(file.read_text("utf-8")))
    }
    assert found == STARTED_OTHERWISE, "start a Child of tests.children, or begin a block"


def starts_otherwise(tree: ast.Module) -> bool:
    """Whether it calls Popen elsewhere than at the head of a block."""
    nodes = [*ast.walk(tree)]
    heads = {id(item.context_expr) for node in nodes if isinstance(node, ast.With) for item in node.items}
    calls = [node for node in nodes if isinstance(node, ast.Call) and id(node) not in heads]
    return any(ast.unparse(call.func).split(".")[-1] == "Popen" for call in calls)
