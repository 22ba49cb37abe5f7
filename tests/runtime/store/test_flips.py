"""A store in which the disk has turned a bit: what is recovered is right, or nothing is.

The default run tries some bits, the same ones each time; STORE_FLIPS=2000 tries as many as it says.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from sequent import RUN_RECOVER
from sequent.model.status import RunStatus
from sequent.runtime.store import open_store
from tests.faults import evidence
from tests.runtime.store.damaging import LEDGER, MENDED, copied, flips, make_failed, recovered

FLIPS = int(os.environ.get("STORE_FLIPS", "60"))


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Path:
    return make_failed(tmp_path_factory.mktemp("failed"))


def test_without_any_damage_the_rest_runs(failed, tmp_path):
    assert recovered(copied(failed, tmp_path / "copy")) == "right"


def turned(directory: Path, to: Path, chance: random.Random, end: str) -> str:
    """Turn a bit of a copy, and recover from it: how that ended."""
    path = copied(directory, to)
    file = path.with_name(path.name + end)
    content = bytearray(file.read_bytes())
    # Half of them where anything stands: most of a page is empty.
    places = [place for place, byte in enumerate(content) if byte] if chance.random() < 0.5 else range(len(content))
    place, bit = chance.choice(places), chance.randrange(8)
    content[place] ^= 1 << bit
    file.write_bytes(content)
    try:
        return recovered(path).partition(":")[0]
    except Exception as error:
        raise AssertionError(f"byte {place} of {file.name}, bit {bit}: {error!r}") from error


def test_a_bit_that_was_turned_is_harmless_or_noticed_before_anything_runs(failed, tmp_path):
    chance = random.Random(7)
    ends = Counter(turned(failed, tmp_path / "copy", chance, "") for _ in range(FLIPS))
    evidence.note(22, bits=FLIPS)
    assert min(ends["right"], ends["refused"]) > FLIPS // 10, ends


@pytest.fixture(scope="module")
def left(failed, tmp_path_factory) -> Path:
    """The same store, of which a part was never written into its own file."""
    directory = tmp_path_factory.mktemp("left")
    store = open_store(str(copied(failed, directory / "inner")))
    store.runs()
    MENDED.clear()
    assert flips().run(store=store.name, run_mode=RUN_RECOVER).status is RunStatus.FAILURE
    shutil.copytree(directory / "inner", directory / "left")
    store.close()
    assert (directory / "left" / "s.db-wal").stat().st_size > 0
    return directory / "left"


def test_a_bit_of_what_is_not_yet_in_the_file_is_harmless_or_noticed(left, tmp_path):
    chance = random.Random(11)
    ends = Counter(turned(left, tmp_path / "copy", chance, "-wal") for _ in range(FLIPS // 4))
    evidence.note(22, bits=FLIPS // 4)
    assert ends["refused"] > 0, ends


@pytest.mark.parametrize("how", ["cut", "gone", "older"])
def test_a_store_that_has_lost_what_was_written_last_is_refused_with_how_much(how, failed, left, tmp_path):
    path = copied(left, tmp_path / "copy")
    wal = path.with_name("s.db-wal")
    match how:
        case "cut":
            os.truncate(wal, wal.stat().st_size // 2)
        case "gone":
            wal.unlink()
        case _:
            wal.unlink()
            shutil.copy(failed / "s.db", path)
    assert "is older than run 'r00002': it has " in recovered(path)
    assert LEDGER == []
    (path.parent / "s.db.runs" / "2" / "commits").unlink()
    assert recovered(path) == "right"
