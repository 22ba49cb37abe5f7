"""Writes ``store.tar.xz``: a store in which each run of ``every_word.py`` came to another end.

It was run once, with schema 3 (commit 7805ccd), and is kept to show how: ``python write.py``. A store of a later schema
is kept in a directory of its own, with its own flow.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def write(directory: Path) -> None:
    """Make the runs, then the archive."""
    shutil.copy(HERE / "every_word.py", directory)
    store, world, flow = directory / "store.db", directory / "world", f"{directory}/every_word.py:every_word"
    os.environ |= {"KEPT_WORLD": str(world), "SEQUENT_SECRET_PIN": "1234567", "SEQUENT_STORE": str(store)}
    world.mkdir()
    sequent("run", flow, "--run-id", "failed", code=1)
    sequent("run", flow, "--run-id", "recovered", code=1)
    (world / "mended").touch()
    sequent("recover", "recovered")
    (world / "mended").unlink()
    sequent("run", flow, "--run-id", "twice", code=1)
    sequent("recover", "twice", "--rerun", "added", "--skip", "each_row.coloured", "--skip", "alert", code=1)
    sequent("run", flow, "--run-id", "suspended", "--max-loops", "1", "--day", "2026-01-31", "--places", "asia")
    sequent("run", f"{directory}/every_word.py:by_calls", "--run-id", "calls", code=1)
    (world / "hold").touch()
    stopped = start("run", flow, "--run-id", "stopped", world=world)
    sequent("stop", "stopped")
    (world / "hold").unlink()
    stopped.wait()
    (world / "hold").touch()
    interrupted = start("run", flow, "--run-id", "interrupted", world=world)
    interrupted.send_signal(signal.SIGKILL)
    interrupted.wait()
    sequent("ls")
    with tarfile.open(HERE / "store.tar.xz", "w:xz") as archive:
        for name in ("store.db", "store.db.runs"):
            archive.add(directory / name, name)


def sequent(*words: str, code: int = 0) -> None:
    """Have a command done."""
    done = subprocess.run([sys.executable, "-m", "sequent", *words], cwd="/", check=False)
    if done.returncode != code:
        raise SystemExit(f"{words}: {done.returncode}")


def start(*words: str, world: Path) -> subprocess.Popen[bytes]:
    """Start a run, and wait until two of its steps wait."""
    for left in world.glob("holding *"):
        left.unlink()
    process = subprocess.Popen([sys.executable, "-m", "sequent", *words], cwd="/")
    while len([*world.glob("holding *")]) < 2:
        time.sleep(0.01)
    return process


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="kept-") as made:
        write(Path(made))
