"""Every example is run in worker processes, as users run it, and in the test's own process."""

from __future__ import annotations

import pytest

from sequent.model.status import Construct
from tests.examples.playing import Player


@pytest.fixture(params=[Construct.PROCESS, Construct.INVOKE], ids=str)
def player(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Player(tmp_path, request.param)
