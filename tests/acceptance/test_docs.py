"""The documentation tells the truth: each page is read as a newcomer would, in a directory of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import blocks_of, install_programs, read

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if blocks_of(page))


@pytest.fixture
def environment(tmp_path):
    """A user without a store, who has installed Sequent."""
    programs = tmp_path / "bin"
    install_programs(programs, {"python": "", "sequent": " -m sequent", "pytest": " -m pytest -p no:cacheprovider"})
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEQUENT_")}
    return {**kept, "XDG_STATE_HOME": str(tmp_path / "state"), "PATH": f"{programs}:{kept['PATH']}", "COLUMNS": "120"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_what_a_page_shows_is_what_is_seen(page, tmp_path, environment):
    home = tmp_path / "home"
    home.mkdir()
    for typed in read(blocks_of(page), home, environment):
        typed.check()


def test_the_site_builds_without_warnings(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "site/index.html").exists()
