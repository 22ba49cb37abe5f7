"""Commands and options by the names that other tools have for them, and the words of ours that do the same."""

from __future__ import annotations

COMMAND_LIKE = {
    "abort": "kill",
    "cancel": "stop",
    "clean": "prune",
    "dag": "graph",
    "delete": "prune",
    "describe": "show",
    "draw": "graph",
    "dry-run": "plan",
    "dryrun": "plan",
    "exec": "run",
    "execute": "run",
    "explain": "why",
    "gc": "prune",
    "help": "--help",
    "history": "ls",
    "info": "show",
    "inspect": "show",
    "lint": "check",
    "list": "ls",
    "log": "logs",
    "pause": "hold",
    "ps": "ls",
    "remove": "prune",
    "rerun": "recover --rerun PATH",
    "restart": "recover",
    "resume": "recover",
    "retry": "recover",
    "rm": "prune",
    "runs": "ls",
    "serve": "ui",
    "server": "ui",
    "settings": "config",
    "skip": "recover --skip PATH",
    "start": "run",
    "status": "show",
    "submit": "run",
    "tail": "logs --follow",
    "terminate": "kill",
    "trigger": "run",
    "unpause": "release",
    "validate": "check",
    "version": "--version",
    "visualize": "graph",
    "web": "ui",
}
"""The words after ``sequent`` that do what a command of this name does elsewhere."""
OPTION_LIKE = {
    "--concurrency": "--max-concurrent",
    "--cores": "--max-concurrent",
    "--db": "--store",
    "--database": "--store",
    "--id": "--run-id",
    "--jobs": "--max-concurrent",
    "-j": "--max-concurrent",
    "--message": "--why",
    "-m": "--why",
    "--parallel": "--max-concurrent",
    "--reason": "--why",
    "--start-from": "--from",
    "--tail": "--follow",
    "--workers": "--max-concurrent",
}
"""The option that does what an option of this name does elsewhere, if the command has it."""
COMMAND_INSTEAD = {
    ("run", "--dry-run"): "plan TARGET",
    ("recover", "--dry-run"): "recover --plan",
    ("run", "--validate"): "check TARGET",
    ("run", "--resume"): "recover",
    ("run", "--recover"): "recover",
}
"""The words after ``sequent`` that do what a command with an option of this name does elsewhere."""


def command_like(word: str) -> str:
    """Return the beginning of a hint: the command that does what one of this name does elsewhere; '' for none."""
    meant = COMMAND_LIKE.get(word)
    return f"did you mean 'sequent {meant}'? " if meant else ""


def option_like(command: str, option: str, known: frozenset[str]) -> str:
    """Return the beginning of a hint: the words that do what this option of a command does elsewhere; '' for none."""
    if instead := COMMAND_INSTEAD.get((command, option)):
        return f"did you mean 'sequent {instead}'? "
    meant = OPTION_LIKE.get(option, "")
    return f"did you mean {meant}? " if meant in known else ""
