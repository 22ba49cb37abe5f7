"""No recovery rests on the words of a sentence: a version that says all of them otherwise takes up this one's runs."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOW = f"{ROOT}/tests/runtime/store/stores/v3/every_word.py:every_word"
"""A flow with every word of the language."""
WORD = re.compile(r"(?<![\w{%$.:=\\-])[a-z]{2,}(?![\w}=(\\-])")
NO_SENTENCE = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|PRAGMA|BEGIN|FROM|WHERE|INTEGER|TEXT|import)\b"
)
COLUMNS = re.compile(r"[a-z_ ]+")
NO_SENTENCES = {"compile", "findall", "split", "sub"}
"""What takes a text with spaces in it that nobody reads."""


class Rewording(ast.NodeTransformer):
    """Says each text that has a space in it in capitals: whole sentences, and pieces that one is put together from."""

    def __init__(self, file: Path) -> None:
        self.has_columns = "store" in file.parts

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return node if name in NO_SENTENCES else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, str) or " " not in node.value or NO_SENTENCE.search(node.value):
            return node
        if self.has_columns and COLUMNS.fullmatch(node.value):
            return node
        return ast.copy_location(ast.Constant(WORD.sub(lambda word: word.group().upper(), node.value)), node)


@pytest.fixture
def reworded(tmp_path):
    """A folder with the package as it would be if each of its sentences had other words."""
    for file in (ROOT / "sequent").rglob("*.py"):
        other = tmp_path / "reworded" / file.relative_to(ROOT)
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_text(ast.unparse(Rewording(file).visit(ast.parse(file.read_text("utf-8")))), "utf-8")
    shutil.copytree(
        ROOT / "sequent",
        tmp_path / "reworded" / "sequent",
        ignore=shutil.ignore_patterns("*.py", "__pycache__"),
        dirs_exist_ok=True,
    )
    return tmp_path / "reworded"


def test_a_run_is_recovered_by_a_version_that_says_everything_otherwise(sequent, tmp_path, reworded):
    world = tmp_path / "world"
    world.mkdir()
    sequent.environment |= {"KEPT_WORLD": str(world), "SEQUENT_SECRET_PIN": "1234567"}
    assert sequent("run", FLOW, "--run-id", "bad").returncode == 1
    (world / "mended").touch()
    sequent.environment["PYTHONPATH"] = str(reworded)
    assert "WHICH RUNS AGAIN" in sequent("recover", "bad", "--flow", FLOW, "--plan").stdout
    recovered = sequent("recover", "bad", "--flow", FLOW)
    assert (recovered.returncode, "CHANGED" in recovered.stderr) == (0, False), recovered.stderr
    assert sequent("show", "bad").stdout.startswith("RUN bad OF every_word: ")
