"""Other users of this machine: they neither reach an agent, nor change what a run writes, nor lead it elsewhere."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sequent.runtime.host_agent.places import SOCKET
from tests.called import called
from tests.patience import PATIENCE
from tests.runtime.hosts.sessions import StandIn
from tests.runtime.hosts.speaking import Speaker
from tests.runtime.store.test_other_users import NOBODY, done_by_another_user
from tests.users import change_users

FLOW = Path(__file__).with_name("pickled_flow.py")
USER = f"sequent-o{os.getpid()}"


@pytest.fixture(scope="module")
def other() -> Iterator[pwd.struct_passwd]:
    """Another user of this machine, with a group of its own in which root is as well."""
    change_users("useradd", "--user-group", "--no-create-home", USER)
    try:
        change_users("usermod", "-a", "-G", USER, "root")
        yield pwd.getpwnam(USER)
    finally:
        change_users("gpasswd", "-d", "root", USER)
        change_users("userdel", USER)


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Path:
    """A directory with a store and a run that has failed."""
    directory = tmp_path_factory.mktemp("failed")
    shutil.copy(FLOW, directory / "flow.py")
    before = Path.cwd()
    os.chdir(directory)
    try:
        assert called(["run", "flow.py:train", "--store", "s.db"])[0] == 1
    finally:
        os.chdir(before)
    return directory


@pytest.mark.parametrize("mode", [0o770, 0o757, 0o1777, 0o1770])
def test_no_store_is_made_or_read_where_a_group_or_everybody_may_write(mode, other, failed, tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    shutil.copytree(failed, shared)
    os.chown(shared, 0, other.pw_gid)
    shared.chmod(mode)
    monkeypatch.chdir(failed)
    assert grp.getgrgid(other.pw_gid).gr_mem == ["root"]
    for words in (["ls"], ["recover", "r00001"], ["run", "flow.py:train"]):
        for store in ("s.db", "new.db"):
            if words[0] == "run" or store == "s.db":
                code, out, said = called([*words, "--store", str(shared / store)])
                assert (code, out) == (4, ""), said
                assert "other users may replace the store" in said
    assert not (shared / "new.db").exists()


def test_a_store_of_another_user_is_not_opened(other, failed, tmp_path):
    taken = tmp_path / "taken"
    shutil.copytree(failed, taken)
    os.chown(taken / "s.db", other.pw_uid, other.pw_gid)
    code, out, said = called(["ls", "--store", str(taken / "s.db")])
    assert (code, out) == (4, ""), said
    assert USER in said


# -- links in the place of files -------------------------------------------------------------------------------------


def inner(failed: Path) -> list[str]:
    """All that a run has beside its store, by the path from the directory of the store."""
    runs = failed / "s.db.runs"
    return sorted(str(path.relative_to(failed)) for path in (runs, *runs.rglob("*")))


MADE_LATER = ("s.db.runs/1/spool", "s.db.runs/1/values", "s.db.runs/1/agent.lock", "s.db.runs/1/scratch")


def test_a_link_in_the_place_of_any_file_of_a_run_leads_nowhere(failed, tmp_path, monkeypatch):
    places = sorted({*inner(failed), *MADE_LATER})
    names = {Path(place).name for place in places}
    assert {"s.db.runs", "1", "logs", "driver.lock", "pickle.key"} <= names
    victim, inside = tmp_path / "victim", tmp_path / "inside"
    monkeypatch.setenv("MENDED", "1")
    for number, place in enumerate(places):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(failed, copy)
        shutil.rmtree(inside, ignore_errors=True)
        inside.mkdir()
        for precious in (victim, inside / "precious"):
            precious.write_text("precious")
            precious.chmod(0o644)
            os.chown(precious, NOBODY, NOBODY)
        os.chown(inside, NOBODY, NOBODY)
        at = copy / place
        is_directory = at.is_dir() or not at.suffix
        if at.is_dir():
            shutil.rmtree(at)
        at.unlink(missing_ok=True)
        at.symlink_to(inside if is_directory else victim)
        monkeypatch.chdir(copy)
        for words in (["logs"], ["recover", "r00001"]):
            code, _, said = called([*words, "--store", "s.db"])
            assert code in (0, 1, 4), (place, said)
            assert "Sequent itself failed" not in said, (place, said)
        for precious in (victim, inside / "precious"):
            info = precious.stat()
            assert precious.read_text() == "precious", place
            assert (info.st_uid, stat.S_IMODE(info.st_mode)) == (NOBODY, 0o644), place
        assert [path.name for path in inside.iterdir()] == ["precious"], place


# -- the agent on a host ---------------------------------------------------------------------------------------------


def connected(place: Path) -> Callable[[], None]:
    def connect() -> None:
        # The whole path may be too long for an address.
        os.chdir(place)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as end:
            end.settimeout(PATIENCE)
            end.connect(SOCKET)
            assert end.recv(1) == b""

    return connect


def test_another_user_reaches_no_agent_even_where_its_socket_is_open_to_all(tmp_path):
    host = StandIn(tmp_path / "far")
    try:
        speaker = Speaker.attached(host)
        assert stat.S_IMODE(host.place.stat().st_mode) == 0o700
        assert done_by_another_user(lambda: os.chdir(host.place)) != 0
        for path in (host.place, *host.place.parents):
            if path.is_relative_to(tmp_path.parent.parent):
                path.chmod(0o755)
        (host.place / SOCKET).chmod(0o777)
        # It is let in by the directories now, and turned away by who it is.
        assert done_by_another_user(connected(host.place)) == 0
        speaker.session.close()
    finally:
        host.end()
