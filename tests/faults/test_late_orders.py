"""An order that arrives once its driver is dead and another one has declared the host lost begins nothing."""

from __future__ import annotations

import json
import subprocess
import sys

from msgspec.msgpack import Decoder

from sequent.runtime.hosts.protocol.frames import Inlet
from sequent.runtime.hosts.protocol.greeting import find_greeting
from sequent.runtime.hosts.protocol.messages import AttachRefused, FromHost
from tests.faults import ledger
from tests.faults.host_faults import FLOW, Scene, scene
from tests.patience import PATIENCE, wait_until


def deliver(made: Scene) -> list[FromHost]:
    """Let all that the dead driver said arrive in a session of its own; return the answers."""
    command = json.loads((made.directory / "command").read_text())
    said = (made.directory / "said").read_bytes()
    done = subprocess.run(command, input=said, stdout=subprocess.PIPE, timeout=PATIENCE, check=False)
    found = find_greeting(done.stdout)
    assert found is not None
    return [*Inlet(Decoder(FromHost)).feed(found.rest)]


def began_on_far(made: Scene) -> set[str]:
    return {entry.token for entry in ledger.read(made.ledger) if entry.event == "start" and entry.path.endswith("@far")}


def test_a_late_order_of_a_dead_driver_is_refused_by_its_epoch(ssh_hosts) -> None:
    with scene(ssh_hosts, "late-order") as made:
        hold = made.directory / "HOLD"
        hold.touch()
        way = [sys.executable, "-m", "tests.faults.held_way", str(made.directory)]
        made.configure({"far": [*way, "ssh", "-F", str(ssh_hosts.config), "-T", "far", "--"]})
        driver = made.start("run", FLOW)
        wait_until(lambda: (made.directory / "held").exists())
        driver.kill()
        driver.communicate()
        assert not began_on_far(made)
        made.configure()
        recovery = made.start("recover", "--assume-lost", "far")
        # Steps that have a pool while they are held up may keep all on the other host from beginning.
        hold.unlink()
        wait_until(lambda: began_on_far(made))
        hold.touch()
        (refused,) = deliver(made)
        assert isinstance(refused, AttachRefused)
        assert refused.code == "fenced"
        hold.unlink()
        output, _ = recovery.communicate(timeout=PATIENCE)
        assert recovery.returncode == 0, output
        made.check(most_again=0, may_rerun=False)
