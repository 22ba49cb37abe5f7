"""A way to a host that keeps a driver's orders, with all that was said before them, for a later session.

It is the command of a host: ``python -m tests.faults.held_way DIRECTORY COMMAND...``. It starts the command, and passes
on what both sides say, except orders and what follows these. All that the driver says is in the file ``said``, orders
too once there is the file ``held``; the words of the command are in the file ``command``.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from msgspec.msgpack import Decoder

from sequent.runtime.hosts.protocol.frames import HEAD
from sequent.runtime.hosts.protocol.messages import StartAttempt, ToHost
from tests.faults.lossy_way import after_knock, frames, write

_READ = Decoder(ToHost)


def main() -> None:
    """Be such a way."""
    directory, command = Path(sys.argv[1]), sys.argv[2:]
    (directory / "command").write_text(json.dumps(command))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    threading.Thread(target=_down, args=(process.stdout.fileno(),), daemon=True).start()
    holds = False
    with (directory / "said").open("ab", buffering=0) as said, contextlib.suppress(OSError):
        for number, frame in enumerate(frames(0, after_knock)):
            said.write(frame)
            holds = holds or (number > 0 and isinstance(_READ.decode(frame[HEAD.size :]), StartAttempt))
            if holds:
                (directory / "held").touch()
            else:
                write(process.stdin.fileno(), frame)
    process.kill()


def _down(source: int) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(source, 65_536):
            write(1, data)
    os._exit(0)


if __name__ == "__main__":
    main()
