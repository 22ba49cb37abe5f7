"""The README tells the truth: its blocks are run, and what they show is what is seen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(kind, text) for kind, text in BLOCK.findall(README)]
COMMANDS = [text.strip() for kind, text in BLOCKS if kind == "sh"]

# What differs from one run to the next.
VARIABLE = [
    (re.compile(r"\br[0-9a-z]*\d[0-9a-z]*\b"), "RUN"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?"), "MOMENT"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|min)\b"), "DURATION"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A copy of the project in which it is installed, as far as ./try can tell, and a user without a store."""
    directory = tmp_path_factory.mktemp("project")
    for name in ("examples", "scripts"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("try", "pyproject.toml"):
        shutil.copy2(ROOT / name, directory / name)
    programs = directory / ".venv/bin"
    programs.mkdir(parents=True)
    for name, words in (("python", ""), ("sequent", " -m sequent")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        (programs / name).chmod(0o755)
    # The stamps by which ./try knows that it has nothing to install.
    for stamp, file in (("package", "pyproject.toml"), ("examples", "examples/requirements.txt")):
        sums = subprocess.run(["cksum", file], cwd=directory, capture_output=True, text=True, check=True)
        (directory / f".venv/installed-{stamp}").write_text(sums.stdout)
    return directory


def session(home):
    """Run all blocks in order, as one reader would. Gives (command, what it should show, what it showed)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEQUENT_")}
    environment["XDG_STATE_HOME"] = str(home / "state")
    environment["PATH"] = f"{home / '.venv/bin'}:{environment['PATH']}"
    for kind, text in BLOCKS:
        if kind == "python":
            name = text.splitlines()[0].removeprefix("# ")
            (home / name).write_text(text)
        if kind == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                typed, _, shown = part.partition("\n")
                done = subprocess.run(
                    ["sh", "-c", typed],
                    check=False,
                    cwd=home,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                yield typed, shown.splitlines(), done.stdout.splitlines()


def plain(line):
    """A line without what differs between runs."""
    for pattern, word in VARIABLE:
        line = pattern.sub(word, line)
    return " ".join(line.split())


def test_what_the_readme_shows_is_what_is_seen(home):
    for typed, shown, seen in session(home):
        expected = [plain(line) for line in shown if line.strip() != "..."]
        missing = [line for line in expected if line not in [plain(real) for real in seen]]
        assert missing == [], f"after `{typed}`, which showed:\n" + "\n".join(seen)
        assert expected or not seen, f"the README does not say that `{typed}` shows:\n" + "\n".join(seen)


def test_two_commands_of_one_line_each_do_everything():
    assert len(COMMANDS) == 2
    for command in COMMANDS:
        assert len(command.splitlines()) == 1
        assert os.access(ROOT / command, os.X_OK)


def test_ci_runs_the_second_command_as_it_stands():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == COMMANDS[1]
    workflow = (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")
    assert "run: bash .ci/run" in workflow


def test_every_command_is_in_the_table():
    from sequent.cli.app import COMMANDS as KNOWN

    assert set(re.findall(r"^\| `sequent (\w+)", README, re.MULTILINE)) == set(KNOWN)


def test_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []
