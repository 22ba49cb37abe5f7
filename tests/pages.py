"""Runs a page of documentation as its reader would: its files are written, its commands typed, in order.

In a block of code whose first line is a comment with a file's name, that file is written. A block of Python without
one is run as a script. In a ``console`` block what stands behind ``$ `` is typed, and each line beneath must be among
what is seen, but for ``...`` and for what differs from one run to the next.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

BLOCK = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w/.-]+\.\w+)$")

# What differs from one run to the next.
VARIABLE = [
    (re.compile(r"\br[0-9a-z]*\d[0-9a-z]*\b"), "RUN"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?"), "MOMENT"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|min)\b"), "DURATION"),
    (re.compile(r"(?<!\S)/\S+/(?=[\w.-]+:\d)"), ""),
]

KILLED_AFTER_A_SUCCESS = f"""#!{sys.executable}
import os, signal, subprocess, sys

assert sys.argv[1] == "--signal=KILL", sys.argv
float(sys.argv[2])
command = subprocess.Popen(sys.argv[3:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0)
for line in command.stdout:
    print(line, end="", flush=True)
    if "success" in line:
        os.killpg(command.pid, signal.SIGKILL)
        break
sys.exit(command.wait() != -signal.SIGKILL)
"""
"""Stands for ``timeout --signal=KILL SECONDS COMMAND``: it kills the command at its first success, whenever that is.

So a page may kill a run in the middle, on a machine of any speed.
"""


def install_programs(directory: Path, modules: Mapping[str, str]) -> None:
    """Make a directory with the programs that a page types: modules of this Python, and ``timeout``."""
    directory.mkdir(parents=True)
    texts = {name: f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n' for name, words in modules.items()}
    for name, text in {**texts, "timeout": KILLED_AFTER_A_SUCCESS}.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)


@frozen
class Typed:
    """A command of a page, or a script: what it should show, and what it showed."""

    command: str
    shown: list[str]
    seen: list[str]

    def check(self) -> None:
        """Every line that the page shows was seen, and nothing came where it shows nothing."""
        expected = [plain(line) for line in self.shown if line.strip() != "..."]
        real = [plain(line) for line in self.seen]
        missing = [line for line in expected if line not in real]
        told = f"after `{self.command}`, which showed:\n" + "\n".join(self.seen)
        assert missing == [], told
        assert expected or not self.seen, f"the page does not say what is seen {told}"


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """The blocks of code of a page, with their language, without the indentation of a list that they stand in."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [(kind, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)) for indent, kind, text in found]


def read(blocks: list[tuple[str, str]], home: Path, environment: Mapping[str, str]) -> Iterator[Typed]:
    """Do what a page says, block by block, in that directory."""
    for kind, text in blocks:
        name = FILE_NAME.match(text.splitlines()[0]) if text else None
        if kind == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                typed, _, shown = part.partition("\n")
                yield Typed(typed, shown.splitlines(), _run(["sh", "-c", typed], home, environment)[1])
        elif name is not None:
            file = home / name[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif kind == "python":
            code, seen = _run([sys.executable, "-c", text], home, environment)
            assert code == 0, "this script failed:\n" + text + "\n".join(seen)


def _run(words: list[str], home: Path, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    done = subprocess.run(
        words, check=False, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout.splitlines()


def plain(line: str) -> str:
    """A line without what differs between runs."""
    for pattern, word in VARIABLE:
        line = pattern.sub(word, line)
    return " ".join(line.split())
