"""Nothing in the package trusts a host key that nobody has confirmed, or hands a shell what it was not given."""

from __future__ import annotations

import ast
from pathlib import Path

TREES = {
    str(file): ast.parse(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parents[3] / "sequent").rglob("*.py"))
}
# Each of paramiko's ways to trust, or to read files of known hosts by itself.
TRUSTING = {"AutoAddPolicy", "WarningPolicy", "MissingHostKeyPolicy", "SSHClient", "load_host_keys", "HostKeys"}


def names_in(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name


def test_no_unknown_host_key_is_ever_trusted():
    assert [(file, name) for file, tree in TREES.items() for name in names_in(tree) if name in TRUSTING] == []


def test_a_key_is_accepted_only_to_be_shown():
    accepting = [
        (Path(file).name, node.value)
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in ("accept-new", "StrictHostKeyChecking=no")
    ]
    assert accepting == [("ssh_program.py", "accept-new")]


def test_a_shell_is_started_in_one_module_at_most():
    shells = {
        file
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "shell" and getattr(node.value, "value", None) is True
    }
    assert len(shells) <= 1
