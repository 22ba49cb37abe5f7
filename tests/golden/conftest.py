"""What the golden tests share."""

import pytest


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A directory of one's own, with a store that does not exist yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEQUENT_STORE", str(tmp_path / "store.db"))
    return tmp_path
