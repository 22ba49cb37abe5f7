"""How each command is written, with two examples of it, for its help."""

from __future__ import annotations

USAGE: dict[str, tuple[str, tuple[str, str]]] = {
    "run": (
        "[TARGET] [OPTIONS] [PARAMETERS]",
        ("nightly.py:nightly --day 2026-11-24", "jobs.nightly:nightly -p day=2026-11-24 --max-concurrent 4"),
    ),
    "recover": ("[RUN] [OPTIONS]", ("", "r00412 --from transmit.send/1.2 --plan")),
    "continue": ("[RUN] [OPTIONS]", ("", "--flow nightly.py:nightly")),
    "stop": ("[RUN] [OPTIONS]", ("", "r00412")),
    "check": ("[TARGET] [OPTIONS]", ("nightly.py:nightly", "jobs.nightly:nightly --json")),
    "plan": ("[TARGET] [OPTIONS]", ("nightly.py:nightly", "jobs.nightly:nightly --json")),
    "graph": ("TARGET|RUN [OPTIONS]", ("nightly.py:nightly --format svg --output nightly.svg", "latest")),
    "ls": ("[OPTIONS]", ("", "--flow nightly --limit 5")),
    "show": ("[RUN] [PATH] [OPTIONS]", ("", "r00412 transmit --status failure")),
    "logs": ("[RUN] [PATH] [OPTIONS]", ("latest transmit.send/1.2", "r00412 --follow")),
    "prune": ("[OPTIONS]", ("--older-than 30d --keep-failed", "--keep 100 --dry-run")),
    "store": ("backup|check [FILE] [OPTIONS]", ("backup copy.db", "check")),
    "config": ("[TARGET] [OPTIONS]", ("", "nightly.py:nightly")),
    "completion": ("install|show [SHELL] [OPTIONS]", ("install", "show zsh")),
}
"""By the command: what may follow it, and what does in the examples."""


def usage_of(command: str) -> str:
    """The first line of its help."""
    return f"Usage: sequent {command} {USAGE[command][0]}"


def examples_of(command: str) -> str:
    """The last lines of its help."""
    lines = (f"  sequent {command} {words}".rstrip() for words in USAGE[command][1])
    return "\n".join(["Examples:", *lines])
