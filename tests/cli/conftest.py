"""A store's file of one's own."""

import pytest


@pytest.fixture
def own_file(tmp_path):
    tmp_path.chmod(0o700)
    file = tmp_path / "store.db"
    file.touch(mode=0o600)
    return file
