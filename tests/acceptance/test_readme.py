"""The README tells the truth: its blocks are run, and what they show is what is seen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pages import blocks_of, install_programs, read

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = blocks_of(ROOT / "README.md")
COMMANDS = [text.strip() for kind, text in BLOCKS if kind == "sh"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A copy of the project in which it is installed, as far as ./try can tell, and a user without a store."""
    directory = tmp_path_factory.mktemp("project")
    for name in ("examples", "scripts"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("try", "pyproject.toml"):
        shutil.copy2(ROOT / name, directory / name)
    install_programs(directory / ".venv/bin", {"python": "", "sequent": " -m sequent"})
    # The stamps by which ./try knows that it has nothing to install.
    for stamp, file in (("package", "pyproject.toml"), ("examples", "examples/requirements.txt")):
        sums = subprocess.run(["cksum", file], cwd=directory, capture_output=True, text=True, check=True)
        (directory / f".venv/installed-{stamp}").write_text(sums.stdout)
    return directory


def test_what_the_readme_shows_is_what_is_seen(home):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEQUENT_")}
    environment["XDG_STATE_HOME"] = str(home / "state")
    environment["PATH"] = f"{home / '.venv/bin'}:{environment['PATH']}"
    for typed in read(BLOCKS, home, environment):
        typed.check()


def test_two_commands_of_one_line_each_do_everything():
    assert len(COMMANDS) == 2
    for command in COMMANDS:
        assert len(command.splitlines()) == 1
        assert os.access(ROOT / command, os.X_OK)


def test_ci_runs_the_second_command_as_it_stands():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == COMMANDS[1]
    workflow = (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")
    assert re.search(r"run: .*bash \.ci/run$", workflow, re.MULTILINE)


def test_every_command_is_in_the_table():
    from sequent.cli.command_table import COMMANDS as KNOWN

    assert set(re.findall(r"^\| `sequent (\w+)", README, re.MULTILINE)) == set(KNOWN)


def test_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []
