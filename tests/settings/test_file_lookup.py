"""Which file of settings is the one that is meant here."""

from __future__ import annotations

import os

import pytest

from sequent.errors import UsageError
from sequent.settings.file_lookup import find_file

SAYS = "[tool.sequent]\nmax_concurrent = 1\n"


def test_the_nearest_file_upwards_is_taken(write, tmp_path):
    write("sequent.toml", "")
    near = write("a/sequent.yaml", "")
    (tmp_path / "a/b/c").mkdir(parents=True)
    assert find_file(str(tmp_path / "a/b/c")) == near


def test_in_one_directory_the_files_have_an_order(write, tmp_path):
    for name in ("pyproject.toml", "sequent.yml", "sequent.yaml", "sequent.toml"):
        assert find_file(str(tmp_path)) != write(name, SAYS if name == "pyproject.toml" else "")
        assert find_file(str(tmp_path)) == str(tmp_path / name)


@pytest.mark.parametrize(
    "header",
    [
        *("[tool.sequent]", "[ tool . 'sequent' ]", "[tool.sequent.LOGGING]", "[tool]\nsequent.max_concurrent = 1"),
        *("[tool]\nsequent = {max_concurrent = 1}", "[tool]\nsequent = 'x'", "[tool]\n'sequent' = 3"),
    ],
)
def test_a_projects_file_is_taken_if_it_has_our_table(write, tmp_path, header):
    assert find_file(str(tmp_path)) is None
    path = write("pyproject.toml", f"[project]\nname = 'x'\n\n{header}\n")
    assert find_file(str(tmp_path)) == path


@pytest.mark.parametrize(
    "text",
    [
        *("[project]\nname = 'sequent'\n", "[tool.sequential]\n", "# [tool.sequent]\n", "not toml"),
        *("[tool.poetry.dependencies]\nsequent = '>=1'\n", "[tool]\nsequent = \n", "sequent = 3\ntool = 'sequent'\n"),
    ],
)
def test_a_projects_file_that_says_nothing_to_us_is_passed_over_even_if_it_is_broken(write, tmp_path, text):
    above = write("sequent.toml", "")
    write("project/pyproject.toml", text)
    assert find_file(str(tmp_path / "project")) == above


def test_nothing_is_looked_for_above_the_root_of_a_repository(write, tmp_path):
    write("sequent.toml", "")
    inner = tmp_path / "repository/src"
    inner.mkdir(parents=True)
    (tmp_path / "repository/.git").write_text("gitdir: elsewhere\n")
    assert find_file(str(inner)) is None
    path = write("repository/sequent.toml", "")
    assert find_file(str(inner)) == path


def test_nothing_is_looked_for_above_the_users_home(write, tmp_path, monkeypatch):
    write("sequent.toml", "")
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    assert find_file(str(home / "work")) is None
    assert find_file(str(tmp_path)) is not None


def test_a_file_of_another_user_is_not_taken_unasked(write, tmp_path, monkeypatch):
    path = write("sequent.toml", "flow = 'evil:flow'\n")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    os.chown(path, 4712, -1) if os.getuid() == 0 else None
    with pytest.raises(UsageError) as caught:
        find_file(str(tmp_path))
    assert path in caught.value.message
    assert f"--config {path}" in caught.value.hint
