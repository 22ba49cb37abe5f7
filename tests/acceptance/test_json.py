"""Every document that commands print with --json has the form that its page describes, key by key."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/reference/json.md"
SECTION = re.compile(r"^#{2,3} (.+)\n((?:(?!^#{2,3} ).*\n)*)", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| (.*)\|$", re.MULTILINE)
FURTHER = {"shown run": "run", "logged": "attempt"}
"""The forms that have all of another as well."""


def forms() -> dict[str, dict[str, tuple[str, bool]]]:
    """What the page says: by form and key, what it is, and whether it is always there."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for name, text in SECTION.findall(PAGE.read_text()):
        told = {key: (is_, "alone" not in more and "--verbose" not in more) for key, is_, more in ROW.findall(text)}
        found[name] = {**found.get(FURTHER.get(name, ""), {}), **told}
    return found


FORMS = forms()
COVERED: set[tuple[str, str]] = set()
"""The keys that were seen."""


def is_moment(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value)).utcoffset().total_seconds() == 0 and len(str(value)) == 32
    except (ValueError, AttributeError):
        return False


PLAIN = {
    "text": lambda value: isinstance(value, str),
    "whole number": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "yes or no": lambda value: isinstance(value, bool),
    "moment": is_moment,
    "anything": lambda value: True,
    "null": lambda value: value is None,
}


def mistakes(value: object, kind: str, where: str) -> list[str]:
    """What of a value is not as the page says."""
    kind = kind.strip()
    if kind in PLAIN:
        return [] if PLAIN[kind](value) else [f"{where} is {value!r:.60}, not {kind}"]
    if " or " in kind:
        ways = [mistakes(value, way, where) for way in kind.split(" or ")]
        return min(ways, key=len)
    if kind.startswith("list of "):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [told for part in value for told in mistakes(part, kind.removeprefix("list of "), f"{where}[]")]
    if not isinstance(value, dict):
        return [f"{where} is {value!r:.60}, not {kind}"]
    if kind.startswith("map of "):
        return [told for part in value.values() for told in mistakes(part, kind.removeprefix("map of "), f"{where}.*")]
    form = FORMS[kind]
    COVERED.update((kind, key) for key in value)
    unknown = [f"{where}.{key} is not described" for key in value if key not in form]
    missing = [f"{where}.{key} is missing" for key, (_, is_always) in form.items() if is_always and key not in value]
    inside = [told for key in value if key in form for told in mistakes(value[key], form[key][0], f"{where}.{key}")]
    return unknown + missing + inside


SHOWN = {
    "run, recover, continue": [
        ("run", "flows:nightly", "--day", "2026-11-24"),
        ("run", "flows:broken"),
        ("recover", "r00001"),
        ("run", "more.py:waits", "--max-loops", "1"),
        ("continue", "r00003"),
        ("run", "more.py:fails"),
        ("run", "more.py:calls", "--run-id", "calls"),
        ("run", "more.py:five", "--run-id", "five"),
    ],
    "ls": [("ls",), ("ls", "--flow", "inner")],
    "show": [
        ("show", run, *more)
        for run in ("r00001", "r00002", "r00003", "r00004", "calls", "five")
        for more in ((), ("-v",))
    ],
    "logs": [("logs", "r00002"), ("logs", "r00004")],
    "check": [("check", "flows:nightly")],
    "plan": [("plan", "flows:nightly"), ("plan", "more.py:fails")],
    "recover --plan": [("recover", "r00002", "--plan")],
    "graph --format json": [("graph", "more.py:fails", "--format", "json"), ("graph", "r00004", "--format", "json")],
    "config": [("config",), ("config", "flows:nightly")],
    "store backup": [("store", "backup", "copy.db")],
    "store check": [("store", "check")],
    "prune": [("prune", "--older-than", "1s", "--dry-run")],
    "An error": [("show", "nobody"), ("check", "mistaken:wrong"), ("run", "flows:nightly")],
}
MORE = """
from sequent import Pool, command, container, item, step

db = Pool("db", 2)


@container
class waits:
    @step
    def now(self) -> None: ...

    @step(requires=now, delay="1d")
    def later(self) -> None: ...


@container
class fails:
    @container(repeats=[1, 2], parallel=2, acquires={db: 1})
    class each:
        number: int = item()
        program = command("sh", "-c", "echo out; echo err >&2; exit 3")

    @step(requires=each.failed, handles=False)
    def alert(self) -> None: ...


@container
class five:
    @step
    def count(self) -> object:
        return 5

    @container(repeats=count.result)
    class each:
        @step
        def work(self, number: int = item()) -> None: ...


@container
class inner:
    @step
    def work(self) -> None: ...


@container
class calls:
    @step
    def sub(self) -> None:
        inner().run()
"""


@pytest.fixture
def played(sequent):
    from tests.acceptance.command_line import MISTAKEN

    (sequent.directory / "more.py").write_text(MORE)
    (sequent.directory / "mistaken.py").write_text(MISTAKEN)
    return sequent


def test_every_document_is_as_its_page_says(played):
    COVERED.clear()
    for form, commands in SHOWN.items():
        for words in commands:
            done = played(*words, *(() if form.startswith("graph") else ("--json",)))
            assert done.stdout, (words, done.stderr)
            document = json.loads(done.stdout)
            assert document.pop("version") == 1
            assert mistakes(document, form, " ".join(words)) == []
    described = {(form, key) for form, keys in FORMS.items() for key in keys}
    # Nothing is driven while this looks; and no log is so long that it loses its middle.
    unseen = described - COVERED - {("run", key) for key in FORMS["run"]} - {("owner", key) for key in FORMS["owner"]}
    assert {pair for pair in unseen if pair[0] != "active"} == set()


def test_a_document_that_differs_is_noticed():
    run = {"id": "r", "status": "success", "recovery": True, "more": 1}
    told = mistakes(run, "outcome", "run")
    assert {"run.more is not described", "run.result is missing", "run.recovery is True, not whole number"} <= {*told}
