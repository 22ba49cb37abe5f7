"""The shim counts, fails, kills and undoes as it says."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import power_cuts
from tests.faults.shim import Action, Kind, Shim

WRITING = """
import os, sys
place = sys.argv[1]
file = os.open(place + "/a", os.O_WRONLY | os.O_CREAT)
os.write(file, b"one")
os.fsync(file)
os.write(file, b"two")
os.rename(place + "/a", place + "/b")
os.mkdir(place + "/c")
"""
CALLS = ["open64", "write", "fsync", "write", "rename", "mkdir"]


def run(shim: Shim, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-Ic", script, *words]
    environment = {**os.environ, **shim.environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_calls_are_counted_with_what_they_are_about(shim_library, tmp_path, place):
    with closing(Shim(shim_library, tmp_path / "shim")) as shim:
        assert run(shim, WRITING, str(place)).returncode == 0
        calls = shim.calls()
    assert [call.name for call in calls] == CALLS
    assert [Path(call.about).name for call in calls] == ["a", "a", "a", "a", "b", "c"]
    assert all(call.began < call.ended for call in calls)


@pytest.mark.parametrize("number", range(1, 7))
def test_a_process_is_killed_before_or_after_a_call(shim_library, tmp_path, place, number):
    seen = []
    for action in (Action.KILL_BEFORE, Action.KILL_AFTER):
        for path in (place / "a", place / "b"):
            path.unlink(missing_ok=True)
        with closing(Shim(shim_library, tmp_path / f"shim-{action}", number=number, action=action)) as shim:
            assert run(shim, WRITING, str(place)).returncode == -signal.SIGKILL
            assert (shim.count, shim.calls()[-1].ended > 0) == (number, action is Action.KILL_AFTER)
        seen.append([(path.name, path.read_bytes() if path.is_file() else b"") for path in sorted(place.iterdir())])
        if (place / "c").exists():
            (place / "c").rmdir()
    # To flush changes nothing that could be seen.
    assert (seen[0] != seen[1]) == (CALLS[number - 1] != "fsync")


def test_a_call_fails_with_an_error_that_fits_or_that_is_given(shim_library, tmp_path, place):
    for error, told in ((0, errno.ENOSPC), (errno.EIO, errno.EIO)):
        words = {"number": 2, "action": Action.FAIL, "error": error}
        with closing(Shim(shim_library, tmp_path / f"shim-{error}", **words)) as shim:
            failed = run(shim, WRITING, str(place))
        assert f"OSError: [Errno {told}]" in failed.stderr


def test_the_processes_below_are_counted_apart_and_known(shim_library, tmp_path):
    script = (
        "import os, subprocess; subprocess.run(['mkdir', 'x']); os.fork() or (os.mkdir('y'), os._exit(0)); os.wait()"
    )
    with closing(Shim(shim_library, tmp_path / "shim", depths=(1,), kinds=Kind.FILES)) as shim:
        done = subprocess.run(
            [sys.executable, "-Ic", script], cwd=tmp_path, env={**os.environ, **shim.environment}, check=True
        )
        assert done.returncode == 0
        calls = shim.calls()
    assert sorted(call.name for call in calls if call.name == "mkdir") == ["mkdir", "mkdir"]
    assert {call.depth for call in calls} == {1}
    assert (tmp_path / "x").exists()


def test_the_wall_clock_is_set_and_no_other_clock(shim_library, tmp_path):
    script = "import time; print(time.time(), time.monotonic(), time.time_ns() / 1e9)"
    for shift in (-3600.5, 0.0, 315_360_000.25):
        with closing(Shim(shim_library, tmp_path / f"shim{shift}")) as shim:
            shim.set_clock(shift)
            wall, monotonic, precise = map(float, run(shim, script).stdout.split())
        assert abs(wall - shift - time.time()) < 60
        assert abs(precise - wall) < 1
        assert 0 <= time.monotonic() - monotonic < 60


def test_a_power_cut_takes_what_was_not_flushed(shim_library, tmp_path, place):
    (place / "old").write_bytes(b"old content")
    script = (
        WRITING
        + """
file = os.open(place + "/old", os.O_RDWR | os.O_TRUNC)
os.write(file, b"new")
os.unlink(place + "/old")
"""
    )
    with closing(Shim(shim_library, tmp_path / "shim", watched=place)) as shim:
        assert run(shim, script, str(place)).returncode == 0
        assert sorted(os.listdir(place)) == ["b", "c"]
        at_stake, lost = power_cuts.cut(shim.journal, place)
    assert at_stake == lost == 6
    # The file was flushed with its first name and its first write.
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {"a": b"one", "old": b"old content"}


def test_a_disk_may_have_any_of_what_was_not_flushed(shim_library, tmp_path):
    found = set()
    for seed in range(20):
        place = tmp_path / f"place{seed}"
        place.mkdir()
        with closing(Shim(shim_library, tmp_path / f"shim{seed}", watched=place)) as shim:
            assert run(shim, WRITING, str(place)).returncode == 0
            power_cuts.cut(shim.journal, place, random.Random(seed))
        found.add(tuple((path.name, path.read_bytes() if path.is_file() else b"") for path in sorted(place.iterdir())))
    assert len(found) > 4
    assert all(any(content.startswith(b"one") for _, content in files) for files in found)
