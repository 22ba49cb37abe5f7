"""A program whose input and output are a stream: nothing of it is left once it is closed."""

from __future__ import annotations

from pathlib import Path

from sequent.runtime.hosts.transports import program_pipes
from sequent.runtime.hosts.transports.program_pipes import PipedProgram
from tests.patience import PATIENCE, wait_until


def is_alive(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_a_script_waits_for_ends_with_the_script(monkeypatch):
    monkeypatch.setattr(program_pipes, "_FAREWELL", 0.2)
    program = PipedProgram(["/bin/sh", "-c", "sleep 1000 & echo $!; wait"])
    program.end.settimeout(PATIENCE)
    child = program.end.recv(100).decode().strip()
    assert is_alive(child)
    program.close()
    wait_until(lambda: not is_alive(child))


def test_a_program_that_heeds_no_signal_is_killed(monkeypatch):
    monkeypatch.setattr(program_pipes, "_FAREWELL", 0.2)
    program = PipedProgram(["/bin/sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done"])
    program.end.settimeout(PATIENCE)
    pid = program.end.recv(100).decode().strip()
    program.close()
    wait_until(lambda: not is_alive(pid))
