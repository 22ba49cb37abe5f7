"""A file of the author's that hides a module is named, and Sequent's own imports never go through his directory."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from sequent.hiding_files import LIBRARIES, hiding_in

FLOW = """
from sequent import container, step

@container
class nightly:
    @step
    def a(self) -> None: ...

if __name__ == "__main__":
    print(bool(nightly().run()))
"""
NAMES = [
    "random",
    "logging",
    "sqlalchemy",
    "msgspec",
    "types",
    "queue",
    "yaml",
    "enum",
    "typing",
    "email",
    "attr",
    "calendar",
]


@pytest.fixture
def beside(sequent):
    """Puts a file beside a flow."""
    (sequent.directory / "flow.py").write_text(FLOW)

    def put(name, text=""):
        file = sequent.directory / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    return put


def python(sequent, *words):
    return subprocess.run(
        [sys.executable, *words],
        cwd=sequent.directory,
        env=sequent.environment,
        capture_output=True,
        text=True,
        check=False,
    )


# -- which files hide which modules -------------------------------------------------------------------


def test_every_module_of_python_s_own_and_of_the_libraries_is_hidden_by_a_file_of_its_name(tmp_path):
    names = {name for name in sys.stdlib_module_names if not name.startswith("_")} - set(sys.builtin_module_names)
    names -= {"antigravity", "idlelib", "lib2to3", "test", "this", "tkinter", "turtle", "turtledemo"}
    for name in names | LIBRARIES:
        (tmp_path / f"{name}.py").touch()
    assert {name for _, name in hiding_in(str(tmp_path))} == names | LIBRARIES


@pytest.mark.parametrize(
    ("file", "hides"),
    [
        ("random.py", True),
        ("random.pyc", True),
        ("random.cpython-311-x86_64-linux-gnu.so", True),
        ("random/__init__.py", True),
        ("random/other.py", False),
        ("random.txt", False),
        ("random.py.bak", False),
        ("test.py", False),
        ("test/__init__.py", False),
        ("nightly.py", False),
        ("sys.py", False),
        ("_random_.py", False),
    ],
)
def test_what_python_would_import_hides_and_nothing_else(beside, sequent, file, hides):
    beside(file)
    assert bool([*hiding_in(str(sequent.directory))]) is hides


def test_a_directory_that_is_not_there_hides_nothing(tmp_path):
    assert [*hiding_in(str(tmp_path / "missing"))] == []


def test_the_libraries_are_those_that_the_package_requires_and_they_do():
    homes = {}
    for module, names in metadata.packages_distributions().items():
        for name in names:
            homes.setdefault(name.lower().replace("_", "-"), set()).add(module)
    left, seen = ["sequent"], set()
    while left:
        name = left.pop().lower().replace("_", "-")
        if name not in seen and (name == "sequent" or name in homes):
            seen.add(name)
            needed = [line for line in metadata.requires(name) or () if not re.search("extra ==|win32|Windows", line)]
            left += [re.match(r"[\w.-]+", line)[0] for line in needed]
    modules = {module for name in seen - {"sequent"} for module in homes[name] if not module.startswith("_")}
    assert modules <= LIBRARIES


# -- commands ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_command_names_the_file_and_says_what_to_do(beside, sequent, name):
    file = beside(f"{name}.py")
    target = "flow.py:nightly" if len(name) % 2 else "flow:nightly"
    # As it is installed: with -m, Python itself needs some of these before Sequent begins.
    done = python(sequent, str(Path(sys.executable).parent / "sequent"), "check", target)
    assert done.returncode == 2
    assert f"{str(file)!r} hides the module {name!r}" in done.stderr
    assert "rename it" in done.stderr
    assert done.stdout == ""


def test_a_run_leaves_no_store_and_a_package_is_named_as_well(beside, sequent):
    beside("random/__init__.py", "raise SystemExit(3)")
    done = sequent("run", "flow.py:nightly", "--store", "new.db")
    assert done.returncode == 2
    assert f"{str(sequent.directory / 'random')!r} hides the module 'random'" in done.stderr
    assert not (sequent.directory / "new.db").exists()


def test_the_flow_s_own_file_hides_a_module_too(beside, sequent):
    beside("queue.py", FLOW)
    done = sequent("run", "queue.py:nightly")
    assert done.returncode == 2
    assert "queue.py' hides the module 'queue'" in done.stderr


def test_a_recovery_names_it_as_well(beside, sequent):
    beside("flow.py", FLOW.replace("-> None: ...", "-> None: 1 / 0"))
    assert sequent("run", "flow.py:nightly", "--run-id", "one").returncode == 1
    beside("secrets.py")
    done = sequent("recover", "one")
    assert done.returncode == 2
    assert "secrets.py' hides the module 'secrets'" in done.stderr


# -- python -m sequent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["random", "sqlalchemy", "typing", "inspect"])
def test_as_a_module_sequent_imports_nothing_of_the_current_directory(beside, sequent, name):
    beside(f"{name}.py", "raise SystemExit(3)")
    assert python(sequent, "-m", "sequent", "ls").returncode == 0
    done = python(sequent, "-m", "sequent", "run", "flow.py:nightly")
    assert done.returncode == 2
    assert f"{name}.py' hides the module {name!r}" in done.stderr


def test_what_python_itself_has_taken_from_there_is_named(beside, sequent):
    beside("warnings.py")
    done = python(sequent, "-m", "sequent", "ls")
    assert done.returncode == 2
    assert "warnings.py' hides the module 'warnings'" in done.stderr


def test_a_flow_of_the_current_directory_is_found_as_a_module(beside, sequent):
    assert python(sequent, "-m", "sequent", "run", "flow:nightly").returncode == 0


# -- scripts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["inspect", "msgspec", "types", "enum", "selectors", "ctypes"])
def test_a_script_that_breaks_by_it_names_the_file(beside, sequent, name):
    beside(f"{name}.py")
    done = python(sequent, "flow.py")
    assert done.returncode == 1
    assert f"{name}.py' hides the module {name!r}\n  hint: rename it" in done.stderr
    assert "/sequent/" not in done.stderr


def test_a_script_beside_a_file_that_does_no_harm_runs(beside, sequent):
    beside("chunk.py")
    done = python(sequent, "flow.py")
    assert (done.returncode, done.stdout) == (0, "True\n")


def test_an_error_of_the_author_s_own_is_shown_as_python_shows_it(beside, sequent):
    beside("random.py")
    beside("own.py", "import sequent\nimport random\nprint(1 / 0)\n")
    done = python(sequent, "own.py")
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("@sequent.container\nclass flow:\n    @sequent.step(retires=3)\n    def a(self): ...\n", [2]),
        ("flow = sequent.Sequent('flow')\n\ndef build():\n    flow.add_step('a', 3)\n\nbuild()\n", [7, 5]),
        ("sequent.Sequent('flow').run()\n", [2]),
    ],
)
def test_a_mistake_in_a_script_is_shown_with_the_author_s_lines_alone(beside, sequent, text, lines):
    file = beside("own.py", f"import sequent\n{text}")
    done = python(sequent, "own.py")
    assert done.returncode == 1
    assert [int(line) for line in re.findall(rf'File "{file}", line (\d+)', done.stderr)] == lines
    assert "/sequent/" not in done.stderr.replace(str(file), "")
    assert re.search(r"^sequent\.errors\.\w+Error: .*own\.py:\d+", done.stderr, re.MULTILINE)
