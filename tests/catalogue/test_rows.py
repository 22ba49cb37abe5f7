"""The catalogue is complete: each row is tested here or elsewhere, or says why it cannot be met."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from tests.catalogue.rows import ELSEWHERE, LATER, ROWS

ROOT = Path(__file__).parents[2]


def rows_here():
    """The rows whose numbers the parameters of this folder's tests bear."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.catalogue.{file.stem}")
        for name, test in vars(module).items():
            for mark in getattr(test, "pytestmark", []) if name.startswith("test_") else []:
                for value in mark.args[1] if mark.name == "parametrize" else ():
                    first = value[0] if isinstance(value, tuple) else value
                    if isinstance(first, str) and first.startswith("row_"):
                        yield int(first[4:7])


def test_each_row_is_tested_or_says_why_it_cannot_be_met():
    assert sorted({*rows_here(), *ELSEWHERE, *LATER}) == list(ROWS)


def test_what_is_for_later_is_not_tested_now():
    assert not {*rows_here(), *ELSEWHERE} & {*LATER}


@pytest.mark.parametrize("node", sorted({node for nodes in ELSEWHERE.values() for node in nodes}))
def test_each_test_that_is_named_exists(node):
    file, _, name = node.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    assert name in {part.name for part in tree.body if isinstance(part, ast.FunctionDef)}
