"""Steps of a host that wait at a gate until a test lets them through, and the outcomes that the host keeps."""

from __future__ import annotations

from pathlib import Path

from sequent.model.value_text import encode
from sequent.runtime.host_agent.outcome_spool import keeps_outcomes
from tests.runtime.driving import Driving
from tests.runtime.hosts.sessions import StandIn


def gate(tmp_path: Path) -> Path:
    directory = tmp_path / "gate"
    directory.mkdir(exist_ok=True)
    return directory


def kept_outcomes(host: StandIn) -> int:
    """How many files a host has with outcomes that it keeps."""
    return sum(keeps_outcomes(str(file)) for file in (host.place / "outcomes").iterdir())


def begun(directory: Path) -> list[str]:
    """The processes in which the step behind that gate has begun."""
    file = directory / "begun"
    return file.read_text().split() if file.exists() else []


def start_gated(driving: Driving, directory: Path, **more: object) -> int:
    frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), **more)
    driving.wait_until(lambda: begun(directory))
    return frame
