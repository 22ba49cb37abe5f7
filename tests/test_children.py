"""A test that fails leaves no process, and no other test fails for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.children import Child, end_children

ROOT = Path(__file__).parents[1]
TWO = """
import gc
import socket
import sys
from tests.children import Child

def test_first():
    words = ["sh", "-c", "echo $$; exec sleep 1000"]
    child = Child(words, stdin=-1, stdout=-1, stderr=-1, text=True)
    print("pid", child.stdout.readline())
    child.stdin.write("never read")
    left = socket.socket()
    try:
        in_turn()
    except KeyError as error:
        raise ValueError from error

def in_turn():
    left = socket.socket()
    raise KeyError

def test_second():
    sys.last_value = sys.last_traceback = sys.last_exc = None
    gc.collect()
"""


def test_a_test_that_fails_leaves_no_process_and_fails_alone(tmp_path):
    (tmp_path / "test_two.py").write_text(TWO)
    words = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *words, "--rootdir", str(tmp_path), str(tmp_path / "test_two.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr
    (pid,) = (int(line.split()[1]) for line in ran.stdout.splitlines() if line.startswith("pid "))
    assert not os.path.exists(f"/proc/{pid}")


def test_a_child_that_has_ended_is_left_as_it_is():
    child = Child(["true"])
    assert child.wait() == 0
    end_children()
    assert child.returncode == 0
