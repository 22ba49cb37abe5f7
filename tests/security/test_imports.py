"""To import Sequent, or to ask its commands, opens no connection and imports nobody else's code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import sequent

PACKAGE = Path(sequent.__file__).parent
SCRIPT = """
import sys

REFUSED = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}

def refuse(event, arguments):
    if event in REFUSED or event.startswith(("urllib", "http", "ftplib", "smtplib")):
        print(event, arguments, file=sys.stderr)
        sys.stderr.flush()
        import os
        os._exit(9)

sys.addaudithook(refuse)
{first}
import pkgutil

import sequent

names = [found.name for found in pkgutil.walk_packages(sequent.__path__, "sequent.")]
for name in names:
    if not name.endswith("__main__"):
        __import__(name)
for word in sequent.__all__:
    getattr(sequent, word)
from sequent.cli import main
main(["--version"])
main(["--help"])
print(len(names))
"""


def imported(first: str) -> subprocess.CompletedProcess[str]:
    """Import all there is, after this statement."""
    script = SCRIPT.replace("{first}", first)
    return subprocess.run([sys.executable, "-c", script], cwd="/", capture_output=True, text=True, check=False)


def test_no_import_opens_a_connection():
    done = imported("")
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.splitlines()[-1]) > 300


def test_the_hook_of_this_test_notices_one():
    done = imported("import socket; socket.socket().connect(('127.0.0.1', 9))")
    assert (done.returncode, done.stderr.startswith("socket.connect")) == (9, True)


LOADING = {
    "sequent/__init__.py": "names of the package itself",
    "sequent/__main__.py": "_signal, before anything else",
    "sequent/testing/__init__.py": "names of the package itself",
    "sequent/digests.py": "_sha2 or _sha256, as this version of Python names it",
    "sequent/cli/import_speed.py": "msgspec",
    "sequent/cli/command_table.py": "the module of the typed command",
    "sequent/runtime/loading/modules.py": "the flow, and modules that steps name",
    "sequent/runtime/agent/loop.py": "modules of the package, before workers are forked",
    "sequent/runtime/worker/process_state/interpreter.py": "tracemalloc, which a step may have removed",
    "sequent/runtime/worker/process_state/signals.py": "_signal, which a step may have replaced",
}
"""The only modules that import by name, and what."""
EVALUATES = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "import_module",
    "spec_from_file_location",
    "run_path",
    "run_module",
}
UNPICKLES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle"}


def called_in(tree: ast.Module) -> set[str]:
    """The functions that a module calls; of methods those of modules that load code."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(name)):
                names.add(name)
            case ast.Call(func=ast.Attribute(_, ("import_module" | "spec_from_file_location" | "run_path") as name)):
                names.add(name)
            case ast.Call(func=ast.Attribute(ast.Name("builtins" | "runpy"), name)):
                names.add(name)
    return names


def modules_of(tree: ast.Module) -> set[str]:
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_one_module_unpickles_and_those_that_import_by_name_are_known():
    trees = {
        str(path.relative_to(PACKAGE.parent)): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))
    }
    assert [name for name, tree in trees.items() if UNPICKLES & modules_of(tree)] == [
        "sequent/runtime/worker/pickles.py"
    ]
    assert {name for name, tree in trees.items() if EVALUATES & called_in(tree)} == LOADING.keys()
