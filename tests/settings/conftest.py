"""A directory with settings, and an environment that says nothing yet."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """In a directory of its own, whose repository ends there, and with no variable of ours."""
    for name in list(os.environ):
        if name.startswith("SEQUENT_"):
            monkeypatch.delenv(name)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path):
    def written(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    return written
