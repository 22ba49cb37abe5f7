"""A machine that stops with all its processes at once, and another boot that finds what they had written.

MACHINE_CRASHES says how often (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults import drivers, evidence, ledger, many_words, many_words_ledger, tolls
from tests.patience import PATIENCE, wait_until

COUNT = int(os.environ.get("MACHINE_CRASHES", "3"))
EACH = 3
"""Crashes of one run, at most."""
FLOW = "tests.faults.many_words:flow"
BOOT = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && "$@"; exit $?'


def boot(directory: Path) -> Sequence[str]:
    """The command that starts a machine: a namespace of processes, with an id of its boot."""
    name = directory / "boot"
    name.write_text(f"{uuid.uuid4()}\n")
    return ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", BOOT, str(name))


def crash(machine: subprocess.Popen[str], path: Path) -> bool:
    """Kill it, and with it the kernel kills all processes that it has; give whether it was still there."""
    if machine.poll() is not None:
        return False
    machine.kill()
    wait_until(lambda: not tolls.knowing(path))
    return True


@pytest.mark.parametrize("number", range(max(1, COUNT // EACH)))
def test_a_machine_that_stops_at_any_moment_costs_no_outcome(store: Path, tmp_path: Path, number) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    chance = random.Random(seed)
    done: set[tuple[str, str, str]] = set()
    crashes = 0
    while True:
        machine = drivers.start_or_recover(store, FLOW, before=boot(tmp_path))
        if crashes < EACH:
            tolls.wait_for_a_start(machine, store.with_name("ledger"), chance.randint(0, 12))
            crashes += crash(machine, store.with_name("ledger"))
        output, _ = machine.communicate(timeout=PATIENCE)
        now = tolls.succeeded(store)
        assert done <= now, "an outcome was lost"
        done = now
        if machine.returncode == 0:
            break
        assert machine.returncode == -signal.SIGKILL, output
    assert crashes
    evidence.note(5, crashes=crashes, runs=1)
    entries = ledger.read(store.with_name("ledger"))
    tolls.check_once(store, entries, most_again=crashes * many_words.SLOTS)
    many_words_ledger.check_values(entries)
    many_words_ledger.check_waits(entries, store)
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "db")) <= many_words.DB_SIZE
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "tape")) <= many_words.TAPE_SIZE
    tolls.check_nothing_is_left(store, store.with_name("ledger"))
