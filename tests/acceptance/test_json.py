"""Every document that commands print with --json has the form that its page describes, key by key."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from sequent.model.interventions import Intervention, InterventionKind
from sequent.runtime.executors.remote.remote_run import key_of_run
from sequent.runtime.store import open_store
from tests.acceptance.json_flows import BARE, HOSTS, MORE, QUICK

STOP = Intervention(kind=InterventionKind.STOP, user="ada", host="etl1")
HOLD = Intervention(kind=InterventionKind.HOLD, user="ada", host="etl1", place="sure", why="tea")
PAGE = Path(__file__).parents[2] / "docs/reference/json.md"
SECTION = re.compile(r"^#{2,3} (.+)\n((?:(?!^#{2,3} ).*\n)*)", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| (.*)\|$", re.MULTILINE)
FURTHER = {"shown run": "run", "logged": "attempt", "explanation": "reason"}
"""The forms that have all of another as well."""


def forms() -> dict[str, dict[str, tuple[str, bool]]]:
    """What the page says: by form and key, what it is, and whether it is always there."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for name, text in SECTION.findall(PAGE.read_text()):
        told = {
            key: (is_.strip(), "only" not in more and "--verbose" not in more) for key, is_, more in ROW.findall(text)
        }
        found[name] = {**found.get(FURTHER.get(name, ""), {}), **told}
    return found


FORMS = forms()
COVERED: set[tuple[str, str, str]] = set()
"""What was seen: the form, the key, and the way in which it was there."""


def is_moment(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value)).utcoffset().total_seconds() == 0 and len(str(value)) == 32
    except (ValueError, AttributeError):
        return False


PLAIN = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "boolean": lambda value: isinstance(value, bool),
    "moment": is_moment,
    "any value": lambda value: True,
    "null": lambda value: value is None,
}


def ways_of(kind: str) -> list[str]:
    """The ways in which a key may be there."""
    return [kind] if kind in PLAIN else kind.split(" or ")


def mistakes(value: object, kind: str, where: str) -> list[str]:
    """What of a value is not as the page says."""
    if kind in PLAIN:
        return [] if PLAIN[kind](value) else [f"{where} is {value!r:.60}, not {kind}"]
    if kind.startswith("list of "):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [told for part in value for told in mistakes(part, kind.removeprefix("list of "), f"{where}[]")]
    if not isinstance(value, dict):
        return [f"{where} is {value!r:.60}, not {kind}"]
    if kind.startswith("map of "):
        return [told for part in value.values() for told in mistakes(part, kind.removeprefix("map of "), f"{where}.*")]
    form = FORMS[kind]
    unknown = [f"{where}.{key} is not described" for key in value if key not in form]
    missing = [f"{where}.{key} is missing" for key, (_, is_always) in form.items() if is_always and key not in value]
    inside = [told for key in value if key in form for told in mistakes_at(kind, key, value[key], f"{where}.{key}")]
    return unknown + missing + inside


def mistakes_at(form: str, key: str, value: object, where: str) -> list[str]:
    """What of the value of a key is not as the page says; in which of its ways it is there counts as seen."""
    told = {way: mistakes(value, way, where) for way in ways_of(FORMS[form][key][0])}
    if value not in ([], {}):
        COVERED.update((form, key, way) for way, found in told.items() if not found)
    return min(told.values(), key=len)


DAMAGED = ("store", "check", "--store", "store/runs.db")
"""The last of all commands."""
SHOWN = {
    "run, recover, continue": [
        ("run", "flows:nightly", "--day", "2026-11-24", "--run-id", "good"),
        ("run", "flows:broken", "--run-id", "bad"),
        ("recover", "good"),
        ("run", "more.py:waits", "--max-loops", "1", "--run-id", "later"),
        ("continue", "later"),
        ("run", "more.py:fails", "--run-id", "fails"),
        ("run", "more.py:calls", "--run-id", "calls"),
        ("run", "more.py:five", "--run-id", "five"),
        ("run", "more.py:more", "--run-id", "more"),
        ("run", "more.py:timed", "--run-id", "timed"),
        ("run", "more.py:ends", "--run-id", "ends"),
        ("run", "more.py:copied", "--run-id", "copied", "--max-loops", "1"),
        ("run", "more.py:asks", "--run-id", "asks", "--max-loops", "1"),
        ("run", "more.py:halts", "--run-id", "halts"),
    ],
    "ls": [("ls",), ("ls", "--flow", "inner")],
    "show": [
        ("show", "good"),
        *(("show", run, "-v") for run in ("bad", "more", "later", "fails", "calls", "r00009", "five", "ends", "slow1")),
        *(("show", run, "-v") for run in ("copied", "slow2", "asks", "halts")),
    ],
    "why": [
        *(("why", "slow2", "load@127.0.0.1"), ("why", "slow2", "load@localhost"), ("why", "bad", "load")),
        *(("why", "asks", "ship"), ("why", "asks", "sure"), ("why", "asks", "both"), ("why", "halts", "after")),
        *(("why", "ends", "each.work/1.1"), ("why", "later", "later"), ("why", "five", "some")),
    ],
    "stop, kill, hold, release, mark, approve": [
        ("hold", "slow2", "load", "--why", "tea"),
        ("mark", "fails", "each.program/1.1", "failure"),
        ("approve", "asks", "ship", "--with", "3"),
        ("kill", "slow2"),
    ],
    "report": [
        *(("report", run) for run in ("good", "bad", "later", "fails", "calls", "five", "copied", "slow2", "asks")),
        *(("report", run) for run in ("around2", "wide1", "slow1")),
    ],
    "simulate": [
        ("simulate", "more.py:waits"),
        ("simulate", "more.py:copied_slowly"),
        ("simulate", "more.py:around", "--history"),
    ],
    "forecast": [
        ("forecast", "more.py:around"),
        ("forecast", "more.py:pooled", "--max-concurrent", "2"),
        ("forecast", "more.py:pooled", "--max-concurrent", "1", "--pool", "db=4"),
    ],
    "try": [
        ("try", "good", "load", "--with", "rows=4"),
        ("try", "bad", "send", "--flow", "flows.py:broken"),
        ("try", "copied", "load@127.0.0.1"),
        ("try", "later", "later"),
        ("try", "timed", "now"),
        ("try", "more", "grow", "--with", "size=3"),
    ],
    "logs": [("logs", "bad"), ("logs", "fails"), ("logs", "slow1"), ("logs", "copied")],
    "check": [("check", "flows:nightly"), ("check", "more.py:odd"), ("check", "more.py:idle")],
    "plan": [("plan", "flows:nightly"), *(("plan", f"more.py:{flow}") for flow in ("fails", "odd", "copied"))],
    "recover --plan": [("recover", "bad", "--plan"), ("recover", "ends", "--plan"), ("recover", "copied", "--plan")],
    "graph --format json": [
        ("graph", drawn, "--format", "json")
        for drawn in ("flows:nightly", "more.py:fails", "more.py:odd", "more.py:copied", "fails", "slow1", "asks")
    ],
    "config": [("config",), ("config", "flows:nightly"), ("--config", "mine.toml", "config")],
    "store backup": [("store", "backup", "copy.db")],
    "prune": [("prune", "--older-than", "1s", "--dry-run")],
    "host add": [("host", "add", "near", "--config", "hosts.toml")],
    "host check": [("host", "check", "--config", "hosts.toml")],
    "host ls": [("host", "ls", "kept", "nowhere", "--config", "hosts.toml")],
    "host clean": [("host", "clean", "kept", "--config", "hosts.toml")],
    "An error": [("show", "nobody"), ("check", "mistaken:wrong"), ("run", "flows:nightly")],
    "store check": [("store", "check"), DAMAGED],
    "store upgrade": [("store", "upgrade")],
}
NEVER = {
    # A recovery that has begun no task: its driver was killed at once.
    ("recovery layer", "started", "null"),
    # Only a flow of a store has no places, and that is drawn, not planned.
    ("part", "place", "null"),
    # No host goes away here, and only pools of the original have no limit.
    ("explanation", "unreachable", "string"),
    ("need", "capacity", "null"),
}


@pytest.fixture
def earlier_run(sequent):
    (sequent.directory / "quick.py").write_text(QUICK)
    assert sequent("run", "quick.py:slow").returncode == 0


@pytest.fixture
def played(sequent, earlier_run, waiting_run, ssh_hosts):
    (sequent.directory / "more.py").write_text(MORE)
    (sequent.directory / "mine.toml").write_text("max_concurrent = 2\n")
    sequent.environment["TZ"] = "Asia/Tokyo"
    config = ssh_hosts.client(sequent.directory, more="Host forced\n  Ciphers aes256-ctr\n")
    bare = sequent.directory / "bare"
    bare.write_text(BARE.format(python=sys.executable))
    bare.chmod(0o755)
    (sequent.directory / "hosts.toml").write_text(HOSTS.format(config=config, bare=bare))
    with closing(open_store(str(sequent.store))) as store:
        # Meant for another driver.
        store.intervene(store.find("slow1"), STOP)
        keys = [key_of_run(store.find("slow1")), "0" * 32]
    for key in keys:
        ssh_hosts.near.write(f".local/state/sequent/agents/{os.uname().nodename}/{key}/tokens", "token\n")
    for name in ("begun", "never"):
        os.mkfifo(sequent.directory / name)
    process = sequent.start("run", "more.py:copied_slowly", "--run-id", "slow2")
    assert (sequent.directory / "begun").read_text() == "now"
    yield sequent
    process.kill()
    process.communicate()


def test_every_document_is_as_its_page_says(played):
    COVERED.clear()
    for form, commands in SHOWN.items():
        for words in commands:
            if words == DAMAGED:
                with closing(sqlite3.connect(played.store)) as connection, connection:
                    connection.execute("UPDATE attempt SET verdict = 7 WHERE run = 4")
            if words == SHOWN["report"][0]:
                for run in ("around1", "around2", "wide1", "pooled1"):
                    assert played("run", f"more.py:{run[:-1]}", "--run-id", run).returncode == 0
            if words == SHOWN["show"][0]:
                with closing(open_store(str(played.store))) as store:
                    # It has no driver that could decide.
                    store.intervene(store.find("bad"), STOP)
                    store.intervene(store.find("asks"), HOLD)
            if words == ("logs", "fails"):
                with closing(open_store(str(played.store))) as store:
                    for log in Path(store.directory(store.find("fails"))).rglob("*.log"):
                        log.unlink()
            done = played(*words, *(() if form.startswith("graph") else ("--json",)))
            assert done.stdout, (words, done.stderr)
            assert done.stdout.isascii(), words
            document = json.loads(done.stdout)
            assert document.pop("version") == 1
            assert mistakes(document, form, " ".join(words)) == [], document
    described = {
        (form, key, way) for form, keys in FORMS.items() for key, (kind, _) in keys.items() for way in ways_of(kind)
    }
    assert described - COVERED == NEVER


def test_a_document_that_differs_is_noticed():
    run = {"id": "r", "status": "success", "recovery": True, "more": 1}
    told = mistakes(run, "outcome", "run")
    assert {"run.more is not described", "run.result is missing", "run.recovery is True, not integer"} <= {*told}
