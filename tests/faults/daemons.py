"""A flow whose steps leave daemons, each of which drops something by which it could be known."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from sequent.dsl.builder.blocks import Sequent
from tests.faults import ledger

OTHER_USER = 54321
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


def become_program(kind: str, environment: dict[str, str]) -> None:
    words = ["sh", "-c", 'echo $$ >> "$0"; sleep 600', kind]
    os.execve("/bin/sh", words, environment)  # noqa: S606 - that it is another program is the point


def plain() -> None:
    """Drop nothing but the session, as each does."""


def closed() -> None:
    os.closerange(0, 1024)
    os.open(os.devnull, os.O_RDWR)


def empty() -> None:
    """Another program, without an environment."""
    os.closerange(3, 1024)
    become_program("empty", {})


def program() -> None:
    become_program("program", dict(os.environ))


def other_user() -> None:
    # Without that right it drops nothing more.
    if os.geteuid() == 0:
        os.setgid(OTHER_USER)
        os.setuid(OTHER_USER)


def unlisted() -> None:
    """What the run has written down of its processes is gone."""
    Path(os.environ["SEQUENT_RUN_DIRECTORY"], "workers").write_text("")


def renamed() -> None:
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NAME, b"kworker/0:0", 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, 0, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))


def everything() -> None:
    unlisted()
    renamed()
    os.closerange(0, 1024)
    os.open(os.devnull, os.O_RDWR)
    other_user()
    become_program("everything", {})


KINDS = (plain, closed, empty, program, other_user, unlisted, renamed, everything)


def directory() -> Path:
    """Where each daemon leaves its pid."""
    return Path(os.environ[ledger.LEDGER])


def pids(kind: str) -> list[int]:
    """Of all daemons of that kind that there have been."""
    file = directory() / kind
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def leave(kind: str) -> None:
    """Leave a daemon, unless an earlier one lives; the first attempt then goes on until it is ended."""
    living = [pid for pid in pids(kind) if is_alive(pid)]
    if living:
        raise RuntimeError(f"{living} live on")
    before = len(pids(kind))
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            # Another user may not pass through the directories above: pytest takes that right away whenever it starts.
            os.chdir(directory())
            next(act for act in KINDS if act.__name__ == kind)()
            with Path(kind).open("a") as file:
                file.write(f"{os.getpid()}\n")
            time.sleep(600)
        os._exit(0)
    while len(pids(kind)) == before:
        time.sleep(0.01)
    if not before:
        time.sleep(600)


def make() -> Sequent:
    made = Sequent("daemons", config={"max_concurrent": len(KINDS)})
    for act in KINDS:
        made.add_step(act.__name__, func=leave, args=(act.__name__,))
    return made


flow = make()

if __name__ == "__main__":
    made = make()
    sys.exit(not made.run())
