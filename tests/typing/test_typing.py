"""Both type checkers, strict, accept a flow written rightly and refuse each mistake at its line."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import blocks_of

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def errors_of_mypy(file, tmp_path):
    """The lines of a file at which mypy, with the package's plugin, sees an error."""
    name = file.name
    settings = tmp_path / "mypy.ini"
    settings.write_text(
        "[mypy]\nstrict = True\nwarn_unreachable = True\nplugins = sequent.mypy_plugin\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--cache-dir", str(tmp_path / "cache")]
    # What the package itself may have wrong is told by another check.
    done = subprocess.run(
        [*command, "--follow-imports=silent", str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = re.findall(rf"{re.escape(name)}:(\d+): error", done.stdout)
    assert found or "Success" in done.stdout, done.stdout + done.stderr
    return {int(line) for line in found}


def errors_of_pyright(file, tmp_path):
    """The lines of a file at which pyright sees an error."""
    name = file.name
    # Pyright looks only at files below its settings.
    shutil.copy(file, tmp_path)
    options = {"typeCheckingMode": "strict", "include": [name], "extraPaths": [str(ROOT)], "pythonVersion": "3.11"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(options), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 1, report
    return {
        entry["range"]["start"]["line"] + 1 for entry in report["generalDiagnostics"] if entry["severity"] == "error"
    }


def marked_lines(name, marks):
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith(tuple(f"# {mark}" for mark in marks))}


@pytest.mark.parametrize("name", ["right.py", "wrong.py"])
@pytest.mark.parametrize(("checker", "marks"), [(errors_of_mypy, "EM"), (errors_of_pyright, "E")])
def test_a_checker_sees_an_error_at_each_marked_line_and_nowhere_else(checker, marks, name, tmp_path):
    marked = marked_lines(name, marks)
    assert bool(marked) is (name == "wrong.py")
    assert checker(HERE / name, tmp_path) == marked


@pytest.mark.parametrize(("page", "name"), [("README.md", "nightly.py"), ("docs/tutorial.md", "shop.py")])
@pytest.mark.parametrize("checker", [errors_of_mypy, errors_of_pyright])
def test_the_flows_that_newcomers_meet_first_pass_both_checkers_and_the_page_says_how(checker, page, name, tmp_path):
    shown = [text for kind, text in blocks_of(ROOT / page) if kind == "python" and text.startswith(f"# {name}\n")]
    file = tmp_path / "page" / name
    file.parent.mkdir()
    file.write_text(shown[-1], encoding="utf-8")
    assert checker(file, tmp_path) == set()
    told = (ROOT / page).read_text(encoding="utf-8")
    assert 'plugins = ["sequent.mypy_plugin"]' in told
    assert "pyright needs no plugin" in told
