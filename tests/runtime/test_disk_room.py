"""Room that is set aside behind the end of a file, and given back."""

from __future__ import annotations

import os

import pytest

from sequent.runtime.disk_room import RESERVE, allocate, give_back


def test_room_behind_the_end_of_a_file_is_given_back(tmp_path):
    path = tmp_path / "w1.log"
    path.write_text("a line\n")
    before = path.stat().st_blocks
    with path.open("r+b") as file:
        allocate(file.fileno(), 0, 2 * RESERVE)
    assert path.stat().st_blocks > before
    give_back(str(path))
    assert (path.read_text(), path.stat().st_blocks) == ("a line\n", before)


@pytest.mark.parametrize("name", ["victim", "a victim whose name is longer than what is in it"])
def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path, name):
    victim, link = tmp_path / name, tmp_path / "w1.log"
    victim.write_text("precious")
    link.symlink_to(name)
    give_back(str(link))
    assert victim.read_text() == "precious"


def test_a_pipe_in_the_place_of_a_file_holds_nothing_up(tmp_path):
    os.mkfifo(tmp_path / "w1.log")
    give_back(str(tmp_path / "w1.log"))
    give_back(str(tmp_path / "missing"))
