import errno
import os

import pytest

from sequent.runtime.durable_files import remove_unfinished, write_durably


def test_content_is_flushed_before_a_file_gets_its_name(tmp_path, monkeypatch):
    path = tmp_path / "file"
    flushed = []
    fsync, rename = os.fsync, os.rename

    def watched_fsync(file):
        assert not path.exists()
        flushed.extend(each.read_bytes() for each in tmp_path.iterdir())
        fsync(file)

    def watched_rename(source, target):
        assert flushed == [b"content"]
        rename(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "rename", watched_rename)
    write_durably(str(path), b"content")
    assert path.read_bytes() == b"content"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_nothing_is_left_of_a_file_that_cannot_be_written(call, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(OSError, match="No space left"):
        write_durably(str(tmp_path / "file"), b"content")
    assert os.listdir(tmp_path) == []


def test_a_file_whose_writer_was_killed_is_removed_and_others_stay(tmp_path, monkeypatch):
    (tmp_path / "whole").write_bytes(b"content")
    monkeypatch.setattr(os, "rename", lambda *_: None)
    write_durably(str(tmp_path / "file"), b"content")
    assert len(os.listdir(tmp_path)) == 2
    remove_unfinished(str(tmp_path))
    assert os.listdir(tmp_path) == ["whole"]


def test_a_missing_directory_has_no_unfinished_files(tmp_path):
    remove_unfinished(str(tmp_path / "missing"))
