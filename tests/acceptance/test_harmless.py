"""Nothing that somebody wrote steers the terminal on which a command shows it, whatever kind of text it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import sequent
from sequent.cli.command_table import COMMANDS as KNOWN
from sequent.model.terminal import painted
from tests.acceptance.test_terminal import on_terminal

EVIL = "\x1b]0;owned\x07\x1b[2J\x1b[8m\x9b31m\u202e\r"
SHOWN = "\\x1b]0;owned\\x07"
HARMFUL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e]|\x1b(?!\\[[0-9;]*m)|\x1b\\[(?:[0-9]*;)*8m")
FLOW = f"""
from enum import StrEnum

from sequent import Pool, command, container, item, param, step

EVIL = {EVIL!r}


@container
class evil:
    __doc__ = "what it does " + EVIL

    word: str = param(default="a word " + EVIL, help="its help " + EVIL)

    @container(repeats=["an item " + EVIL])
    class each:
        text: str = item()

        @step
        def tell(self) -> str:
            print("printed", EVIL)
            return self.text

        send = command("printf", "%s", "from a program " + EVIL, result=str)
        result = tell

    @step(requires=each)
    def fail(self) -> None:
        raise ValueError("what went wrong " + EVIL)

    @step
    def give(self) -> str:
        return "a result " + EVIL

    result = give
"""
MISTAKEN = f"""
from sequent import container, step


@container
class wrong:
    @step(requires="{EVIL!r}")
    def a(self) -> None: ...
"""
ITEMLESS = f"""
from sequent import container, step


def items():
    raise ValueError({EVIL!r})


@container
class itemless:
    @step(repeats=items)
    def a(self) -> None: ...
"""
RAISING = f"raise ValueError({EVIL!r})\n"
FIRST = ("run", "evil:evil", "--run-id", "bad")
COMMANDS = [
    ("check", "evil:evil"),
    ("plan", "evil:evil"),
    ("graph", "evil:evil"),
    ("graph", "evil:evil", "-f", "dot"),
    ("graph", "evil:evil", "-f", "svg"),
    ("graph", "evil:evil", "-f", "json"),
    ("run", "evil:evil", "--help"),
    ("show", "bad"),
    ("show", "bad", "-v"),
    ("show", "bad", "--json"),
    ("why", "bad", "fail"),
    ("why", "bad", "fail", "--json"),
    ("why", "bad", EVIL),
    ("logs", "bad"),
    ("recover", "bad", "--plan"),
    ("check", "wrong:wrong"),
    ("check", "raising:flow"),
    ("check", "raising:flow", "--debug"),
    ("check", f"no{EVIL}where.py:flow"),
    ("show", EVIL),
    (EVIL,),
    ("ls", EVIL),
    ("ls", "--store", f"/nowhere/{EVIL}.db"),
    ("logs", "bad", EVIL),
    ("run", "evil:evil", "-p", f"{EVIL}=1"),
    ("run", "evil:evil", f"--{EVIL}"),
    ("graph", "evil:evil", "-o", f"/nowhere/{EVIL}"),
    ("report",),
    ("config", "--config", f"/nowhere/{EVIL}.toml"),
    ("forecast", "evil:evil"),
    ("forecast", "evil:evil", "--json"),
    ("forecast", "evil:evil", "--pool", f"{EVIL}=1"),
    ("forecast", "evil:evil", "--host-slots", EVIL),
    ("simulate", "evil:evil", "--history"),
    ("simulate", "itemless:itemless"),
    ("top", "--store", f"/nowhere/{EVIL}.db"),
    ("ui", "--port", EVIL),
    ("try", "bad", "give"),
    ("try", "bad", "fail"),
    ("try", "bad", "fail", "--with", f"{EVIL}=1"),
    ("continue", EVIL),
    ("stop", EVIL),
    ("kill", EVIL),
    ("hold", "bad", EVIL),
    ("release", "bad", EVIL, "--why", EVIL),
    ("mark", "bad", EVIL, "success"),
    ("approve", "bad", EVIL),
    ("prune", "--older-than", EVIL),
    ("store", "check", "--store", f"/nowhere/{EVIL}.db"),
    ("store", "backup", f"/nowhere/{EVIL}"),
    ("host", "ls", EVIL),
    ("completion", "show", EVIL),
]


def test_each_command_is_tried():
    assert {words[0] for words in (FIRST, *COMMANDS)} >= {*KNOWN}


def test_every_kind_of_text_is_shown_as_it_is_written_and_does_nothing(sequent):
    (sequent.directory / "evil.py").write_text(FLOW)
    (sequent.directory / "wrong.py").write_text(MISTAKEN)
    (sequent.directory / "raising.py").write_text(RAISING)
    (sequent.directory / "itemless.py").write_text(ITEMLESS)
    seen = 0
    for words in (FIRST, *COMMANDS):
        text = on_terminal(sequent, *words, codes=(0, 1, 2, 4), NO_COLOR="", CI="true").replace("\r\n", "\n")
        assert HARMFUL.search(text) is None, (words, text)
        assert "\r" not in text
        seen += "owned" in text
    assert seen > len(COMMANDS) - 10


def test_nor_does_a_display_that_redraws_itself_let_it_through(sequent):
    (sequent.directory / "evil.py").write_text(FLOW)
    text = on_terminal(sequent, "run", "evil:evil", NO_COLOR="", CI="")
    assert "\x1b[?25h" in text
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert SHOWN in text


def test_commands_write_through_one_door_alone():
    found: list[str] = []
    for file in (Path(sequent.__file__).parent / "cli").glob("*.py"):
        if file.name == "terminal.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called == "print" or re.fullmatch(r"sys\.(__)?std(out|err)(__)?\.(buffer\.)?write(lines)?", called):
                    found.append(f"{file.name}:{node.lineno}")
    assert found == []


def test_colours_stay_and_whatever_else_can_be_made_of_them_does_not():
    ours = "\x1b[1;31merror:\x1b[0m"
    assert painted(ours) == ours
    assert painted("\x1b[8mhidden") == "\\x1b[8mhidden"
    assert painted("\x1b[1;8mhidden\x1b[5m") == "\\x1b[1;8mhidden\\x1b[5m"
    assert painted("\x1b[2K\r") == "\\x1b[2K\\r"
    assert painted("\x1b[2K\r", moves=True) == "\x1b[2K\r"
    assert painted("\x1b[31", moves=True) == "\\x1b[31"
