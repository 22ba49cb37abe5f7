"""The archive for a host: which files of a flow are in it, and how it is unpacked there."""

from __future__ import annotations

import errno
import io
import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest

from sequent.errors import HostError, UsageError
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.shipping import bootstrap, shipped_session
from sequent.runtime.hosts.shipping.agent_sessions import open_agent_session
from sequent.runtime.hosts.shipping.bundle import Bundle, make_bundle
from tests.patience import LATE, PATIENCE, wait_until


@pytest.fixture
def package(tmp_path):
    made = tmp_path / "nightly"
    (made / "data").mkdir(parents=True)
    (made / "__init__.py").touch()
    (made / "flow.py").write_text("flow = None\n")
    (made / "data" / "zones.csv").write_text("eu,us\n")
    return made


def bundle_of(package: Path) -> Bundle:
    return make_bundle("nightly.flow", str(package / "flow.py"))


def own_names(bundle: Bundle) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        return sorted(name for name in archive.namelist() if name.startswith("nightly/"))


def test_all_files_of_a_package_are_sent_with_its_data(package):
    assert own_names(bundle_of(package)) == ["nightly/__init__.py", "nightly/data/zones.csv", "nightly/flow.py"]


def test_links_to_nowhere_and_pipes_beside_the_modules_are_not_sent(package):
    (package / ".#flow.py").symlink_to("ada@laptop.4711:1764500000")
    os.mkfifo(package / "pipe")
    assert own_names(bundle_of(package)) == ["nightly/__init__.py", "nightly/data/zones.csv", "nightly/flow.py"]


def test_a_file_that_cannot_be_read_is_named(package):
    (package / "memory").symlink_to("/proc/self/mem")
    with pytest.raises(UsageError, match=r"nightly/memory' cannot be sent with the flow: Input/output error"):
        bundle_of(package)


def test_an_archive_is_on_the_disk_before_it_takes_its_place(package, tmp_path, monkeypatch):
    bundle, place, seen = bundle_of(package), tmp_path / "ship", []

    def sync():
        seen.append(
            (place.exists(), [path.name for path in tmp_path.rglob("zones.csv") if path.parents[2] != tmp_path])
        )

    monkeypatch.setattr(os, "sync", sync)
    bootstrap.unpack(bundle.data, bundle.digest, str(place), set())
    assert seen == [(False, ["zones.csv"])]
    assert (place / "nightly" / "data" / "zones.csv").read_text() == "eu,us\n"


def test_an_archive_for_which_there_is_no_room_leaves_nothing(package, tmp_path, monkeypatch):
    bundle, root = bundle_of(package), tmp_path / "ship"
    root.mkdir()

    def fill(file, *_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", fill)
    with pytest.raises(OSError, match="No space left"):
        bootstrap.unpack(bundle.data, bundle.digest, str(root / bundle.digest), set())
    assert list(root.iterdir()) == []


def test_archives_that_are_unused_for_long_are_removed_while_others_come_and_go(tmp_path, monkeypatch):
    for name, age in (("old", 91), ("new", 1)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, time.time() - age * 24 * 3600))
    # Another process has just moved its own to its place.
    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", lambda _: ["new.4711", "old", "new"])
        bootstrap.remove_unused(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.parametrize("script", ["exec sleep 1000", "yes Welcome | head -c 100000; exec sleep 1000"])
def test_a_session_in_which_nothing_takes_the_archive_is_ended(tmp_path, monkeypatch, script):
    monkeypatch.setattr(shipped_session, "_PATIENCE", LATE)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\n{script}\n")
    python.chmod(0o700)
    settings = HostSettings(name="far", address=("far",), connect=("env", "--"), python=str(python), ship=True)
    with pytest.raises(HostError, match=r"no answer to the program|unexpected output before the handshake"):
        open_agent_session(settings, ["--list"], PATIENCE)
    pid = (tmp_path / "pid").read_text().strip()
    wait_until(lambda: not Path("/proc", pid).exists())
