"""The rooms that decide have no door to the world: import-linter sees to modules, this to single calls."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sequent"
ROOMS = ("model", "compiler", "engine", "view")

# Built-ins that do I/O, run text as code, or differ from one process to the next.
FUNCTIONS = frozenset({"open", "print", "input", "breakpoint", "eval", "exec", "compile", "__import__", "hash"})
# What datetime, pathlib and os offer that looks at a clock, a disk or an environment.
METHODS = frozenset(
    {
        *("now", "utcnow", "today", "fromtimestamp", "astimezone"),
        *("read_text", "read_bytes", "write_text", "write_bytes", "exists", "is_file", "is_dir", "stat", "iterdir"),
        *("resolve", "absolute", "expanduser", "cwd", "home", "mkdir", "unlink", "getenv", "environ"),
    }
)


def impurities(source: str) -> list[str]:
    """The calls in a source that look at the world or change it."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in FUNCTIONS:
                found.append(f"{node.lineno}: {called.id}()")
            if isinstance(called, ast.Attribute) and called.attr in METHODS:
                found.append(f"{node.lineno}: .{called.attr}()")
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_pure_room_never_looks_at_the_world(room):
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files, f"sequent/{room} is empty"
    found = [f"{file.name}:{call}" for file in files for call in impurities(file.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nstarted = datetime.now()",
        "from datetime import date\nday = date.today()",
        "def load(path):\n    with open(path) as file:\n        return file.read()",
        "text = path.read_text()",
        "bucket = hash(name) % 8",
        "print('here')",
    ],
)
def test_a_look_at_the_world_is_found(source):
    assert len(impurities(source)) == 1


def test_code_that_only_computes_is_pure():
    assert impurities("from datetime import date\nday = date.fromisoformat('2026-11-24')\nsum([1, 2])") == []
