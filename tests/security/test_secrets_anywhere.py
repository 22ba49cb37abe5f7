"""A secret is seen by its step alone: in no list of processes, file, output or environment of another program."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.acceptance.command_line import CommandLine

CANARY = "c4nary-n0-one-may-see"
IN_SHELL = "touch began-{0}; until test -e looked-at-{0}; do sleep 0.1; done"
"""Stay until somebody has looked at all processes."""
FLOW = f"""
import os
import time
from pathlib import Path

from sequent import command, container, secret, step


@container(stop_on_exception=False)
class upload:
    with_it = command(
        "sh",
        "-c",
        'echo "$TOKEN"; {IN_SHELL.format("with_it")}; test ${{#TOKEN}} = 21',
        env={{"TOKEN": secret("TOKEN")}},
    )
    by_input = command(
        "sh", "-c", 'read -r word; {IN_SHELL.format("by_input")}; test ${{#word}} = 21', stdin=secret("TOKEN")
    )
    without = command("sh", "-c", '{IN_SHELL.format("without")}; env', result=str)

    @step
    def tell(self, token: str = secret("TOKEN")) -> int:
        print("token", token)
        os.write(2, f"raw {{token}}".encode())
        Path("began-tell").touch()
        while not Path("looked-at-tell").exists():
            time.sleep(0.1)
        return len(token)

    @step
    def fail(self, token: str = secret("TOKEN")) -> None:
        raise ValueError(f"refused: {{token}}")

    @step
    def give(self, token: str = secret("TOKEN")) -> list[str]:
        return [token]
"""


class Sampler(threading.Thread):
    """Looks at the words and the environments of all processes, until it is told to end.

    Steps that have begun stay until it has looked, and the one without the secret until it has seen its program.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(daemon=True)
        self._directory = directory
        self.ends = threading.Event()
        self.words: set[str] = set()
        self.programs: set[str] = set()
        """The environments of programs that commands start."""
        self.looked_at: set[str] = set()
        """The steps that stayed for a whole look."""

    def run(self) -> None:
        own = str(os.getpid())
        while not self.ends.is_set():
            began = {path.name.removeprefix("began-") for path in self._directory.glob("began-*")}
            for entry in os.scandir("/proc"):
                if entry.name.isdigit() and entry.name != own:
                    self._look(Path(entry.path))
            for name in began if self.programs else began - {"without"}:
                (self._directory / f"looked-at-{name}").touch()
                self.looked_at.add(name)
            self.ends.wait(0.05)

    def _look(self, process: Path) -> None:
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            environment = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            return
        self.words.add(words)
        if words.startswith("sleep\0") and "SEQUENT_STEP_NAME=without" in environment:
            self.programs.add(environment)


@pytest.fixture
def line(tmp_path) -> CommandLine:
    made = CommandLine(tmp_path)
    made.environment["SEQUENT_SECRET_TOKEN"] = CANARY
    made.environment["XDG_STATE_HOME"] = str(tmp_path / "state")
    made.environment["TMPDIR"] = str(tmp_path / "temporary")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "flow.py").write_text(FLOW)
    return made


def test_a_secret_is_nowhere_but_in_its_step(line):
    sampler = Sampler(line.directory)
    sampler.start()
    try:
        runs = [line("run", "flow.py:upload"), line("recover")]
    finally:
        sampler.ends.set()
        sampler.join()
    outputs = [
        line("show", "-v"),
        line("show", "--json"),
        line("logs"),
        line("ls", "--json"),
        line("recover", "--plan"),
    ]
    assert [run.returncode for run in runs] == [1, 1], runs[0].stderr
    assert sampler.looked_at == {"with_it", "by_input", "without", "tell"}
    assert any("sleep" in words for words in sampler.words)
    assert [words for words in sampler.words if CANARY in words] == []
    assert sampler.programs
    assert [environment for environment in sampler.programs if CANARY in environment] == []
    told = "".join(run.stdout + run.stderr for run in (*runs, *outputs))
    assert "ValueError: refused: ***" in told
    assert "token ***" in told
    assert "the result contains the secret 'TOKEN'" in told
    assert CANARY not in told
    files = [path for path in line.directory.rglob("*") if path.is_file()]
    assert {"runs.db"} <= {path.name for path in files}
    assert any(path.suffix == ".log" for path in files)
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
