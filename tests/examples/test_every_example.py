"""What holds for every flow of a peer: it says whose it is, compiles without a warning, is short, and is run here."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.runtime.loading.flows import load_flow

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "peers").glob("*.py"))
MOST_LINES = 50


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_compiles_and_has_what_it_promises(file):
    text = file.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(text))
    shown = re.search(r"`(?:sequent run|python) (examples/peers/\S+?)(?: .*)?`", said)
    assert shown, "the docstring tells how to try it"
    assert shown[1].startswith(f"examples/peers/{file.name}")
    spec = definition_of(load_flow(str(ROOT / shown[1])).flow).spec
    compile_flow(spec, {parameter.name: '"?"' for parameter in spec.params if parameter.default is None})
    assert spec.warnings == ()


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_names_its_peer_and_what_that_needs(file):
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert re.search(r"^The peers?: .+?\. (It|They) needs? ", said, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_short(file):
    text = file.read_text(encoding="utf-8")
    code = text.splitlines()[ast.parse(text).body[0].end_lineno :]
    assert 15 <= len([line for line in code if line.strip()]) <= MOST_LINES


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_run_by_a_test(file):
    tests = [test.read_text(encoding="utf-8") for test in Path(__file__).parent.glob("test_*.py")]
    assert any(f"from examples.peers.{file.stem} import" in test for test in tests)


def test_the_list_of_examples_is_whole():
    listed = re.findall(r"\]\((\w+\.py)\)", (ROOT / "examples" / "peers" / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [file.name for file in EXAMPLES]


def test_the_suite_runs_as_a_script_and_recovers_as_one(tmp_path):
    environment = {**os.environ, "SEQUENT_STORE": str(tmp_path / "store.db"), "PYTHONPATH": str(ROOT)}

    def python(*words):
        return subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    for day in (1, 2, 3):
        (tmp_path / f"2026-03-0{day}.obs").write_text("nst")
    (tmp_path / "archive.txt").mkdir()
    failed = python(str(ROOT / "examples/peers/ecflow_suite.py"))
    assert (failed.returncode, failed.stdout) == (0, "failure\n")
    (tmp_path / "archive.txt").rmdir()
    recovered = python("-m", "sequent", "recover")
    assert (recovered.returncode, recovered.stdout) == (0, "success\n"), recovered.stderr
    assert len((tmp_path / "archive.txt").read_text().splitlines()) == 9
