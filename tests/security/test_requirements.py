"""Each requirement of security has tests, and they are there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.security.requirements import REQUIREMENTS

ROOT = Path(__file__).parents[2]


def test_every_requirement_is_listed():
    assert list(REQUIREMENTS) == [f"S{number}" for number in range(1, 17)]
    assert all(requirement.text.endswith(".") for requirement in REQUIREMENTS.values())


@pytest.mark.parametrize("number", REQUIREMENTS)
def test_the_tests_that_show_a_requirement_are_there(number):
    tests = REQUIREMENTS[number].tests
    assert len({*tests}) == len(tests) > 0
    for test in tests:
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert any(function.startswith("test_") for function in functions), file
        assert not name or name in functions, test


def test_every_test_of_this_folder_shows_a_requirement():
    files = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
    shown = {Path(test.partition("::")[0]).name for each in REQUIREMENTS.values() for test in each.tests}
    assert files <= shown


def test_the_pages_about_security_lead_to_each_other_and_to_the_list():
    links = {
        "SECURITY.md": ("tests/security/requirements.py", "docs/security.md"),
        "README.md": ("SECURITY.md",),
        "CONTRIBUTING.md": ("SECURITY.md", "tests/security/requirements.py"),
        "docs/security.md": ("SECURITY.md", "tests/security/requirements.py"),
        "docs/index.md": ("security.md",),
    }
    for page, files in links.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        assert [file for file in files if file not in text] == [], page
