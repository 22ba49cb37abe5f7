"""The command line as a process of its own, and the flows that it is tried on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.audited.audit_hook import SITE
from tests.children import Child

FLOWS = '''
from datetime import date
from pathlib import Path

from sequent import container, param, step

Path("loaded").touch()


@container
class nightly:
    """What happens every night."""

    day: date = param(help="business day")
    rows: int = param(default=3, help="how many rows")

    @step
    def load(self) -> str:
        print(f"loading {self.rows} rows")
        return f"{self.day}:{self.rows}"

    @step
    def send(self, loaded: str = load.result) -> str:
        return f"sent {loaded}"

    result = send


@container
class broken:
    @step
    def load(self) -> int:
        with Path("loads").open("a") as file:
            file.write("load ")
        return 1

    @step
    def send(self, loaded: int = load.result) -> None:
        print("about to send\\x1b]0;owned\\x07")
        if not Path("mended").exists():
            raise ValueError("the receiver is away")
'''

WAITING = """
from pathlib import Path

from sequent import container, step


@container
class slow:
    @step
    def wait(self) -> None:
        Path("began").write_text("now")
        Path("go").read_text()

    @step(requires=wait)
    def after(self) -> None:
        Path("after").touch()
"""

MISTAKEN = """
from sequent import container, step


@container
class wrong:
    @step
    def a(self) -> None: ...

    @container
    class block:
        @step
        def b(self) -> None: ...

    @step(requires=a & a.failed)
    def never(self) -> None: ...

    @step(requires=a.failed & a.skipped)
    def nor_this(self) -> None: ...
"""


NOT_OF_USERS = ("SEQUENT_", "PYTEST", "PYTHONUNBUFFERED")
"""Variables that whoever runs the tests may have, and a user of the command line has not: their names begin so."""


class CommandLine:
    """Runs commands in a directory with a store of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = directory / "store" / "runs.db"
        self.store.parent.mkdir(mode=0o700)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(NOT_OF_USERS)},
            "SEQUENT_STORE": str(self.store),
            "PYTHONPATH": os.pathsep.join((str(Path(__file__).parents[2]), SITE)),
            "NO_COLOR": "1",
        }

    def start(self, *words: str, **options: object) -> subprocess.Popen[str]:
        surroundings = {"cwd": self.directory, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        command = [sys.executable, "-m", "sequent", *words]
        return Child(command, env=self.environment, text=True, **surroundings)

    def run_script(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a Python file, with arguments."""
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        out, err = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, err)
