"""What is not a store of ours, or is in no place for one, is refused and left as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.runtime.store import open_store
from sequent.runtime.store.sqlite.location import network_mount
from sequent.runtime.store.sqlite.schema import VERSION
from tests.runtime.store.files import altered, made, refused


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is not a Sequent store: it is empty"),
        (b"hello", "not an SQLite database"),
        (bytes(range(256)) * 16, "not an SQLite database"),
        (b"SQLite format 3\0", "not an SQLite database, or is encrypted or cut"),
    ],
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path, content, match):
    path = tmp_path / "s.db"
    path.write_bytes(content)
    assert str(path) in str(refused(path, match))


def test_another_applications_database_is_refused_with_its_id(tmp_path):
    path = tmp_path / "s.db"
    altered(path, "PRAGMA application_id = 0x12345678", "CREATE TABLE run (number)")
    refused(path, "another application's database .*0x12345678")


def test_a_newer_store_is_refused_with_both_versions_and_the_way_out(tmp_path):
    path = made(tmp_path / "s.db")
    altered(path, "PRAGMA user_version = 7", "PRAGMA wal_checkpoint(TRUNCATE)")
    error = refused(path, f"written by a newer Sequent: its schema is 7, this one knows {VERSION}")
    assert "use the Sequent that wrote it, or a newer one" in str(error)


def test_an_unknown_schema_is_refused(tmp_path):
    path = made(tmp_path / "s.db")
    altered(path, "PRAGMA user_version = 0", "PRAGMA wal_checkpoint(TRUNCATE)")
    refused(path, f"unknown schema 0; this Sequent knows {VERSION}")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER UPDATE ON run BEGIN UPDATE run SET status = 'success'; END",
        "CREATE VIEW evil AS SELECT 1",
    ],
)
def test_a_store_into_which_somebody_put_code_is_refused(tmp_path, statement):
    path = made(tmp_path / "s.db")
    altered(path, statement)
    refused(path, "it holds 'evil'")


def test_a_store_that_lacks_a_table_is_refused(tmp_path):
    path = made(tmp_path / "s.db")
    altered(path, "DROP TABLE attempt")
    refused(path, "it has no table 'attempt'")


def test_a_store_that_was_cut_is_told_as_damaged(tmp_path):
    path = made(tmp_path / "s.db")
    os.truncate(path, 4096 * 2)
    with pytest.raises(StoreError, match="is damaged"):
        open_store(str(path)).runs()


def test_a_directory_that_was_named_must_be_there(tmp_path):
    path = tmp_path / "no" / "where" / "s.db"
    with pytest.raises(StoreError, match=f"the directory '{path.parent}' .* does not exist"):
        open_store(str(path))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_no_store(tmp_path):
    with pytest.raises(StoreError, match="is a directory"):
        open_store(str(tmp_path))


def test_a_directory_in_which_others_could_replace_the_store_is_refused(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(StoreError, match=r"other users may replace the store.*mode 0777"):
        open_store(str(shared / "s.db"))
    shared.chmod(0o1777)
    with pytest.raises(StoreError, match=r"other users may replace the store.*mode 1777"):
        open_store(str(shared / "s.db"))
    shared.chmod(0o755)
    open_store(str(shared / "s.db")).close()


def test_a_link_that_is_ones_own_is_followed_and_a_foreign_file_is_not(tmp_path):
    path = made(tmp_path / "s.db")
    (tmp_path / "mine.db").symlink_to(path)
    store = open_store(str(tmp_path / "mine.db"))
    assert store.name == str(path)
    store.close()
    (tmp_path / "theirs.db").symlink_to("/proc/1/environ" if os.geteuid() else _given_away(tmp_path))
    with pytest.raises(StoreError, match="a link that leads to a file of another user"):
        open_store(str(tmp_path / "theirs.db"))


def _given_away(directory: Path) -> Path:
    path = directory / "given"
    path.write_bytes(b"")
    os.chown(path, 12345, -1)
    return path


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/home/ann/s.db", ("/home", "nfs4")),
        ("/home/local/s.db", None),
        ("/homes/s.db", None),
        ("/mnt/my disk/s.db", ("/mnt/my disk", "cifs")),
        ("/win/s.db", ("/win", "smb3")),
        ("/ssh/s.db", ("/ssh", "fuse.sshfs")),
        ("/s.db", None),
    ],
)
def test_a_network_filesystem_is_known_by_its_mount(path, found):
    mounts = [
        "/dev/vda / ext4 rw 0 0\n",
        "server:/home /home nfs4 rw 0 0\n",
        "/dev/vdb /home/local ext4 rw 0 0\n",
        "//s/x /mnt/my\\040disk cifs rw 0 0\n",
        "//s/y /win smb3 rw 0 0\n",
        "me@host: /ssh fuse.sshfs rw 0 0\n",
    ]
    assert network_mount(path, mounts) == found
