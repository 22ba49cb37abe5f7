"""The lines of a crontab that the page on cron shows, executed as cron does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import FILE_NAME, blocks_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/cron.md"
FIELD = r"(?:\*|\d+(?:-\d+)?)(?:/\d+)?"
LINE = re.compile(rf"{FIELD}(?:\s+{FIELD}){{4}}\s+(.+)")
BOUNDS = (59, 23, 31, 12, 7)
BLOCKS = blocks_of(PAGE)
LINES = [line for kind, text in BLOCKS if kind == "text" for line in text.splitlines()]


@pytest.fixture
def home(tmp_path) -> Path:
    """A user's home with the page's flows, and Sequent in the directory where the lines look for it."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    program = tmp_path / ".venv/bin/sequent"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec "{sys.executable}" -m sequent "$@"\n')
    program.chmod(0o755)
    for _, text in BLOCKS:
        name = FILE_NAME.match(text.splitlines()[0])
        if name is not None:
            (tmp_path / name[1]).write_text(text)
    (tmp_path / "address").write_text("ada@example.org")
    return tmp_path


def by_cron(home: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Execute a line: in a bare environment, by sh, from the home directory; an unescaped ``%`` ends the command."""
    command = LINE.fullmatch(line)
    assert command is not None, line
    typed, *given = re.split(r"(?<!\\)%", command[1])
    moved = re.sub(r"/srv/\w+", str(home), typed.replace(r"\%", "%"))
    return subprocess.run(
        ["/bin/sh", "-c", moved],
        cwd=home,
        env={"HOME": str(home), "LOGNAME": "ada", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"},
        input="\n".join(given),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_page_shows_lines_that_a_crontab_may_have():
    assert len(LINES) >= 3
    for line in LINES:
        assert LINE.fullmatch(line), line
        for field, highest in zip(line.split()[:5], BOUNDS, strict=True):
            assert all(int(number) <= highest for number in re.findall(r"\d+", field)), line


@pytest.mark.parametrize("line", [line for line in LINES if " run " in line])
def test_a_line_that_starts_a_run_says_only_how_it_ended(home, line):
    (home / "orders.csv").write_text("1\n2\n")
    done = by_cron(home, line)
    assert (done.returncode, done.stdout) == (0, "sent 2 rows\n"), done.stderr
    assert re.fullmatch(r"run r00001: ✓ success in .*, 2 success\n", done.stderr)


def test_a_line_that_recovers_tries_once_more_after_a_failure_and_only_then(home):
    (line,) = [line for line in LINES if "recover" in line]
    done = by_cron(home, line)
    assert done.returncode == 1
    assert done.stderr.count("✗ failure  load/1") == 2
    assert "✗ failure  load/1  (attempt 2)" in done.stderr
    unknown = by_cron(home, line.replace("nightly.py:nightly", "nightly.py:nightfall"))
    assert unknown.returncode != 0
    assert "attempt 3" not in unknown.stderr


def test_a_run_that_a_line_goes_on_with_every_hour_survives_a_failure(home):
    (hourly,) = [line for line in LINES if " continue " in line]
    (home / "address").unlink()

    def by_hand(words: str) -> subprocess.CompletedProcess[str]:
        return by_cron(home, f"* * * * *  cd /srv/trial && .venv/bin/sequent {words}")

    assert by_hand("run reminder.py:reminder --max-loops 1").returncode == 1
    refused = by_cron(home, hourly)
    assert refused.returncode == 2
    assert "sequent recover r00001 --max-loops 1" in refused.stderr
    (home / "address").write_text("ada@example.org")
    assert "‖ suspended" in by_hand("recover --max-loops 1").stderr
    for _ in range(2):
        quiet = by_cron(home, hourly)
        assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
